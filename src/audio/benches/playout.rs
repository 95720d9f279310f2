//! What playout costs a leg: one frame pushed, one taken, in a stream that is whole, lossy, uneven, or paused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use audio::codec::{Codec, Decoder, Encoder, PAYLOAD};
use audio::playout::Playout;
use audio::{FRAME, tones};

/// Frames of one figure: 20 s.
const FRAMES: usize = 1_000;
const ROUNDS: usize = 51;

/// When packet `n` arrives, units of 125 us after it was sent; `None`: never.
type Way = fn(usize) -> Option<i64>;

fn main() {
    let ways: [(&str, Way); 4] = [
        ("whole", |_| Some(0)),
        ("5 % lost", |n| (n * 7_919 % 100 >= 5).then_some(0)),
        ("60 ms of jitter", |n| Some((n as i64 * 7_919) % 480)),
        ("half of it paused", |n| (n / 100 % 2 == 0).then_some(0)),
    ];
    for codec in [Codec::Pcma, Codec::G722] {
        let speech = speech(codec);
        let decoding = median(|| decoding(codec, &speech));
        println!("playout {codec:?}: decoding alone {decoding:.2} us a frame");
        for (name, way) in ways {
            let all = median(|| frames(codec, &speech, way));
            println!("playout {codec:?}, {name}: {all:.2} us a frame with decoding (median of {ROUNDS})");
        }
    }
    let speech = speech(Codec::Pcma);
    println!("playout, forwarded: {:.2} us a frame", median(|| forwarded(&speech)));
}

fn median(figure: impl Fn() -> f64) -> f64 {
    let mut figures: Vec<f64> = (0..ROUNDS).map(|_| figure()).collect();
    figures.sort_by(f64::total_cmp);
    figures[ROUNDS / 2]
}

/// Something with periods and pauses, coded.
fn speech(codec: Codec) -> Vec<[u8; PAYLOAD]> {
    let mut encoder = Encoder::new(codec);
    let mut tone = tones::sine_at(codec.rate(), 173.0, 6_000, FRAMES * codec.samples());
    let over = tones::sine_at(codec.rate(), 519.0, 3_000, FRAMES * codec.samples());
    tone.iter_mut()
        .zip(over)
        .enumerate()
        .for_each(|(n, (a, b))| *a = if n / 4_000 % 3 == 2 { b / 100 } else { *a + b });
    let code = |frame: &[i16]| {
        let mut payload = [0; PAYLOAD];
        encoder.encode(frame, &mut payload);
        payload
    };
    tone.chunks(codec.samples()).map(code).collect()
}

fn micros(busy: Duration) -> f64 {
    busy.as_secs_f64() * 1e6 / FRAMES as f64
}

fn decoding(codec: Codec, speech: &[[u8; PAYLOAD]]) -> f64 {
    let (mut decoder, mut out) = (Decoder::new(codec), vec![0; codec.samples()]);
    let begun = Instant::now();
    for payload in speech {
        decoder.decode(black_box(payload), black_box(&mut out));
    }
    micros(begun.elapsed())
}

fn frames(codec: Codec, speech: &[[u8; PAYLOAD]], way: Way) -> f64 {
    let mut coming: Vec<(i64, usize)> =
        (0..FRAMES).filter_map(|n| Some(((n * FRAME) as i64 - 40 + way(n)?, n))).collect();
    coming.sort_unstable();
    let mut coming = coming.into_iter().peekable();
    let (mut playout, mut decoder, mut out) = (Playout::new(), Decoder::new(codec), vec![0; codec.samples()]);
    let begun = Instant::now();
    for tick in 0..FRAMES {
        let now = (tick * FRAME) as i64;
        while let Some((at, n)) = coming.next_if(|(at, _)| *at <= now) {
            playout.push(n as u16, (n * FRAME) as u32, at, black_box(&speech[n]));
        }
        playout.next(now, &mut decoder, black_box(&mut out));
    }
    micros(begun.elapsed())
}

fn forwarded(speech: &[[u8; PAYLOAD]]) -> f64 {
    let mut playout = Playout::new();
    let begun = Instant::now();
    for (n, payload) in speech.iter().enumerate() {
        let now = (n * FRAME) as i64;
        playout.push(n as u16, (n * FRAME) as u32, now - 40, black_box(payload));
        assert!(black_box(playout.due(now)).is_some());
    }
    micros(begun.elapsed())
}
