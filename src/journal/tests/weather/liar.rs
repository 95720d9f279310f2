//! A disk that says that it has synced and has not.

use std::io;

use journal::fake::FakeDisk;
use journal::{Disk, DiskFile};

#[derive(Debug)]
pub struct Liar(pub FakeDisk);

#[derive(Debug)]
struct LyingFile(Box<dyn DiskFile>);

impl Disk for Liar {
    fn list(&self) -> io::Result<Vec<String>> {
        self.0.list()
    }
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(LyingFile(self.0.create(name)?)))
    }
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(LyingFile(self.0.open(name)?)))
    }
    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.0.remove(name)
    }
    fn sync_dir(&self) -> io::Result<()> {
        self.0.sync_dir()
    }
}

impl DiskFile for LyingFile {
    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }
    fn preallocate(&mut self, bytes: u64) -> io::Result<()> {
        self.0.preallocate(bytes)
    }
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(at, into)
    }
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_at(at, bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}
