//! Finding a place: the steps of an edit, followed in the tree and in the values side by side.

use serde_json::Value;

use super::tree::Node;
use super::{Step, Wrong};

/// A place that was found: its node, its value, and the keys that lead there (rows left out).
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub node: &'a Node,
    pub value: &'a Value,
    pub keys: Vec<String>,
    /// A row of a list lies on the way.
    pub in_row: bool,
}

impl<'a> Place<'a> {
    /// The whole file.
    pub fn root(node: &'a Node, value: &'a Value) -> Self {
        Self { node, value, keys: Vec::new(), in_row: false }
    }

    /// One step down.
    pub fn step(&self, step: &Step) -> Result<Self, Wrong> {
        match step {
            Step::Key(key) => {
                let entry = self.node.entry(key).ok_or(Wrong::NoSuchPlace)?;
                let value = self.value.get(key).ok_or(Wrong::NoSuchPlace)?;
                let keys = self.keys.iter().cloned().chain([key.clone()]).collect();
                Ok(Self { node: &entry.node, value, keys, in_row: self.in_row })
            }
            Step::Index(_) | Step::Where(_) => {
                let index = self.index(step).ok_or(Wrong::NoSuchPlace)?;
                let node = self.node.rows().get(index).ok_or(Wrong::NoSuchPlace)?;
                let value = self.value.get(index).ok_or(Wrong::NoSuchPlace)?;
                Ok(Self { node, value, keys: self.keys.clone(), in_row: true })
            }
        }
    }

    /// Which row of this list a step means; one behind the last is told too.
    pub fn index(&self, step: &Step) -> Option<usize> {
        let rows = self.value.as_array()?;
        match step {
            Step::Index(index) => Some(*index).filter(|i| *i <= rows.len()),
            Step::Where(wanted) => rows.iter().position(|row| {
                !wanted.is_empty() && wanted.iter().all(|(key, value)| row.get(key) == Some(value))
            }),
            Step::Key(_) => None,
        }
    }
}

/// Steps for a reader: `desk / {"no":"012"} / name`.
pub(super) fn shown(steps: &[Step]) -> String {
    let word = |step: &Step| match step {
        Step::Key(key) => key.clone(),
        Step::Index(index) => index.to_string(),
        Step::Where(wanted) => Value::Object(wanted.clone()).to_string(),
    };
    let words: Vec<String> = steps.iter().map(word).collect();
    words.join(" / ")
}
