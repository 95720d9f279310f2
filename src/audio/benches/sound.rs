//! What one frame of 20 ms costs in each piece of the sound.

use std::hint::black_box;
use std::time::Instant;

use audio::polyphase::{Down, Up};
use audio::{g722, polyphase};

/// Frames of one round: twenty seconds.
const FRAMES: usize = 1_000;
const ROUNDS: usize = 51;

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
        let mut narrow = [0; polyphase::NARROW];
        down.frame(samples, &mut narrow);
        narrow
    });
    frame("8 to 16 kHz", &narrow, |samples| {
        let mut wide = [0; polyphase::WIDE];
        up.frame(samples, &mut wide);
        wide
    });
}

/// Says what one frame costs, the median of the rounds; gives what came of each.
fn frame<I, O>(what: &str, frames: &[I], mut work: impl FnMut(&I) -> O) -> Vec<O> {
    let mut figures = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for frame in frames {
            black_box(work(black_box(frame)));
        }
        figures.push(begun.elapsed().as_secs_f64() * 1e6 / frames.len() as f64);
    }
    figures.sort_by(f64::total_cmp);
    println!(
        "{what}: {:.2} us a frame of 20 ms (median of {ROUNDS}; least {:.2})",
        figures[ROUNDS / 2],
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
