//! What is damaged is told and never passed over; what is not ours is left alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use journal::fake::FakeDisk;
use journal::{Disk, Draft, Gap, Journal, JournalError, SECTOR, Setup};

/// A journal of so many frames of 300 bytes, one block each, on a disk that is given back.
fn written(frames: u64) -> FakeDisk {
    let disk = FakeDisk::new(5);
    let (mut journal, _) = Journal::open(Box::new(disk.clone()), Setup::small(9)).unwrap();
    for frame in 1..=frames {
        let payload = [frame as u8; 300];
        journal.append(&[Draft { kind: 2, version: 1, payload: &payload }]).unwrap();
    }
    disk
}

/// The segment files, oldest first.
fn segments(disk: &FakeDisk) -> Vec<String> {
    let mut names: Vec<_> = disk.list().unwrap().into_iter().filter(|n| n.starts_with("000")).collect();
    names.sort();
    names
}

/// What is told at the start, and what a reader gets: the numbers of the frames, and of those missing.
fn found(disk: &FakeDisk) -> (Vec<Gap>, Vec<u64>, Vec<Gap>) {
    let (mut journal, opened) = Journal::open(Box::new(disk.clone()), Setup::small(0)).unwrap();
    let (mut after, mut seqs, mut gaps) = (0, Vec::new(), Vec::new());
    loop {
        let batch = journal.read(after, 4096).unwrap();
        if batch.through == after {
            return (opened.gaps, seqs, gaps);
        }
        seqs.extend(batch.frames.iter().map(|frame| frame.seq));
        assert!(batch.frames.iter().all(|f| f.payload == [f.seq as u8; 300] && f.kind == 2));
        gaps.extend(batch.gaps);
        after = batch.through;
    }
}

#[test]
fn every_changed_byte_is_a_gap_or_does_not_matter() {
    // 40 blocks of one sector, 15 of which fit a segment of 16 sectors.
    let frames = 40;
    for at in (0..16 * SECTOR as u64).step_by(37) {
        let disk = written(frames);
        assert!(disk.rot(&segments(&disk)[0], at));
        let (told, seqs, missing) = found(&disk);
        assert_eq!(told, missing, "byte {at}: told at the start and to the reader alike");
        let lost: u64 = told.iter().map(|gap| gap.to - gap.from + 1).sum();
        assert_eq!(seqs.len() as u64 + lost, frames, "byte {at}");
        assert!(lost <= 1, "byte {at}: one changed byte took {lost} frames");
        let (block, within) = (at / SECTOR as u64, at % SECTOR as u64);
        // In the segment's head, in the two bytes of a frame's head that say nothing, and in the filling nothing is lost.
        let matters = block > 0 && within < 368 && !(66..68).contains(&within);
        assert_eq!(lost == 1, matters, "byte {at}");
        if matters {
            assert_eq!(told, [Gap { from: block, to: block }]);
        }
    }
}

#[test]
fn one_frame_of_a_group_can_be_lost_alone() {
    let disk = FakeDisk::new(6);
    let (mut journal, _) = Journal::open(Box::new(disk.clone()), Setup::small(9)).unwrap();
    let payloads: Vec<_> = (1..=5u8).map(|frame| [frame; 300]).collect();
    let group: Vec<_> = payloads.iter().map(|payload| Draft { kind: 2, version: 1, payload }).collect();
    assert_eq!(journal.append(&group).unwrap(), 5);
    journal.append(&[Draft { kind: 2, version: 1, payload: &[6; 300] }]).unwrap();
    drop(journal);
    assert!(disk.rot(&segments(&disk)[0], SECTOR as u64 + 56 + 2 * 312 + 100));
    let (told, seqs, _) = found(&disk);
    assert_eq!((told, seqs), (vec![Gap { from: 3, to: 3 }], vec![1, 2, 4, 5, 6]));
}

#[test]
fn sectors_that_cannot_be_read_are_a_gap() {
    let disk = written(40);
    let name = segments(&disk)[1].clone();
    disk.scratch(&name, 3 * SECTOR as u64);
    disk.scratch(&name, 4 * SECTOR as u64);
    let (told, seqs, _) = found(&disk);
    assert_eq!((told, seqs.len()), (vec![Gap { from: 18, to: 19 }], 38));
}

#[test]
fn a_segment_that_is_gone_is_a_gap() {
    let disk = written(40);
    disk.remove(&segments(&disk)[1]).unwrap();
    let (told, seqs, _) = found(&disk);
    assert_eq!((told, seqs.len()), (vec![Gap { from: 16, to: 30 }], 25));
}

#[test]
fn segments_of_another_generation_are_told_and_left_alone() {
    let disk = written(3);
    let mine = segments(&disk)[0].clone();
    // A folder that was restored from a backup of another journal: older numbers, another generation.
    let other = FakeDisk::new(8);
    let (mut journal, _) = Journal::open(Box::new(other.clone()), Setup::small(4)).unwrap();
    journal.append(&[Draft { kind: 1, version: 1, payload: b"another" }]).unwrap();
    let theirs = segments(&other)[0].clone();
    let mut bytes = vec![0; 8 << 10];
    other.open(&theirs).unwrap().read_at(0, &mut bytes).unwrap();
    let moved = "00000000000000000009.journal";
    disk.rename(&mine, moved).unwrap();
    // Under another number its blocks are not its own any more: nothing of it counts.
    let (told, seqs, _) = found(&disk);
    assert_eq!((told.len(), seqs.len()), (0, 0));
    disk.rename(moved, &mine).unwrap();
    disk.create("00000000000000000000.journal").unwrap().write_at(0, &bytes).unwrap();
    let (_, opened) = Journal::open(Box::new(disk.clone()), Setup::small(0)).unwrap();
    assert_eq!((opened.generation, opened.next), (9, 4));
    assert_eq!(segments(&disk).len(), 2);
}

#[test]
fn a_later_layout_is_not_touched() {
    let disk = written(1);
    let name = segments(&disk)[0].clone();
    let mut head = b"hotlineJ".to_vec();
    head.extend_from_slice(&2u32.to_le_bytes());
    head.resize(48, 0);
    head.extend_from_slice(&crc32c::crc32c(&head).to_le_bytes());
    disk.open(&name).unwrap().write_at(0, &head).unwrap();
    let fault = Journal::open(Box::new(disk), Setup::small(0)).unwrap_err();
    assert!(matches!(fault, JournalError::Newer { layout: 2 }), "{fault}");
}

#[test]
fn payloads_are_not_shown() {
    let disk = written(1);
    let (mut journal, _) = Journal::open(Box::new(disk), Setup::small(0)).unwrap();
    let batch = journal.read(0, 1).unwrap();
    assert_eq!(format!("{:?}", batch.frames), "[Frame(1, kind 2.1, 300 bytes)]");
}
