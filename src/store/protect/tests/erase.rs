//! What is due is erased and opens nowhere, what is held or open stays, and of a citizen everything is found.

use super::*;
use crate::protect::{Done, HoldFault, HoldOf};

#[tokio::test]
async fn what_is_due_is_erased_opens_nowhere_and_the_call_stays() {
    let (folder, store, backup, [old, new]) = two_calls().await;
    let bytes = sealed(&store, old).await;
    assert!(in_files(folder.path(), &bytes) && number_of(&store, old).await.as_deref() == Some(NUMBER));
    let hash = store.keys_of().number_hash(NUMBER);

    let now = tenth(LATER.0, LATER.1);
    let done = store.erase_due(now, &KEEP).await.unwrap();
    assert_eq!((done.erased, done.kept, done.carried), (2, 0, 0), "the numbers of the call and its note");
    // Each class has a key for the month of the opening and the next; the second one is as old by now.
    let dead: Vec<_> = done.destroyed.iter().map(|stone| (stone.class, stone.scope.to_string())).collect();
    assert_eq!(dead.len(), 6, "{dead:?}");
    assert!(
        dead.contains(&(Class::Number, "2023-10".into())) && dead.contains(&(Class::Case, "2023-11".into()))
    );
    assert_eq!(store.erase_due(now, &KEEP).await.unwrap(), Done::default(), "nothing is left to do");

    let call = store.call(old).await.unwrap().unwrap();
    assert_eq!((call.row.duration_ms, call.row.caller_masked.as_str()), (61_000, ""));
    assert_eq!((number_of(&store, old).await, call.legs[0].row.uri_masked.as_str()), (None, ""));
    assert_eq!(number_of(&store, new).await.as_deref(), Some(OTHER));
    assert_eq!(store.verify().await.unwrap(), []);
    let proof = store.proof().await.unwrap();
    assert!(proof.holds() && proof.stones == done.destroyed);
    assert!(!in_files(folder.path(), &bytes), "the value must be in no file, nor in the log of changes");
    assert!(!in_files(folder.path(), hash.as_bytes()), "nor the hash by which it was found");

    // A backup of before: with the key file of today nothing of it opens, and everything that lives does.
    let back = restored(&backup, folder.path());
    let other = open(back.path(), now).await;
    assert_eq!(number_of(&other, new).await.as_deref(), Some(OTHER));
    assert!(other.caller_number(old).await.is_err(), "it must not open any more");
    // With the key file of that time it still did: so it was the key file that has closed it.
    let back = restored(&backup, backup.path());
    assert_eq!(number_of(&open(back.path(), now).await, old).await.as_deref(), Some(NUMBER));
}

#[tokio::test]
async fn a_hold_keeps_until_it_is_released() {
    let (_folder, store, _, [old, _]) = two_calls().await;
    let now = tenth(LATER.0, LATER.1);
    assert_eq!(store.hold(now, "law", HoldOf::Call(id(1, 1)), "x").await.unwrap(), Err(HoldFault::NoSuch));
    assert_eq!(store.hold(now, "law", HoldOf::Call(old), "file 7").await.unwrap(), Ok(1));
    assert_eq!(store.hold(now, "law", HoldOf::Call(old), "file 7").await.unwrap(), Err(HoldFault::Held(1)));
    assert!(store.call(old).await.unwrap().unwrap().recordings[0].row.legal_hold);

    let done = store.erase_due(now, &KEEP).await.unwrap();
    assert_eq!((done.erased, done.kept, done.destroyed.len()), (0, 2, 6));
    assert_eq!(done.carried, 4, "three numbers and a note, under keys of the hold");
    assert_eq!(number_of(&store, old).await.as_deref(), Some(NUMBER));
    let key = vault::key_of(&sealed(&store, old).await).unwrap();
    assert_eq!(store.keys_of().safe().key(key).unwrap().scope, Scope::Hold(1));
    assert_eq!(store.due_recordings(now, &KEEP, None, 9).await.unwrap(), []);
    let refused = store.forget(NUMBER).await.unwrap();
    assert_eq!((refused.held, refused.values), (vec![(old.to_string(), 1)], 0));
    assert_eq!(number_of(&store, old).await.as_deref(), Some(NUMBER));

    assert!(
        store.release_hold(now, "law", 1).await.unwrap() && !store.release_hold(now, "law", 1).await.unwrap()
    );
    assert!(
        store.holds(false).await.unwrap().is_empty()
            && store.holds(true).await.unwrap()[0].released.is_some()
    );
    let done = store.erase_due(now, &KEEP).await.unwrap();
    assert_eq!((done.erased, done.kept, done.carried), (2, 0, 0));
    assert!(done.destroyed.iter().all(|stone| stone.scope == Scope::Hold(1)) && done.destroyed.len() == 2);
    assert_eq!(number_of(&store, old).await, None);
    assert_eq!(store.due_recordings(now, &KEEP, None, 9).await.unwrap().len(), 1);
    assert!(store.proof().await.unwrap().holds() && store.verify().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_open_case_is_carried_on_and_erased_once_it_is_closed() {
    let (folder, store, _, [old, _]) = two_calls().await;
    let (then, now) = (tenth(OLD.0, OLD.1), tenth(LATER.0, LATER.1));
    let made = store.open_case(then, "op1", None, case(Some(old))).await.unwrap().unwrap();
    store.note_case(then, "op1", None, &made.no, "她的孙子会来").await.unwrap().unwrap();
    let done = store.erase_due(now, &KEEP).await.unwrap();
    assert_eq!(
        (done.carried, done.destroyed.len()),
        (5, 6),
        "name, number, content, place and note of the case"
    );
    let (name, phone) = store.applicant(&made.no).await.unwrap().unwrap();
    assert_eq!((name.reveal(), phone.reveal()), ("张三丰", NUMBER));
    let seen = store.case(&made.no, &crate::Eyes::Office).await.unwrap().unwrap();
    assert_eq!((seen.content.as_str(), seen.place.as_deref()), ("门前的路灯不亮", Some("东街 5 号")));
    assert!(seen.log.iter().any(|line| line.what == "她的孙子会来"), "{:?}", seen.log);
    store.let_go().await.unwrap();
    for text in ["门前的路灯不亮", "东街 5 号", "她的孙子会来"] {
        assert!(!in_files(folder.path(), text.as_bytes()), "{text} must stand nowhere in clear");
    }

    run(&store, "UPDATE cases SET closed_at = 1").await;
    store.erase_due(now, &KEEP).await.unwrap();
    let (name, phone) = store.applicant(&made.no).await.unwrap().unwrap();
    assert_eq!((name.reveal(), phone.reveal()), ("", ""));
    let seen = store.case(&made.no, &crate::Eyes::Office).await.unwrap().unwrap();
    assert_eq!((seen.line.title.as_str(), seen.content.as_str(), seen.place), ("", "", None));
    assert_eq!(seen.line.applicant_masked, "");
    assert!(seen.log.iter().all(|line| line.kind != "note" || line.what.is_empty()), "{:?}", seen.log);
    assert_eq!(seen.line.received_at, then, "that there was a case stays");
    assert_eq!(broken(&store).await, []);
}

#[tokio::test]
async fn everything_of_a_citizen_is_found_and_erased_and_nothing_of_others() {
    let (folder, store, _, [old, new]) = two_calls().await;
    let now = tenth(NEW.0, NEW.1);
    let made = store.open_case(now, "op1", None, case(Some(old))).await.unwrap().unwrap();
    // Somebody else has called about it.
    store.attach_call(now, "op1", &made.no, new).await.unwrap().unwrap();
    store.note_recording_access(now, old, 1, "boss", "a complaint").await.unwrap();
    let report = store.person(NUMBER).await.unwrap();
    let rows = |name: &str| report.parts.iter().find(|part| part.name == name).unwrap().rows.clone();
    let calls = rows("calls");
    assert_eq!(calls.len(), 2);
    assert_eq!((&calls[0]["caller_e164"], &calls[0]["from_this_number"]), (&NUMBER.into(), &true.into()));
    assert_eq!(
        (&calls[1]["caller_e164"], &calls[1]["from_this_number"]),
        (&serde_json::Value::Null, &false.into())
    );
    assert_eq!((rows("legs").len(), rows("recordings").len(), rows("notes").len()), (2, 2, 2));
    assert_eq!(rows("cases")[0]["applicant_name"], "张三丰");
    assert_eq!(rows("notes")[0]["note"], "住在东街的老人");
    assert_eq!(
        (&rows("accesses")[0]["who"], &rows("accesses")[0]["what"]),
        (&"boss".into(), &"recording.heard".into())
    );
    assert!(!rows("case_log").is_empty());
    assert!(store.person("13700000000").await.unwrap().parts.iter().all(|part| part.rows.is_empty()));

    let open = store.forget(NUMBER).await.unwrap();
    assert_eq!((open.open, open.calls), (vec![made.no.clone()], 1), "an open case is not erased");
    run(&store, "UPDATE cases SET closed_at = 1").await;
    // The case leads to the citizen by its own hash still.
    let bytes = store.keys_of().number_hash(NUMBER);
    let done = store.forget(NUMBER).await.unwrap();
    assert_eq!((done.cases, done.held, done.open), (1, Vec::new(), Vec::new()));
    assert_eq!(open.recordings.iter().map(|file| file.call).collect::<Vec<_>>(), [old]);
    store.recordings_gone(now, open.recordings).await.unwrap();
    assert!(store.recording(old, 1).await.unwrap().unwrap().row.purged_at.is_some());
    assert!(store.person(NUMBER).await.unwrap().parts.iter().all(|part| part.rows.is_empty()));
    assert!(!in_files(folder.path(), bytes.as_bytes()), "no hash of the number is left");
    assert!(!in_files(folder.path(), "门前的路灯不亮".as_bytes()), "no text of the case is left");
    assert_eq!(number_of(&store, new).await.as_deref(), Some(OTHER), "another caller is another citizen");
    assert_eq!(broken(&store).await, []);
}
