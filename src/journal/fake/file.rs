//! An open file of the fake disk. It is of no use after a power cut.

use std::io;

use crate::disk::DiskFile;
use crate::fake::FakeDisk;

pub(crate) struct FakeFile {
    pub(crate) disk: FakeDisk,
    pub(crate) id: u64,
    /// Between which power cuts it was opened.
    pub(crate) power: u64,
}

impl std::fmt::Debug for FakeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FakeFile({})", self.id)
    }
}

impl DiskFile for FakeFile {
    fn size(&self) -> io::Result<u64> {
        self.disk.state().of(self.power)?.size(self.id)
    }

    fn preallocate(&mut self, bytes: u64) -> io::Result<()> {
        self.disk.state().of(self.power)?.preallocate(self.id, bytes)
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        self.disk.state().of(self.power)?.read_at(self.id, at, into)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.state().of(self.power)?.write_at(self.id, at, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.state().of(self.power)?.sync(self.id)
    }
}
