//! Keys are renewed under writers, a changed byte is found, and a recording's key is buried once.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_renewed_while_calls_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (now, file) = (tenth(NEW.0, NEW.1), folder.path().join("hotline.key"));
    let store = open(folder.path(), now).await;
    let writing = {
        let store = store.clone();
        tokio::spawn(async move {
            for burst in 0..20 {
                write(&store, (0..10).flat_map(|n| entries(now, burst * 10 + n, NUMBER)).collect()).await;
            }
        })
    };
    // A tool beside the house, as `hotline keys rotate` is one.
    let old = std::fs::read(&file).unwrap();
    let mut rounds = 0;
    while !writing.is_finished() || rounds < 3 {
        let tool = Store::look(settings(folder.path())).unwrap();
        key_file::change(&file, |masters| masters.renewed(&System::new())).unwrap();
        assert_eq!(
            tool.rewrap_keys().await.unwrap(),
            8,
            "three classes, two months, staff and configuration"
        );
        key_file::change(&file, |masters| Ok(masters.retired())).unwrap();
        // The house makes keys meanwhile, as it does once a day.
        store.keys_for(month(2026, 12).begins() + rounds).await.unwrap();
        store.keys_for(now).await.unwrap();
        run(&store, "DELETE FROM data_key WHERE scope = '2027-01'").await;
        rounds += 1;
    }
    writing.await.unwrap();
    let all: Vec<CallId> = (0..200).map(|n| id(now, n)).collect();
    for call in &all {
        assert_eq!(number_of(&store, *call).await.as_deref(), Some(NUMBER), "the house that runs");
    }
    store.close().await;
    drop(store);
    let next = open(folder.path(), now).await;
    for call in &all {
        assert_eq!(number_of(&next, *call).await.as_deref(), Some(NUMBER), "the next start");
    }
    assert_eq!(next.verify().await.unwrap(), []);
    // The key file of before belongs to the house and opens none of its keys any more.
    next.close().await;
    drop(next);
    std::fs::write(&file, old).unwrap();
    let why = Store::open(settings(folder.path()), now).await.err().map(|why| why.to_string());
    assert!(why.as_ref().is_some_and(|why| why.contains("newest copy of the key file")), "{why:?}");
}

#[tokio::test]
async fn a_changed_byte_is_found_wherever_it_is() {
    let (_folder, store, _, [_, new]) = two_calls().await;
    store.erase_due(tenth(LATER.0, LATER.1), &KEEP).await.unwrap();
    assert_eq!(store.verify().await.unwrap(), []);
    let bytes = sealed(&store, new).await;
    for at in 0..bytes.len() {
        let mut bent = bytes.clone();
        bent[at] ^= 1;
        let mut conn = store.reader().await.unwrap();
        let put = query("UPDATE call SET caller_e164 = $2 WHERE id = $1");
        put.bind(new.to_string()).bind(bent).execute(&mut conn).await.unwrap();
        drop(conn);
        assert_eq!(store.verify().await.unwrap(), [Broken::Sealed { call: new }], "byte {at}");
    }
    let mut conn = store.reader().await.unwrap();
    let put = query("UPDATE call SET caller_e164 = $2 WHERE id = $1");
    put.bind(new.to_string()).bind(bytes).execute(&mut conn).await.unwrap();
    drop(conn);
    run(&store, "UPDATE key_tombstone SET at = at + 1 WHERE no = 3").await;
    assert_eq!(store.verify().await.unwrap(), [Broken::Tombstone { no: 3 }]);
    assert_eq!(store.proof().await.unwrap().broken, Some(3));
    run(&store, "UPDATE key_tombstone SET at = at - 1 WHERE no = 3").await;
    run(&store, "DELETE FROM key_tombstone WHERE no = 2").await;
    assert_eq!(store.verify().await.unwrap(), [Broken::Tombstone { no: 2 }]);
    // A line that was changed: the store says so at the next start, instead of sealing by another key.
    run(&store, "UPDATE data_key SET line = replace(line, ' number ', ' name ')").await;
    let folder = tempfile::tempdir().unwrap();
    drop(folder);
    let fresh = crate::seal::load(&store.keys_of().file).unwrap().unwrap();
    let mut conn = store.reader().await.unwrap();
    let why = crate::protect::learn(&mut conn, &fresh).await.unwrap_err();
    assert_eq!(why.to_string(), StoreError::Keys(vault::VaultError::NotAuthentic).to_string());
}

#[tokio::test]
async fn recordings_are_due_by_month_and_their_key_is_buried_once() {
    let (_folder, store, _, [old, new]) = two_calls().await;
    let now = tenth(LATER.0, LATER.1);
    let due = store.due_recordings(now, &KEEP, None, 9).await.unwrap();
    assert_eq!(due.iter().map(|file| (file.call, file.no)).collect::<Vec<_>>(), [(old, 1)]);
    assert_eq!(store.due_recordings(now, &KEEP, due.last(), 9).await.unwrap(), []);
    assert_eq!(store.due_recordings(now, &Retention::default(), None, 9).await.unwrap(), []);
    assert!(!store.month_is_gone(month(2023, 10)).await.unwrap());
    store.recordings_gone(now, due).await.unwrap();
    assert!(store.month_is_gone(month(2023, 10)).await.unwrap());
    assert!(!store.month_is_gone(month(2026, 11)).await.unwrap(), "that of {new}");
    for _ in 0..2 {
        store.bury_recording_key(now, vault::KeyId(7), month(2023, 10), "f".into()).await.unwrap();
    }
    assert_eq!(store.proof().await.unwrap().stones.len(), 1);
    assert_eq!(store.proof().await.unwrap().waiting, [1], "the key file still has its secret");
    store.puncture_recordings(&[month(2023, 10)]).unwrap();
    assert!(store.proof().await.unwrap().holds());
    let audit = store.audit(&crate::AuditFilter::default(), 9).await.unwrap();
    assert_eq!(audit.lines[0].note.what, "key.destroyed");
}

#[tokio::test]
async fn a_caller_whose_number_was_erased_is_a_stranger() {
    let (_folder, store, _, [old, _]) = two_calls().await;
    let store = Arc::new(store);
    store.erase_due(tenth(LATER.0, LATER.1), &KEEP).await.unwrap();
    let question = Question::NewVoicemailCase;
    let made = store.find(tenth(LATER.0, LATER.1), old, &question).await;
    assert!(matches!(made, call::action::Lookup::NewCase(_)), "{made:?}");
}
