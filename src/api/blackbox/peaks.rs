//! How loud a recording was, channel by channel: read in pieces, so that a call of hours costs no memory.

use std::io::{self, BufReader, Read};

use call::action::SeatRole;
use flac_codec::decode::{FlacSampleReader, Metadata};
use serde::Serialize;
use store::{CallDetail, RecordingKind};
use utoipa::ToSchema;

/// Peaks a second.
const PER_SECOND: u32 = 20;
/// Peaks of a channel at most: with more, each stands for a longer time.
const MOST: u32 = 40_000;
/// Channels of a recording at most.
const MOST_CHANNELS: u16 = 32;

/// The peaks of a recording.
#[derive(Serialize, ToSchema, PartialEq, Debug)]
pub(crate) struct Peaks {
    /// Peaks a second.
    per_second: f64,
    /// One for each channel.
    tracks: Vec<Track>,
}

/// A channel.
#[derive(Serialize, ToSchema, PartialEq, Debug)]
pub(crate) struct Track {
    /// `mix`, `house`, `citizen`, `operator`, ...
    name: String,
    /// Greatest deviation from silence, 0 to 1.
    peaks: Vec<f32>,
}

/// The channels' names: the mix, the house, then a track for each kind of seat in the order in which they were answered. A
/// supervisor has one from when they were heard.
pub(crate) fn names(kind: RecordingKind, detail: &CallDetail) -> Vec<String> {
    let mut seats: Vec<(i64, SeatRole)> =
        detail.legs.iter().filter_map(|line| Some((line.row.answered_at?, line.row.seat))).collect();
    seats.sort_by_key(|(at, _)| *at);
    let mut names = match kind {
        RecordingKind::Mix => vec!["mix".to_owned(), "house".to_owned()],
        RecordingKind::Voicemail => return vec!["citizen".to_owned()],
        RecordingKind::Leg | RecordingKind::Private => return Vec::new(),
    };
    for (_, seat) in seats {
        if !names.iter().any(|name| name == seat.word()) {
            names.push(seat.word().to_owned());
        }
    }
    names
}

/// Reads a recording: WAV of 16 bits, or FLAC.
///
/// # Errors
/// The system's; [`io::ErrorKind::InvalidData`] when it is no such file.
pub(crate) fn read(sound: impl Read, is_flac: bool, names: &[String]) -> io::Result<Peaks> {
    let mut file = BufReader::with_capacity(1 << 16, sound);
    if is_flac { read_flac(file, names) } else { read_wav(&mut file, names) }
}

fn read_wav(file: &mut impl Read, names: &[String]) -> io::Result<Peaks> {
    let (channels, rate, length) = header(file)?;
    let frames = length / (2 * u32::from(channels));
    let mut meter = Meter::new(channels, rate, frames);
    let mut frame = vec![0_u8; 2 * usize::from(channels)];
    for _ in 0..frames {
        if file.read_exact(&mut frame).is_err() {
            break;
        }
        meter.take(frame.chunks_exact(2).map(|sample| i16::from_le_bytes([sample[0], sample[1]])));
    }
    Ok(meter.peaks(names))
}

fn read_flac(file: impl Read, names: &[String]) -> io::Result<Peaks> {
    let odd = |_| io::Error::from(io::ErrorKind::InvalidData);
    let mut packed = FlacSampleReader::new(file).map_err(odd)?;
    let channels = u16::from(packed.channel_count());
    let frames = u32::try_from(packed.total_samples().unwrap_or_default()).unwrap_or(u32::MAX);
    let mut meter = Meter::new(channels, packed.sample_rate(), frames);
    // A file that is cut is read as far as it goes, as with WAV.
    while let Ok(samples) = packed.fill_buf() {
        let length = samples.len();
        if length == 0 {
            break;
        }
        for frame in samples.chunks_exact(usize::from(channels)) {
            // Of 16 bits.
            meter.take(frame.iter().map(|sample| i16::try_from(*sample).unwrap_or(i16::MAX)));
        }
        packed.consume(length);
    }
    Ok(meter.peaks(names))
}

/// Takes frame by frame.
struct Meter {
    tracks: Vec<Vec<f32>>,
    loudest: Vec<u16>,
    rate: u32,
    frames: u32,
    a_peak: u32,
    at: u32,
}

impl Meter {
    fn new(channels: u16, rate: u32, frames: u32) -> Self {
        let a_peak = (rate / PER_SECOND).max(frames.div_ceil(MOST)).max(1);
        let channels = usize::from(channels);
        Self { tracks: vec![Vec::new(); channels], loudest: vec![0; channels], rate, frames, a_peak, at: 0 }
    }

    fn take(&mut self, frame: impl Iterator<Item = i16>) {
        self.at += 1;
        for (loudest, sample) in self.loudest.iter_mut().zip(frame) {
            *loudest = sample.unsigned_abs().max(*loudest);
        }
        if self.at.is_multiple_of(self.a_peak) || self.at == self.frames {
            for (track, loudest) in self.tracks.iter_mut().zip(&mut self.loudest) {
                track.push(f32::from(std::mem::take(loudest)) / 32_768.0);
            }
        }
    }

    fn peaks(self, names: &[String]) -> Peaks {
        let fit = names.len() == self.tracks.len();
        let named = |(at, peaks)| Track {
            name: names.get(at).filter(|_| fit).cloned().unwrap_or_else(|| format!("track {}", at + 1)),
            peaks,
        };
        let per_second = f64::from(self.rate) / f64::from(self.a_peak);
        Peaks { per_second, tracks: self.tracks.into_iter().enumerate().map(named).collect() }
    }
}

/// Channels, samples a second, bytes of sound; the file stands at the sound then (RIFF WAVE).
fn header(file: &mut impl Read) -> io::Result<(u16, u32, u32)> {
    let odd = || io::Error::from(io::ErrorKind::InvalidData);
    let mut head = [0; 12];
    file.read_exact(&mut head)?;
    if !head.starts_with(b"RIFF") || !head.ends_with(b"WAVE") {
        return Err(odd());
    }
    let mut form = None;
    loop {
        let mut chunk = [0; 8];
        file.read_exact(&mut chunk)?;
        let [a, b, c, d, sizes @ ..] = chunk;
        let size = u32::from_le_bytes(sizes);
        match &[a, b, c, d] {
            b"data" => {
                let (channels, rate): (u16, u32) = form.ok_or_else(odd)?;
                return Ok((channels, rate, size));
            }
            b"fmt " if (16..=64).contains(&size) => {
                let mut fmt = vec![0; usize::try_from(size).unwrap_or(0)];
                file.read_exact(&mut fmt)?;
                let word = |at: usize| fmt.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]));
                let rate = u32::from(word(4)) | (u32::from(word(6)) << 16);
                let fits = word(14) == 16 && (1..=MOST_CHANNELS).contains(&word(2)) && rate > 0;
                form = Some((word(2), rate)).filter(|_| fits);
            }
            _ => {
                let rest = u64::from(size.saturating_add(size % 2));
                io::copy(&mut file.by_ref().take(rest), &mut io::sink())?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::fs::File;
    use std::path::Path;

    use super::*;

    fn read(path: &Path, names: &[String]) -> io::Result<Peaks> {
        super::read(File::open(path)?, path.extension().is_some_and(|e| e == "flac"), names)
    }

    fn wav(channels: u16, frames: &[Vec<i16>]) -> Vec<u8> {
        let data: Vec<u8> = frames.iter().flatten().flat_map(|s| s.to_le_bytes()).collect();
        let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
        bytes.extend(channels.to_le_bytes());
        bytes.extend(8_000_u32.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(16_u16.to_le_bytes());
        bytes.extend(b"LIST\x03\0\0\0abc\0data");
        bytes.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn each_channel_is_as_loud_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        // A second: the left channel loud in its second half, the right one silent.
        let frames: Vec<Vec<i16>> =
            (0..8_000).map(|i| vec![if i < 4_000 { 0 } else { -16_384 }, 0]).collect();
        std::fs::write(&path, wav(2, &frames)).unwrap();
        let peaks = read(&path, &["mix".to_owned(), "house".to_owned()]).unwrap();
        assert!((peaks.per_second - 20.0).abs() < f64::EPSILON);
        let [mix, house] = peaks.tracks.as_slice() else { panic!("{peaks:?}") };
        assert_eq!((mix.name.as_str(), mix.peaks.len()), ("mix", 20));
        assert_eq!((mix.peaks.first(), mix.peaks.last()), (Some(&0.0), Some(&0.5)));
        assert!(house.peaks.iter().all(|peak| *peak == 0.0));
        assert_eq!(read(&path, &[]).unwrap().tracks.len(), 2, "channels without names have numbers");
    }

    #[test]
    fn a_compressed_one_looks_the_same() {
        use flac_codec::encode::{FlacSampleWriter, Options};
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.wav"), folder.path().join("a.flac"));
        let frames: Vec<Vec<i16>> = (0..12_345)
            .map(|i| vec![if i % 1_000 < 400 { 0 } else { -16_384 }, 3 * (i % 77), i16::MIN])
            .collect();
        std::fs::write(&one, wav(3, &frames)).unwrap();
        let mut writer = FlacSampleWriter::create(&other, Options::default(), 8_000, 16, 3, None).unwrap();
        let samples: Vec<i32> = frames.iter().flatten().map(|sample| (*sample).into()).collect();
        writer.write(&samples).unwrap();
        writer.finalize().unwrap();
        assert_eq!(read(&other, &[]).unwrap(), read(&one, &[]).unwrap());
        std::fs::write(&other, b"RIFF").unwrap();
        assert!(read(&other, &[]).is_err());
    }

    #[test]
    fn what_is_no_recording_is_refused_and_a_cut_one_is_read_as_far_as_it_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        for bad in [b"".to_vec(), b"RIFF".to_vec(), vec![0; 400], wav(1, &[])[..30].to_vec()] {
            std::fs::write(&path, bad).unwrap();
            assert!(read(&path, &[]).is_err());
        }
        let whole = wav(1, &vec![vec![1_000]; 8_000]);
        std::fs::write(&path, &whole[..whole.len() - 8_000]).unwrap();
        assert_eq!(read(&path, &[]).unwrap().tracks.first().map(|t| t.peaks.len()), Some(10));
    }
}
