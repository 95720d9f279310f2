//! The disk as the recorder sees it: files that grow, and how much room is left. A test puts another in its place.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Seek, Write};
use std::path::Path;

/// A file that is being written.
pub(crate) trait Page: Write + Seek + Send {}

impl<T: Write + Seek + Send> Page for T {}

/// Where recordings are kept.
pub(crate) trait Shelf: Send + Sync + fmt::Debug {
    /// A new, empty file; its folder is made.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Page>>;

    /// Bytes that may still be written below this folder, which is there.
    fn free(&self, folder: &Path) -> io::Result<u64>;
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
