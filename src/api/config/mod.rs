//! The configuration: as it is, as drafted, published, brought back. One draft at a time; every change has its author.

pub(crate) mod draft;
mod shapes;
pub(crate) mod show;
pub(crate) mod versions;

use std::sync::{Arc, Mutex, PoisonError};

use ::config::draft::{DraftError, Signed, Workbench};
use serde::Serialize;
use tokio::sync::broadcast;

use crate::error::ApiError;
use crate::rooms::House;

pub(crate) use shapes::{Both, Fault, faults};

/// Characters of the longest comment.
const LONGEST_COMMENT: usize = 500;
/// Changes of the configuration that a slow listener may lag behind: more than one admin makes.
const CHANGES: usize = 16;

/// The configuration was changed: the data of the live event `config.changed`.
#[derive(Clone, Serialize)]
pub(crate) struct Changed {
    version: String,
    hash: String,
    author: String,
    comment: String,
    at: i64,
}

/// What the handlers of the configuration share.
pub(crate) struct Office {
    bench: Arc<Mutex<Workbench>>,
    pub(crate) changes: broadcast::Sender<Arc<Changed>>,
}

impl Office {
    pub(crate) fn new(folder: std::path::PathBuf) -> Self {
        Self { bench: Arc::new(Mutex::new(Workbench::at(folder))), changes: broadcast::channel(CHANGES).0 }
    }

    /// The files, for who looks at them now and then.
    pub(crate) fn bench(&self) -> Arc<Mutex<Workbench>> {
        Arc::clone(&self.bench)
    }

    /// Does something with the files, one after another, away from the tasks that serve.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&Workbench) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let bench = Arc::clone(&self.bench);
        let work = move || deed(&bench.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Internal("a change of the files"))
    }

    /// The same for what may fail.
    pub(crate) async fn tried<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&Workbench) -> Result<T, DraftError> + Send + 'static,
    ) -> Result<T, ApiError> {
        Ok(self.with(deed).await??)
    }
}

/// Uses what was published for new calls, and tells it.
pub(crate) async fn used(
    house: &House,
    checked: ::config::Checked,
    signed: Signed,
) -> Result<String, ApiError> {
    let hash = checked.plan.version.to_string();
    let reloaded = house.rooms.behind.reload(checked, signed.clone()).await;
    let id = reloaded.map_err(ApiError::Behind)?;
    let Signed { author, comment } = signed;
    tracing::info!(who = author, version = id, "the configuration was changed by HTTP");
    let version = id.to_string();
    let changed =
        Changed { version: version.clone(), hash, author, comment, at: crate::recordings::now_utc_ms() };
    // Nobody may be listening.
    let _ = house.office.changes.send(Arc::new(changed));
    Ok(version)
}

/// Why it is changed: some words, on one line.
fn comment(text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let fits = text.chars().count() <= LONGEST_COMMENT && !text.chars().any(char::is_control);
    if fits {
        Ok(text.to_owned())
    } else {
        Err(ApiError::BadBody(format!("comment is one line of at most {LONGEST_COMMENT} characters")))
    }
}
