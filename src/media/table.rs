//! Named things in numbered places: orders find them by name, ticks by place.

use std::collections::BTreeMap;

/// Each thing keeps its place as long as it is there.
pub(crate) struct Table<K, V> {
    places: Vec<Option<Box<V>>>,
    free: Vec<u32>,
    names: BTreeMap<K, u32>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new(), names: BTreeMap::new() }
    }
}

impl<K: Copy + Ord, V> Table<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    pub(crate) fn find(&self, name: K) -> Option<u32> {
        self.names.get(&name).copied()
    }

    pub(crate) fn at(&mut self, place: u32) -> Option<&mut V> {
        self.places.get_mut(usize::try_from(place).ok()?)?.as_deref_mut()
    }

    pub(crate) fn get(&mut self, name: K) -> Option<&mut V> {
        let place = self.find(name)?;
        self.at(place)
    }

    /// Its place; `None`: the name is taken.
    pub(crate) fn insert(&mut self, name: K, make: impl FnOnce(u32) -> V) -> Option<u32> {
        if self.names.contains_key(&name) {
            return None;
        }
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                self.places.push(None);
                u32::try_from(self.places.len() - 1).ok()?
            }
        };
        *self.places.get_mut(usize::try_from(place).ok()?)? = Some(Box::new(make(place)));
        self.names.insert(name, place);
        Some(place)
    }

    pub(crate) fn remove(&mut self, name: K) -> Option<(u32, Box<V>)> {
        let place = self.names.remove(&name)?;
        let thing = self.places.get_mut(usize::try_from(place).ok()?)?.take()?;
        if self.names.is_empty() {
            // After a storm nothing of it is left.
            (self.places, self.free) = (Vec::new(), Vec::new());
        } else {
            self.free.push(place);
        }
        Some((place, thing))
    }

    pub(crate) fn each(&mut self) -> impl Iterator<Item = &mut V> {
        self.places.iter_mut().flatten().map(|thing| &mut **thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_kept_used_again_and_given_up() {
        let mut table = Table::default();
        let places: Vec<_> = (0..5).map(|n| table.insert(n, |place| (n, place))).collect();
        assert_eq!(places, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        assert_eq!((table.insert(3, |_| (9, 9)), table.len()), (None, 5));
        assert_eq!(table.remove(1).map(|(place, thing)| (place, *thing)), Some((1, (1, 1))));
        assert_eq!((table.find(1), table.get(4)), (None, Some(&mut (4, 4))));
        assert_eq!(table.at(1), None);
        assert_eq!(table.insert(7, |place| (7, place)), Some(1));
        assert_eq!(table.each().map(|(n, _)| *n).collect::<Vec<_>>(), [0, 7, 2, 3, 4]);
        for n in [0, 7, 2, 3, 4] {
            assert!(table.remove(n).is_some());
        }
        assert_eq!((table.len(), table.places.capacity(), table.free.capacity()), (0, 0, 0));
    }
}
