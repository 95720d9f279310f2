//! What must hold of any question.

use super::{Base, segmenter};
use crate::{Draft, How, LONGEST_QUESTION, MOST_TERMS};

fn draft(title: &str) -> Draft {
    Draft { title: title.to_owned(), ..Draft::default() }
}

#[test]
fn single_characters_two_characters_numbers_and_wide_letters_are_found() {
    let base = Base::of(vec![draft("３岁以下ＨＰＶ疫苗接種"), draft("水费"), draft("其他")], "");
    for (typed, title) in [
        ("hpv", "３岁以下ＨＰＶ疫苗接種"),
        ("3岁", "３岁以下ＨＰＶ疫苗接種"),
        ("接種", "３岁以下ＨＰＶ疫苗接種"),
        ("水", "水费"),
        ("费", "水费"),
        ("水费", "水费"),
    ] {
        let found = base.ask(typed);
        assert_eq!(found.first().map(|(_, d)| d.title.as_str()), Some(title), "{typed}");
    }
    assert!(base.ask("接种").is_empty(), "traditional characters are left as they are");
}

#[test]
fn it_is_said_why() {
    let base = Base::of(vec![draft("居民身份证补领")], "补领 补办\n");
    let why = |typed: &str| {
        let found = base.ask(typed);
        let why = &found.first().unwrap_or_else(|| panic!("{typed} finds nothing")).0.why;
        why.iter().map(|w| (w.typed.clone(), w.found.clone(), w.how)).collect::<Vec<_>>()
    };
    let one = |typed: &str, found: &str, how| (typed.to_owned(), found.to_owned(), how);
    assert_eq!(why("身份证"), [one("身份证", "身份证", How::Word)]);
    assert_eq!(why("补办"), [one("补办", "补领", How::Synonym)]);
    assert_eq!(why("sfz"), [one("sfz", "身份证", How::Initials)]);
    assert_eq!(why("shenfenzheng"), [one("shenfenzheng", "身份证", How::Pinyin)]);
    assert_eq!(why("shenfenz"), [one("shenfenz", "身份证", How::Beginning)]);
    assert_eq!(why("senfenzen"), [one("senfenzen", "身份证", How::Sound)]);
    assert_eq!(why("shenfenzheg"), [one("shenfenzheg", "身份证", How::Spelling)]);
    assert_eq!(why("身分正"), [one("身分正", "身份证", How::Sound)]);
    assert_eq!(why("身证"), [one("身证", "身份证", How::Spelling)]);
    assert_eq!(why("身证份"), [one("身证份", "身份证", How::Spelling)]);
}

#[test]
fn hostile_questions_are_harmless() {
    let base = Base::sample();
    let long = "身份证补办".repeat(1_000);
    let letters = "shenfenzheng".repeat(100);
    for typed in [
        "",
        " ",
        "\0",
        "\"",
        "' OR 1=1 --",
        "AND",
        "NEAR(",
        "title : x",
        "*",
        "<script>alert(1)</script>",
        "\u{202e}证",
        &long,
        &letters,
    ] {
        let question = base.question(typed);
        assert!(question.folded.chars().count() <= LONGEST_QUESTION && question.terms.len() <= MOST_TERMS);
        for expression in [question.strict(), question.loose()].into_iter().flatten() {
            let bare: String = expression.split('"').step_by(2).collect();
            assert!(bare.chars().all(|c| "() ANDOR".contains(c)), "{typed:?} gives {expression}");
        }
    }
}

#[test]
fn words_and_their_parts_are_written_once_each() {
    assert_eq!(segmenter().index("居民身份证，A4"), "居民身份证 居 民 身 份 证 居民 身份 身份证 a4");
    assert_eq!(segmenter().index("<b>水</b>"), "b 水 b");
    assert_eq!(segmenter().index("\0 -- ;"), "");
}
