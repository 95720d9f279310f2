//! A recording while it grows: an append-only file of frames that a crash can cut anywhere.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::path::Path;

use audio::FRAME;
use vault::Sound;

use crate::recorder::Shelf;

/// Ending of a spool's name.
pub(crate) const SPOOL: &str = "spool";
const TRACK: u8 = b'T';
const SOUND: u8 = b'F';
const REACHED: u8 = b'R';

/// A track has this name.
pub(crate) fn put_track(out: &mut Vec<u8>, at: u8, name: &str) {
    let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
    out.extend_from_slice(&[TRACK, at, length]);
    out.extend_from_slice(name.as_bytes().get(..usize::from(length)).unwrap_or_default());
}

/// 20 ms of a track, at a place counted in 20 ms.
pub(crate) fn put_frame(out: &mut Vec<u8>, private: bool, at: u32, track: u8, samples: &[i16; FRAME]) {
    let [a, b, c, d] = at.to_le_bytes();
    out.reserve(7 + 2 * FRAME);
    out.extend_from_slice(&[SOUND, u8::from(private), a, b, c, d, track]);
    out.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
}

/// It has come so far, in 20 ms steps: silence is not written, and a crash shall not cut it off.
pub(crate) fn put_reached(out: &mut Vec<u8>, at: u32) {
    let [a, b, c, d] = at.to_le_bytes();
    out.extend_from_slice(&[REACHED, a, b, c, d]);
}

/// One record of a spool.
pub(crate) enum Entry {
    Track(u8, String),
    Frame { private: bool, at: u32, track: u8, samples: Box<[i16; FRAME]> },
    Reached(u32),
}

/// Reads records until the end, or until where a crash cut the file.
pub(crate) struct Reader(BufReader<Sound>);

impl Reader {
    pub(crate) fn open(shelf: &dyn Shelf, path: &Path) -> io::Result<Self> {
        Ok(Self(BufReader::with_capacity(1 << 16, shelf.open(path)?)))
    }

    pub(crate) fn next(&mut self) -> Option<Entry> {
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
pub(crate) struct Contents {
    pub(crate) names: BTreeMap<u8, String>,
    pub(crate) private: BTreeMap<u8, ()>,
    pub(crate) frames: u32,
}

pub(crate) fn contents(shelf: &dyn Shelf, path: &Path) -> io::Result<Contents> {
    let (mut reader, mut found) = (Reader::open(shelf, path)?, Contents::default());
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
