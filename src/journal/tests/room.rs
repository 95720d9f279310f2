//! Full disks, read-only disks, and what is reserved for them (row 8 of docs/reliability.md).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use journal::fake::{FakeDisk, Faults};
use journal::{Draft, Journal, JournalError, Setup};

const PAYLOAD: [u8; 300] = [7; 300];
const DRAFT: Draft<'static> = Draft { kind: 1, version: 1, payload: &PAYLOAD };

fn open(disk: &FakeDisk, setup: Setup) -> Journal {
    Journal::open(Box::new(disk.clone()), setup).unwrap().0
}

fn tended(disk: &FakeDisk, setup: Setup) -> Journal {
    let mut journal = open(disk, setup);
    while journal.tend().unwrap() {}
    journal
}

/// Frames that are taken until none is.
fn fill(journal: &mut Journal) -> (u64, JournalError) {
    for frames in 0.. {
        if let Err(fault) = journal.append(&[DRAFT]) {
            return (frames, fault);
        }
    }
    unreachable!()
}

#[test]
fn a_full_disk_leaves_the_whole_reserve() {
    let disk = FakeDisk::new(1);
    let setup = Setup::small(1);
    let mut journal = tended(&disk, setup);
    assert_eq!(journal.figures().reserve_bytes, setup.reserve_bytes);
    disk.set(Faults { room: Some(disk.used()), ..Faults::default() });
    let (frames, fault) = fill(&mut journal);
    // Four segments of 15 blocks.
    assert_eq!(frames, 60);
    assert!(matches!(fault, JournalError::DiskFull), "{fault}");
    let fault = loop {
        if let Err(fault) = journal.tend() {
            break fault;
        }
    };
    assert!(matches!(fault, JournalError::DiskFull), "{fault}");
    assert_eq!(journal.figures().reserve_bytes, 0);
    // What the store has is room for more, though the disk is as full as before.
    journal.pass(45);
    let (more, _) = fill(&mut journal);
    assert_eq!(more, 45);
    assert_eq!(journal.read(45, 1 << 20).unwrap().frames.len(), 60);
    // There is room again: the reserve comes back, and nothing was lost.
    disk.set(Faults::default());
    while journal.tend().unwrap() {}
    assert_eq!(journal.figures().reserve_bytes, setup.reserve_bytes);
    drop(journal);
    disk.cut_power();
    assert_eq!(open(&disk, setup).read(45, 1 << 20).unwrap().frames.len(), 60);
}

#[test]
fn a_full_disk_is_no_trouble_while_the_store_takes_everything() {
    let disk = FakeDisk::new(2);
    let mut journal = tended(&disk, Setup::small(1));
    disk.set(Faults { room: Some(disk.used()), ..Faults::default() });
    for round in 1..=1000 {
        journal.append(&[DRAFT]).unwrap();
        journal.pass(round);
        while journal.tend().unwrap_or(false) {}
    }
    assert_eq!(journal.figures().segments, 1);
    assert!(journal.figures().reserve_bytes >= 3 * 8192);
}

#[test]
fn a_read_only_disk_refuses_and_goes_on_when_it_is_well() {
    let disk = FakeDisk::new(3);
    let mut journal = tended(&disk, Setup::small(1));
    journal.append(&[DRAFT]).unwrap();
    disk.set(Faults { read_only: true, ..Faults::default() });
    for _ in 0..100 {
        assert!(matches!(journal.append(&[DRAFT]).unwrap_err(), JournalError::Disk { .. }));
    }
    disk.set(Faults::default());
    journal.append(&[DRAFT]).unwrap();
    while journal.tend().unwrap() {}
    let batch = journal.read(0, 1 << 20).unwrap();
    assert_eq!((batch.frames.len(), batch.gaps.len()), (2, 0));
    assert!(disk.used() <= 7 * 8192, "a hundred failed beginnings left {} bytes", disk.used());
}

#[test]
fn it_grows_to_its_bound_and_no_further() {
    let disk = FakeDisk::new(4);
    let setup = Setup { most_bytes: 10 << 13, ..Setup::small(1) };
    let mut journal = open(&disk, setup);
    let (frames, fault) = fill(&mut journal);
    assert_eq!(frames, 150);
    assert!(matches!(fault, JournalError::Full { .. }), "{fault}");
    journal.pass(15);
    journal.append(&[DRAFT]).unwrap();
}

#[test]
fn what_does_not_fit_a_block_is_refused_and_large_groups_are_taken_in_parts() {
    let disk = FakeDisk::new(5);
    let mut journal = open(&disk, Setup::small(1));
    let large = vec![1; journal.most_payload()];
    assert_eq!(journal.append(&[Draft { payload: &large, ..DRAFT }, DRAFT]).unwrap(), 1);
    let larger = vec![1; journal.most_payload() + 1];
    let fault = journal.append(&[Draft { payload: &larger, ..DRAFT }]).unwrap_err();
    assert!(matches!(fault, JournalError::TooLarge { .. }), "{fault}");
    let group = vec![DRAFT; 20];
    let mut done = 0;
    while done < group.len() {
        done += journal.append(&group[done..]).unwrap();
    }
    assert_eq!(journal.append(&[]).unwrap(), 0);
    assert_eq!((journal.next(), journal.read(0, 1 << 20).unwrap().frames.len()), (22, 21));
}

#[test]
fn other_sizes_take_over_what_is_there() {
    let disk = FakeDisk::new(6);
    let mut journal = tended(&disk, Setup::small(1));
    for _ in 0..40 {
        journal.append(&[DRAFT]).unwrap();
    }
    drop(journal);
    let larger = Setup { segment_bytes: 16 << 10, reserve_bytes: 32 << 10, ..Setup::small(1) };
    let mut journal = tended(&disk, larger);
    assert_eq!(journal.figures().reserve_bytes, 32 << 10);
    for _ in 0..40 {
        journal.append(&[DRAFT]).unwrap();
    }
    assert_eq!(journal.read(0, 1 << 20).unwrap().frames.len(), 80);
    journal.pass(80);
    while journal.tend().unwrap() {}
    assert_eq!(disk.used(), 3 * (16 << 10));
}
