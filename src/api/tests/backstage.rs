//! The house behind the interface under test: the sample configuration in a folder of its own, and notes of what was asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use call::ids::Lang;
use config::Checked;
use config::draft::Signed;
use store::{ConfigVersion, Store};

use crate::{Backstage, Current, Examined, Pending, Taken, Words};

/// What stands in for the root package.
pub(super) struct Fake {
    dir: PathBuf,
    store: Store,
    pub(super) current: Current,
}

pub(super) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
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

impl Fake {
    /// The sample, with its recordings as links to the real ones.
    pub(super) fn new(folder: &Path, store: &Store) -> Self {
        let dir = folder.join("sip-config");
        copy(&repository().join("sip-config"), &dir);
        let (from, to) = (repository().join("prompts"), folder.join("prompts"));
        for lang in ["zh-CN", "en"] {
            fs::create_dir_all(to.join(lang)).unwrap();
            for entry in fs::read_dir(from.join(lang)).unwrap().flatten() {
                fs::hard_link(entry.path(), to.join(lang).join(entry.file_name()))
                    .or_else(|_| fs::copy(entry.path(), to.join(lang).join(entry.file_name())).map(drop))
                    .unwrap();
            }
        }
        for entry in fs::read_dir(&from).unwrap().flatten().filter(|e| e.path().is_file()) {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
        let checked = config::load(&dir).unwrap_or_else(|f| panic!("{f:?}"));
        Self { dir, store: store.clone(), current: Current::new(checked) }
    }
}

impl Backstage for Fake {
    fn folder(&self) -> PathBuf {
        self.dir.clone()
    }

    fn current(&self) -> Arc<Checked> {
        self.current.now()
    }

    fn reload(&self, checked: Checked, signed: Signed) -> Pending<'_, Result<i64, Words>> {
        Box::pin(async move {
            let version = ConfigVersion {
                at: 1_790_000_000_000,
                author: signed.author,
                comment: signed.comment,
                files: checked.files.iter().map(|(n, t)| (n.to_owned(), t.to_owned())).collect(),
            };
            let id = self.store.take_in(&checked.plan, &[], &version).await.unwrap();
            self.current.exchange(checked);
            Ok(id)
        })
    }

    fn refresh_voice(&self) -> Pending<'_, Result<(), Words>> {
        Box::pin(async { Ok(()) })
    }

    fn examine(&self, trunk: String, number: Option<String>) -> Pending<'_, Result<Examined, Words>> {
        Box::pin(async move {
            if trunk != "carrier-a" {
                return Err(Words::new("没有这条中继", "no such trunk"));
            }
            let words = Words::new(format!("试呼 {number:?}"), format!("called {number:?}"));
            Ok(Examined { findings: vec![("good", words)], proposal: vec!["dtmf = \"info\"".into()] })
        })
    }

    fn take_sound(&self, wav: &[u8]) -> Result<Taken, Words> {
        if !wav.starts_with(b"RIFF") {
            return Err(Words::new("不是 WAV", "no WAV"));
        }
        let warnings = vec![Words::new("声音太大", "too loud")];
        Ok(Taken { wav: wav.to_vec(), ms: 1_500, warnings })
    }

    fn length(&self, wav: &[u8]) -> Option<u64> {
        wav.starts_with(b"RIFF").then_some(wav.len() as u64)
    }

    fn speak(&self, lang: Lang, text: String) -> Pending<'_, Result<Vec<u8>, Words>> {
        Box::pin(async move { Ok(format!("RIFF {} {text}", lang.tag()).into_bytes()) })
    }
}
