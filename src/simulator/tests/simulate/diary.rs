//! What happened, in words, for whoever has to understand a broken invariant. No number of a citizen and no key is in it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// So many of the last lines are kept, unless `LINES` in the environment says otherwise.
pub const LINES: usize = 300;

/// The diary of one run. Closed, it costs nothing: a run that fails is repeated with the diary open.
#[derive(Clone, Default)]
pub struct Diary(Option<Arc<Mutex<VecDeque<String>>>>, usize);

impl Diary {
    pub fn open(lines: usize) -> Self {
        Self(Some(Arc::default()), lines)
    }

    pub fn write(&self, at: Duration, words: impl FnOnce() -> String) {
        let Some(lines) = &self.0 else { return };
        let mut lines = lines.lock().unwrap();
        if lines.len() >= self.1 {
            lines.pop_front();
        }
        lines.push_back(format!("{:10.3}  {}", at.as_secs_f64(), words()));
    }

    /// The last lines in their order.
    pub fn read(&self) -> String {
        let Some(lines) = &self.0 else { return String::new() };
        lines.lock().unwrap().iter().cloned().collect::<Vec<_>>().join("\n")
    }
}
