//! `hotline audit verify` and `hotline keys`: one changed byte of the store is found and named; keys renewed beside it.

use std::fs;

use store::{AuditNote, Store};

use super::check::copy;
use super::{in_order, run};

const NOW: i64 = 1_791_597_600_000;

#[tokio::test]
async fn one_changed_byte_is_found_and_renewed_keys_open_the_store() {
    let folder = copy();
    let dir = folder.path().join("sip-config");
    let config = dir.to_str().unwrap();
    let checked = config::load(&dir).unwrap();
    let settings = || {
        store::Settings::beside(checked.settings.store.file().unwrap().to_owned(), &*checked.settings.node)
    };
    let (store, _) = Store::open(settings(), NOW).await.unwrap();
    for no in 1..=9 {
        let note = AuditNote {
            at: NOW + no,
            who: "li".into(),
            role: "auditor".into(),
            what: "call.unmask".into(),
            target: format!("call-{no}"),
            source: "127.0.0.1".into(),
            detail: format!("complaint {no} of the district"),
        };
        store.note(&note).await.unwrap();
    }
    let (code, out, err) = run(&["audit", "verify", "--config", config]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    in_order(&out, &["Everything holds"]);

    // The master key is renewed while the store is in use, and the next start opens it.
    let (code, out, err) = run(&["keys", "rotate", "--config", config]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    in_order(&out, &["version 3"]);
    let (code, out, _) = run(&["keys", "list", "--config", config, "--lang", "zh"]);
    assert_eq!(code, 0);
    in_order(&out, &["主密钥", "版本：2 3"]);
    store.close().await;
    drop(store);
    let (store, _) = Store::open(settings(), NOW + 100).await.unwrap();
    store.close().await;
    drop(store);

    let path = checked.settings.store.file().unwrap().to_owned();
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(11).position(|window| window == b"complaint 5").unwrap();
    bytes[at + 10] = b'6';
    fs::write(&path, bytes).unwrap();
    let (code, out, _) = run(&["audit", "verify", "--config", config]);
    assert_eq!(code, 1);
    in_order(&out, &["audit", "5"]);
    let (code, out, _) = run(&["audit", "verify", "--config", config, "--lang", "zh"]);
    assert_eq!(code, 1);
    in_order(&out, &["审计链在第 5 行"]);
}
