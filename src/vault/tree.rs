//! Secrets of which single ones can be destroyed for good while all others stay: a tree of one-way steps (Goldreich, Goldwasser,
//! Micali 1986; puncturable as by Green and Miers 2015).
//!
//! A leaf is the secret that wraps the data keys of one class and scope. It is drawn from the root step by step, so that one
//! secret stands for all leaves, those of months to come among them. To destroy a leaf, the way to it is replaced by what
//! branches off that way: from there every other leaf can be drawn, and this one can't. A copy of the key file from before
//! still opens everything that lives; copies of data opened by the key file of today show nothing of what was destroyed.

use std::collections::BTreeMap;
use std::fmt;

use crate::cipher::{SECRET, Secret, derive};
use crate::class::{Class, Scope};
use crate::text::{exactly, hex};

/// Steps from the root to a leaf: class, kind of scope, number.
const DEPTH: u8 = 4 + 1 + 32;

/// A place in the tree: its first `depth` bits lead there from the root.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Place {
    bits: u64,
    depth: u8,
}

impl Place {
    const ROOT: Self = Self { bits: 0, depth: 0 };

    fn leaf(class: Class, scope: Scope) -> Self {
        let (kind, number) = match scope {
            Scope::Month(month) => (0, month.number()),
            Scope::Hold(number) => (1, number),
        };
        let bits = (u64::from(class.code()) << 33) | (kind << 32) | u64::from(number);
        Self { bits, depth: DEPTH }
    }

    /// One step further down, to the left or the right.
    fn down(self, right: bool) -> Self {
        Self { bits: (self.bits << 1) | u64::from(right), depth: self.depth.saturating_add(1) }
    }

    fn leads_to(self, leaf: Self) -> bool {
        self.depth <= leaf.depth && leaf.bits >> (leaf.depth - self.depth) == self.bits
    }

    /// Whether the way to the leaf turns right here.
    fn turns_right(self, leaf: Self) -> bool {
        (leaf.bits >> (leaf.depth.saturating_sub(self.depth).saturating_sub(1))) & 1 == 1
    }
}

/// What is left of a tree: places from which every leaf below can be drawn.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<Place, Secret>);

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree of {} places", self.0.len())
    }
}

fn step(secret: &Secret, right: bool) -> Secret {
    derive(secret, if right { "hotline right" } else { "hotline left" })
}

impl Tree {
    /// The whole tree of a version of the master key.
    pub(crate) fn whole(master: &[u8; SECRET]) -> Self {
        Self(BTreeMap::from([(Place::ROOT, derive(master, "hotline tree"))]))
    }

    /// The secret of a class and scope; `None`: it was destroyed.
    pub(crate) fn leaf(&self, class: Class, scope: Scope) -> Option<Secret> {
        let leaf = Place::leaf(class, scope);
        let (place, secret) = self.0.iter().find(|(place, _)| place.leads_to(leaf))?;
        let (mut place, mut secret) = (*place, secret.clone());
        while place.depth < DEPTH {
            let right = place.turns_right(leaf);
            (place, secret) = (place.down(right), step(&secret, right));
        }
        Some(secret)
    }

    /// Destroys the secret of a class and scope. True: it was there.
    pub(crate) fn puncture(&mut self, class: Class, scope: Scope) -> bool {
        let leaf = Place::leaf(class, scope);
        let Some(mut place) = self.0.keys().find(|place| place.leads_to(leaf)).copied() else { return false };
        let Some(mut secret) = self.0.remove(&place) else { return false };
        while place.depth < DEPTH {
            let right = place.turns_right(leaf);
            self.0.insert(place.down(!right), step(&secret, !right));
            (place, secret) = (place.down(right), step(&secret, right));
        }
        true
    }

    /// Words of a line of the key file: `depth.bits.secret` for each place.
    pub(crate) fn words(&self) -> Vec<String> {
        let word = |(place, secret): (&Place, &Secret)| {
            format!("{}.{:x}.{}", place.depth, place.bits, hex(&**secret))
        };
        self.0.iter().map(word).collect()
    }

    /// The other way; `None`: damaged.
    pub(crate) fn parse<'w>(words: impl Iterator<Item = &'w str>) -> Option<Self> {
        let place = |word: &str| {
            let mut parts = word.split('.');
            let (depth, bits, secret) = (parts.next()?, parts.next()?, parts.next()?);
            let place = Place { bits: u64::from_str_radix(bits, 16).ok()?, depth: depth.parse().ok()? };
            let fits = place.depth <= DEPTH && place.bits >> place.depth == 0 && parts.next().is_none();
            fits.then_some((place, Secret::new(exactly::<SECRET>(secret)?)))
        };
        words.map(place).collect::<Option<BTreeMap<_, _>>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::class::Month;

    fn month(before: u32) -> Scope {
        Scope::Month(Month::new(2026, 11).unwrap().before(before))
    }

    #[test]
    fn a_destroyed_leaf_can_not_be_drawn_and_all_others_are_as_before() {
        let whole = Tree::whole(&[7; SECRET]);
        let all = || {
            let months = (0..60).map(month).chain([Scope::Hold(1), Scope::Hold(2), Scope::Hold(u32::MAX)]);
            months.flat_map(|scope| Class::ALL.map(|class| (class, scope)))
        };
        let first: Vec<Secret> = all().map(|(class, scope)| whole.leaf(class, scope).unwrap()).collect();
        assert!((1..first.len()).all(|no| !first[..no].contains(&first[no])), "no two are the same");

        let mut tree = whole.clone();
        let mut dead = Vec::new();
        for (no, (class, scope)) in all().enumerate().filter(|(no, _)| no % 3 == 0) {
            assert!(tree.puncture(class, scope) && !tree.puncture(class, scope));
            dead.push((class, scope));
            assert!(!tree.0.values().any(|secret| *secret == first[no]), "the leaf itself must not be kept");
        }
        let read = Tree::parse(tree.words().iter().map(String::as_str)).unwrap();
        assert_eq!(read, tree);
        for ((class, scope), secret) in all().zip(first) {
            let left = read.leaf(class, scope);
            assert_eq!(left, (!dead.contains(&(class, scope))).then_some(secret), "{class:?} {scope}");
        }
    }

    #[test]
    fn months_that_end_one_after_the_other_cost_little_room() {
        let mut tree = Tree::whole(&[7; SECRET]);
        (0..240).rev().for_each(|before| assert!(tree.puncture(Class::Number, month(before))));
        // A way along each end of what is gone.
        assert!(tree.0.len() < 2 * usize::from(DEPTH), "{} places", tree.0.len());
        assert!(
            Tree::parse(["38.0.00"].into_iter()).is_none() && Tree::parse(["1.2.00"].into_iter()).is_none()
        );
    }
}
