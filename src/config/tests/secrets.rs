//! Passwords and the token: made once, kept, never weak, never shown.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::{House, shown};
use crate::secrets::{ensure, ensure_token, ensure_webhooks};

/// Bytes that count up: no two passwords are the same.
pub(super) fn counting() -> impl FnMut(&mut [u8]) -> io::Result<()> {
    let mut next = 0u8;
    move |bytes| {
        for byte in bytes {
            *byte = next;
            next = next.wrapping_add(7);
        }
        Ok(())
    }
}

#[test]
fn the_first_start_makes_a_password_for_each_phone_and_later_ones_keep_them() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("data/secrets.toml");
    let first = ensure(&path, ["op1", "op2"], counting()).unwrap();
    assert_eq!(first.get("op1").map(str::len), Some(20));
    assert_ne!(first.get("op1"), first.get("op2"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let second = ensure(&path, ["op2", "op1", "op3"], counting()).unwrap();
    assert_eq!((second.get("op1"), second.get("op2")), (first.get("op1"), first.get("op2")));
    assert!(second.get("op3").is_some() && second.get("op4").is_none());
    assert!(!format!("{second:?}").contains(second.get("op1").unwrap()));
    assert_eq!(fs::read_dir(folder.path().join("data")).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn what_an_admin_wrote_stays_as_it_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secrets.toml");
    let own = "# 运营商\n\"trunk.a\" = \"given-by-carrier\"";
    fs::write(&path, own).unwrap();
    let secrets = ensure(&path, ["op.1"], counting()).unwrap();
    assert_eq!(secrets.get("trunk.a"), Some("given-by-carrier"));
    assert!(fs::read_to_string(&path).unwrap().starts_with(own));
    assert_eq!(ensure(&path, ["op.1"], counting()).unwrap(), secrets);
}

#[test]
fn a_broken_file_is_left_alone_and_not_quoted() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secrets.toml");
    for broken in ["op1 = \"hush-hush-hush", "op1 = 5", "[op1]\nhush = 1"] {
        fs::write(&path, broken).unwrap();
        let error = ensure(&path, ["op2"], counting()).unwrap_err().to_string();
        assert!(!error.contains("hush"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    }
}

#[test]
fn without_randomness_nothing_is_made() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secrets.toml");
    assert!(ensure(&path, ["op1"], |_: &mut [u8]| Err(io::Error::other("no source"))).is_err());
    assert!(!path.exists());
}

#[test]
fn the_token_is_made_once_and_a_short_one_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("api-token");
    let token = ensure_token(&path, counting()).unwrap();
    assert_eq!(token.len(), 40);
    assert_eq!(ensure_token(&path, |_: &mut [u8]| Err(io::Error::other("not asked"))).unwrap(), token);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&path, "admin\n").unwrap();
    assert!(ensure_token(&path, counting()).is_err());
}

#[test]
fn default_passwords_and_readable_files_are_faults() {
    let house = House::new();
    let path = house.folder.path().join("data/secrets.toml");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let weak = ["short", "hotline-hotline", "aaaaaaaaaaaaaaaa", "op1-op1-op1-op1", "Password12345"];
    for password in weak {
        fs::write(&path, format!("# x\n\"op1\" = \"{password}\"\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let faults = house.faults();
        assert!(
            faults.len() == 1 && faults[0].line == 2 && faults[0].en.contains("op1"),
            "{password}: {}",
            shown(&faults)
        );
        assert!(!shown(&faults).contains(password) || password == "op1-op1-op1-op1");
    }
    fs::write(&path, "\"op1\" = \"k7d4mq9wz2xk\"\n").unwrap();
    assert!(house.load().is_ok());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let faults = house.faults();
    assert!(faults.len() == 1 && faults[0].fix_en.contains("chmod 600"), "{}", shown(&faults));
}

#[test]
fn a_carriers_password_is_taken_as_it_gave_it_unless_it_opens_our_door() {
    let house = House::new();
    let path = house.folder.path().join("data/secrets.toml");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let trunk = |more: &str| {
        let text =
            format!("[[trunk]]\nname = \"a\"\nnets = [\"192.0.2.0/24\"]\nuser = \"053589000\"\n{more}");
        fs::write(house.folder.path().join("sip-config/trunks.toml"), text).unwrap();
    };
    let faults = |password: &str| {
        fs::write(&path, format!("\"trunk.a\" = \"{password}\"\n\"trace.hep\" = \"homer\"\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        house.load().err().unwrap_or_default().len()
    };
    trunk("");
    assert_eq!((faults("053589"), faults("8d4k2m"), faults("")), (0, 0, 1));
    trunk("digest = true\n");
    assert_eq!((faults("053589"), faults("k7d4mq9wz2xk")), (1, 0));
}

#[test]
fn subscribers_get_secrets_that_others_can_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("secrets.toml");
    fs::write(&path, "\"op1\" = \"abcdefghijkm\"").unwrap();
    let first = ensure_webhooks(&path, ["a", "b"], counting()).unwrap();
    let secret = first.get("webhook.a").unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 38, "24 bytes of base64");
    assert!(first.get("webhook.b").is_some());
    assert_eq!(ensure_webhooks(&path, ["b", "a"], counting()).unwrap(), first);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn secrets_of_outputs_are_checked() {
    let house = House::new();
    house.edit("hotline.toml", "secrets = \"data/secrets.toml\"", "secrets = \"secrets.toml\"");
    house.edit("outputs.toml", "url = \"off\"", "url = \"https://a/\"\nauthorization = \"Bearer {secret}\"");
    let told = |wanted: &str| house.faults().iter().any(|f| f.en.contains(wanted));
    let path = house.folder.path().join("secrets.toml");
    let write = |text: &str| {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    assert!(told("there is no `sms` among the secrets"));
    write("\"sms\" = \"1\"\n\"webhook.a\" = \"whsec_short\"\n");
    assert!(told("is no secret for signatures") && !told("no `sms`"));
    ensure_webhooks(&path, ["b"], counting()).unwrap();
    write(&fs::read_to_string(&path).unwrap().replace("\"webhook.a\" = \"whsec_short\"\n", ""));
    house.load().unwrap_or_else(|f| panic!("{}", shown(&f)));
}

#[test]
fn subscribers_are_checked() {
    let hook = |name: &str, url: &str| format!("[[webhook]]\nname = {name:?}\nurl = {url:?}\n");
    let told = |rows: &str, wanted: &str| {
        let house = House::new();
        house.append("outputs.toml", rows);
        house.faults().iter().any(|f| f.en.contains(wanted))
    };
    assert!(told(&hook("a", "https://me:pw@a/"), "is no value for \"url\""));
    assert!(told(&(hook("a", "https://a/") + &hook("a", "https://b/")), "the webhook \"a\" is listed twice"));
    assert!(told(&(hook("a", "https://a/") + "types = [\"a*b\"]\n"), "is no value for \"types\""));
    let many: String = (0..21).map(|at| hook(&format!("a{at}"), "https://a/")).collect();
    assert!(told(&many, "more than 20 webhooks"));
}
