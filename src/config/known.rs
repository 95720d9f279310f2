//! Names that files list and other files refer to: duplicates and references to nothing become faults.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::fault::{At, Faults};
use crate::problem::{Problem, What};
use crate::sheet::Table;

/// Everything of one kind, by its name.
pub(crate) struct Known<K, V> {
    what: What,
    /// `None`: listed, but with faults of its own.
    map: BTreeMap<K, Option<V>>,
    /// Every name of its file could be read; else a missing one may only be a consequence and is not reported.
    complete: bool,
}

impl<K: Ord, V> Known<K, V> {
    /// None yet; they will come from this file, before any of its rows is read.
    pub fn from(what: What, root: &Table<'_>) -> Self {
        Self { what, map: BTreeMap::new(), complete: root.is_whole() }
    }

    /// Lists one more; `shown` is its name as written. A name that can't be read makes the list incomplete.
    pub fn insert(&mut self, faults: &Faults, shown: Option<(&At<String>, K)>, value: Option<V>) {
        let Some((shown, key)) = shown else {
            self.complete = false;
            return;
        };
        match self.map.entry(key) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(_) => faults.add(shown.spot, Problem::twice(self.what, &shown.value)),
        }
    }

    /// Looks a name up; a reference to nothing is a fault.
    pub fn find(&self, faults: &Faults, shown: &At<String>, key: &K) -> Option<&V> {
        let found = self.map.get(key);
        if found.is_none() && self.complete {
            faults.add(shown.spot, Problem::unknown(self.what, &shown.value));
        }
        found?.as_ref()
    }

    /// Whether a name is listed.
    pub fn has(&self, key: &K) -> bool {
        self.map.contains_key(key)
    }

    /// Those without fault.
    pub fn all(&self) -> impl Iterator<Item = (&K, &V)> {
        self.map.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)))
    }

    /// Those without fault, for good.
    pub fn into_map(self) -> BTreeMap<K, V> {
        self.map.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }
}
