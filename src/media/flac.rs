//! FLAC (RFC 9639): a WAV file made smaller without loss, and the proof that it is the same sound.

use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::Path;

use flac_codec::decode::{FlacSampleReader, Metadata};
use flac_codec::encode::{FlacSampleWriter, Options};
use vault::Sound;

use crate::recorder::Shelf;

/// Ending of such a file's name.
pub(crate) const FLAC: &str = "flac";
/// More channels FLAC does not have (RFC 9639 section 8.2): such a recording stays WAV.
pub(crate) const MOST_CHANNELS: u16 = 8;
/// Samples of all channels that are encoded before anybody is asked whether to go on.
const PIECE: usize = 1 << 16;

/// Encodes a WAV file of 16 bits. `goes_on` is asked all the time: without it the error is [`io::ErrorKind::Interrupted`].
pub(crate) fn encode<W: Write + Seek>(
    shelf: &dyn Shelf,
    wav: &Path,
    out: W,
    goes_on: impl Fn() -> bool,
) -> io::Result<()> {
    let mut reader = read(shelf, wav)?;
    let spec = reader.spec();
    let channels = u8::try_from(spec.channels).unwrap_or(u8::MAX);
    let mut writer = FlacSampleWriter::new(
        BufWriter::with_capacity(1 << 16, out),
        Options::default(),
        spec.sample_rate,
        spec.bits_per_sample.into(),
        channels,
        Some(reader.len().into()),
    )
    .map_err(said)?;
    let mut piece = Vec::with_capacity(PIECE);
    let mut samples = reader.samples::<i16>();
    loop {
        piece.clear();
        for sample in samples.by_ref().take(PIECE) {
            piece.push(i32::from(sample.map_err(io::Error::other)?));
        }
        if piece.is_empty() {
            return writer.finalize().map_err(said);
        }
        if !goes_on() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        writer.write(&piece).map_err(said)?;
    }
}

/// Whether both hold the same samples, all of them. `goes_on` as above.
pub(crate) fn is_same(
    shelf: &dyn Shelf,
    wav: &Path,
    flac: &Path,
    goes_on: impl Fn() -> bool,
) -> io::Result<bool> {
    let mut reader = read(shelf, wav)?;
    let Ok(mut packed) = open(shelf, flac) else { return Ok(false) };
    let spec = reader.spec();
    let form = (u16::from(packed.channel_count()), packed.sample_rate(), packed.bits_per_sample());
    if form != (spec.channels, spec.sample_rate, 16) {
        return Ok(false);
    }
    let mut ours = reader.samples::<i16>();
    loop {
        // A frame, its checksum and its numbers are looked at here.
        let Ok(theirs) = packed.fill_buf() else { return Ok(false) };
        let length = theirs.len();
        if length == 0 {
            return Ok(ours.next().is_none());
        }
        for sample in theirs {
            let own = ours.next().transpose().map_err(io::Error::other)?;
            if own.map(i32::from) != Some(*sample) {
                return Ok(false);
            }
        }
        packed.consume(length);
        if !goes_on() {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
}

/// Length in milliseconds.
pub(crate) fn duration_ms(shelf: &dyn Shelf, flac: &Path) -> io::Result<u64> {
    let packed = open(shelf, flac)?;
    let samples = packed.total_samples().unwrap_or_default();
    Ok(samples * 1_000 / u64::from(packed.sample_rate().max(1)))
}

fn read(shelf: &dyn Shelf, wav: &Path) -> io::Result<hound::WavReader<BufReader<Sound>>> {
    let file = BufReader::with_capacity(1 << 16, shelf.open(wav)?);
    hound::WavReader::new(file).map_err(io::Error::other)
}

fn open(shelf: &dyn Shelf, flac: &Path) -> io::Result<FlacSampleReader<BufReader<Sound>>> {
    FlacSampleReader::new(BufReader::with_capacity(1 << 16, shelf.open(flac)?)).map_err(said)
}

fn said(error: flac_codec::Error) -> io::Error {
    match error {
        flac_codec::Error::Io(error) => error,
        error => io::Error::other(error),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::fs::{self, File};

    use super::*;
    use crate::recorder::System;

    /// All that such a file holds.
    pub(crate) fn samples(flac: &Path) -> Vec<i32> {
        let mut all = Vec::new();
        open(&System, flac).unwrap().read_to_end(&mut all).unwrap();
        all
    }

    /// A voice, a tone, noise, silence, and the extremes.
    fn wav(path: &Path, channels: u16, frames: u32) {
        let spec = hound::WavSpec {
            channels,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        let mut seed = 7_u32;
        for at in 0..frames {
            for channel in 0..channels {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let sample = match channel {
                    0 => (f64::from(at) * 0.3).sin() * 9_000.0,
                    1 => f64::from(seed >> 16) - 32_768.0,
                    2 if at % 2 == 0 => f64::from(i16::MIN),
                    2 => f64::from(i16::MAX),
                    _ => 0.0,
                };
                writer.write_sample(sample as i16).unwrap();
            }
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn what_comes_back_is_bit_for_bit_what_was_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.wav"), folder.path().join("a.flac"));
        for (channels, frames) in [(1, 1), (1, 4_096), (3, 4_097), (5, 40_000), (8, 9_999)] {
            wav(&one, channels, frames);
            encode(&System, &one, File::create(&other).unwrap(), || true).unwrap();
            assert!(is_same(&System, &one, &other, || true).unwrap(), "{channels} channels, {frames} frames");
            assert_eq!(duration_ms(&System, &other).unwrap(), u64::from(frames) / 8);
        }
    }

    #[test]
    fn another_makers_decoder_hears_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.wav"), folder.path().join("a.flac"));
        for (channels, frames) in [(1, 1), (1, 4_097), (2, 40_000)] {
            wav(&one, channels, frames);
            encode(&System, &one, File::create(&other).unwrap(), || true).unwrap();
            let heard: Vec<i32> =
                claxon::FlacReader::open(&other).unwrap().samples().map(Result::unwrap).collect();
            let said = hound::WavReader::open(&one).unwrap().into_samples::<i16>();
            assert!(heard == said.map(|s| s.unwrap().into()).collect::<Vec<i32>>(), "{channels} {frames}");
        }
    }

    #[test]
    fn what_is_not_the_same_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.wav"), folder.path().join("a.flac"));
        wav(&one, 2, 20_000);
        encode(&System, &one, File::create(&other).unwrap(), || true).unwrap();
        let whole = fs::read(&other).unwrap();
        fs::write(&other, &whole[..whole.len() - 100]).unwrap();
        assert!(!is_same(&System, &one, &other, || true).unwrap(), "cut");
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        fs::write(&other, &flipped).unwrap();
        assert!(!is_same(&System, &one, &other, || true).unwrap(), "a bit flipped");
        fs::write(&other, &whole).unwrap();
        for (channels, frames) in [(2, 19_999), (2, 20_001), (1, 20_000)] {
            wav(&one, channels, frames);
            assert!(
                !is_same(&System, &one, &other, || true).unwrap(),
                "{channels} channels, {frames} frames"
            );
        }
    }
}
