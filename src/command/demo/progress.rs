//! How far the play is: a bar where somebody watches a terminal, plain lines elsewhere; both on stderr.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use super::play::Step;
use crate::command::Tongue;

/// Bar and words of a terminal.
const TEMPLATE: &str = "{bar:24.green/dim} {pos}/{len}  {msg}";

/// Tells each step as it begins.
pub(super) struct Progress {
    tongue: Tongue,
    /// `None`: nobody watches.
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(tongue: Tongue) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(Step::ALL.len() as u64);
            // The template is fixed; were it wrong, the usual bar would do.
            bar.set_style(
                ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        Self { tongue, bar }
    }

    pub(super) fn begin(&mut self, step: Step) {
        let words = step.words(self.tongue);
        match &self.bar {
            Some(bar) => {
                bar.set_position(step as u64);
                bar.set_message(words);
            }
            None => {
                let (at, all) = (step as usize + 1, Step::ALL.len());
                eprintln!("[{at}/{all}] {words}");
            }
        }
    }

    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
