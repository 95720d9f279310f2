//! A recording while it grows: an append-only file of frames that a crash can cut anywhere, and the WAV files made of it.

use std::collections::BTreeMap;
use std::fs::{self, File as Disk};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use audio::FRAME;
use audio::mixer::Sum;
use sha2::{Digest, Sha256};

use crate::command::{FileKind, RecordedFile};
use crate::tape::File;

/// Ending of a spool's name.
pub(crate) const SPOOL: &str = "spool";
const TRACK: u8 = b'T';
const SOUND: u8 = b'F';
const REACHED: u8 = b'R';

/// A spool that is being written.
pub(crate) struct Spool {
    path: PathBuf,
    out: BufWriter<Disk>,
}

impl Spool {
    pub(crate) fn create(folder: &Path, stem: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{stem}.{SPOOL}"));
        let out = BufWriter::with_capacity(1 << 16, Disk::create(&path)?);
        Ok(Self { path, out })
    }

    pub(crate) fn track(&mut self, at: u8, name: &str) -> io::Result<()> {
        let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
        self.out.write_all(&[TRACK, at, length])?;
        self.out.write_all(name.as_bytes().get(..usize::from(length)).unwrap_or_default())
    }

    pub(crate) fn frame(&mut self, file: File, at: u32, track: u8, samples: &[i16; FRAME]) -> io::Result<()> {
        let mut bytes = [0; 7 + 2 * FRAME];
        let [a, b, c, d] = at.to_le_bytes();
        let head = [SOUND, u8::from(file == File::Private), a, b, c, d, track];
        for (place, byte) in
            bytes.iter_mut().zip(head.into_iter().chain(samples.iter().flat_map(|s| s.to_le_bytes())))
        {
            *place = byte;
        }
        self.out.write_all(&bytes)
    }

    /// It has come so far, in 20 ms steps: silence is not written, and a crash shall not cut it off.
    pub(crate) fn reached(&mut self, at: u32) -> io::Result<()> {
        let [a, b, c, d] = at.to_le_bytes();
        self.out.write_all(&[REACHED, a, b, c, d])
    }

    /// To the system, so that a crash of this process loses no more than what came since.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    pub(crate) fn finish(mut self) -> io::Result<PathBuf> {
        self.out.flush()?;
        Ok(self.path)
    }

    /// Given up: nothing of it stays.
    pub(crate) fn remove(self) -> io::Result<()> {
        drop(self.out);
        fs::remove_file(self.path)
    }
}

/// One record of a spool.
enum Entry {
    Track(u8, String),
    Frame { private: bool, at: u32, track: u8, samples: Box<[i16; FRAME]> },
    Reached(u32),
}

/// Reads records until the end, or until where a crash cut the file.
struct Reader(BufReader<Disk>);

impl Reader {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(BufReader::with_capacity(1 << 16, Disk::open(path)?)))
    }

    fn next(&mut self) -> Option<Entry> {
        let mut kind = [0; 1];
        self.0.read_exact(&mut kind).ok()?;
        match kind {
            [TRACK] => {
                let mut head = [0; 2];
                self.0.read_exact(&mut head).ok()?;
                let [at, length] = head;
                let mut name = vec![0; usize::from(length)];
                self.0.read_exact(&mut name).ok()?;
                Some(Entry::Track(at, String::from_utf8_lossy(&name).into_owned()))
            }
            [SOUND] => {
                let mut head = [0; 6];
                self.0.read_exact(&mut head).ok()?;
                let [private, a, b, c, d, track] = head;
                let mut bytes = [0; 2 * FRAME];
                self.0.read_exact(&mut bytes).ok()?;
                let mut samples = Box::new([0; FRAME]);
                for (sample, pair) in samples.iter_mut().zip(bytes.chunks_exact(2)) {
                    *sample = i16::from_le_bytes(pair.try_into().unwrap_or_default());
                }
                Some(Entry::Frame {
                    private: private != 0,
                    at: u32::from_le_bytes([a, b, c, d]),
                    track,
                    samples,
                })
            }
            [REACHED] => {
                let mut at = [0; 4];
                self.0.read_exact(&mut at).ok()?;
                Some(Entry::Reached(u32::from_le_bytes(at)))
            }
            [_] => None,
        }
    }
}

/// What a spool holds.
#[derive(Default)]
struct Contents {
    names: BTreeMap<u8, String>,
    private: BTreeMap<u8, ()>,
    frames: u32,
}

fn contents(path: &Path) -> io::Result<Contents> {
    let (mut reader, mut found) = (Reader::open(path)?, Contents::default());
    while let Some(entry) = reader.next() {
        match entry {
            Entry::Track(at, name) => {
                found.names.insert(at, name);
            }
            Entry::Frame { private, at, track, .. } => {
                found.frames = found.frames.max(at.saturating_add(1));
                if private {
                    found.private.insert(track, ());
                }
            }
            Entry::Reached(at) => found.frames = found.frames.max(at),
        }
    }
    Ok(found)
}

/// Makes the WAV files of a call's spool and removes it: main first, private if anything private was said.
/// `frames`: length in 20 ms; `None`, after a crash: as far as it goes.
pub(crate) fn bind(path: &Path, frames: Option<u32>) -> io::Result<Vec<RecordedFile>> {
    let found = contents(path)?;
    let length = frames.unwrap_or(found.frames);
    let mut files = Vec::new();
    let all: Vec<u8> = found.names.keys().copied().collect();
    files.push(write(path, &found, FileKind::Main, "", &all, length)?);
    if !found.private.is_empty() {
        let tracks: Vec<u8> = found.private.keys().copied().collect();
        files.push(write(path, &found, FileKind::Private, "-private", &tracks, length)?);
    }
    fs::remove_file(path)?;
    Ok(files)
}

/// Makes the WAV file of a message's spool, cut to so many 20 ms, and removes it.
pub(crate) fn bind_message(path: &Path, frames: Option<u32>) -> io::Result<RecordedFile> {
    let mut found = contents(path)?;
    found.names = BTreeMap::from([(0, "citizen".to_owned())]);
    let length = frames.unwrap_or(found.frames);
    let file = write(path, &found, FileKind::Message, "", &[0], length)?;
    fs::remove_file(path)?;
    Ok(file)
}

fn write(
    spool: &Path,
    found: &Contents,
    kind: FileKind,
    ending: &str,
    tracks: &[u8],
    length: u32,
) -> io::Result<RecordedFile> {
    let stem = spool.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let path = spool.with_file_name(format!("{stem}{ending}.wav"));
    // A message has one voice; a call also has their mix.
    let mixed = kind != FileKind::Message;
    let channels = u16::try_from(tracks.len()).unwrap_or(u16::MAX).saturating_add(u16::from(mixed));
    let spec = hound::WavSpec {
        channels,
        sample_rate: crate::RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).map_err(other)?;
    let mut reader = Reader::open(spool)?;
    let mut step = Step { frames: vec![[0; FRAME]; tracks.len()], mixed };
    let mut at = 0;
    while let Some(entry) = reader.next() {
        let Entry::Frame { private, at: when, track, samples } = entry else { continue };
        if private != (kind == FileKind::Private) || when >= length {
            continue;
        }
        while at < when {
            step.write(&mut writer)?;
            at += 1;
        }
        let place = tracks.iter().position(|t| *t == track).and_then(|i| step.frames.get_mut(i));
        if let Some(place) = place {
            *place = *samples;
        }
    }
    while at < length {
        step.write(&mut writer)?;
        at += 1;
    }
    writer.finalize().map_err(other)?;
    let names = tracks.iter().filter_map(|t| found.names.get(t).cloned());
    let names = mixed.then(|| "mix".to_owned()).into_iter().chain(names).collect();
    let (sha256, bytes) = digest(&path)?;
    Ok(RecordedFile { kind, path, sha256, bytes, duration_ms: u64::from(length) * 20, tracks: names })
}

/// 20 ms of all tracks.
struct Step {
    frames: Vec<[i16; FRAME]>,
    mixed: bool,
}

impl Step {
    fn write<W: Write + io::Seek>(&mut self, writer: &mut hound::WavWriter<W>) -> io::Result<()> {
        let (mut sum, mut mix) = (Sum::default(), [0; FRAME]);
        for frame in &self.frames {
            sum.add(frame);
        }
        sum.clip(&mut mix);
        for (i, mixed) in mix.iter().enumerate() {
            if self.mixed {
                writer.write_sample(*mixed).map_err(other)?;
            }
            for frame in &self.frames {
                writer.write_sample(frame.get(i).copied().unwrap_or_default()).map_err(other)?;
            }
        }
        for frame in &mut self.frames {
            *frame = [0; FRAME];
        }
        Ok(())
    }
}

fn other(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        error => io::Error::other(error),
    }
}

pub(crate) fn digest(path: &Path) -> io::Result<([u8; 32], u64)> {
    let (mut file, mut hash, mut bytes) = (Disk::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hash.finalize().into(), bytes));
        }
        bytes += read as u64;
        hash.update(buffer.get(..read).unwrap_or_default());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    pub(crate) fn spool(folder: &Path) -> Spool {
        let mut spool = Spool::create(folder, "CALL").unwrap();
        spool.track(0, "house").unwrap();
        spool.track(1, "citizen").unwrap();
        spool.frame(File::Main, 1, 1, &[100; FRAME]).unwrap();
        spool.track(2, "operator").unwrap();
        spool.frame(File::Main, 3, 1, &[1; FRAME]).unwrap();
        spool.frame(File::Main, 3, 2, &[2; FRAME]).unwrap();
        spool.frame(File::Private, 4, 2, &[7; FRAME]).unwrap();
        spool
    }

    pub(crate) fn wav(file: &RecordedFile) -> Vec<i16> {
        hound::WavReader::open(&file.path).unwrap().samples::<i16>().map(Result::unwrap).collect()
    }

    #[test]
    fn tracks_stand_side_by_side_in_time_with_their_mix_and_private_talk_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = spool(folder.path()).finish().unwrap();
        let files = bind(&path, Some(6)).unwrap();
        assert_eq!(files[0].tracks, ["mix", "house", "citizen", "operator"]);
        assert_eq!((files[0].duration_ms, files.len(), path.exists()), (120, 2, false));
        let main = wav(&files[0]);
        let frame = |at: usize| main[at * FRAME * 4..][..4].to_vec();
        assert_eq!(
            (frame(0), frame(1), frame(3), frame(4)),
            (vec![0; 4], vec![100, 0, 100, 0], vec![3, 0, 1, 2], vec![0; 4])
        );
        assert_eq!(
            (files[1].kind, files[1].tracks.clone()),
            (FileKind::Private, vec!["mix".to_owned(), "operator".to_owned()])
        );
        assert_eq!(wav(&files[1])[4 * FRAME * 2..][..2], [7, 7]);
        assert_eq!(files[0].sha256, <[u8; 32]>::from(Sha256::digest(fs::read(&files[0].path).unwrap())));
    }
}
