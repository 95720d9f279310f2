//! What the tests of this crate share, and the life of keys: minted, rotated, held, destroyed, proved.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::machine::{System, key_file};
use crate::{
    Algorithm, Chance, Class, DataKey, Locker, Masters, Month, Safe, Scope, Sound, Tombstone, VaultError,
    Wrapped, chained, key_of, verify,
};

/// Chance that is the same in each run.
#[derive(Default)]
pub(crate) struct Dice(Cell<u64>);

impl Chance for Dice {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), VaultError> {
        for byte in bytes {
            // SplitMix64.
            self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
            let mut word = self.0.get();
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (word >> 56) as u8;
        }
        Ok(())
    }
}

const NOVEMBER: Month = match Month::new(2026, 11) {
    Some(month) => month,
    None => panic!(),
};

/// A data key of each algorithm.
pub(crate) fn keys() -> Vec<DataKey> {
    let place = (Class::Recording, Scope::Month(NOVEMBER), 1);
    [Algorithm::Aes256Gcm, Algorithm::Sm4Gcm]
        .map(|it| DataKey::draw(place, it, &Dice::default()).unwrap())
        .into()
}

const NUMBERS: (Class, Scope) = (Class::Number, Scope::Month(NOVEMBER));
const AT: (&str, &str) = ("call.caller_e164", "A");

fn safe(algorithm: Algorithm, dice: &Dice) -> (Safe, Vec<Wrapped>) {
    let mut safe = Safe::new(Masters::read(&[7; 32]).unwrap(), algorithm).unwrap();
    assert_eq!(safe.seal(NUMBERS, AT, b"x", dice).unwrap_err(), VaultError::NoCurrent);
    let kept = vec![safe.mint(NUMBERS.0, NUMBERS.1, dice).unwrap()];
    (safe, kept)
}

/// As a store of before the data keys sealed it: AES-256-GCM by a key of the master key's.
#[test]
fn a_value_of_before_still_opens() {
    let sealed = {
        let key = Masters::read(&[7; 32]).unwrap().fixed("hotline seal");
        let cipher = crate::cipher::Cipher::raw(Algorithm::Aes256Gcm, &*key).unwrap();
        let mut body = b"13800001234".to_vec();
        cipher.seal([5; 12], b"call.caller_e164:A", &mut body).unwrap();
        [&[1][..], &[5; 12], &body].concat()
    };
    let (safe, _) = safe(Algorithm::Sm4Gcm, &Dice::default());
    assert_eq!(safe.open(AT, &sealed).unwrap(), b"13800001234");
    assert_eq!(safe.open(("call.caller_e164", "B"), &sealed).unwrap_err(), VaultError::NotAuthentic);
    assert_eq!(
        (key_of(&sealed), safe.open(AT, &[]), safe.open(AT, &[3])),
        (None, Err(VaultError::NotAuthentic), Err(VaultError::Newer))
    );
    // It can be brought under a data key.
    let anew = safe.reseal(NUMBERS, AT, &sealed, &Dice::default()).unwrap();
    assert_eq!((safe.open(AT, &anew).unwrap(), key_of(&anew).is_some()), (b"13800001234".to_vec(), true));
}

#[test]
fn a_master_key_is_renewed_while_values_open_and_the_old_one_can_go() {
    let dice = Dice::default();
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::Sm4Gcm] {
        let (mut safe, mut kept) = safe(algorithm, &dice);
        let sealed = safe.seal(NUMBERS, AT, b"13800001234", &dice).unwrap();
        let renewed = safe.masters().renewed(&dice).unwrap();
        safe.take_masters(renewed.clone());
        assert_eq!(safe.open(AT, &sealed).unwrap(), b"13800001234", "between the two steps");
        kept.iter_mut().for_each(|line| *line = safe.rewrap(line.id, &dice).unwrap());
        assert_eq!(kept[0].master, 2);

        // The next start, with the old version gone.
        let mut next = Safe::new(renewed.retired(), algorithm).unwrap();
        kept.iter().for_each(|line| assert_eq!(next.learn(line).unwrap(), line.id));
        assert_eq!(next.open(AT, &sealed).unwrap(), b"13800001234");
        let old = Safe::new(Masters::read(&[7; 32]).unwrap(), algorithm).unwrap().learn(&kept[0]);
        assert_eq!(old.unwrap_err(), VaultError::NoMaster(2));
    }
}

#[test]
fn a_new_data_key_seals_at_once_in_whatever_order_keys_are_learnt() {
    let dice = Dice::default();
    let (mut one, mut kept) = safe(Algorithm::Aes256Gcm, &dice);
    let first = one.seal(NUMBERS, AT, b"1", &dice).unwrap();
    kept.push(one.mint(NUMBERS.0, NUMBERS.1, &dice).unwrap());
    let second = one.seal(NUMBERS, AT, b"2", &dice).unwrap();
    assert_eq!((key_of(&first), key_of(&second)), (Some(kept[0].id), Some(kept[1].id)));
    kept.reverse();
    let mut next = Safe::new(one.masters().clone(), Algorithm::Aes256Gcm).unwrap();
    kept.iter().for_each(|line| assert_eq!(next.learn(line).unwrap(), line.id));
    assert_eq!(key_of(&next.seal(NUMBERS, AT, b"3", &dice).unwrap()), Some(kept[0].id));
    assert_eq!(
        (next.open(AT, &first).unwrap(), next.open(AT, &second).unwrap()),
        (b"1".to_vec(), b"2".to_vec())
    );
}

#[test]
fn what_a_hold_keeps_outlives_the_key_of_its_month_and_nothing_else_does() {
    let dice = Dice::default();
    let (mut safe, kept) = safe(Algorithm::Aes256Gcm, &dice);
    let sealed = ["held", "not held"].map(|text| safe.seal(NUMBERS, AT, text.as_bytes(), &dice).unwrap());
    let hold = (Class::Number, Scope::Hold(7));
    safe.mint(hold.0, hold.1, &dice).unwrap();
    let held = safe.reseal(hold, AT, &sealed[0], &dice).unwrap();
    let fingerprint = safe.key(kept[0].id).unwrap().fingerprint();
    assert!(safe.forget(kept[0].id) && !safe.forget(kept[0].id));
    assert_eq!(safe.open(AT, &held).unwrap(), b"held");
    assert_eq!(safe.open(AT, &sealed[1]).unwrap_err(), VaultError::NoKey(kept[0].id));
    assert_eq!(
        safe.seal(NUMBERS, AT, b"x", &dice).unwrap_err(),
        VaultError::NoCurrent,
        "a dead key seals nothing"
    );

    let stone = |values| Tombstone {
        no: 0,
        key: kept[0].id,
        class: NUMBERS.0,
        scope: NUMBERS.1,
        fingerprint: fingerprint.clone(),
        at: 1_796_083_200_000,
        by: "auditor".into(),
        why: "retention\tof 36 months".into(),
        values,
        prev: [0; 32],
        hash: [0; 32],
    };
    let mut chain: Vec<Tombstone> = Vec::new();
    (1..=3).for_each(|values| chain.push(chained(chain.last(), stone(values))));
    let last = chain[2].hash;
    assert_eq!(verify(&chain, Some(last)), Ok(()));
    let lines: Vec<String> = chain.iter().map(Tombstone::line).collect();
    assert!(lines.iter().zip(&chain).all(|(line, stone)| Tombstone::parse(line).as_ref() == Some(stone)));
    // Each changed byte of a line is found, and in which.
    for at in 0..lines[1].len() {
        let mut bent = lines[1].clone().into_bytes();
        bent[at] = if bent[at] == b'9' { b'8' } else { b'9' };
        let Some(bent) = String::from_utf8(bent).ok().and_then(|bent| Tombstone::parse(&bent)) else {
            continue;
        };
        let changed = vec![chain[0].clone(), bent, chain[2].clone()];
        assert_eq!(verify(&changed, Some(last)).unwrap_err().no, 2, "byte {at}");
    }
    assert_eq!(verify(&chain[..2], Some(last)).unwrap_err().no, 3, "the last is missing");
    assert_eq!(verify(&chain[1..], Some(last)).unwrap_err().no, 1, "the first is missing");
}

proptest! {
    #[test]
    fn a_value_opens_at_its_place_and_unchanged_only(plain: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8, sm4: bool) {
        let dice = Dice::default();
        let (safe, _) = safe(if sm4 { Algorithm::Sm4Gcm } else { Algorithm::Aes256Gcm }, &dice);
        let sealed = safe.seal(NUMBERS, AT, &plain, &dice).unwrap();
        prop_assert_eq!(safe.open(AT, &sealed).unwrap(), plain.clone());
        prop_assert_ne!(&sealed, &safe.seal(NUMBERS, AT, &plain, &dice).unwrap(), "it must not look the same twice");
        prop_assert!(safe.open((AT.0, "B"), &sealed).is_err() && safe.open(("call.caller_e16", "4:A"), &sealed).is_err());
        let mut bent = sealed.clone();
        let place = at.index(bent.len());
        bent[place] ^= 1 << bit;
        prop_assert!(safe.open(AT, &bent).is_err(), "bit {} of byte {} was changed", bit, place);
        prop_assert!(safe.open(AT, &sealed[..place]).is_err(), "cut at {}", place);
    }
}

fn locker(folder: &Path, algorithm: Option<Algorithm>) -> (Locker, PathBuf) {
    let key_file = folder.join("hotline.key");
    if !key_file.exists() {
        key_file::save(&key_file, &Masters::first(&System::new()).unwrap()).unwrap();
    }
    (Locker::new(key_file.clone(), &folder.join("recordings"), algorithm), key_file)
}

fn record(locker: &Locker, path: &Path, sound: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut blocks = locker.blocks(path, File::create(path).unwrap()).unwrap();
    blocks.write_all(sound).unwrap();
    blocks.finish().unwrap();
}

fn heard(locker: &Locker, path: &Path) -> Result<Vec<u8>, String> {
    let mut sound = Vec::new();
    locker.open(path).and_then(|mut file| file.read_to_end(&mut sound)).map_err(|error| error.to_string())?;
    Ok(sound)
}

#[test]
fn recordings_of_a_folder_open_with_its_keys_and_die_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let (one, key_file) = locker(folder.path(), Some(Algorithm::Aes256Gcm));
    let at = |day: &str| folder.path().join("recordings").join(day).join("CALL.wav");
    let (october, november) = (at("2026-10-31"), at("2026-11-01"));
    record(&one, &october, b"october");
    record(&one, &november, b"november");
    fs::write(at("2026-11-01").with_extension("old.wav"), b"RIFF clear").unwrap();
    let mut tape =
        one.tape(&at("2026-11-01"), File::create(at("2026-11-01").with_extension("spool")).unwrap()).unwrap();
    tape.write_all(b"growing").unwrap();

    // Another process, or the next start.
    let (two, _) = locker(folder.path(), None);
    assert!(one.seals() && !two.seals());
    assert_eq!(heard(&two, &at("2026-11-01").with_extension("old.wav")).unwrap(), b"RIFF clear");
    assert_eq!(heard(&two, &at("2026-11-01").with_extension("spool")).unwrap(), b"growing");
    assert!(matches!(two.open(&october).unwrap(), Sound::Blocks(blocks) if blocks.length() == 7));
    assert_eq!(two.kept().unwrap().len(), 2, "a key for each month");

    // The master key is renewed beside a house that runs, and the old version goes.
    let renewed = key_file::load(&key_file).unwrap().unwrap().renewed(&System::new()).unwrap();
    key_file::save(&key_file, &renewed).unwrap();
    assert_eq!((two.rewrap().unwrap(), two.rewrap().unwrap()), (2, 0));
    key_file::save(&key_file, &renewed.retired()).unwrap();
    assert_eq!(heard(&one, &october).unwrap(), b"october", "the house that runs");
    assert_eq!(heard(&locker(folder.path(), None).0, &october).unwrap(), b"october", "the next start");

    // A new data key by order is taken up by the house that runs.
    let new = two.renew(Month::new(2026, 11).unwrap()).unwrap();
    record(&one, &at("2026-11-02"), b"again");
    assert_eq!(Locker::sealed_by(&at("2026-11-02")).unwrap(), Some(new));

    // October is destroyed.
    let dead = Locker::sealed_by(&october).unwrap().unwrap();
    let fingerprint = one.kept().unwrap()[0].key.fingerprint();
    assert_eq!(two.destroy(dead).unwrap(), fingerprint);
    for locker in [&one, &two] {
        assert!(heard(locker, &october).unwrap_err().contains("destroyed for good"));
        assert_eq!(heard(locker, &november).unwrap(), b"november");
        assert_eq!(locker.destroy(dead).unwrap_err(), VaultError::NoKey(dead));
    }
    assert!(heard(&Locker::default(), &november).unwrap_err().contains("is not there"));
}
