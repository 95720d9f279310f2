//! The same on the disk of this machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use journal::{Draft, Journal, JournalError, RealDisk, Setup};

#[test]
fn what_was_written_is_read_by_the_next_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/journal");
    let setup = Setup { segment_bytes: 64 << 10, reserve_bytes: 128 << 10, ..Setup::small(3) };
    for round in 0..3u64 {
        let disk = RealDisk::open(&path).unwrap();
        let (mut journal, opened) = Journal::open(Box::new(disk), setup).unwrap();
        assert_eq!((opened.next, opened.generation), (round * 200 + 1, 3));
        for frame in 1..=200u64 {
            let payload = (round * 200 + frame).to_le_bytes().repeat(60);
            journal.append(&[Draft { kind: 1, version: 2, payload: &payload }]).unwrap();
        }
        let mut after = 0;
        while after < (round + 1) * 200 {
            let batch = journal.read(after, 10_000).unwrap();
            for frame in &batch.frames {
                after += 1;
                assert_eq!((frame.seq, frame.version), (after, 2));
                assert_eq!(frame.payload, after.to_le_bytes().repeat(60));
            }
            assert!(batch.gaps.is_empty() && !batch.frames.is_empty());
        }
        while journal.tend().unwrap() {}
        assert_eq!(journal.figures().reserve_bytes, 128 << 10);
    }
    for entry in fs::read_dir(&path).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others can read the journal");
    }
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn two_processes_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = RealDisk::open(folder.path()).unwrap();
    assert!(matches!(RealDisk::open(folder.path()).unwrap_err(), JournalError::InUse { .. }));
    drop(first);
    RealDisk::open(folder.path()).unwrap();
}
