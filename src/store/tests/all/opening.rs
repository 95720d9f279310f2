//! What can stand in the way of opening, and what the reader is told to do about it.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use store::{Settings, Store, StoreError};

use crate::both::on_server;
use crate::common::{Bench, NOW, folder, open, path, raw, settings};

async fn refusal(settings: Settings) -> String {
    Store::open(settings, NOW).await.unwrap_err().to_string()
}

#[tokio::test]
async fn garbage_is_left_alone() {
    // A matter of files.
    if on_server() {
        return;
    }
    let folder = folder();
    let place = path(&folder);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, "this is a letter to my aunt, not a database".repeat(100)).unwrap();
    let words = refusal(settings(&folder)).await;
    assert!(words.contains("is not a hotline store") && words.contains("move the file away"), "{words}");
    assert!(std::fs::read_to_string(&place).unwrap().starts_with("this is a letter"));
    assert!(!settings(&folder).key_file.exists(), "no key for a store that is none");
}

#[tokio::test]
async fn another_programs_database_is_left_alone() {
    // A matter of files.
    if on_server() {
        return;
    }
    let folder = folder();
    std::fs::create_dir_all(path(&folder).parent().unwrap()).unwrap();
    let other = SqliteConnectOptions::new().filename(path(&folder)).create_if_missing(true);
    let mut other = other.connect().await.unwrap();
    sqlx::query("CREATE TABLE bookmarks (url TEXT)").execute(&mut other).await.unwrap();
    let words = refusal(settings(&folder)).await;
    assert!(words.contains("is not a hotline store"), "{words}");
}

#[tokio::test]
async fn what_cannot_be_written_says_who_needs_access() {
    // A matter of files.
    if on_server() {
        return;
    }
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for place in [file.join("hotline.db"), PathBuf::from("/proc/hotline/hotline.db")] {
        let words = refusal(Settings::beside(place, "n")).await;
        assert!(words.contains("can't be written") && words.contains("write access"), "{words}");
    }
    // Where a directory stands, no file can be.
    let words = refusal(Settings::beside(folder.path().to_owned(), "n")).await;
    assert!(words.contains("can't be written"), "{words}");
}

/// The superuser may write everywhere, so that this says something for others only.
#[tokio::test]
async fn a_read_only_folder_says_who_needs_access() {
    // A matter of files.
    if on_server() {
        return;
    }
    let folder = folder();
    let shut = folder.path().join("shut");
    std::fs::create_dir(&shut).unwrap();
    std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o555)).unwrap();
    let superuser = std::fs::write(shut.join("probe"), "").is_ok();
    match Store::open(Settings::beside(shut.join("hotline.db"), "n"), NOW).await {
        Ok(_) => assert!(superuser),
        Err(e) => assert!(e.to_string().contains("write access"), "{e}"),
    }
}

#[tokio::test]
async fn two_processes_do_not_share_a_store() {
    let bench = Bench::new().await;
    let words = refusal(settings(&bench.folder)).await;
    let expected = if on_server() { "the node hotline-1 runs already" } else { "in use by another hotline" };
    assert!(words.contains(expected), "{words}");
    let (folder, store) = bench.stop().await;
    drop(store);
    open(&folder).await;
}

#[tokio::test]
async fn a_newer_or_changed_schema_is_not_touched() {
    let (folder, store) = Bench::new().await.stop().await;
    drop(store);
    let mut other = raw(&folder).await;
    let bytes = if on_server() { "'\\x00'::bytea" } else { "x'00'" };
    other
        .run(&format!(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (9000, 'later', TRUE, {bytes}, 0)"
        ))
        .await;
    let words = refusal(settings(&folder)).await;
    assert!(words.contains("newer hotline (schema 9000)") && words.contains("restore"), "{words}");
    other.run("DELETE FROM _sqlx_migrations WHERE version = 9000").await;
    other.run(&format!("UPDATE _sqlx_migrations SET checksum = {bytes}")).await;
    let words = refusal(settings(&folder)).await;
    assert!(words.contains("not this program's"), "{words}");
}

#[tokio::test]
async fn the_key_belongs_to_the_store() {
    let (folder, store) = Bench::new().await.stop().await;
    drop(store);
    let key = settings(&folder).key_file;
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let files = [path(&folder), path(&folder).with_extension("db.lock")];
    for file in files.iter().filter(|_| !on_server()) {
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
    }
    let kept = std::fs::read(&key).unwrap();
    std::fs::write(&key, [1; 32]).unwrap();
    let words = refusal(settings(&folder)).await;
    assert!(words.contains("does not belong to this store"), "{words}");
    std::fs::write(&key, [1; 31]).unwrap();
    assert!(refusal(settings(&folder)).await.contains("neither 32 bytes nor a list of keys"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(refusal(settings(&folder)).await.contains("chmod 600"));
    std::fs::remove_file(&key).unwrap();
    let lost = Store::open(settings(&folder), NOW).await.unwrap_err();
    assert!(matches!(lost, StoreError::KeyLost { .. }), "{lost}");
    assert!(lost.to_string().contains("restore it from the backup"), "{lost}");
    assert!(!key.exists(), "no new key is made for an old store");
    std::fs::write(&key, kept).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (_, opened) = open(&folder).await;
    assert!(!opened.key_made);
}
