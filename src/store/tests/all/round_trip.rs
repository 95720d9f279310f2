//! What goes in comes out, once, however often it is written; and only what is on disk is acknowledged.

use call::action::SeatRole;
use call::cause::{Cause, Reason, Side};
use call::cdr::{CallBackWhy, CallRow, Outcome, Record};
use call::event::{Caller, Source};
use call::ids::{DeskNo, Lang, Name, Pii, StaffNo};
use call::{CallId, LegId};
use store::{CallFilter, Disposition, Entry, LegSip, Settings, Store, StoreError, Told};

use crate::both::on_server;
use crate::common::{
    Bench, DIVERTED, Folder, NOW, NUMBER, RAW, answered, call_back, ended, event, id, leg, leg_row, life,
    next, path, rating, raw, record, recording, row, settings, sound,
};

#[tokio::test]
async fn every_row_comes_back_as_it_went_in() {
    let bench = Bench::new().await;
    bench.write_all(life(1));
    bench.write_all([record(Record::CallBack(call_back(1, CallBackWhy::Asked)))]);
    let (_folder, store) = bench.stop().await;
    let detail = store.call(id(1)).await.unwrap().unwrap();

    let want = ended(1);
    let got = &detail.row;
    assert_eq!((got.call, got.node.as_str(), got.direction.as_str()), (id(1), "hotline-1", "in"));
    assert_eq!((got.did.as_str(), got.source.as_ref()), ("89000", Some(&want.source)));
    assert_eq!((got.caller_masked.as_str(), got.cli_withheld), ("138****1234", false));
    assert_eq!(got.diverted_masked, "053****0000");
    assert_eq!((got.lang, got.profile.as_str(), got.config_version.as_str()), (Lang::En, "direct", "c0ffee"));
    assert_eq!((got.offered_at, got.answered_at), (want.offered_at, want.answered_at));
    assert_eq!((got.ended_at, got.notice_played_at), (want.ended_at, want.notice_played_at));
    let spans = (got.wait_ms, got.queue_ms, got.duration_ms, got.billsec_ms);
    assert_eq!(spans, (12_000, 11_000, 61_500, 61_200));
    assert_eq!((&got.operator, got.outcome, got.cause), (&want.operator, want.outcome, want.cause));
    assert_eq!((got.urgent, got.case_no.as_ref(), got.parent), (true, None, None));
    assert_eq!((got.disposition(), got.duration_s(), got.billsec_s()), (Some(Disposition::Answered), 61, 61));

    assert_eq!(detail.legs.len(), 3);
    for (line, number) in detail.legs.iter().zip(1..) {
        assert_eq!(line.row, leg_row(1, number, true));
        assert_eq!(line.sound, (number == 1).then(|| sound(1)));
    }
    let kinds: Vec<_> = detail.events.iter().map(|e| (e.seq, e.kind.as_str())).collect();
    assert_eq!(kinds.len(), 9);
    assert_eq!((kinds[0], kinds[8]), ((1, "call.offered"), (9, "call.ended")));
    let last = &detail.events[8];
    assert_eq!((last.at, last.mono_ms, last.leg), (NOW + 9_000, 14_000, Some(LegId(1))));
    assert_eq!(
        (last.actor.as_str(), last.cause, last.detail.as_str()),
        ("citizen", want.cause, "outcome=on_spot")
    );
    assert_eq!((detail.recordings.len(), detail.recordings[0].no), (1, 1));
    assert_eq!(detail.recordings[0].row, recording(1, true));
    assert_eq!(store.recording(id(1), 1).await.unwrap().unwrap(), detail.recordings[0]);
    assert_eq!(store.recording(id(1), 2).await.unwrap(), None);
    assert_eq!(detail.rating, Some(rating(1)));
    let owed = &detail.call_backs[0];
    assert_eq!((owed.why, owed.number_masked.as_str()), (CallBackWhy::Asked, "138****1234"));
    assert_eq!((owed.since, owed.due_at, owed.attempts), (NOW + 20_000, NOW + 660_000, 0));
    assert_eq!(store.call(id(2)).await.unwrap(), None);
    assert_eq!(store.verify().await.unwrap(), []);
}

#[tokio::test]
async fn a_withheld_number_leaves_nothing_to_find() {
    let bench = Bench::new().await;
    let caller = Caller { withheld: true, ..Caller::default() };
    let source = Source::Phone(Name::from("p1001"));
    bench.write_all([record(Record::Offered(CallRow { caller, source: source.clone(), ..row(1) }))]);
    let (_folder, store) = bench.stop().await;
    let got = store.call(id(1)).await.unwrap().unwrap().row;
    assert_eq!((got.caller_masked.as_str(), got.cli_withheld, &got.source), ("", true, &Some(source)));
    assert_eq!(got.disposition(), None, "it goes on");
}

#[tokio::test]
async fn an_offer_is_told_only_when_others_can_see_it() {
    let mut bench = Bench::new().await;
    let mut other = raw(&bench.folder).await;
    for n in 1..=30 {
        bench.write_all([record(Record::Offered(row(n))), event(n, 1, "call.offered")]);
        assert_eq!(next(&mut bench.told).await, Told::OnDisk(id(n)));
        let seen = other.number(&format!("SELECT COUNT(*) FROM call WHERE id = '{}'", id(n))).await;
        assert_eq!(seen, 1, "call {n} was told before it was committed");
    }
    if !on_server() {
        assert_eq!(other.texts("PRAGMA journal_mode").await, ["wal"]);
    }
    bench.stop().await;
}

#[tokio::test]
async fn what_is_over_stays_over() {
    let bench = Bench::new().await;
    bench.write_all(life(1));
    let late = CallRow { operator: Some(StaffNo(Name::from("9999"))), urgent: false, ..answered(1) };
    let again = CallRow {
        outcome: Some(Outcome::Invalid),
        cause: Some(Cause::new(Side::House, Reason::Crash)),
        ended_at: Some(NOW + 99_000),
        ..ended(1)
    };
    bench.write_all([
        record(Record::Updated(late)),
        record(Record::Ended(again)),
        leg(1, 2, false),
        leg(1, 4, false),
        event(1, 10, "call.abandoned"),
        record(Record::Offered(row(1))),
    ]);
    let (_folder, store) = bench.stop().await;
    let detail = store.call(id(1)).await.unwrap().unwrap();
    assert_eq!((detail.row.outcome, detail.row.ended_at), (Some(Outcome::OnSpot), ended(1).ended_at));
    assert_eq!((detail.row.operator, detail.row.urgent), (ended(1).operator, true));
    assert_eq!(detail.legs.len(), 3, "no open leg is added to a call that is over");
    assert_eq!(detail.legs[1].row, leg_row(1, 2, true));
    assert_eq!(detail.events.len(), 9, "there is one final event");
    assert_eq!(store.verify().await.unwrap(), []);
}

#[tokio::test]
async fn twice_is_once() {
    let bench = Bench::new().await;
    bench.write_all(life(1));
    bench.write_all([record(Record::CallBack(call_back(1, CallBackWhy::Missed)))]);
    let (folder, store) = bench.stop().await;
    let (first, counts) = (store.call(id(1)).await.unwrap(), store.counts().await.unwrap());
    let links = chain(&folder).await;
    let (writer, mut told) = crate::common::writer(&store);
    for entry in life(1) {
        writer.write(entry).unwrap();
    }
    writer.write(record(Record::CallBack(call_back(1, CallBackWhy::Missed)))).unwrap();
    assert_eq!(next(&mut told).await, Told::OnDisk(id(1)), "a replay is told too");
    writer.stop().await.unwrap();
    assert_eq!(store.call(id(1)).await.unwrap(), first);
    assert_eq!(store.counts().await.unwrap(), counts);
    assert_eq!(chain(&folder).await, links);
    assert_eq!((counts.calls, counts.final_events, counts.events, counts.legs), (1, 1, 9, 3));
    assert_eq!((counts.recordings, counts.call_backs, counts.open_calls), (1, 1, 0));
}

async fn chain(folder: &Folder) -> Vec<String> {
    let links = "SELECT CAST(pos AS TEXT) || ' ' || hash FROM event ORDER BY pos";
    raw(folder).await.texts(links).await
}

#[tokio::test]
async fn a_changed_or_missing_event_is_noticed() {
    let bench = Bench::new().await;
    bench.write_all(life(1));
    bench.write_all(life(2));
    let (folder, store) = bench.stop().await;
    assert_eq!(store.verify().await.unwrap(), []);
    let mut other = raw(&folder).await;
    other.run("UPDATE event SET actor = 'house' WHERE pos = 5").await;
    let broken = store.verify().await.unwrap();
    assert_eq!(broken.len(), 1);
    assert!(broken[0].to_string().contains("broken at 5"), "{}", broken[0]);
    other.run("UPDATE event SET actor = 'citizen' WHERE pos = 5").await;
    assert_eq!(store.verify().await.unwrap(), []);
    other.run("DELETE FROM event WHERE pos = 7").await;
    let words: Vec<_> = store.verify().await.unwrap().iter().map(ToString::to_string).collect();
    assert!(
        words.iter().any(|w| w.contains("gap")) && words.iter().any(|w| w.contains("broken at 7")),
        "{words:?}"
    );
    other.run("DELETE FROM event WHERE kind = 'call.ended'").await;
    other.run("UPDATE leg SET left_at = NULL WHERE id = 2").await;
    other.run("UPDATE call SET caller_hash = 'x'").await;
    let words: Vec<_> = store.verify().await.unwrap().iter().map(ToString::to_string).collect();
    for part in ["has 0 final events", "leg 2 of call", "can't be opened or is not its own"] {
        assert!(words.iter().any(|w| w.contains(part)), "{part}: {words:?}");
    }
    other.run("DELETE FROM call").await;
    let words: Vec<_> = store.verify().await.unwrap().iter().map(ToString::to_string).collect();
    assert!(words.iter().any(|w| w.contains("but not its own")), "{words:?}");
}

#[tokio::test]
async fn calls_are_listed_newest_first_page_by_page() {
    let bench = Bench::new().await;
    for n in 1..=7 {
        bench.write_all(life(n));
    }
    let other = Caller {
        number: Pii::new("13911115678"),
        raw: Pii::new("13911115678"),
        withheld: false,
        ..Caller::default()
    };
    bench.write_all([record(Record::Offered(CallRow { caller: other, ..row(8) }))]);
    let (_folder, store) = bench.stop().await;
    let all = CallFilter::default();
    let mut seen: Vec<CallId> = Vec::new();
    let mut after = None;
    loop {
        let page = store.calls(&all, after, 3).await.unwrap();
        assert!(page.calls.len() <= 3);
        seen.extend(page.calls.iter().map(|c| c.call));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=8).rev().map(id).collect::<Vec<_>>());
    let count = async |filter: CallFilter| store.calls(&filter, None, 200).await.unwrap().calls.len();
    assert_eq!(count(CallFilter { live: Some(true), ..all.clone() }).await, 1);
    assert_eq!(count(CallFilter { live: Some(false), ..all.clone() }).await, 7);
    assert_eq!(count(CallFilter { from: Some(NOW + 3), to: Some(NOW + 5), ..all.clone() }).await, 2);
    assert_eq!(count(CallFilter { outcome: Some(Outcome::OnSpot), ..all.clone() }).await, 7);
    assert_eq!(count(CallFilter { outcome: Some(Outcome::Bridged), ..all.clone() }).await, 0);
    assert_eq!(count(CallFilter { caller: Some(Pii::new(NUMBER)), ..all.clone() }).await, 7);
    assert_eq!(count(CallFilter { caller: Some(Pii::new("13911115678")), ..all.clone() }).await, 1);
    assert_eq!(count(CallFilter { caller: Some(Pii::new(RAW)), ..all.clone() }).await, 0);
    let operator = Some(StaffNo(Name::from("1001")));
    assert_eq!(count(CallFilter { operator, live: Some(false), ..all.clone() }).await, 7);
    assert_eq!(count(CallFilter { desk: Some(DeskNo(37)), ..all.clone() }).await, 7);
    assert_eq!(count(CallFilter { desk: Some(DeskNo(38)), ..all.clone() }).await, 0);
    assert_eq!(store.calls(&all, None, 0).await.unwrap().calls.len(), 1, "a page has at least one line");
    assert_eq!(store.calls(&all, None, 9_999).await.unwrap().next, None);
}

#[tokio::test]
async fn who_hears_a_recording_is_noted() {
    let bench = Bench::new().await;
    bench.write_all(life(1));
    let more = store::RecordingRow { path: "b.wav".to_owned(), leg: Some(LegId(1)), ..recording(1, true) };
    bench.write_all([
        Entry::Recording(Box::new(more.clone())),
        Entry::Recording(Box::new(recording(1, false))),
    ]);
    let (folder, store) = bench.stop().await;
    assert_eq!(store.recording(id(1), 2).await.unwrap().unwrap().row, more);
    assert_eq!(store.recording(id(1), 1).await.unwrap().unwrap().row, recording(1, true), "a late first row");
    store.note_recording_access(NOW, id(1), 1, "admin", "complaint").await.unwrap();
    store.note_recording_access(NOW, id(1), 1, "admin", "complaint").await.unwrap();
    let mut other = raw(&folder).await;
    assert_eq!(other.texts("SELECT why FROM recording_access").await, ["complaint", "complaint"]);
}

#[tokio::test]
async fn no_number_is_in_the_file_in_clear() {
    if on_server() {
        return;
    }
    let bench = Bench::new().await;
    let citizen = call::cdr::LegRow { party: Name::from(NUMBER), ..leg_row(1, 1, false) };
    assert_eq!(citizen.seat, SeatRole::Citizen);
    bench.write_all(life(1));
    bench.write_all([
        record(Record::Leg(citizen)),
        record(Record::CallBack(call_back(1, CallBackWhy::Missed))),
    ]);
    let made = bench.store.find(NOW, id(1), &call::action::Question::NewVoicemailCase).await;
    assert!(matches!(made, call::action::Lookup::NewCase(_)));
    crate::house::take_house_in(&bench.store, "v1").await;
    let folder = bench.folder.path().join("data");
    let (kept, store) = bench.stop().await;
    let file = path(&kept);
    store.close().await;
    let mut masks = 0;
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        let bytes = std::fs::read(entry.path()).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
        masks += usize::from(holds("138****1234"));
        for digits in [&NUMBER[3..], &DIVERTED[3..], crate::house::STAFF_NUMBER] {
            assert!(!holds(digits), "{digits} stands in {}", entry.path().display());
        }
    }
    assert!(file.exists() && masks > 0, "the masked number must be found, or nothing was looked at");
}

#[tokio::test]
async fn the_recordings_since_a_call_are_told_by_their_calls() {
    let bench = Bench::new().await;
    bench.write_all([1, 2, 3].map(|n| record(Record::Offered(row(n)))));
    for n in [1, 3] {
        bench.write_all([Entry::Recording(Box::new(recording(n, true)))]);
    }
    let (_folder, store) = bench.stop().await;
    let since = store.recordings_since(id(2)).await.unwrap();
    assert_eq!(since.keys().copied().collect::<Vec<_>>(), [id(2), id(3)]);
    assert!(since[&id(2)].is_empty());
    assert_eq!(since[&id(3)].iter().map(|file| &file.row).collect::<Vec<_>>(), [&recording(3, true)]);
}

#[tokio::test]
async fn how_a_leg_was_signalled_is_kept_and_finds_its_call() {
    let bench = Bench::new().await;
    bench.write_all(life(1));
    let sent = LegSip {
        call: id(1),
        leg: LegId(2),
        sip_call_id: "ours-7@hotline".into(),
        at: NOW,
        way: "carrier".into(),
        status: None,
        q850: None,
        far_words: String::new(),
        offered: String::new(),
    };
    let refused = LegSip {
        status: Some(488),
        q850: Some(88),
        far_words: "Not here".into(),
        offered: "G729".into(),
        at: NOW + 9,
        ..sent.clone()
    };
    let next = LegSip { sip_call_id: "ours-8@hotline".into(), at: NOW + 10, ..sent.clone() };
    // Twice, and in the wrong order: what was known stays known.
    for row in [&sent, &refused, &next, &refused, &sent] {
        bench.write_all([Entry::LegSip(Box::new(row.clone()))]);
    }
    let (folder, store) = bench.stop().await;
    let detail = store.call(id(1)).await.unwrap().unwrap();
    let leg = detail.legs.iter().find(|leg| leg.row.leg == LegId(2)).unwrap();
    assert_eq!(leg.sip, [LegSip { at: NOW, ..refused }, next]);
    let expected = Some(id(1));
    for name in ["ours-7@hotline", "ours-8@hotline", &row(1).sip_call_id] {
        assert_eq!(store.call_named(name).await.unwrap(), expected, "{name}");
    }
    assert_eq!(store.call_named("nobody@nowhere").await.unwrap(), None);

    // A tool beside the house sees the same, though the house holds the lock, and leaves a note of what it showed.
    let beside = Store::look(settings(&folder)).unwrap();
    assert_eq!(beside.call(id(1)).await.unwrap().unwrap(), detail);
    beside.note_trace_access(NOW, &id(1).to_string(), "cli:root", "unmask ladder").await.unwrap();
    assert_eq!(store.trace_accesses(&id(1).to_string()).await.unwrap(), 1);
    assert_eq!(store.trace_accesses("other").await.unwrap(), 0);
    let nowhere = Settings::beside(folder.path().join("nowhere/x.db"), "n");
    assert!(matches!(Store::look(nowhere), Err(StoreError::KeyLost { .. })));
}
