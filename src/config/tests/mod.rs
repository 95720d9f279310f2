//! Tests of the configuration: the sample, every fault where it stands, every key read, nothing panics, secrets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod draft;
mod edit;
mod faults;
mod keys;
mod mutations;
mod notices;
mod sample;
mod secrets;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{Checked, Fault, load};

/// A copy of the sample in a folder of its own, with the real prompts beside it.
struct House {
    folder: TempDir,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

impl House {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        copy(&repository().join("sip-config"), &folder.path().join("sip-config"));
        std::os::unix::fs::symlink(repository().join("prompts"), folder.path().join("prompts")).unwrap();
        Self { folder }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join("sip-config").join(file)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    /// Replaces the first `from` by `to`; says on which line.
    fn edit(&self, file: &str, from: &str, to: &str) -> usize {
        let text = self.read(file);
        let at = text.find(from).unwrap_or_else(|| panic!("{file} has no {from:?}"));
        self.write(file, &text.replacen(from, to, 1));
        text[..at].matches('\n').count() + 1
    }

    /// TLS and WebSocket beside what the sample has, with files that can be read.
    fn listens_with_tls(&self) {
        let path = self.folder.path().join("tls.pem");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.edit("hotline.toml", "tls = []", "tls = [\"127.0.0.1:5061\"]");
        self.edit("hotline.toml", "ws = [\"127.0.0.1:5066\"]", "ws = [\"127.0.0.1:5062\"]");
        self.edit("hotline.toml", "wss = []", "wss = [\"127.0.0.1:5063\"]");
        for key in ["certificate", "key", "ca"] {
            let line = self.read("hotline.toml");
            let line = line.lines().find(|l| l.starts_with(&format!("# {key} = "))).unwrap().to_owned();
            self.edit("hotline.toml", &line, &format!("{key} = \"tls.pem\""));
        }
        self.edit(
            "hotline.toml",
            "origins = [\"http://127.0.0.1:8089\", \"http://localhost:8089\"]",
            "origins = [\"https://a.example.org\", \"none\"]",
        );
        self.edit("hotline.toml", "client_certificates = \"none\"", "client_certificates = \"required\"");
    }

    fn append(&self, file: &str, more: &str) {
        self.write(file, &(self.read(file) + more));
    }

    fn load(&self) -> Result<Checked, Vec<Fault>> {
        load(&self.path(""))
    }

    fn faults(&self) -> Vec<Fault> {
        self.load().err().unwrap_or_default()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All faults as an admin would read them.
fn shown(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
