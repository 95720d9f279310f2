//! The trail of the house on the wire towards carriers: which ways a call took, what was proven, who answered which question;
//! and what must hold of it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::time::Duration;

use switchboard::contract::TrunkView;

use super::carrier::CARRIERS;
use super::glance::Glance;
use super::house::exchange;
use super::sabotage::Sabotage;

/// Without a sign of life for so long a destination is left.
const PATIENCE: Duration = Duration::from_secs(8);
/// So many questions in a row are missed before a destination counts as silent.
const MISSES: usize = 3;

/// Port and number of the session that an INVITE's description is about: the same for both ways of a call.
type Leg = (u16, u64);

/// By Call-ID and CSeq: whether it is an INVITE, and when it was sent.
type Asked = HashMap<(String, u32), (bool, Duration)>;

#[derive(Debug)]
struct Way {
    call_id: String,
    to: SocketAddr,
    at: Duration,
    heard: bool,
    end: Option<u16>,
}

#[derive(Default, Debug)]
pub struct Trail {
    ways: HashMap<Leg, Vec<Way>>,
    of: HashMap<String, Leg>,
    /// Descriptions in reliable responses that no PRACK has proven, by Call-ID.
    unproven: HashMap<String, u32>,
    /// What a carrier was asked and has not answered as one that is there does, by Call-ID and CSeq.
    open: HashMap<SocketAddr, Asked>,
    /// Of these, what was answered with 408 or 503.
    refused: HashSet<(String, u32)>,
    /// The first way of this one failed in this step.
    failed: Option<(Leg, SocketAddr)>,
    silent: Vec<String>,
    fault: Option<String>,
    kinds: BTreeMap<&'static str, u64>,
    pub sabotage: Option<Sabotage>,
}

fn is_carrier(at: SocketAddr) -> bool {
    (1..=u8::try_from(CARRIERS).unwrap()).any(|n| at == exchange(n))
}

impl Trail {
    pub fn count(&mut self, kind: &'static str) {
        *self.kinds.entry(kind).or_default() += 1;
    }

    /// The house is gone, and what it had asked and tried with it.
    pub fn falls(&mut self) {
        let (kinds, sabotage) = (std::mem::take(&mut self.kinds), self.sabotage);
        *self = Self { kinds, sabotage, ..Self::default() };
    }

    pub fn take_kinds(&mut self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.kinds)
    }

    fn fault(&mut self, words: String) {
        self.fault.get_or_insert(words);
    }

    pub fn begin(&mut self) {
        self.failed = None;
        self.silent.clear();
    }

    /// The house sends this.
    pub fn sent(&mut self, now: Duration, to: SocketAddr, seen: &Glance<'_>) {
        let carrier = is_carrier(to);
        match (seen.is_request(), seen.method) {
            (true, "INVITE") if carrier && !seen.inside => {
                self.asks(now, to, seen);
                self.goes(now, to, seen);
            }
            (true, "OPTIONS" | "REGISTER") if carrier && !seen.inside => self.asks(now, to, seen),
            (true, "PRACK") => self.count("prack.out"),
            (true, "UPDATE") if seen.audio.is_none() => self.count("refresh.out"),
            (false, "INVITE") if seen.status < 200 => {
                if let (Some(rseq), Some(_)) = (seen.rseq, seen.audio) {
                    self.unproven.insert(seen.call_id.to_owned(), rseq);
                }
            }
            (false, "INVITE") => {
                let waits = self.unproven.remove(seen.call_id).is_some();
                if waits && seen.status < 300 {
                    self.fault("200 before the PRACK of a description".into());
                }
            }
            _ => {}
        }
    }

    fn asks(&mut self, now: Duration, to: SocketAddr, seen: &Glance<'_>) {
        let open = self.open.entry(to).or_default();
        open.entry((seen.call_id.to_owned(), seen.cseq)).or_insert((seen.method == "INVITE", now));
    }

    fn goes(&mut self, now: Duration, to: SocketAddr, seen: &Glance<'_>) {
        let (Some(port), Some(origin)) = (seen.audio, seen.origin) else { return };
        if self.of.contains_key(seen.call_id) {
            return;
        }
        let leg = (port, origin);
        self.of.insert(seen.call_id.to_owned(), leg);
        let ways = self.ways.entry(leg).or_default();
        let way = Way { call_id: seen.call_id.to_owned(), to, at: now, heard: false, end: None };
        let first = ways.first().map(|w| (w.to, w.at, w.heard, w.end));
        ways.push(way);
        let third = ways.len() > 2 || (ways.len() == 2 && self.sabotage == Some(Sabotage::ThirdWay));
        let Some((before, at, heard, end)) = first else { return self.count("way.first") };
        if third {
            return self.fault("a call goes a third way".into());
        }
        match end {
            _ if before == to => self.fault("a call goes the same way again".into()),
            Some(408 | 500..600) => self.count("way.second"),
            Some(status) => self.fault(format!("a call goes on after {status}")),
            None if !heard && now >= at + PATIENCE => self.count("way.silence"),
            None => self.fault("a call goes on while its first way has not failed".into()),
        }
    }

    /// The house hears this.
    pub fn heard(&mut self, now: Duration, from: SocketAddr, seen: &Glance<'_>) {
        if seen.is_request() {
            match (seen.method, self.unproven.get(seen.call_id)) {
                ("PRACK", waits) if waits.copied() == seen.rack && seen.rack.is_some() => {
                    if self.sabotage != Some(Sabotage::NoPrack) {
                        self.unproven.remove(seen.call_id);
                    }
                    self.count("prack.in");
                }
                ("UPDATE", _) if seen.audio.is_none() => self.count("refresh.in"),
                ("UPDATE", _) => self.count("update.in"),
                _ => {}
            }
            return;
        }
        if !is_carrier(from) {
            return;
        }
        match (seen.method, seen.status) {
            ("REGISTER", 200) => self.count("register.200"),
            ("REGISTER", 401) => self.count("register.401"),
            ("REGISTER", 423) => self.count("register.423"),
            ("REGISTER", 503) => self.count("register.503"),
            ("OPTIONS", 200) if !seen.inside => {}
            ("UPDATE", 300..) => self.count("refresh.refused"),
            _ => {}
        }
        self.hears_of_way(seen);
        self.hears_of_carrier(now, from, seen);
    }

    fn hears_of_way(&mut self, seen: &Glance<'_>) {
        let Some(leg) = self.of.get(seen.call_id).filter(|_| seen.method == "INVITE") else { return };
        let leg = *leg;
        let Some(ways) = self.ways.get_mut(&leg) else { return };
        let many = ways.len();
        let Some(way) = ways.iter_mut().find(|w| w.call_id == seen.call_id) else { return };
        // These lead to the same request once more, which has to be heard of anew.
        let again = matches!(seen.status, 401 | 407 | 422);
        way.heard |= !again;
        if seen.status < 200 || again || way.end.is_some() {
            return;
        }
        way.end = Some(seen.status);
        let to = way.to;
        match seen.status {
            408 | 500..600 if many == 1 => self.failed = Some((leg, to)),
            486 | 600 | 603 => self.count("way.final"),
            _ => {}
        }
    }

    fn hears_of_carrier(&mut self, now: Duration, from: SocketAddr, seen: &Glance<'_>) {
        let open = self.open.entry(from).or_default();
        let key = (seen.call_id.to_owned(), seen.cseq);
        let Some((invite, asked)) = open.get(&key).copied() else { return };
        if seen.status < 200 {
            return;
        }
        if matches!(seen.status, 408 | 503) {
            // It stays missed, whatever another branch of a fork still answers.
            self.refused.insert(key);
            return;
        }
        if !self.refused.contains(&key) {
            open.remove(&key);
        }
        // What comes later than the house's patience does not count for it.
        if !invite && now <= asked + PATIENCE {
            open.retain(|_, (invite, _)| *invite);
        }
    }

    /// The house says that a trunk is silent.
    pub fn told_silent(&mut self, name: &str) {
        self.count("trunk.silent");
        self.silent.push(name.to_owned());
    }

    /// Whether trunks have to be looked at before or after this step.
    pub fn wants_views(&self) -> bool {
        self.failed.is_some() || !self.silent.is_empty()
    }

    /// The step is over. `views`: how the trunks stand; `gave_up`: somebody could not be reached in it; `roomy`: no limit but
    /// those of the trunks is near.
    pub fn end(&mut self, views: &[TrunkView], gave_up: bool, roomy: bool) -> Result<(), String> {
        if let Some(fault) = self.fault.take() {
            return Err(fault);
        }
        // A name may come to lead to one that was silent before and has answered only once since.
        for name in self.silent.iter().filter(|name| *name != "cloud") {
            let ways = views.iter().filter(|v| *v.name == **name).flat_map(|v| &v.destinations);
            for (at, _) in ways {
                let at: SocketAddr =
                    at.split(' ').nth(1).and_then(|at| at.parse().ok()).ok_or("no address")?;
                let missed = self.open.get(&at).map_or(0, HashMap::len);
                if missed < MISSES {
                    return Err(format!("{name} is called silent after {missed} lost questions to {at}"));
                }
            }
        }
        let Some((leg, to)) = self.failed.filter(|_| gave_up && roomy) else { return Ok(()) };
        let theirs = |v: &&TrunkView| v.destinations.iter().all(|(at, _)| !at.ends_with(&format!(" {to}")));
        let open =
            |v: &&TrunkView| !v.destinations.is_empty() && v.state != "resting" && v.taken < v.channels;
        let other = views.iter().filter(theirs).find(open);
        match other.filter(|_| self.ways[&leg].len() == 1) {
            Some(other) => Err(format!("a call by {to} is given up though {} is there", other.name)),
            None => Ok(()),
        }
    }
}
