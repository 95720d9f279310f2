//! G.722 against the sequences of its Recommendation, and against vectors of our own.
//!
//! The sequences of ITU-T G.722 Appendix II are third-party and not part of this repository: they are read from
//! `../shared/data` beside it, or from the folder named by `HOTLINE_RFC_DATA`, with subfolder `g722`; where it is missing,
//! that is said and skipped. Each file is of 16-bit words, high byte first. Bit 0 of a word says "reset"; the 15 bits above
//! it are a sample, or the 8 highest ones a code. The band filters are left out: one sample stands for both bands.
#![allow(clippy::unwrap_used)]
use std::path::PathBuf;

use super::*;
use crate::{ear, tones};

/// The sequences: code, and what it becomes in the lower band in modes 1 to 3 and in the upper band.
const DECODED: [(&str, &str, &str); 3] =
    [("bt2r1.cod", "bt3l1", "bt3h1"), ("bt2r2.cod", "bt3l2", "bt3h2"), ("bt1d3.cod", "bt3l3", "bt3h3")];

fn folder() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("HOTLINE_RFC_DATA").map_or(beside, PathBuf::from).join("g722");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("g722: not there, skipped (set HOTLINE_RFC_DATA to the folder that holds it)");
    None
}

fn words(folder: &std::path::Path, name: &str) -> Vec<u16> {
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let words: Vec<u16> = bytes.chunks_exact(2).map(|b| u16::from_be_bytes(b.try_into().unwrap())).collect();
    assert!(words.len() >= 800 && words.iter().filter(|w| *w & 1 == 0).count() > 700, "{name} is whole");
    words
}

/// What one machine makes of each word; words that say "reset" go through as they are.
fn run<M: Default>(words: &[u16], step: impl Fn(&mut M, u16) -> u16) -> Vec<u16> {
    let mut machine = M::default();
    let one = |word: &u16| {
        if word & 1 == 1 {
            machine = M::default();
            return 1;
        }
        step(&mut machine, *word)
    };
    words.iter().map(one).collect()
}

#[test]
fn the_encoder_is_bit_exact() {
    let Some(folder) = folder() else { return };
    for (sound, code) in [("bt1c1.xmt", "bt2r1.cod"), ("bt1c2.xmt", "bt2r2.cod")] {
        let ours = run(&words(&folder, sound), |encoder: &mut Encoder, word| {
            let sample = word as i16 >> 1;
            u16::from(encoder.bands(sample, sample)) << 8
        });
        assert!(ours == words(&folder, code), "{sound}");
    }
}

#[test]
fn the_decoder_is_bit_exact() {
    let Some(folder) = folder() else { return };
    for (code, low, high) in DECODED {
        let code = words(&folder, code);
        for (mode, end) in [(Mode::Kbit64, "rc1"), (Mode::Kbit56, "rc2"), (Mode::Kbit48, "rc3")] {
            let ours =
                run(&code, |band: &mut Low, word| (band.decode((word >> 8) as u8 & 63, mode) << 1) as u16);
            assert!(ours == words(&folder, &format!("{low}.{end}")), "{low}.{end}");
        }
        let ours = run(&code, |band: &mut High, word| (band.decode((word >> 14) as u8) << 1) as u16);
        assert!(ours == words(&folder, &format!("{high}.rc0")), "{high}");
    }
}

/// Half a second of a sweep made of whole numbers (the same on every machine): parabolas for waves, a little noise.
fn sweep() -> Vec<i16> {
    let (mut phase, mut step, mut seed) = (0u32, 30_000_000u32, 7u32);
    let sample = |_| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        step = step.wrapping_add(200_000);
        phase = phase.wrapping_add(step);
        // -32768 ..= 32767 through a whole turn, bent into half waves.
        let turn = (phase >> 16) as u16 as i16;
        let wave = i32::from(turn) * (32_768 - i32::from(turn).abs()) / 8_192;
        (wave / 6 + (seed >> 26) as i32 - 32) as i16
    };
    (0..8_000).map(sample).collect()
}

/// FNV-1a, 64 bits.
fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3))
}

fn encoded(samples: &[i16]) -> Vec<u8> {
    let mut bytes = vec![0; samples.len() / 2];
    Encoder::default().encode(samples, &mut bytes);
    bytes
}

fn decoded(bytes: &[u8]) -> Vec<i16> {
    let mut samples = vec![0; 2 * bytes.len()];
    Decoder::default().decode(bytes, &mut samples);
    samples
}

#[test]
fn our_own_vector_stays_as_it_is() {
    // Made by this coder while it agreed with every sequence of the Recommendation.
    let bytes = encoded(&sweep());
    assert_eq!(
        bytes.get(1_000..1_016).unwrap(),
        [121, 211, 90, 243, 120, 119, 80, 24, 113, 50, 94, 216, 23, 111, 58, 57]
    );
    assert_eq!(hash(bytes.iter().copied()), 0x691a_bbcf_e690_0962);
    assert_eq!(hash(decoded(&bytes).iter().flat_map(|s| s.to_le_bytes())), 0x502f_fbd8_1773_bf09);
}

#[test]
fn tones_come_back_as_loud_as_they_were() {
    for hertz in [100.0, 300.0, 1_000.0, 2_500.0, 3_600.0, 4_500.0, 5_500.0, 6_800.0] {
        let tone = tones::sine_at(16_000, hertz, 8_000, 8_000);
        let back = decoded(&encoded(&tone));
        // The ear counts at 8 kHz.
        let level = ear::level(back.get(1_000..).unwrap(), hertz / 2.0);
        assert!((7_200.0..8_800.0).contains(&level), "{hertz} Hz comes back at {level}");
        let ghost = ear::level(back.get(1_000..).unwrap(), (8_000.0 - hertz) / 2.0);
        assert!(ghost < 400.0, "{hertz} Hz has a ghost of {ghost}");
    }
}

/// Signal to noise of what comes back, dB; the filters delay it by 22 samples.
fn quality(sound: &[i16]) -> f64 {
    let back = decoded(&encoded(sound));
    let (mut signal, mut noise) = (0.0, 0.0);
    for (was, is) in sound.iter().zip(back.get(22..).unwrap()).skip(1_000) {
        signal += f64::from(*was).powi(2);
        noise += (f64::from(*was) - f64::from(*is)).powi(2);
    }
    10.0 * (signal / noise).log10()
}

#[test]
fn what_comes_back_is_close() {
    let low = quality(&tones::sine_at(16_000, 1_000.0, 8_000, 16_000));
    let high = quality(&tones::sine_at(16_000, 5_500.0, 8_000, 16_000));
    let both = quality(&sweep());
    assert!(low > 30.0 && high > 12.0 && both > 15.0, "{low:.1} {high:.1} {both:.1} dB");
}

#[test]
fn pieces_and_extremes_are_the_same_as_the_whole() {
    let mut loud: Vec<i16> = sweep().iter().map(|s| s.saturating_mul(9)).collect();
    loud.extend([i16::MAX; 400]);
    loud.extend([i16::MIN; 400]);
    loud.extend((0..400).map(|i| if i / 3 % 2 == 0 { i16::MIN } else { i16::MAX }));
    let whole = encoded(&loud);
    let mut encoder = Encoder::default();
    let mut decoder = Decoder::default();
    let (mut bytes, mut samples) = (Vec::new(), Vec::new());
    for piece in loud.chunks(2 * 37) {
        let mut some = vec![0; piece.len() / 2];
        encoder.encode(piece, &mut some);
        bytes.extend(some);
    }
    assert!(bytes == whole);
    for piece in whole.chunks(161) {
        let mut some = vec![0; 2 * piece.len()];
        decoder.decode(piece, &mut some);
        samples.extend(some);
    }
    assert!(samples == decoded(&whole));
    // Bytes that no encoder sends.
    assert_eq!(decoded(&[0; 1_000]).len(), 2_000);
}
