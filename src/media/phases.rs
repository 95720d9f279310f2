//! When in the 20 ms each room and each lone leg has its turn: the work is spread, and what is little is kept together.

/// Sub-ticks of a tick: 4 of 5 ms. Fewer are fewer calls of the kernel, each with more packets (docs/figures.md has the table).
pub(crate) const PHASES: u64 = 4;
pub(crate) const COUNT: usize = PHASES as usize;
/// Legs that come together in one phase before another one is begun: a thread with few calls wakes seldom.
const BUNDLE: usize = 24;
/// In which order phases are begun: far from each other.
const ORDER: [usize; COUNT] = [0, 2, 1, 3];

/// Who has a turn in which phase, by place.
#[derive(Debug, Default)]
pub(crate) struct Phases {
    legs: [Vec<u32>; COUNT],
    rooms: [Vec<u32>; COUNT],
}

impl Phases {
    /// The phase for what comes now: the one that has least to do.
    pub(crate) fn lightest(&self) -> u8 {
        let best = ORDER.iter().enumerate().min_by_key(|(rank, phase)| (self.load(**phase) / BUNDLE, *rank));
        best.map_or(0, |(_, phase)| *phase as u8)
    }

    /// The phase for a leg whose neighbours on its port have this one: theirs, so that what leaves by the port leaves
    /// together, unless it has far more to do than others.
    pub(crate) fn beside(&self, phase: u8) -> u8 {
        let all: usize = self.legs.iter().map(Vec::len).sum();
        let most = 2 * all / COUNT + 4 * BUNDLE;
        if self.load(phase.into()) < most { phase } else { self.lightest() }
    }

    fn load(&self, phase: usize) -> usize {
        self.legs.get(phase).map_or(0, Vec::len)
    }

    pub(crate) fn add_leg(&mut self, phase: u8, place: u32) {
        add(&mut self.legs, phase, place);
    }

    pub(crate) fn drop_leg(&mut self, phase: u8, place: u32) {
        drop_from(&mut self.legs, phase, place);
    }

    pub(crate) fn add_room(&mut self, phase: u8, place: u32) {
        add(&mut self.rooms, phase, place);
    }

    pub(crate) fn drop_room(&mut self, phase: u8, place: u32) {
        drop_from(&mut self.rooms, phase, place);
    }

    /// The legs and rooms of this sub-tick.
    pub(crate) fn due(&self, sub: u64) -> (&[u32], &[u32]) {
        let at = (sub % PHASES) as usize;
        (self.legs.get(at).map_or(&[], Vec::as_slice), self.rooms.get(at).map_or(&[], Vec::as_slice))
    }
}

fn add(lists: &mut [Vec<u32>; COUNT], phase: u8, place: u32) {
    if let Some(list) = lists.get_mut(usize::from(phase)) {
        list.push(place);
    }
}

fn drop_from(lists: &mut [Vec<u32>; COUNT], phase: u8, place: u32) {
    let Some(list) = lists.get_mut(usize::from(phase)) else { return };
    if let Some(at) = list.iter().position(|p| *p == place) {
        list.swap_remove(at);
    }
    if list.is_empty() {
        *list = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_share_a_phase_and_many_are_spread() {
        let mut phases = Phases::default();
        let mut given = Vec::new();
        for place in 0..600 {
            let phase = phases.lightest();
            phases.add_leg(phase, place);
            given.push(phase);
        }
        assert!(given.iter().take(BUNDLE).all(|phase| *phase == 0), "one wake-up for all of them");
        assert!((0..PHASES).all(|sub| (120..=180).contains(&phases.due(sub).0.len())));
        assert_eq!(phases.beside(3), 3, "neighbours stay together");
        for place in 600..1_400 {
            phases.add_leg(3, place);
        }
        assert_ne!(phases.beside(3), 3, "but not all of them");
        for place in 600..1_400 {
            phases.drop_leg(3, place);
        }
        for (place, phase) in (0..).zip(&given) {
            phases.drop_leg(*phase, place);
        }
        assert!(phases.legs.iter().all(|list| list.capacity() == 0));
    }
}
