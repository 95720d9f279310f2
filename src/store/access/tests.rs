//! Accounts keep their secrets, sessions outlive a restart, the audit can't be changed unseen.
#![allow(clippy::unwrap_used, clippy::panic)]

use call::ids::Pii;

use super::{Account, AuditFilter, AuditNote, Change, Hidden};
use crate::both::{Folder, folder, on_server};
use crate::either::query;
use crate::stored::Broken;
use crate::{Store, StoreError};

const NOW: i64 = 1_791_507_600_000;

async fn open(folder: &Folder) -> Store {
    loop {
        match Store::open(folder.settings("hotline.db", "n1"), NOW).await {
            Ok((store, _)) => return store,
            // A session on a server that was let go is seen a moment later.
            Err(StoreError::NodeInUse { .. }) => {}
            Err(fault) => panic!("{fault}"),
        }
    }
}

fn account(name: &str, role: &str) -> Account {
    Account {
        name: name.into(),
        shown: Pii::new("王丽丽在此工作"),
        role: role.into(),
        staff: None,
        password: Hidden::new("$argon2id$secret"),
        password_at: NOW,
        must_change: true,
        factor: Some(Hidden::new("GEZDGNBVGY3TQOJQ")),
        factor_step: None,
        locked: false,
        made_at: NOW,
        signed_in_at: None,
    }
}

fn note(n: i64, what: &str) -> AuditNote {
    AuditNote {
        at: NOW + n,
        who: "admin".into(),
        role: "admin".into(),
        what: what.into(),
        target: format!("t{n}"),
        source: "127.0.0.1".into(),
        detail: String::new(),
    }
}

#[tokio::test]
async fn accounts_come_back_as_they_were_and_their_names_are_sealed() {
    let folder = folder();
    let store = open(&folder).await;
    assert!(!store.has_accounts().await.unwrap());
    assert!(store.add_account(&account("admin", "admin")).await.unwrap());
    assert!(!store.add_account(&account("admin", "desk")).await.unwrap(), "each name once");
    assert_eq!(store.account("admin").await.unwrap(), Some(account("admin", "admin")));
    assert_eq!(store.account("nobody").await.unwrap(), None);
    store.close().await;
    drop(store);
    if on_server() {
        return;
    }
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
        all.extend(std::fs::read(file.path()).unwrap());
    }
    let holds = |text: &str| all.windows(text.len()).any(|w| w == text.as_bytes());
    assert!(holds("$argon2id$secret"));
    assert!(!holds("王丽丽") && !holds("GEZDGNBVGY3TQOJQ"));
}

#[tokio::test]
async fn the_last_admin_can_not_be_taken_away() {
    let folder = folder();
    let store = open(&folder).await;
    store.add_account(&account("admin", "admin")).await.unwrap();
    store.add_account(&account("op", "operator")).await.unwrap();
    let change =
        async |name: &str, changes: &[Change]| store.change_account(NOW + 5, name, changes).await.unwrap();
    assert!(!change("admin", &[Change::Locked(true)]).await);
    assert!(!change("admin", &[Change::Role("auditor".into())]).await);
    assert!(!store.delete_account("admin").await.unwrap());
    assert!(!change("nobody", &[Change::SignedIn]).await);
    assert_eq!(store.account("admin").await.unwrap(), Some(account("admin", "admin")));
    assert!(change("op", &[Change::Role("admin".into()), Change::Shown(Pii::new("李"))]).await);
    assert!(
        change("admin", &[Change::Locked(true), Change::Factor(None), Change::Password(Hidden::new("x"))])
            .await
    );
    let admin = store.account("admin").await.unwrap().unwrap();
    assert!(admin.locked && admin.factor.is_none() && admin.password_at == NOW + 5);
    assert!(store.delete_account("admin").await.unwrap());
    assert!(!store.delete_account("admin").await.unwrap());
}

#[tokio::test]
async fn a_given_password_stays_one_until_its_owner_has_another() {
    let folder = folder();
    let store = open(&folder).await;
    store.add_account(&account("op", "operator")).await.unwrap();
    let must = async || store.account("op").await.unwrap().unwrap().must_change;
    assert!(must().await, "as it was made");
    for (change, left) in [
        (Change::Locked(false), true),
        (Change::Password(Hidden::new("own")), false),
        (Change::SignedIn, false),
        (Change::GivenPassword(Hidden::new("given")), true),
    ] {
        assert!(store.change_account(NOW, "op", std::slice::from_ref(&change)).await.unwrap());
        assert_eq!(must().await, left, "{change:?}");
    }
}

#[tokio::test]
async fn a_step_of_the_second_factor_is_used_once() {
    let folder = folder();
    let store = open(&folder).await;
    store.add_account(&account("admin", "admin")).await.unwrap();
    let both = tokio::join!(store.use_step("admin", 7), store.use_step("admin", 7));
    assert_eq!(u8::from(both.0.unwrap()) + u8::from(both.1.unwrap()), 1);
    assert!(!store.use_step("admin", 6).await.unwrap());
    assert!(store.use_step("admin", 8).await.unwrap());
}

#[tokio::test]
async fn sessions_outlive_a_restart_and_end_with_their_account() {
    let folder = folder();
    let store = open(&folder).await;
    store.add_account(&account("admin", "admin")).await.unwrap();
    store.add_account(&account("op", "operator")).await.unwrap();
    for (hash, name) in [("h1", "op"), ("h2", "op"), ("h3", "admin")] {
        store.begin_sitting(NOW, hash, name).await.unwrap();
    }
    store.close().await;
    drop(store);
    let store = open(&folder).await;
    store.touch_sitting(NOW + 9, "h1").await.unwrap();
    store.touch_sitting(NOW + 8, "h1").await.unwrap();
    let found = store.sitting("h1").await.unwrap().unwrap();
    assert_eq!((found.account.name.as_str(), found.begun_at, found.seen_at), ("op", NOW, NOW + 9));
    assert_eq!(store.end_sittings("op", Some("h1")).await.unwrap(), 1);
    assert!(store.sitting("h2").await.unwrap().is_none() && store.sitting("h1").await.unwrap().is_some());
    store.delete_account("op").await.unwrap();
    assert!(store.sitting("h1").await.unwrap().is_none());
    assert_eq!(store.forget_sittings(NOW, NOW + 1).await.unwrap(), 1);
    assert!(store.sitting("h3").await.unwrap().is_none());
}

#[tokio::test]
async fn the_audit_is_read_page_by_page_and_a_change_is_seen() {
    let folder = folder();
    let store = open(&folder).await;
    for n in 0..5 {
        store.note(&note(n, if n % 2 == 0 { "call.unmask" } else { "session.begun" })).await.unwrap();
    }
    let all = store.audit(&AuditFilter::default(), 3).await.unwrap();
    assert_eq!(all.lines.iter().map(|l| l.note.at - NOW).collect::<Vec<_>>(), [4, 3, 2]);
    let rest = AuditFilter { before: all.next, ..AuditFilter::default() };
    let rest = store.audit(&rest, 3).await.unwrap();
    assert_eq!((rest.lines.len(), rest.next), (2, None));
    let of = |what: &str| AuditFilter { what: Some(what.into()), ..AuditFilter::default() };
    assert_eq!(store.audit(&of("call"), 9).await.unwrap().lines.len(), 3);
    assert_eq!(store.audit(&of("c_ll%"), 9).await.unwrap().lines.len(), 0);
    let since = AuditFilter { since: Some(NOW + 4), who: Some("admin".into()), ..AuditFilter::default() };
    assert_eq!(store.audit(&since, 9).await.unwrap().lines.len(), 1);
    assert_eq!(store.verify().await.unwrap(), []);
    for sql in ["UPDATE audit SET detail = 'x' WHERE pos = 2", "DELETE FROM audit WHERE pos = 2"] {
        query(sql).execute(&mut store.alone().await.unwrap()).await.unwrap();
        assert_eq!(store.verify().await.unwrap(), [Broken::Audit { node: "n1".into(), pos: 2 }], "{sql}");
    }
}

#[tokio::test]
async fn notes_at_the_same_moment_make_one_chain() {
    let folder = folder();
    let store = open(&folder).await;
    let notes = (0..40).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.note(&note(n, "x")).await })
    });
    for one in notes.collect::<Vec<_>>() {
        one.await.unwrap().unwrap();
    }
    assert_eq!(store.verify().await.unwrap(), []);
}

#[test]
fn debug_shows_no_secret() {
    let shown =
        format!("{:?} {:?}", account("admin", "admin"), Change::Password(Hidden::new("$argon2id$secret")));
    for word in ["argon2id", "GEZD", "OJQ", "王丽丽"] {
        assert!(!shown.contains(word), "{shown}");
    }
}
