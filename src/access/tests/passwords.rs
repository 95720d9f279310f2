//! What is taken as a password, and that its hash knows it again.

use crate::{AccessError, Password, UserName, Weakness, hash, is_current, verify, verify_nobody};

fn judge(text: &str) -> Result<(), AccessError> {
    Password::from(text.to_owned()).judge(&UserName::parse("wang.li").unwrap())
}

#[test]
fn weak_passwords_are_told_why() {
    for (text, why) in [
        ("", Weakness::Short),
        ("elevenchars", Weakness::Short),
        ("十一个字的密码还不够长", Weakness::Short),
        (&"a1b2c3d4".repeat(17), Weakness::Long),
        ("my-Wang.Li-secret", Weakness::Name),
        ("aaaaaaaaaaaaaaaa", Weakness::Pattern),
        ("abababababababab", Weakness::Pattern),
        ("1234567890123", Weakness::Pattern),
        ("abcdefghijklmnop", Weakness::Pattern),
        ("zyxwvutsrqpo98765", Weakness::Pattern),
        ("Password2026!", Weakness::Common),
        ("hotline-2026", Weakness::Common),
        ("1qaz2wsx!QAZ", Weakness::Common),
    ] {
        assert_eq!(judge(text), Err(AccessError::Weak(why)), "{text}");
        assert!(!why.zh().is_empty() && !why.to_string().is_empty());
    }
}

#[test]
fn good_passwords_are_taken() {
    for text in [
        "correct horse battery staple",
        "窗口今天下午三点关门下雨",
        "T8#mq2Lz!vR4",
        "my password is longer than that",
        "k7m2n8p4q9r3",
        &"a1b2c3d4".repeat(16),
    ] {
        assert_eq!(judge(text), Ok(()), "{text}");
    }
}

#[test]
fn a_hash_knows_its_password_and_no_other() {
    let password = Password::from("correct horse battery".to_owned());
    let stored = hash(&password, [7; 16]).unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    assert!(!stored.contains("correct") && is_current(&stored));
    assert_eq!(verify(&password, &stored), Ok(true));
    assert_eq!(verify(&Password::from("correct horse batterz".to_owned()), &stored), Ok(false));
    assert_ne!(stored, hash(&password, [8; 16]).unwrap(), "the salt must count");
    assert!(!verify_nobody(&password));
    assert_eq!(format!("{password:?}"), "Password(***)");
}

#[test]
fn what_is_no_hash_of_ours_is_an_error_and_costs_little() {
    let password = Password::from("correct horse battery".to_owned());
    for stored in [
        "",
        "plain",
        "$argon2id$",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$v=19$m=4194304,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=4000000,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        assert_eq!(verify(&password, stored), Err(AccessError::Hash), "{stored}");
    }
    let weak =
        "$argon2id$v=19$m=4096,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(verify(&password, weak), Ok(false));
    assert!(!is_current(weak) && !is_current("plain"));
}

#[test]
fn user_names_have_one_form() {
    assert_eq!(UserName::parse(" Wang.Li ").unwrap().as_str(), "wang.li");
    for text in ["", "a", ".ab", "-ab", "王丽", "a b", "a/b", "a\0b", "a\r\nb", "a'b", "a=b", &"x".repeat(33)]
    {
        assert_eq!(UserName::parse(text), Err(AccessError::UserName), "{text:?}");
    }
}
