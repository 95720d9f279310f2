//! The black box of a call as its page shows it: the ladder against the messages, seats, decisions, the verdict.

use serde_json::Value;

use crate::ladder::{in_order, kept, leg, parties, shown};
use crate::screen::{SOON, Screen};
use crate::stage::Stage;

/// Whose phone is whose seat, by the user that an INVITE names.
const PEOPLE: [(&str, &str); 3] =
    [("138****1234", "citizen town"), ("op1", "operator 1001"), ("desk001", "desk 2001")];

/// Opens the page of this call as the shift lead.
pub fn open(play: &Stage, record: &Value) -> Screen {
    let view = format!("/box/{}", record["call"]["id"].as_str().unwrap());
    let page = play.screens.on_trial(&play.house, "supervisor", &view, 440);
    page.shows(".verdict");
    page
}

/// All is well, and everything is there that the call had.
pub fn is_right(play: &Stage, record: &Value, page: &Screen) {
    let call = record["call"]["id"].as_str().unwrap();
    assert_eq!(page.texts(".verdict.good").len(), 1, "{:?}", page.texts(".verdict"));
    let lanes = page.texts(".lanes .names li");
    for seat in ["市民", "话务员 1001", "窗口"] {
        assert!(lanes.iter().any(|lane| lane.starts_with(seat)), "{seat}: {lanes:?}");
    }
    assert_eq!(lanes.len(), record["legs"].as_array().unwrap().len(), "a lane each: {lanes:?}");
    page.sees("ol li", "1001", SOON);
    let whole = page.texts("main").concat();
    assert!(whole.contains("138****1234") && !whole.contains("13800001234"), "{whole}");
    ladder(play, call, page);
    assert_eq!(page.faults(&[]), Vec::<String>::new());
}

/// The ladder is what was sent, message by message, and each leg is a whole call.
fn ladder(play: &Stage, call: &str, page: &Screen) {
    let arrows = shown(page);
    let sent = kept(&play.house, call, &PEOPLE);
    assert!(sent.len() > 20, "{sent:#?}");
    let differs = arrows.iter().zip(&sent).find(|(one, other)| one != other);
    assert!(differs.is_none() && arrows.len() == sent.len(), "{differs:?}\n{arrows:#?}\n{sent:#?}");
    let mut heads = parties(page);
    heads.sort();
    assert_eq!(heads, ["citizen town", "desk 2001", "hotline", "operator 1001"]);
    let citizen = leg(&arrows, "citizen town");
    // 100 only where 180 takes longer than 200 ms (RFC 3261 section 17.2.1).
    let whole = in_order(&citizen, &[">INVITE", "<180 Ringing", "<200 OK", ">ACK"]);
    assert!(whole && bye(&citizen), "{citizen:?}");
    for party in ["operator 1001", "desk 2001"] {
        let staff = leg(&arrows, party);
        let whole = in_order(&staff, &["<INVITE", ">180 Ringing", ">200 OK", "<ACK"]);
        assert!(whole && bye(&staff), "{party}: {staff:?}");
    }
}

/// The last request is a BYE of one end, and the other end's 200.
fn bye(leg: &[String]) -> bool {
    matches!(leg, [.., bye, ok] if (bye == ">BYE" && ok == "<200 OK") || (bye == "<BYE" && ok == ">200 OK"))
}
