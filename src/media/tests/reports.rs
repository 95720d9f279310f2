//! Reports both ways: what the far end learns of its sound, and what we learn of ours and of the way.

use audio::rtcp::{self, Counter, Report, Sent, Voip};

use super::world::{World, address};
use crate::command::{Command, Event, Group, Leg, LegStats};

/// The source of our stream to leg 1, as the far end sees it.
fn ours(world: &World) -> u32 {
    audio::rtp::read(world.phones[&1].packets.last().unwrap()).unwrap().ssrc
}

/// What our last report says of the stream of leg 1.
fn said(world: &World) -> Report {
    rtcp::read(&world.wire.report, 1).unwrap()
}

fn closed(world: &mut World) -> LegStats {
    world.order(Command::Close { leg: Leg(1) });
    let stats = world.events.iter().find_map(|e| match e {
        Event::LegClosed { leg: Leg(1), stats, .. } => Some(*stats),
        _ => None,
    });
    stats.unwrap()
}

#[test]
fn the_way_is_measured_and_how_we_sound_there_is_read() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.run(6_000);
    // Our report was there 40 ms after it left; theirs leaves when it has lain there for 60 ms, and takes 40 ms.
    let reported = world.wire.reports;
    while world.wire.reports == reported {
        world.tick();
    }
    let sent = rtcp::read(&world.wire.report, 0).unwrap().sent.unwrap();
    let mut heard = Counter::default();
    let ssrc = ours(&world);
    (0..100).for_each(|n| heard.count(ssrc, n, u32::from(n) * 160, u32::from(n) * 160));
    let voip = Some(Voip { talking: Some(3.9), ..Voip::default() });
    let theirs = Sent { ssrc: 1, utc_ms: 5_000, packets: 9, echo: Some((sent, 60)), voip, ..Sent::default() };
    let mut bytes = [0; rtcp::LONGEST];
    let length = rtcp::write(&theirs, &mut heard, &mut bytes);
    world.run(140);
    world.wire.put(1, address(1), &bytes[..length]);
    world.run(6_000);

    let block = said(&world).block.unwrap();
    assert_eq!(Some(block.last), rtcp::read(&bytes[..length], 0).unwrap().sent, "theirs is said back");
    assert!((4.0..6.0).contains(&(block.since as f32 / 65_536.0)), "{block:?}");
    let stats = closed(&mut world);
    assert_eq!((stats.far_mos, stats.far_loss_ratio), (Some(3.9), Some(0.0)));
    assert!(stats.round_trip_ms.is_some_and(|ms| (60.0..=120.0).contains(&ms)), "{stats:?}");
}

#[test]
fn a_far_end_that_can_not_be_heard_well_is_told_so() {
    let mut world = World::new();
    world.sit(1, Group::Main);
    world.run(12_000);
    let good = said(&world).voip.unwrap();
    assert!(good.loss == 0.0 && good.listening > Some(4.2), "{good:?}");
    assert_eq!(
        (good.buffer_ms, good.buffer_most_ms),
        (20, 400),
        "an even stream waits for the next tick only"
    );
    // Five in a row of each hundred.
    for tick in 0..1_000 {
        world.phones.get_mut(&1).unwrap().lose = tick % 100 < 5;
        world.tick();
    }
    let bad = said(&world).voip.unwrap();
    assert!(bad.loss > 0.02 && bad.burst_ms >= 80 && bad.listening < good.listening, "{bad:?}");
    let stats = closed(&mut world);
    assert!(stats.burst_ratio > 2.0, "{stats:?}");
    assert_eq!(stats.round_trip_ms, None, "it has reported nothing");
}
