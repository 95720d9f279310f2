//! The recordings of a folder: sealed as they are written, opened as they are read; their data keys, by month, beside them.
//!
//! Keys lie in `keys/` of the folder, a file for each: `2026-11.1.0123456789abcdef.key`, so that the folder and the key file
//! open everything, whatever became of the database. A file without seal is read as it is.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::System;
use super::files::{destroy, put, said};
use super::key_file;
use crate::cipher::Algorithm;
use crate::class::{Class, Month, Scope};
use crate::error::VaultError;
use crate::key::{DataKey, KeyId, Wrapped};
use crate::master::Masters;
use crate::stream::{BlocksReader, BlocksWriter, Head, Layout, TapeReader, TapeWriter};

/// Folder of the keys, in that of the recordings.
const KEYS: &str = "keys";
/// Ending of a key's name.
const KEY: &str = "key";
/// Keys in memory: ten years of months. When full: all are let go, and read again when they are needed.
const MOST: usize = 120;

/// Seals and opens the recordings of a folder. Clones are the same. The default one knows no key: it reads clear files.
#[derive(Clone, Default)]
pub struct Locker(Option<Arc<Inner>>);

struct Inner {
    key_file: PathBuf,
    keys: PathBuf,
    /// `None`: what is new stays clear.
    seals: Option<Algorithm>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    masters: Option<Masters>,
    keys: HashMap<KeyId, (Arc<DataKey>, PathBuf)>,
}

/// A data key as it lies in the folder.
#[derive(Debug)]
pub struct Kept {
    /// Its file.
    pub path: PathBuf,
    /// The key.
    pub key: Arc<DataKey>,
    /// The version of the master key that wraps it.
    pub master: u32,
    /// Whether it is wrapped as a key is that is wrapped now.
    pub newest: bool,
}

impl fmt::Debug for Locker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("Locker without keys"),
            Some(inner) => write!(f, "Locker {} {:?}", inner.keys.display(), inner.seals),
        }
    }
}

/// What the name of a key's file says.
fn named(path: &Path) -> Option<(Month, u32, KeyId)> {
    let mut words = path.file_name()?.to_str()?.strip_suffix(".key")?.split('.');
    let (month, generation, id) = (words.next()?, words.next()?, words.next()?);
    let whole = words.next().is_none();
    whole.then(|| Some((Month::parse(month)?, generation.parse().ok()?, KeyId::parse(id)?)))?
}

/// The month of a recording: its day is the name of its folder. Else the present month, UTC.
fn month(path: &Path) -> Month {
    let day = path.parent().and_then(Path::file_name).and_then(|name| Month::parse(name.to_str()?));
    day.unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Month::of_utc_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

impl Locker {
    /// Of a folder of recordings. Nothing is read before it is needed. `seals`: how what is new is sealed.
    pub fn new(key_file: PathBuf, recordings: &Path, seals: Option<Algorithm>) -> Self {
        let (keys, known) = (recordings.join(KEYS), Mutex::default());
        Self(Some(Arc::new(Inner { key_file, keys, seals, known })))
    }

    /// Whether what is new is sealed.
    pub fn seals(&self) -> bool {
        self.0.as_ref().is_some_and(|inner| inner.seals.is_some())
    }

    /// Whether the next recording can be sealed, as far as it can be told before: the master key is there and can be used. In a
    /// new house it is yet to be made.
    ///
    /// # Errors
    /// The key file's.
    pub fn ready(&self) -> Result<(), VaultError> {
        let Some(inner) = self.0.as_ref().filter(|inner| inner.seals.is_some()) else { return Ok(()) };
        let is_new = key_file::load(&inner.key_file)?.is_none() && inner.files()?.is_empty();
        if is_new { Ok(()) } else { inner.masters(&mut inner.known()).map(drop) }
    }

    /// Begins a file that grows: `to` is new and empty, and bears this path.
    ///
    /// # Errors
    /// The system's, or the keys': the recording can't be made.
    pub fn tape<W: Write>(&self, path: &Path, to: W) -> io::Result<TapeWriter<W>> {
        TapeWriter::begin(to, &*self.current(month(path))?, &System::new())
    }

    /// Begins a file that is finished at once.
    ///
    /// # Errors
    /// As above.
    pub fn blocks<W: Write + Seek>(&self, path: &Path, to: W) -> io::Result<BlocksWriter<W>> {
        BlocksWriter::begin(to, &*self.current(month(path))?, &System::new())
    }

    /// Opens a recording, sealed or clear.
    ///
    /// # Errors
    /// The system's; the keys'.
    pub fn open(&self, path: &Path) -> io::Result<Sound> {
        let mut file = File::open(path)?;
        let Some(head) = Head::read(&mut file)? else {
            file.seek(SeekFrom::Start(0))?;
            return Ok(Sound::Clear(file));
        };
        let key = self.key(head.key)?;
        Ok(match head.layout {
            Layout::Tape => {
                Sound::Tape(Box::new(TapeReader::new(BufReader::with_capacity(1 << 16, file), &head, &key)?))
            }
            Layout::Blocks => Sound::Blocks(Box::new(BlocksReader::new(file, &head, &key)?)),
        })
    }

    /// Whether a recording is sealed.
    ///
    /// # Errors
    /// The system's.
    pub fn is_sealed(path: &Path) -> io::Result<bool> {
        Ok(Self::sealed_by(path)?.is_some())
    }

    /// The data key by which a recording is sealed; `None`: it is clear.
    ///
    /// # Errors
    /// The system's.
    pub fn sealed_by(path: &Path) -> io::Result<Option<KeyId>> {
        Ok(Head::read(&mut File::open(path)?)?.map(|head| head.key))
    }

    /// All data keys of the folder, the oldest month first.
    ///
    /// # Errors
    /// The system's; a key that can't be unwrapped.
    pub fn kept(&self) -> Result<Vec<Kept>, VaultError> {
        let Some(inner) = &self.0 else { return Ok(Vec::new()) };
        let mut known = inner.known();
        let read = |(.., path): (Month, u32, KeyId, PathBuf)| {
            let (key, wrapped) = inner.read(&mut known, &path)?;
            let newest = wrapped.is_newest(&inner.masters(&mut known)?);
            Ok(Kept { path, key: Arc::new(key), master: wrapped.master, newest })
        };
        inner.files()?.into_iter().map(read).collect()
    }

    /// A new data key of a month, which seals from now on.
    ///
    /// # Errors
    /// The system's; the master key's.
    pub fn renew(&self, month: Month) -> Result<KeyId, VaultError> {
        let inner = self.0.as_ref().ok_or(VaultError::NoCurrent)?;
        let newest = inner.newest(month)?.map_or(0, |(generation, _)| generation);
        Ok(inner.mint(&mut inner.known(), month, newest.saturating_add(1))?.id)
    }

    /// Wraps all data keys by the newest version of the master key in the key file; how many were not.
    ///
    /// # Errors
    /// The system's; the master key's. What was wrapped anew stays so, and the rest as it was.
    pub fn rewrap(&self) -> Result<usize, VaultError> {
        let Some(inner) = &self.0 else { return Ok(0) };
        inner.known().masters = None;
        let mut done = 0;
        for Kept { path, key, newest, .. } in self.kept()? {
            let masters = inner.masters(&mut inner.known())?;
            if !newest {
                let wrapped = key.wrap(&masters, &System::new())?;
                put(&path, wrapped.line().as_bytes(), 0o700)?;
                done += 1;
            }
        }
        Ok(done)
    }

    /// Destroys a data key for good: no recording that it sealed opens any more, whoever has a copy. The key's fingerprint.
    ///
    /// # Errors
    /// [`VaultError::NoKey`]; the system's.
    pub fn destroy(&self, id: KeyId) -> Result<String, VaultError> {
        let inner = self.0.as_ref().ok_or(VaultError::NoKey(id))?;
        let mut known = inner.known();
        let (key, path) = inner.find(&mut known, id)?;
        destroy(&path)?;
        known.keys.remove(&id);
        Ok(key.fingerprint())
    }

    fn key(&self, id: KeyId) -> Result<Arc<DataKey>, VaultError> {
        let inner = self.0.as_ref().ok_or(VaultError::NoKey(id))?;
        Ok(inner.find(&mut inner.known(), id)?.0)
    }

    fn current(&self, month: Month) -> Result<Arc<DataKey>, VaultError> {
        let inner = self.0.as_ref().ok_or(VaultError::NoCurrent)?;
        let mut known = inner.known();
        // The folder is looked at each time: an order of another process gives a new key to this one too.
        match inner.newest(month)? {
            Some((_, id)) => Ok(inner.find(&mut known, id)?.0),
            None => inner.mint(&mut known, month, 1),
        }
    }
}

impl Inner {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key files of the folder, by their names.
    fn files(&self) -> Result<Vec<(Month, u32, KeyId, PathBuf)>, VaultError> {
        let entries = match fs::read_dir(&self.keys) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(said(&self.keys)(error)),
        };
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        let mut files: Vec<_> =
            paths.filter_map(|path| named(&path).map(|(month, no, id)| (month, no, id, path))).collect();
        files.sort();
        Ok(files)
    }

    fn newest(&self, month: Month) -> Result<Option<(u32, KeyId)>, VaultError> {
        let files = self.files()?.into_iter().filter(|(of, ..)| *of == month);
        Ok(files.map(|(_, generation, id, _)| (generation, id)).max())
    }

    fn masters(&self, known: &mut Known) -> Result<Masters, VaultError> {
        if let Some(masters) = &known.masters {
            return Ok(masters.clone());
        }
        let missing = VaultError::BadKeyFile("it is not there");
        let masters = key_file::load(&self.key_file)?.ok_or(missing)?;
        known.masters = Some(masters.clone());
        Ok(masters)
    }

    fn read(&self, known: &mut Known, path: &Path) -> Result<(DataKey, Wrapped), VaultError> {
        let line = fs::read_to_string(path).map_err(said(path))?;
        let wrapped = Wrapped::parse(&line)?;
        let opened = match wrapped.open(&self.masters(known)?) {
            // The master key was renewed by another process.
            Err(VaultError::NoMaster(_)) => {
                known.masters = None;
                wrapped.open(&self.masters(known)?)
            }
            opened => opened,
        };
        Ok((opened?, wrapped))
    }

    fn find(&self, known: &mut Known, id: KeyId) -> Result<(Arc<DataKey>, PathBuf), VaultError> {
        if let Some((key, path)) = known.keys.get(&id) {
            // Destroyed by another process: from now on by this one too.
            if path.exists() {
                return Ok((Arc::clone(key), path.clone()));
            }
            known.keys.remove(&id);
        }
        let file = self.files()?.into_iter().find(|(_, _, of, _)| *of == id);
        let (.., path) = file.ok_or(VaultError::NoKey(id))?;
        let (key, _) = self.read(known, &path)?;
        if key.id != id {
            return Err(VaultError::BadKeyLine);
        }
        Ok((known.keep(key, path.clone()), path))
    }

    fn mint(&self, known: &mut Known, month: Month, generation: u32) -> Result<Arc<DataKey>, VaultError> {
        let (algorithm, scope) = (self.seals.unwrap_or_default(), Scope::Month(month));
        // Wrapped by the newest version: another process may have renewed it, and an older one may be taken out.
        known.masters = None;
        let key = DataKey::draw((Class::Recording, scope, generation), algorithm, &System::new())?;
        let line = key.wrap(&self.masters(known)?, &System::new())?.line();
        let path = self.keys.join(format!("{month}.{generation}.{}.{KEY}", key.id));
        // On disk before the first recording that it seals.
        put(&path, line.as_bytes(), 0o700)?;
        Ok(known.keep(key, path))
    }
}

impl Known {
    fn keep(&mut self, key: DataKey, path: PathBuf) -> Arc<DataKey> {
        if self.keys.len() >= MOST {
            self.keys.clear();
        }
        let key = Arc::new(key);
        self.keys.insert(key.id, (Arc::clone(&key), path));
        key
    }
}

/// A recording that is being read.
#[derive(Debug)]
pub enum Sound {
    /// As it is.
    Clear(File),
    /// Sealed, and perhaps cut by a crash.
    Tape(Box<TapeReader<BufReader<File>>>),
    /// Sealed.
    Blocks(Box<BlocksReader<File>>),
}

impl Sound {
    /// Bytes of sound; `None`: only reading tells.
    ///
    /// # Errors
    /// The system's.
    pub fn length(&self) -> io::Result<Option<u64>> {
        match self {
            Self::Clear(file) => file.metadata().map(|facts| Some(facts.len())),
            Self::Tape(_) => Ok(None),
            Self::Blocks(blocks) => Ok(Some(blocks.length())),
        }
    }
}

impl Read for Sound {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Clear(file) => file.read(into),
            Self::Tape(tape) => tape.read(into),
            Self::Blocks(blocks) => blocks.read(into),
        }
    }
}

impl Seek for Sound {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Clear(file) => file.seek(to),
            Self::Tape(_) => Err(ErrorKind::NotSeekable.into()),
            Self::Blocks(blocks) => blocks.seek(to),
        }
    }
}
