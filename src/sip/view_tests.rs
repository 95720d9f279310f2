//! Views say what the values made from them say, and the text helpers under them cut where the RFC cuts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::borrow::Cow;

use proptest::prelude::*;

use crate::flow::Flow;
use crate::stack::table::stamp;
use crate::text;
use crate::view::{NameAddr, Params, Uri, Via};

#[test]
fn a_parameter_is_found_by_its_whole_name_in_any_case() {
    let params = Params::parse(";tagged=no;TAG = yes;lr;q=\"a\\\";b\"").unwrap();
    assert_eq!(params.get("tag").unwrap().as_deref(), Some("yes"));
    assert_eq!(params.get("LR"), Some(None));
    assert_eq!(params.get("q").unwrap().as_deref(), Some("a\";b"));
    assert!(params.get("ta").is_none() && params.get("b").is_none());
    let kept: Vec<&str> = params.without(&["tag", "q"]).collect();
    assert_eq!(kept, ["tagged=no", "lr"]);
}

#[test]
fn what_is_no_parameter_makes_the_whole_list_none() {
    for bad in
        [";", ";;a", ";a;", "a", ";a=", ";a=b c", ";a b", ";=b", ";a=\"b", ";a=\"b\"c", ";a=b\"", ";<a"]
    {
        assert!(Params::parse(bad).is_none(), "{bad}");
    }
    assert_eq!(Params::parse(" ").unwrap().owned(), []);
}

#[test]
fn quotes_and_brackets_hide_separators_and_must_close() {
    let pieces = |line| text::pieces(line, b',').collect::<Vec<_>>();
    assert_eq!(pieces("a, \"b,\\\",c\" ,<d,e>;f"), [Some("a"), Some("\"b,\\\",c\""), Some("<d,e>;f")]);
    assert_eq!(pieces("a,\"b,c"), [Some("a"), None]);
    assert_eq!(pieces("<a,b"), [None]);
    assert_eq!(pieces(""), [Some("")]);
}

#[test]
fn a_quoted_string_is_copied_only_for_its_escapes() {
    assert!(matches!(text::quoted("\"a b\"c"), Some((Cow::Borrowed("a b"), "c"))));
    assert_eq!(text::quoted("\"a\\\\\\\"\\\u{4f60}\" x").unwrap(), (Cow::Borrowed("a\\\"\u{4f60}"), " x"));
    assert!(
        text::quoted("\"a\\\"").is_none() && text::quoted("\"a\\").is_none() && text::quoted("a").is_none()
    );
}

#[test]
fn a_uri_is_cut_at_its_last_at_sign_and_loses_its_password() {
    let uri = Uri::parse("sip:a;b?c@d:secret@h.example:5070;lr?x=y").unwrap();
    assert_eq!((uri.user, uri.port, uri.headers), ("a;b?c@d", Some(5070), Some("x=y")));
    assert!(uri.params.has("lr"));
    assert!(Uri::parse("sip:@h").is_none() && Uri::parse("sip:a b@h").is_none() && Uri::parse("h").is_none());
}

#[test]
fn a_stamp_takes_the_place_of_what_the_sender_says_of_itself() {
    let flow = Flow::udp("192.0.2.1:5060".parse().unwrap(), "192.0.2.9:5062".parse().unwrap());
    let stamped = |via| stamp(Via::parse(via).unwrap(), &flow);
    assert_eq!(
        stamped("SIP/2.0/UDP h.example:5060;received=1.2.3.4;branch=z9hG4bK1;rport=1;RPORT;x=\"y;z\"")
            .unwrap(),
        "SIP/2.0/UDP h.example:5060;branch=z9hG4bK1;x=\"y;z\";received=192.0.2.9;rport=5062"
    );
    assert_eq!(stamped("SIP/2.0/UDP h.example").unwrap(), "SIP/2.0/UDP h.example;received=192.0.2.9");
    assert_eq!(stamped("SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1"), None);
}

proptest! {
    #[test]
    fn a_view_finds_what_the_owned_list_holds(list in "(;[a-c]{1,2}(=([a-c]|\"[a-c;\\\\]{2}\"))?){0,5}", name in "[a-c]{1,2}") {
        if let Some(params) = Params::parse(&list) {
            let owned = params.owned();
            let seen = params.get(&name);
            prop_assert_eq!(seen.as_ref().map(|value| value.as_deref()), text::find(&owned, &name));
            prop_assert_eq!(params.has(&name), text::find(&owned, &name).is_some());
        }
    }

    #[test]
    fn whatever_is_written_is_read_back(display in "[a-z\"\\\\ ]{0,6}", tag in "[a-z\"; ]{1,6}", v4 in any::<u32>()) {
        let mut address = crate::NameAddr::new(crate::Uri::sip("u", crate::Host::V4(v4.into()), Some(5060))).with_tag(&tag);
        address.display = display;
        let text = address.to_string();
        let seen = NameAddr::parse(&text).map(crate::NameAddr::from);
        prop_assert_eq!(seen, Some(address));
    }
}
