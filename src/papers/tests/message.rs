//! Short messages and templates.

use super::{AT, zone};
use crate::message::{Form, Message, fill};

#[test]
fn each_text_names_the_case_and_fits_two_parts() {
    let no = "202603020017".to_owned();
    let all = [
        Message::Opened { no: no.clone(), code: "4711".to_owned() },
        Message::DueChanged { no: no.clone(), due_at: AT },
        Message::Result { no: no.clone() },
    ];
    for message in &all {
        for chinese in [true, false] {
            let text = message.text("民生热线", chinese, &zone());
            assert!(text.starts_with("【民生热线】") && text.contains(&no), "{text}");
            // Two parts of 67 characters each (3GPP TS 23.040, UCS-2 with a header).
            assert!(text.chars().count() <= 134, "{} {text}", text.chars().count());
        }
    }
    assert!(all[0].text("", true, &zone()).contains("4711"));
    assert!(all[1].text("", true, &zone()).contains("3月2日"));
    assert!(all[1].text("", false, &zone()).contains("2 March"));
}

#[test]
fn templates_are_filled_once() {
    let template = r#"{"to":"{number}","text":"{text}","x":{}}"#;
    let filled = fill(template, &[("number", "1"), ("text", "{number} {")]);
    assert_eq!(filled, r#"{"to":"1","text":"{number} {","x":{}}"#);
    assert_eq!(fill("{{text}}{", &[("text", "a")]), "{a}{");
}

#[test]
fn what_is_filled_in_stays_what_it_is() {
    assert_eq!(Form::Json.escape("好\"\n\\"), "好\\\"\\n\\\\");
    assert_eq!(Form::Url.escape("好 &=+~"), "%E5%A5%BD%20%26%3D%2B~");
    assert_eq!(Form::Xml.escape("<&>'\u{1}"), "&lt;&amp;&gt;&#39;");
}
