//! Names that files list and other files refer to: duplicates and references to nothing become faults.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::fault::{At, Faults};
use crate::problem::{Problem, What};

/// Everything of one kind, by its name.
pub(crate) struct Known<K, V> {
    what: What,
    map: BTreeMap<K, V>,
    /// Its file had no fault of its own; else a missing name may only be a consequence and is not reported.
    complete: bool,
}

impl<K: Ord, V> Known<K, V> {
    /// None yet.
    pub fn new(what: What) -> Self {
        Self { what, map: BTreeMap::new(), complete: true }
    }

    /// Lists one more; `shown` is its name as written.
    pub fn insert(&mut self, faults: &Faults, shown: &At<String>, key: K, value: V) {
        match self.map.entry(key) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(_) => faults.add(shown.spot, Problem::twice(self.what, &shown.value)),
        }
    }

    /// Called when its file has been read.
    pub fn finish(mut self, faults: &Faults, file: usize) -> Self {
        self.complete = !faults.in_file(file);
        self
    }

    /// Looks a name up; a reference to nothing is a fault.
    pub fn find(&self, faults: &Faults, shown: &At<String>, key: &K) -> Option<&V> {
        let found = self.map.get(key);
        if found.is_none() && self.complete {
            faults.add(shown.spot, Problem::unknown(self.what, &shown.value));
        }
        found
    }

    /// All of them.
    pub fn all(&self) -> &BTreeMap<K, V> {
        &self.map
    }

    /// All of them, for good.
    pub fn into_map(self) -> BTreeMap<K, V> {
        self.map
    }
}
