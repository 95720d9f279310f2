//! What the journal asks of a disk: a folder of files, and when what was written is really there.

use std::fmt;
use std::io;

/// A folder. Names that were made, changed or removed survive a power cut after [`Disk::sync_dir`] only.
pub trait Disk: Send + fmt::Debug {
    /// The names of all files in it, in any order.
    ///
    /// # Errors
    /// The system's.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes a new file.
    ///
    /// # Errors
    /// `AlreadyExists`, `StorageFull`, and the system's.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// `NotFound`, and the system's.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name that nobody has.
    ///
    /// # Errors
    /// `NotFound`, `AlreadyExists`, and the system's.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file; whoever has it open keeps it.
    ///
    /// # Errors
    /// `NotFound`, and the system's.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Until the names are on disk (fsync of the folder).
    ///
    /// # Errors
    /// The system's; the names may be on disk or not then.
    fn sync_dir(&self) -> io::Result<()>;
}

/// An open file. What was written survives a power cut after [`DiskFile::sync`] only.
pub trait DiskFile: Send + fmt::Debug {
    /// Its length in bytes.
    ///
    /// # Errors
    /// The system's.
    fn size(&self) -> io::Result<u64>;

    /// Takes so many bytes of the disk for it, and makes it so long: a later write inside needs no room.
    ///
    /// # Errors
    /// `StorageFull`, and the system's.
    fn preallocate(&mut self, bytes: u64) -> io::Result<()>;

    /// Reads from there: how many bytes were read, 0 at the end.
    ///
    /// # Errors
    /// The system's.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Writes all of it there.
    ///
    /// # Errors
    /// The system's; none, some or all of it may be written then.
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Until what was written is on disk (fdatasync). After an error only what is written anew can be trusted: the
    /// kernel takes pages that it could not write for clean.
    ///
    /// # Errors
    /// The system's; none, some or all of it may be on disk then.
    fn sync(&mut self) -> io::Result<()>;
}
