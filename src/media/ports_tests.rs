//! Who gets which port, who shares one, and who never does.
#![allow(clippy::unwrap_used)]

use super::*;

/// So many sockets of a thread, each for so many legs.
fn sockets(thread: u16, count: u32, places: u32) -> Vec<Port> {
    let one = |index: u32| Port {
        thread,
        index,
        socket: index / places,
        addr: ([127, 0, 0, 1], 4_000 + 2 * (index / places) as u16).into(),
    };
    (0..count * places).map(one).collect()
}

fn far(n: u16) -> Option<SocketAddr> {
    Some(([203, 0, 113, 9], n).into())
}

const S: fn(u64) -> Duration = Duration::from_secs;

#[test]
fn a_port_that_a_leg_left_rests_before_another_gets_it() {
    let mut pool = PortPool::new(sockets(0, 1, 1));
    let port = pool.take(0, S(0)).unwrap();
    assert_eq!((pool.take(0, S(0)), pool.taken()), (None, 1));
    pool.give_back(port, S(10));
    assert_eq!((pool.take(0, S(11)), pool.taken()), (None, 0), "late packets must not meet another leg");
    assert_eq!(pool.take(0, S(12)), Some(port));
    pool.give_back(port, S(13));
    pool.give_back(port, S(13));
    assert_eq!((pool.taken(), pool.free(S(15))), (0, 1), "twice is once");
}

#[test]
fn single_ports_are_used_in_turn() {
    let mut pool = PortPool::new(sockets(0, 3, 1));
    let mut taken = Vec::new();
    for round in 0..6 {
        let port = pool.take(0, S(10 * round)).unwrap();
        pool.give_back(port, S(10 * round));
        taken.push(port.socket);
    }
    assert_eq!(taken, [0, 1, 2, 0, 1, 2]);
}

#[test]
fn a_new_room_goes_where_most_places_are_free() {
    let mut pool = PortPool::new(sockets(0, 1, 1).into_iter().chain(sockets(1, 2, 1)));
    assert_eq!(pool.least_loaded(S(0)), 1);
    assert!(pool.take(1, S(0)).is_some() && pool.take(1, S(0)).is_some());
    assert_eq!((pool.least_loaded(S(0)), pool.free(S(0)), pool.all()), (0, 1, 3));
    assert_eq!(pool.take(9, S(0)), None, "there is no such thread");
}

#[test]
fn ports_without_socket_lie_on_a_shelf_of_their_own() {
    let inside = Port { thread: 0, index: 5, socket: 1, addr: crate::INSIDE };
    let socket = Port { thread: 0, index: 0, socket: 0, addr: ([127, 0, 0, 1], 4_000).into() };
    let mut pool = PortPool::new([socket, inside]);
    assert_eq!((pool.take(0, S(0)), pool.take(0, S(0))), (Some(socket), None));
    assert_eq!((pool.take_inside(0, S(0)), pool.take_inside(0, S(0))), (Some(inside), None));
    assert_eq!((pool.taken(), pool.free(S(0))), (2, 0));
    pool.give_back(inside, S(1));
    assert_eq!((pool.taken(), pool.take_inside(0, S(2)), pool.take(0, S(9))), (1, None, None));
    assert_eq!(pool.take_inside(0, S(3)), Some(inside));
}

#[test]
fn nobody_is_placed_where_somebody_still_waits() {
    let mut pool = PortPool::new(sockets(0, 2, 4));
    let one = pool.take(0, S(0)).unwrap();
    let two = pool.take(0, S(0)).unwrap();
    assert_ne!(one.socket, two.socket);
    assert_eq!((pool.take(0, S(0)), pool.free(S(0))), (None, 0));
    pool.heard(one);
    let three = pool.take(0, S(0)).unwrap();
    assert_eq!(three.socket, one.socket);
    assert_ne!(three.index, one.index);
    // It listens elsewhere: it is waited for anew.
    pool.heard(three);
    pool.face(three, far(1));
    assert_eq!(pool.take(0, S(0)), None);
    pool.heard(three);
    assert!(pool.take(0, S(0)).is_some());
}

#[test]
fn legs_with_the_same_far_end_get_different_ports() {
    let mut pool = PortPool::new(sockets(0, 2, 4));
    let one = pool.take_facing(0, far(1), S(0)).unwrap();
    pool.heard(one);
    let other = pool.take_facing(0, far(2), S(0)).unwrap();
    assert_eq!(one.socket, other.socket, "behind one address with two ports");
    pool.heard(other);
    let same = pool.take_facing(0, far(1), S(0)).unwrap();
    assert_ne!(one.socket, same.socket);
    assert_eq!(pool.take_facing(0, far(1), S(0)), None, "both have it");
    // Who was placed before its far end was known is told when another has it.
    pool.heard(same);
    let listens = far(1).unwrap();
    assert!(pool.clashes(other, listens) && !pool.clashes(one, listens));
    pool.face(other, far(3));
    assert!(pool.clashes(one, far(3).unwrap()));
}

#[test]
fn the_far_end_of_one_who_left_is_nobody_elses_for_a_while() {
    let mut pool = PortPool::new(sockets(0, 1, 4));
    let one = pool.take_facing(0, far(1), S(0)).unwrap();
    pool.heard(one);
    pool.give_back(one, S(5));
    assert_eq!(pool.take_facing(0, far(1), S(6)), None);
    let other = pool.take_facing(0, far(2), S(6)).unwrap();
    pool.heard(other);
    assert!(pool.take_facing(0, far(1), S(7)).is_some());
}

#[test]
fn a_port_that_somebody_left_unheard_is_taken_last() {
    let mut pool = PortPool::new(sockets(0, 2, 4));
    let one = pool.take(0, S(0)).unwrap();
    pool.give_back(one, S(0));
    let two = pool.take(0, S(1)).unwrap();
    assert_ne!(one.socket, two.socket);
    assert_eq!(pool.take(0, S(1)).map(|port| port.socket), Some(one.socket), "better than none");
}

#[test]
fn a_storm_leaves_nothing_behind() {
    let mut pool = PortPool::new(sockets(0, 8, 16).into_iter().chain(sockets(1, 8, 16)));
    let (all, mut held) = (pool.free(S(0)), VecDeque::new());
    for n in 0..20_000u32 {
        let now = Duration::from_millis(n.into());
        let thread = pool.least_loaded(now);
        if let Some(port) = pool.take_facing(thread, far((n % 50_000) as u16), now) {
            if n % 3 > 0 {
                pool.heard(port);
            }
            held.push_back(port);
        }
        if held.len() > 9 {
            pool.give_back(held.pop_front().unwrap(), now);
        }
    }
    for port in held {
        pool.give_back(port, S(21));
    }
    assert_eq!((pool.taken(), pool.free(S(24))), (0, all));
    assert!(pool.threads.iter().all(|t| t.resting.is_empty()));
    assert!(pool.threads.iter().flat_map(|t| &t.shelves).all(|s| s.free == 16 && s.waiting == 0));
}

#[test]
fn sockets_without_a_leg_are_lent_but_for_some_and_come_back() {
    let mut pool = PortPool::new(sockets(0, 6, 2));
    let at = |n: u16| SocketAddr::from(([127, 0, 0, 1], 4_000 + 2 * n));
    let (talks, rests) = (pool.take(0, S(0)).unwrap(), pool.take(0, S(0)).unwrap());
    pool.give_back(rests, S(9));
    assert_eq!(pool.lend(S(10)), [at(5), at(4)], "not where somebody talks, nor where late packets may come");
    assert!(pool.lend(S(10)).is_empty());
    // Whoever talks goes on, also with further legs of the call.
    pool.heard(talks);
    let more: Vec<u32> =
        (1..4).filter_map(|n| pool.take_facing(0, far(n), S(10))).map(|port| port.socket).collect();
    assert_eq!(more, [0, 2, 3]);
    assert_eq!(pool.take_facing(0, far(4), S(10)).map(|port| port.socket), Some(1));
    assert_eq!(pool.take_facing(0, far(5), S(10)), None, "all others are lent");
    pool.take_back();
    assert_eq!(pool.take_facing(0, far(5), S(20)).map(|port| port.socket), Some(4));
    assert_eq!(pool.ports().len(), 6);
}

#[test]
fn where_another_process_has_legs_nobody_is_placed_until_it_gives_the_port_up() {
    let mut pool = PortPool::new(sockets(0, 3, 2));
    let at = |n: u16| SocketAddr::from(([127, 0, 0, 1], 4_000 + 2 * n));
    pool.leave_alone(&[at(0), at(1), at(9)]);
    assert_eq!(pool.free(S(0)), 1);
    assert_eq!(pool.take(0, S(0)).map(|port| port.socket), Some(2));
    assert_eq!(pool.take(0, S(0)), None);
    pool.come_back(&[at(1), at(2)]);
    assert_eq!(pool.take(0, S(1)).map(|port| port.socket), Some(1));
    pool.all_come_back(S(5));
    assert_eq!(pool.take(0, S(6)), None, "late packets must not meet another leg");
    assert_eq!(pool.take(0, S(7)).map(|port| port.socket), Some(0));
}
