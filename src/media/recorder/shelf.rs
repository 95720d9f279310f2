//! The disk as the recorder sees it: files that grow, sealed or not, and how much room is left. A test puts another in its place.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use vault::stream::{BlocksWriter, TapeWriter};
use vault::{Locker, Sound};

use crate::bind::PART;
use crate::spool::SPOOL;

/// A file that is being written.
pub(crate) trait Page: Write + Seek + Send {
    /// All was written: what is not closed is no whole file.
    fn close(&mut self) -> io::Result<()> {
        self.flush()
    }
}

impl Page for File {}

/// Where recordings are kept.
pub(crate) trait Shelf: Send + Sync + fmt::Debug {
    /// A new, empty file; its folder is made.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Page>>;

    /// Bytes that may still be written below this folder, which is there.
    fn free(&self, folder: &Path) -> io::Result<u64>;

    /// A file that was written.
    fn open(&self, path: &Path) -> io::Result<Sound> {
        Locker::default().open(path)
    }
}

/// The machine's own disk.
#[derive(Debug)]
pub(crate) struct System;

impl Shelf for System {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Page>> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(Box::new(File::create(path)?))
    }

    #[cfg(target_os = "linux")]
    fn free(&self, folder: &Path) -> io::Result<u64> {
        let found = nix::sys::statvfs::statvfs(folder)?;
        Ok(found.blocks_available().saturating_mul(found.fragment_size()))
    }

    /// Unknown elsewhere: writing tells.
    #[cfg(not(target_os = "linux"))]
    fn free(&self, _folder: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

/// A disk on which recordings are sealed, if they are to be. What was clear before stays readable.
#[derive(Debug)]
pub(crate) struct Sealed {
    disk: Arc<dyn Shelf>,
    locker: Locker,
}

impl Sealed {
    pub(crate) fn new(disk: Arc<dyn Shelf>, locker: Locker) -> Self {
        Self { disk, locker }
    }

    /// On the machine's own disk.
    pub(crate) fn here(locker: &Locker) -> Self {
        Self::new(Arc::new(System), locker.clone())
    }

    fn sealing(&self, path: &Path, page: Box<dyn Page>) -> io::Result<Box<dyn Page>> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        Ok(match ending {
            Some(SPOOL) => Box::new(Tape(self.locker.tape(path, page)?)),
            Some(PART) => Box::new(Blocks(self.locker.blocks(path, page)?)),
            _ => page,
        })
    }
}

impl Shelf for Sealed {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Page>> {
        let page = self.disk.create(path)?;
        if !self.locker.seals() {
            return Ok(page);
        }
        // Without a key nothing is recorded, and no empty file is left.
        self.sealing(path, page).inspect_err(|_| drop(fs::remove_file(path)))
    }

    fn free(&self, folder: &Path) -> io::Result<u64> {
        self.disk.free(folder)
    }

    fn open(&self, path: &Path) -> io::Result<Sound> {
        self.locker.open(path)
    }
}

/// A sealed file that grows. It ends wherever it ends.
struct Tape(TapeWriter<Box<dyn Page>>);

impl Write for Tape {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Tape {
    fn seek(&mut self, _to: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::NotSeekable.into())
    }
}

impl Page for Tape {}

/// A sealed file of one make.
struct Blocks(BlocksWriter<Box<dyn Page>>);

impl Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Blocks {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl Page for Blocks {
    fn close(&mut self) -> io::Result<()> {
        self.0.finish()
    }
}

/// Whether something can be written there at all.
pub(crate) fn probe(shelf: &dyn Shelf, folder: &Path) -> io::Result<()> {
    /// A block of most file systems.
    const SOME: [u8; 4_096] = [0; 4_096];
    let path = folder.join(".room");
    let mut page = shelf.create(&path)?;
    let written = page.write_all(&SOME).and_then(|()| page.flush());
    drop(page);
    let removed = fs::remove_file(&path);
    written.and(removed)
}
