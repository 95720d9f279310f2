//! The WAV files that a finished spool becomes: the tracks beside their mix, private talk apart.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use audio::FRAME;
use audio::mixer::Sum;
use sha2::{Digest, Sha256};

use crate::command::{FileKind, RecordedFile};
use crate::recorder::Shelf;
use crate::spool::{Contents, Entry, Reader, contents};

/// Ending of a file that is not complete.
pub(crate) const PART: &str = "part";

/// Makes the WAV files of a call's spool and removes it: main first, private if anything private was said.
/// `frames`: length in 20 ms; `None`, after a crash: as far as it goes.
pub(crate) fn bind(shelf: &dyn Shelf, path: &Path, frames: Option<u32>) -> io::Result<Vec<RecordedFile>> {
    let found = contents(shelf, path)?;
    let length = frames.unwrap_or(found.frames);
    let mut files = Vec::new();
    let all: Vec<u8> = found.names.keys().copied().collect();
    files.push(write(shelf, path, &found, FileKind::Main, "", &all, length)?);
    if !found.private.is_empty() {
        let tracks: Vec<u8> = found.private.keys().copied().collect();
        files.push(write(shelf, path, &found, FileKind::Private, "-private", &tracks, length)?);
    }
    fs::remove_file(path)?;
    Ok(files)
}

/// Makes the WAV file of a message's spool, cut to so many 20 ms, and removes it.
pub(crate) fn bind_message(shelf: &dyn Shelf, path: &Path, frames: Option<u32>) -> io::Result<RecordedFile> {
    let mut found = contents(shelf, path)?;
    found.names = BTreeMap::from([(0, "citizen".to_owned())]);
    let length = frames.unwrap_or(found.frames);
    let file = write(shelf, path, &found, FileKind::Message, "", &[0], length)?;
    fs::remove_file(path)?;
    Ok(file)
}

fn write(
    shelf: &dyn Shelf,
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
    let part = part(&path);
    let done = made(shelf, spool, &part, spec, (kind, tracks, length));
    // What is half done takes no room that others may need.
    let (sha256, bytes) = done.inspect_err(|_| drop(fs::remove_file(&part)))?;
    fs::rename(&part, &path)?;
    let names = tracks.iter().filter_map(|t| found.names.get(t).cloned());
    let names = mixed.then(|| "mix".to_owned()).into_iter().chain(names).collect();
    Ok(RecordedFile { kind, path, sha256, bytes, duration_ms: u64::from(length) * 20, tracks: names })
}

/// Makes the file and says what it holds.
fn made(
    shelf: &dyn Shelf,
    spool: &Path,
    part: &Path,
    spec: hound::WavSpec,
    (kind, tracks, length): (FileKind, &[u8], u32),
) -> io::Result<([u8; 32], u64)> {
    let mut page = shelf.create(part)?;
    let writer = hound::WavWriter::new(BufWriter::with_capacity(1 << 16, &mut page), spec).map_err(other)?;
    fill(Reader::open(shelf, spool)?, writer, kind, tracks, length)?;
    page.close()?;
    drop(page);
    digest(shelf, part)
}

/// Where a file grows until it is complete.
pub(crate) fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(PART);
    name.into()
}

fn fill<W: Write + Seek>(
    mut reader: Reader,
    mut writer: hound::WavWriter<W>,
    kind: FileKind,
    tracks: &[u8],
    length: u32,
) -> io::Result<()> {
    let mixed = kind != FileKind::Message;
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
    writer.finalize().map_err(other)
}

/// 20 ms of all tracks.
struct Step {
    frames: Vec<[i16; FRAME]>,
    mixed: bool,
}

impl Step {
    fn write<W: Write + Seek>(&mut self, writer: &mut hound::WavWriter<W>) -> io::Result<()> {
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

/// Of the sound as it is given out: a seal does not change it.
pub(crate) fn digest(shelf: &dyn Shelf, path: &Path) -> io::Result<([u8; 32], u64)> {
    let (mut file, mut hash, mut bytes) = (shelf.open(path)?, Sha256::new(), 0);
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
    use crate::recorder::System;
    use crate::spool::{put_frame, put_track};

    pub(crate) fn save(folder: &Path, stem: &str, bytes: &[u8]) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join(format!("{stem}.spool"));
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn spool() -> Vec<u8> {
        let mut spool = Vec::new();
        put_track(&mut spool, 0, "house");
        put_track(&mut spool, 1, "citizen");
        put_frame(&mut spool, false, 1, 1, &[100; FRAME]);
        put_track(&mut spool, 2, "operator");
        put_frame(&mut spool, false, 3, 1, &[1; FRAME]);
        put_frame(&mut spool, false, 3, 2, &[2; FRAME]);
        put_frame(&mut spool, true, 4, 2, &[7; FRAME]);
        spool
    }

    pub(crate) fn wav(file: &RecordedFile) -> Vec<i16> {
        hound::WavReader::open(&file.path).unwrap().samples::<i16>().map(Result::unwrap).collect()
    }

    #[test]
    fn tracks_stand_side_by_side_in_time_with_their_mix_and_private_talk_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = save(folder.path(), "CALL", &spool());
        let files = bind(&System, &path, Some(6)).unwrap();
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
