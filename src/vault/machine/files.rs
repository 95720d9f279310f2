//! Small files of keys: complete and on disk before they bear their name, for their owner only, overwritten before they go.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use crate::error::VaultError;

/// What the system said of a file.
pub(crate) fn said(path: &Path) -> impl Fn(std::io::Error) -> VaultError + use<> {
    let path = path.to_owned();
    move |error| VaultError::File { path: path.clone(), why: error.to_string() }
}

/// The folder of a file, made when it is not there.
fn folder(path: &Path, mode: u32) -> Result<&Path, VaultError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(mode).create(folder).map_err(said(folder))?;
    Ok(folder)
}

/// Puts a file in the place of whatever was there. `mode`: of its folder, if that is made now.
pub(crate) fn put(path: &Path, bytes: &[u8], mode: u32) -> Result<(), VaultError> {
    let folder = folder(path, mode)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push("-draft");
    let draft = Path::new(&draft);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(draft)
        .map_err(said(draft))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(said(draft))?;
    fs::rename(draft, path).map_err(said(path))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(said(folder))
}

/// Overwrites a file and takes it away. On a disk that writes elsewhere (a copying file system, flash) the old bytes may live
/// on until the disk uses their place; they are wrapped, so the master key is needed to make anything of them.
pub(crate) fn destroy(path: &Path) -> Result<(), VaultError> {
    let length = fs::metadata(path).map_err(said(path))?.len();
    let zeros = vec![0; usize::try_from(length).unwrap_or_default()];
    let overwritten = OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|mut file| file.write_all(&zeros).and_then(|()| file.sync_all()));
    overwritten.map_err(said(path))?;
    fs::remove_file(path).map_err(said(path))?;
    let folder = folder(path, 0o700)?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(said(folder))
}
