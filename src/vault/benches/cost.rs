//! What sealing costs: a call's values, a minute of its recording, a range of it, by each algorithm.
//! Run it with `cargo bench -p vault`.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::time::Instant;

use vault::machine::System;
use vault::stream::{BlocksReader, BlocksWriter, Head, TapeWriter};
use vault::{Algorithm, Class, DataKey, Masters, Month, Safe, Scope};

/// Values of a call with a case: numbers, a name, a title, a text.
const VALUES: [(&str, usize); 5] =
    [("caller_e164", 11), ("callback", 11), ("name", 9), ("title", 60), ("content", 600)];
/// A minute of three tracks as a spool writes it: a piece each half a second.
const PIECES: usize = 120;
const PIECE: usize = 3 * 25 * 327;
/// A minute of three tracks and their mix as WAV.
const MINUTE: usize = 60 * 8_000 * 2 * 4;

/// Median of many runs, us.
fn median(runs: usize, mut what: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let at = Instant::now();
            what();
            at.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[runs / 2]
}

fn main() {
    let (system, month) = (System::new(), Scope::Month(Month::new(2026, 11).unwrap()));
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::Sm4Gcm] {
        let word = algorithm.word();
        let mut safe = Safe::new(Masters::first(&system).unwrap(), algorithm).unwrap();
        safe.mint(Class::Number, month, &system).unwrap();
        let texts = VALUES.map(|(place, length)| (place, "5".repeat(length)));
        let us = median(2_000, || {
            for (place, text) in &texts {
                black_box(
                    safe.seal((Class::Number, month), (place, "01KB"), text.as_bytes(), &system).unwrap(),
                );
            }
        });
        println!("seal {} values of a call and its case, {word}: {us:.1} us", VALUES.len());
        let sealed = texts.each_ref().map(|(place, text)| {
            safe.seal((Class::Number, month), (place, "01KB"), text.as_bytes(), &system).unwrap()
        });
        let us = median(2_000, || {
            for ((place, _), value) in texts.iter().zip(&sealed) {
                black_box(safe.open((place, "01KB"), value).unwrap());
            }
        });
        println!("open them, {word}: {us:.1} us");
        let masters = safe.masters().renewed(&system).unwrap();
        let punctured = (1..=120).filter_map(|back| Month::new(2026, 11).map(|month| month.before(back)));
        let masters =
            punctured.fold(masters, |left, month| left.punctured(Class::Number, Scope::Month(month)));
        let wrapped = safe.rewrap(safe.keys()[0].id, &system).unwrap();
        let us = median(500, || {
            black_box(wrapped.open(safe.masters()).unwrap());
        });
        println!("unwrap a data key, {word}: {us:.1} us");
        let us = median(200, || {
            black_box(masters.punctured(Class::Name, month));
        });
        println!("destroy a secret in a key file that has lost 120 months, {word}: {us:.0} us");
        let key = DataKey::draw((Class::Recording, month, 1), algorithm, &system).unwrap();
        let (piece, minute) = (vec![7; PIECE], vec![7; MINUTE]);
        let us = median(15, || {
            let mut tape = TapeWriter::begin(std::io::sink(), &key, &system).unwrap();
            (0..PIECES).for_each(|_| tape.write_all(&piece).unwrap());
        });
        println!("spool of a minute, three tracks ({} KiB), {word}: {us:.0} us", (PIECES * PIECE) >> 10);
        let mut file = Cursor::new(Vec::new());
        let us = median(15, || {
            file = Cursor::new(Vec::with_capacity(MINUTE + MINUTE / 8));
            let mut blocks = BlocksWriter::begin(&mut file, &key, &system).unwrap();
            blocks.write_all(&minute).unwrap();
            blocks.finish().unwrap();
        });
        println!("WAV of that minute ({} KiB), {word}: {us:.0} us", MINUTE >> 10);
        let us = median(200, || {
            file.set_position(0);
            let head = Head::read(&mut file).unwrap().unwrap();
            let mut reader = BlocksReader::new(&mut file, &head, &key).unwrap();
            reader.seek(SeekFrom::Start(MINUTE as u64 / 2)).unwrap();
            let mut some = [0; 16_000];
            reader.read_exact(&mut some).unwrap();
            black_box(some);
        });
        println!("a range of it (1 s of mono) opened from a closed file, {word}: {us:.0} us");
    }
}
