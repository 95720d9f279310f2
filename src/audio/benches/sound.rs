//! What one frame of 20 ms costs in each piece of the sound.

use std::hint::black_box;
use std::time::Instant;

use audio::align::Aligner;
use audio::codec::WIDE;
use audio::inband::{Detector, Strip};
use audio::limit::Limiter;
use audio::polyphase::{Down, Up};
use audio::{FRAME, g722};

/// Frames of one round: twenty seconds.
const FRAMES: usize = 1_000;
const ROUNDS: usize = 21;
/// Frames that are timed together.
const PIECE: usize = 20;

fn main() {
    let wide = speech::<320>(16_000);
    let (mut encoder, mut decoder) = (g722::Encoder::default(), g722::Decoder::default());
    let mut bytes = [0; 160];
    let encoded = frame("G.722 encode", &wide, |samples| {
        encoder.encode(samples, &mut bytes);
        bytes
    });
    frame("G.722 decode", &encoded, |bytes| {
        let mut samples = [0; 320];
        decoder.decode(bytes, &mut samples);
        samples
    });
    let (mut up, mut down) = (Up::default(), Down::default());
    let narrow = frame("16 to 8 kHz", &wide, |samples| {
        let mut narrow = [0; FRAME];
        down.frame(samples, &mut narrow);
        narrow
    });
    frame("8 to 16 kHz", &narrow, |samples| {
        let mut wide = [0; WIDE];
        up.frame(samples, &mut wide);
        wide
    });
    let (mut detector, mut strip) = (Detector::default(), Strip::default());
    frame("keys in sound, found", &narrow, |samples| detector.frame(samples));
    frame("keys in sound, taken out", &narrow, |samples| {
        let mut out = *samples;
        strip.frame(&mut out, false);
        out
    });
    let mut aligner = Aligner::default();
    frame("level alignment", &narrow, |samples| {
        let mut out = *samples;
        aligner.frame(&mut out, false);
        out
    });
    let (mut limiter, mut out) = (Limiter::default(), [0; FRAME]);
    for (what, loud) in [("limiter, nothing to do", 1), ("limiter, at work", 6)] {
        let sums: Vec<[i32; FRAME]> =
            narrow.iter().map(|samples| samples.map(|s| i32::from(s) * loud)).collect();
        frame(what, &sums, |sum| {
            limiter.frame(sum, &mut out);
            out
        });
    }
}

/// Says what one frame costs, the median of short pieces, so that other work on the machine counts little; gives what came
/// of each frame.
fn frame<I, O>(what: &str, frames: &[I], mut work: impl FnMut(&I) -> O) -> Vec<O> {
    let mut figures = Vec::new();
    for _ in 0..ROUNDS {
        for piece in frames.chunks(PIECE) {
            let begun = Instant::now();
            for frame in piece {
                black_box(work(black_box(frame)));
            }
            figures.push(begun.elapsed().as_secs_f64() * 1e6 / piece.len() as f64);
        }
    }
    figures.sort_by(f64::total_cmp);
    println!(
        "{what}: {:.2} us a frame of 20 ms (median of {}, least {:.2})",
        figures[figures.len() / 2],
        figures.len(),
        figures[0]
    );
    frames.iter().map(work).collect()
}

/// Something like a voice: a buzz of harmonics with pauses and noise, in frames of 20 ms at this rate.
fn speech<const SAMPLES: usize>(rate: usize) -> Vec<[i16; SAMPLES]> {
    assert_eq!(SAMPLES, rate / 50);
    let mut seed = 1u32;
    let mut sample = |at: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let time = at as f32 / rate as f32;
        let swell = (time * 3.0).sin().max(0.0);
        let buzz: f32 =
            (1..30).map(|n| (time * 120.0 * std::f32::consts::TAU * n as f32).sin() / n as f32).sum();
        (buzz * swell * 4_000.0 + (seed >> 16) as f32 / 100.0) as i16
    };
    (0..FRAMES).map(|frame| std::array::from_fn(|at| sample(frame * SAMPLES + at))).collect()
}
