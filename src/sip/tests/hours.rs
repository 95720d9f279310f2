//! Two stacks in virtual hours over a seeded bad wire: reliable responses, changes by UPDATE and re-INVITE, session timers
//! in both roles, refused refreshes, and ends that vanish. What must hold is read off the wire, not asked of the stacks.
//!
//! `HOTLINE_SIM_CALLS=200000` makes more calls than the usual test does; `SEED` replays one, or is the first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use sip::{Ended, Event, Policy, Reliable, SessionId};
use world::{World, over};

/// Calls of the usual test.
const CALLS: u64 = 300;
/// Without a session timer a far end that is gone is missed after this: asked each 90 s, twice, 32 s each.
const ASKED: Duration = Duration::from_secs(90 + 32 + 32 + 2);

/// The longest interval that either end asks for.
const LONGEST: Duration = Duration::from_secs(1800);

fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    /// Somebody hangs up in the end.
    Good,
    /// This end loses its power and knows of no call afterwards.
    Restart(usize),
    /// Nothing passes any more.
    Cut,
    /// Every refresh is refused from now on.
    Refused,
}

/// What was exercised.
#[derive(Default, Debug)]
struct Seen(BTreeMap<&'static str, u64>);

impl Seen {
    fn count(&mut self, what: &'static str, n: usize) {
        *self.0.entry(what).or_default() += n as u64;
    }
}

/// A refresh or change by UPDATE is refused on its way back.
fn refuse(text: String) -> String {
    let update = text.contains(" UPDATE\r\n") || (text.contains(" INVITE\r\n") && !text.contains("CSeq: 1 "));
    if update && text.starts_with("SIP/2.0 200 OK") {
        return text.replace("SIP/2.0 200 OK", "SIP/2.0 503 Service Unavailable");
    }
    text
}

/// The caller leaves the refreshes to the called end.
fn leave_it_to_them(text: String) -> String {
    if text.starts_with("INVITE ") { text.replace("refresher=uac", "refresher=uas") } else { text }
}

struct Call {
    w: World,
    out: SessionId,
    /// Questions by OPTIONS are off: only the session timer is left.
    unasked: bool,
}

fn policy(w: &mut World) -> Policy {
    let prack = [Reliable::Off, Reliable::Supported, Reliable::Supported, Reliable::Required];
    let timer = [0, 90, 120, 180, 600, 1800];
    let least = [90, 90, 90, 120, 300];
    let mut pick = |among: &[u64]| among[usize::try_from(w.chance.below(among.len() as u64)).unwrap()];
    let (timer, least, which) = (pick(&timer), pick(&least), pick(&[0, 1, 2, 3]));
    Policy { prack: prack[usize::try_from(which).unwrap()], session_timer: s(timer), min_se: s(least) }
}

impl Call {
    fn new(seed: u64) -> Self {
        let mut dice = World::new(seed, 0);
        let policies = [policy(&mut dice), policy(&mut dice)];
        let loss = [0, 10, 10, 30][usize::try_from(dice.chance.below(4)).unwrap()];
        let mut w = World::with(seed.rotate_left(7) ^ 1, loss, policies);
        let unasked = dice.chance.below(3) == 0;
        if unasked {
            w.stop_asking(policies);
        }
        let offer = (dice.chance.below(5) > 0).then(|| b"v=0\r\no=first\r\n".to_vec());
        let out = w.call_with(offer);
        Self { w, out, unasked }
    }

    /// The call rings and is answered, or not. True: both ends are in it.
    fn opens(&mut self) -> bool {
        let out = self.out;
        let (mut rung, mut described) = (0, false);
        self.w.edit = (self.w.chance.below(3) == 0).then_some(leave_it_to_them);
        self.w.run(s(40), |w| {
            answer(w, out);
            let Some(inc) = w.incoming() else { return };
            let now = w.now;
            match w.chance.below(12) {
                0 => w.ends[1].stack.trying(now, inc),
                1 | 2 if rung < 4 => {
                    let body = if described || w.chance.below(2) == 0 { "" } else { "v=0\r\no=early\r\n" };
                    described |= !body.is_empty();
                    rung += u8::from(w.ends[1].stack.progress(now, inc, 180, body.into()).is_ok());
                }
                3 | 4 => {
                    let _ = w.ends[1].stack.accept(now, inc, b"v=0\r\no=answer\r\n".to_vec());
                }
                5 => {
                    let _ = w.ends[0].stack.update(now, out, b"v=0\r\no=update\r\n".to_vec());
                }
                _ => {}
            }
        });
        self.w.edit = None;
        let up = |e: &Event| matches!(e, Event::Answered { .. });
        self.w.heard(0, up) == 1 && self.w.heard(0, over) + self.w.heard(1, over) == 0
    }

    /// They talk for so long, and change something now and then.
    fn talks(&mut self, length: Duration) {
        let out = self.out;
        let end = self.w.now + length;
        while self.w.now < end {
            let pause = s(5 + self.w.chance.below(300));
            self.w.run(pause, |w| answer(w, out));
            let (now, Some(inc)) = (self.w.now, self.w.incoming()) else { return };
            let (by, session) = if self.w.chance.below(2) == 0 { (0, out) } else { (1, inc) };
            let stack = &mut self.w.ends[by].stack;
            // A machine that is busy otherwise does not do it.
            let _ = match self.w.chance.below(4) {
                0 => stack.update(now, session, b"v=0\r\no=again\r\n".to_vec()),
                1 => stack.reinvite(now, session, b"v=0\r\no=again\r\n".to_vec()),
                _ => Ok(()),
            };
        }
    }

    /// The interval that both agreed on last, as it stands in the last 2xx; `None`: none.
    fn interval(&self) -> Option<Duration> {
        let said = |text: &str| {
            let (_, rest) = text.split_once("Session-Expires: ")?;
            rest.split([';', '\r']).next()?.parse().ok().map(s)
        };
        let agreed = |text: &&str| {
            text.starts_with("SIP/2.0 2") && (text.contains(" INVITE\r\n") || text.contains(" UPDATE\r\n"))
        };
        self.w.log.iter().rev().map(|(_, text)| text.as_str()).find(agreed).and_then(said)
    }

    /// When an end that is left alone must know it at the latest; `None`: nothing tells it.
    fn bound(&self) -> Option<Duration> {
        let asked = (!self.unasked).then_some(ASKED);
        self.interval().into_iter().chain(asked).max()
    }
}

/// Both owners answer whatever they are asked.
fn answer(w: &mut World, out: SessionId) {
    let (now, inc) = (w.now, w.incoming());
    let sdp = || b"v=0\r\no=yes\r\n".to_vec();
    let _ = w.ends[0].stack.answer_early(now, out, sdp());
    let _ = w.ends[0].stack.ack(out, sdp());
    let _ = w.ends[0].stack.answer_reoffer(now, out, Ok(sdp()));
    if let Some(inc) = inc {
        let _ = w.ends[1].stack.answer_reoffer(now, inc, Ok(sdp()));
    }
}

/// No 2xx leaves the called end before the caller has sent the PRACK for each description in a reliable response.
fn pracks(log: &[(usize, String)]) -> Result<usize, String> {
    let (mut waits, mut proven): (Vec<&str>, Vec<&str>) = Default::default();
    for (from, text) in log {
        let value = |name: &str| text.split_once(name).and_then(|(_, rest)| rest.split(['\r', ' ']).next());
        let first = text.contains("CSeq: 1 INVITE\r\n") || text.contains("CSeq: 2 INVITE\r\n");
        if *from == 1 && text.starts_with("SIP/2.0 1") && text.contains("v=0") {
            // What is repeated may have been proven meanwhile.
            waits.extend(value("RSeq: ").filter(|rseq| !proven.contains(rseq)));
        } else if *from == 0 && text.starts_with("PRACK ") {
            let rack = value("RAck: ");
            proven.extend(rack);
            waits.retain(|w| Some(*w) != rack);
        } else if *from == 1 && text.starts_with("SIP/2.0 2") && first && !waits.is_empty() {
            return Err(format!("a 2xx before the PRACK of {waits:?}"));
        }
    }
    Ok(proven.len())
}

/// One call from its seed. `Err` says what does not hold.
fn one(seed: u64, seen: &mut Seen) -> Result<(), String> {
    let mut call = Call::new(seed);
    if !call.opens() {
        seen.count("never talked", 1);
        return finish(call, seen);
    }
    let (loss, fate) = (call.w.loss, fate(&mut call.w));
    let hours = [s(400), s(3_600), s(3 * 3_600)][usize::try_from(call.w.chance.below(3)).unwrap()];
    call.talks(hours);
    let lost = call.w.heard(0, over) + call.w.heard(1, over) > 0;
    if lost {
        // Between half time and the end of 90 s there is room for six tries: a bad wire can lose all of them.
        seen.count("ended by the wire alone", 1);
        seen.count("ended by a wire that loses a tenth", usize::from(loss == 10));
        if loss == 0 {
            return Err(format!(
                "ended though both were there: {:?}
{}",
                ends(&call.w),
                tail(&call.w)
            ));
        }
        return finish(call, seen);
    }
    if call.interval().is_some() {
        seen.count("talks with a timer", 1);
    }
    let out = call.out;
    let left: &[usize] = match fate {
        Fate::Good => &[],
        Fate::Restart(end) => {
            call.w.restart(end);
            &[1 - end]
        }
        Fate::Cut => {
            call.w.loss = 100;
            &[0, 1]
        }
        Fate::Refused => {
            call.w.edit = Some(refuse);
            &[]
        }
    };
    let bound = call.bound();
    if let Some(bound) = bound.filter(|_| !left.is_empty()) {
        call.w.run(bound, |w| answer(w, out));
        if let Some(end) = left.iter().find(|end| call.w.heard(**end, over) == 0) {
            return Err(format!("{fate:?}: end {end} goes on after {bound:?} alone"));
        }
        seen.count("vanished", 1);
    }
    if fate == Fate::Refused
        && let Some(interval) = call.interval()
    {
        call.w.run(interval, |w| answer(w, out));
        if call.w.heard(0, over) + call.w.heard(1, over) == 0 {
            return Err(format!("a session of {interval:?} goes on though nobody could refresh it"));
        }
        seen.count("refresh refused", 1);
    }
    finish(call, seen)
}

fn fate(w: &mut World) -> Fate {
    match w.chance.below(6) {
        0 => Fate::Restart(0),
        1 => Fate::Restart(1),
        2 | 3 => Fate::Cut,
        4 => Fate::Refused,
        _ => Fate::Good,
    }
}

/// What was said last, for whoever has to understand a broken invariant.
fn tail(w: &World) -> String {
    let wanted =
        |line: &&str| ["CSeq:", "Session-Exp", "Require", "RSeq", "o="].iter().any(|w| line.starts_with(w));
    let one = |(from, text): &(usize, String)| {
        let first = text.lines().next().unwrap_or_default();
        format!("{from}: {first} {}\n", text.lines().filter(wanted).collect::<Vec<_>>().join(" | "))
    };
    w.log.iter().rev().take(24).rev().map(one).collect()
}

fn ends(w: &World) -> Vec<Event> {
    w.ends.iter().flat_map(|e| &e.events).filter(|e| over(e)).cloned().collect()
}

/// Both hang up; nothing is left anywhere.
fn finish(mut call: Call, seen: &mut Seen) -> Result<(), String> {
    let out = call.out;
    call.w.run(s(1), |w| answer(w, out));
    let now = call.w.now;
    call.w.ends[0].stack.hang_up(now, out, None);
    if let Some(inc) = call.w.incoming() {
        call.w.ends[1].stack.hang_up(now, inc, None);
    }
    call.w.run(s(400), |w| {
        if w.heard(0, |e| matches!(e, Event::Answered { .. })) > 0 {
            let now = w.now;
            w.ends[0].stack.hang_up(now, out, None);
        }
    });
    let left = |w: &World| w.ends.iter().map(|e| e.stack.counts()).collect::<Vec<_>>();
    if left(&call.w) != [(0, 0, 0); 2] {
        return Err(format!("left over: {:?}", left(&call.w)));
    }
    // What was set for the session's interval and is of no use any more runs out with it; nothing new is set.
    call.w.run(LONGEST, |_| {});
    if let Some(at) = call.w.ends.iter().find_map(|e| e.stack.next_timeout()) {
        return Err(format!("a timer is left for {at:?}"));
    }
    for n in 0..2 {
        if call.w.heard(n, over) > 1 {
            return Err(format!("end {n} heard {:?}", ends(&call.w)));
        }
    }
    seen.count("proven responses", pracks(&call.w.log)?);
    let w = &call.w;
    seen.count("refreshes of the caller", refreshes(w, 0));
    seen.count("refreshes of the called", refreshes(w, 1));
    seen.count("updates", w.said(0, "UPDATE") + w.said(1, "UPDATE"));
    seen.count("422", w.said(1, "SIP/2.0 422"));
    for end in 0..2 {
        seen.count("expired", w.heard(end, |e| matches!(e, Event::Ended { how: Ended::Expired, .. })));
        seen.count("gone", w.heard(end, |e| matches!(e, Event::Ended { how: Ended::PeerGone, .. })));
        seen.count("no prack", w.heard(end, |e| matches!(e, Event::Ended { how: Ended::NoPrack, .. })));
    }
    Ok(())
}

/// UPDATEs and re-INVITEs that only refresh.
fn refreshes(w: &World, end: usize) -> usize {
    let refresh = |(from, text): &&(usize, String)| {
        *from == end
            && text.starts_with("UPDATE")
            && !text.contains("v=0")
            && text.contains("Session-Expires")
    };
    w.log.iter().filter(refresh).count()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Seeds that once broke something: they are run first.
const KEPT: [u64; 0] = [];

#[test]
fn hours_of_talk_are_kept_and_whoever_vanished_is_missed_in_time() {
    let mut seen = Seen::default();
    let all = number("HOTLINE_SIM_CALLS").unwrap_or(CALLS);
    let (first, all) = match (number("SEED"), number("HOTLINE_SIM_CALLS")) {
        (Some(seed), None) => (seed, 1),
        (seed, _) => (seed.unwrap_or(1), all),
    };
    for seed in KEPT.into_iter().chain(first..first + all) {
        if let Err(fault) = one(seed, &mut seen) {
            panic!("seed {seed}: {fault}\nSEED={seed} cargo nextest run -p sip --test hours");
        }
    }
    println!("{all} calls: {:#?}", seen.0);
    if all >= CALLS {
        let kinds = [
            "proven responses",
            "refreshes of the caller",
            "refreshes of the called",
            "updates",
            "422",
            "expired",
            "gone",
            "no prack",
            "vanished",
            "refresh refused",
            "talks with a timer",
        ];
        let missed: Vec<_> = kinds.iter().filter(|kind| seen.0.get(*kind).is_none_or(|n| *n == 0)).collect();
        assert!(missed.is_empty(), "not met: {missed:?}");
        let cut = seen.0["ended by a wire that loses a tenth"];
        assert!(cut * 20 <= all, "{cut} of {all} calls ended though both were there");
    }
}

#[test]
fn a_house_without_timer_and_questions_breaks_the_invariant() {
    let none = Policy { prack: Reliable::Off, session_timer: Duration::ZERO, min_se: s(90) };
    let mut w = World::with(5, 0, [none; 2]);
    w.stop_asking([none; 2]);
    let (out, _) = world::talk(&mut w);
    w.loss = 100;
    let call = Call { w, out, unasked: true };
    assert_eq!(call.bound(), None, "nothing would tell it");
    let mut call = Call { unasked: false, ..call };
    let bound = call.bound().unwrap();
    call.w.run(bound, |_| {});
    assert_eq!(call.w.heard(0, over), 0, "so the check of a far end that vanished would fail");
}

#[test]
fn a_log_with_the_answer_before_the_prack_breaks_the_invariant() {
    let early = "SIP/2.0 183 x\r\nCSeq: 1 INVITE\r\nRSeq: 7\r\n\r\nv=0";
    let log = |texts: [(usize, &str); 3]| texts.map(|(from, text)| (from, text.to_owned()));
    let (prack, ok) = ("PRACK x\r\nRAck: 7 1 INVITE\r\n", "SIP/2.0 200 x\r\nCSeq: 1 INVITE\r\n");
    assert_eq!(pracks(&log([(1, early), (0, prack), (1, ok)])), Ok(1));
    assert!(pracks(&log([(1, early), (1, ok), (0, prack)])).is_err());
}
