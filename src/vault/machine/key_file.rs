//! The key file: mode 0600, made once, replaced as a whole when the master key is renewed.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use super::files::{put, said};
use crate::error::VaultError;
use crate::master::{LONGEST, Masters};

/// Reads it; `None` when there is none.
///
/// # Errors
/// [`VaultError::OpenKeyFile`], [`VaultError::BadKeyFile`], [`VaultError::Newer`], [`VaultError::File`].
pub fn load(path: &Path) -> Result<Option<Masters>, VaultError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(said(path)(error)),
    };
    let facts = file.metadata().map_err(said(path))?;
    if facts.permissions().mode() & 0o077 != 0 {
        return Err(VaultError::OpenKeyFile(path.to_owned()));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LONGEST).read_to_end(&mut bytes).map_err(said(path))?;
    Masters::read(&bytes).map(Some)
}

/// Writes it: complete and on disk before it bears its name.
///
/// # Errors
/// [`VaultError::File`].
pub fn save(path: &Path, masters: &Masters) -> Result<(), VaultError> {
    put(path, &masters.print(), 0o777)
}

/// Reads it, changes it and writes it, while nobody else does: the house and a tool beside it may want to at once.
///
/// # Errors
/// As of [`load`] and [`save`]; [`VaultError::BadKeyFile`]: there is none.
pub fn change(
    path: &Path,
    how: impl FnOnce(&Masters) -> Result<Masters, VaultError>,
) -> Result<Masters, VaultError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&name);
    let lock = lock.map_err(said(Path::new(&name)))?;
    // The system lets go of it when the file is closed.
    lock.lock().map_err(said(Path::new(&name)))?;
    let masters = load(path)?.ok_or(VaultError::BadKeyFile("it is not there"))?;
    let changed = how(&masters)?;
    if changed != masters {
        save(path, &changed)?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;
    use crate::machine::System;

    #[test]
    fn a_key_file_is_read_back_and_others_may_not_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/store.key");
        assert!(load(&path).unwrap().is_none());
        let first = Masters::first(&System::new()).unwrap();
        save(&path, &first).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(&path).unwrap(), *first.print());
        save(&path, &first.renewed(&System::new()).unwrap()).unwrap();
        assert_eq!(load(&path).unwrap().unwrap().newest(), 2);
        // Two that change it at once: neither change is lost.
        let again = || change(&path, |masters| masters.renewed(&System::new())).unwrap();
        std::thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(again))));
        assert_eq!(load(&path).unwrap().unwrap().newest(), 10);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(load(&path).unwrap_err().to_string().contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        assert!(matches!(load(&path), Err(VaultError::BadKeyFile(_))));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2, "no draft is left");
    }
}
