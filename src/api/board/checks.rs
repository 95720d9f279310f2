//! What nobody tells the board by itself: is every recording there, do the files of the configuration hold, what did browsers
//! report. Looked for some times a minute, away from the tasks that serve.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::config::draft::Workbench;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::backstage::{Behind, Words};
use crate::prompts;
use crate::web::Reports;

/// Between two looks at the files.
const EVERY: Duration = Duration::from_secs(5);
/// What a browser reported stands for so long.
const REPORTED_MS: i64 = 3_600_000;

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Found {
    /// Recordings that stand in the lists and not on the disk: `zh-CN/P01`.
    pub(crate) missing: Vec<String>,
    /// How many faults the files of the configuration have, and the first.
    pub(crate) faults: Option<(usize, Words)>,
    /// A publication was cut in the middle, and only a start finishes it.
    pub(crate) cut: bool,
    /// A draft that does not read.
    pub(crate) draft: bool,
    /// Browsers reported a violation of the page's policy lately.
    pub(crate) reported: bool,
}

/// Looks now and then.
pub(crate) struct Checks {
    behind: Behind,
    bench: Arc<Mutex<Workbench>>,
    reports: Arc<Reports>,
    due: Instant,
    looking: Option<JoinHandle<Found>>,
    found: Found,
}

impl Checks {
    pub(crate) fn new(behind: Behind, bench: Arc<Mutex<Workbench>>, reports: Arc<Reports>) -> Self {
        Self { behind, bench, reports, due: Instant::now(), looking: None, found: Found::default() }
    }

    /// What is known now, UTC ms; never waits for the disk.
    pub(crate) async fn look(&mut self, now: i64) -> &Found {
        if self.looking.as_ref().is_some_and(JoinHandle::is_finished)
            && let Some(done) = self.looking.take()
        {
            // One that panicked has found nothing.
            self.found = done.await.unwrap_or_default();
        }
        if self.looking.is_none() && Instant::now() >= self.due {
            self.due = Instant::now() + EVERY;
            let (behind, bench) = (self.behind.clone(), Arc::clone(&self.bench));
            self.looking = Some(tokio::task::spawn_blocking(move || {
                let prompts = behind.current().settings.prompts.dir.clone();
                find(&prompts, &bench.lock().unwrap_or_else(PoisonError::into_inner))
            }));
        }
        self.found.reported = self.reports.last().is_some_and(|at| now.saturating_sub(at) < REPORTED_MS);
        &self.found
    }
}

fn find(prompts: &Path, bench: &Workbench) -> Found {
    let missing = prompts::missing(prompts);
    let mut faults = bench.check(&bench.files()).err().unwrap_or_default();
    if !missing.is_empty() {
        // Said already.
        faults.retain(|fault| !fault.file.ends_with(".tsv"));
    }
    let first = faults.first().map(|fault| {
        let place = |words: &str| format!("{}:{} {words}", fault.file, fault.line);
        Words::new(place(&fault.zh), place(&fault.en))
    });
    let (cut, draft) = (bench.is_cut(), bench.draft().is_err());
    Found { missing, faults: first.map(|first| (faults.len(), first)), cut, draft, reported: false }
}
