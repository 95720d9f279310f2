//! The carriers behind the trunks: registrars that refuse, ask for patience, fall silent and come back, and a name that
//! leads to two of them, or nowhere.

use std::time::Duration;

use sip::locate::Destination;
use sip::{Message, Request, Response, Transport, Wire};
use switchboard::contract::Input;

use super::house;
use super::sabotage::Sabotage;
use super::world::{Chore, Thing, World};

/// So many of the phones, the first ones, are carriers.
pub const CARRIERS: usize = 4;
/// Longest that a trunk may take to be up once its carrier is well: five minutes between two tries at most, and a request
/// that was lost on the way.
const BOUND: Duration = Duration::from_secs(400);
/// A refused account is tried again after a quarter of an hour and a fifth.
const FORBIDDEN: Duration = Duration::from_secs(750);
/// A name that leads nowhere is looked up again after at most five minutes.
const NO_NAME: Duration = Duration::from_secs(330);
/// Between two looks at all trunks.
const INSPECT: Duration = Duration::from_secs(30);

/// What a carrier does with what the house wants of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    Well,
    /// 503 to everything outside dialogs, and for how long.
    Busy(Option<u32>),
    /// 423: such short registrations are not for it.
    Brief,
    /// 403 to registrations.
    Forbids,
    /// This status to every call.
    Broken(u16),
    /// This status to every change or refresh inside a dialog.
    Firm(u16),
}

#[derive(Clone, Copy, Debug)]
struct Carrier {
    mood: Mood,
    /// Nothing was wrong with it since then, or will be.
    well_from: Duration,
}

#[derive(Debug)]
pub struct Carriers {
    each: [Carrier; CARRIERS],
    names_well_from: Duration,
}

impl Carriers {
    pub fn new(now: Duration) -> Self {
        Self { each: [Carrier { mood: Mood::Well, well_from: now }; CARRIERS], names_well_from: now }
    }

    pub fn unwell(&mut self, carrier: usize, until: Duration) {
        let well_from = &mut self.each[carrier].well_from;
        *well_from = (*well_from).max(until);
    }

    /// The evening: none fails any more.
    pub fn all_well(&mut self, now: Duration) {
        for carrier in &mut self.each {
            carrier.well_from = carrier.well_from.max(now);
            carrier.mood = Mood::Well;
        }
    }
}

impl World {
    /// Another mood of a carrier, and the next one after it.
    pub fn mood(&mut self, carrier: usize) {
        if self.evening || !self.weather.moods {
            return;
        }
        let well = self.carriers.each[carrier].mood == Mood::Well;
        let wait = if well { self.dice.ms(3_000, 60_000) } else { self.dice.ms(20_000, 150_000) };
        self.later(wait, Thing::Mood(carrier));
        let mood = match self.dice.below(100) {
            _ if !well => Mood::Well,
            0..25 => {
                self.chore(carrier, Chore::Deaf(wait));
                Mood::Well
            }
            25..45 => Mood::Busy(self.dice.pick(&[None, Some(5), Some(40)])),
            45..60 => Mood::Brief,
            60..63 => Mood::Forbids,
            63..85 => Mood::Broken(self.dice.pick(&[500, 502, 503, 504])),
            _ => Mood::Firm(self.dice.pick(&[403, 488, 491, 500, 501])),
        };
        self.carriers.each[carrier].mood = mood;
        let after = match mood {
            Mood::Forbids => FORBIDDEN,
            Mood::Busy(pause) => Duration::from_secs(pause.unwrap_or(0).into()),
            Mood::Well | Mood::Brief | Mood::Broken(_) | Mood::Firm(_) => Duration::ZERO,
        };
        self.carriers.unwell(carrier, self.now + if well { wait + after } else { Duration::ZERO });
        self.say(|| format!("exchange {carrier} is {mood:?}"));
    }

    /// What a carrier answers out of its mood; `None`: it hears the message.
    pub fn in_a_mood(&mut self, phone: usize, bytes: &[u8]) -> Option<Vec<u8>> {
        let mood = self.carriers.each.get(phone)?.mood;
        if mood == Mood::Well || bytes.starts_with(b"SIP/2.0 ") || bytes.starts_with(b"ACK ") {
            return None;
        }
        let Ok(Message::Request(request)) = sip::parse(bytes, Wire::Datagram) else { return None };
        let inside = request.headers.to().is_some_and(|to| to.tag().is_some());
        let method = request.method.to_string();
        let expires = request.headers.number("Expires").unwrap_or(0);
        let (status, header) = match (mood, method.as_str(), inside) {
            (Mood::Busy(pause), "REGISTER" | "OPTIONS" | "INVITE", false) => {
                (503, pause.map(|seconds| ("Retry-After", seconds.to_string())))
            }
            (Mood::Brief, "REGISTER", false) if (1..120).contains(&expires) => {
                (423, Some(("Min-Expires", "120".to_owned())))
            }
            (Mood::Forbids, "REGISTER", false) => (403, None),
            (Mood::Broken(status), "INVITE", false) | (Mood::Firm(status), "INVITE" | "UPDATE", true) => {
                (status, None)
            }
            _ => return None,
        };
        self.trail.count(match (mood, inside) {
            (Mood::Firm(_), _) => "carrier.firm",
            (Mood::Brief, _) => "carrier.brief",
            (Mood::Forbids, _) => "carrier.forbids",
            _ => "carrier.fails",
        });
        Some(refusal(&request, status, header))
    }

    /// The house asks where a name leads. The answer comes soon or late, and always.
    pub fn look_up(&mut self, ticket: u64, uri: &str) {
        if self.sabotage == Some(Sabotage::NoNames) {
            return;
        }
        let calm = self.evening;
        let nowhere = !uri.contains(house::CLOUD) || !calm && self.dice.permille(self.weather.no_names);
        let late = !calm && self.dice.permille(self.weather.late_names);
        let wait = if late { self.dice.ms(5_000, 45_000) } else { self.dice.ms(5, 300) };
        if nowhere || late {
            self.carriers.names_well_from = self.now + wait + NO_NAME;
        }
        self.trail.count(match (nowhere, late) {
            (true, _) => "names.nowhere",
            (false, true) => "names.late",
            (false, false) => "names.found",
        });
        let to = |n| Destination { transport: Transport::Udp, remote: house::exchange(n), name: None };
        let found = match self.dice.below(4) {
            0 => vec![to(4), to(3)],
            1 => vec![to(3)],
            _ => vec![to(3), to(4)],
        };
        let found = if nowhere { Err("no such name".to_owned()) } else { Ok(found) };
        let good_for = self.dice.ms(5_000, 120_000);
        self.later(wait, Thing::Named(Box::new(Input::Located(ticket, found, good_for))));
    }

    /// Looks at all trunks: whose carriers are well for long is up.
    pub fn inspect(&mut self) -> Result<(), String> {
        self.later(INSPECT, Thing::Inspect);
        if self.weather.is_dark(self.now) {
            (0..CARRIERS).for_each(|c| self.carriers.unwell(c, self.now));
        }
        if self.weather.transactions < 1_000 || self.weather.lean {
            return Ok(());
        }
        let wells = self.carriers.each.map(|c| c.well_from);
        let names = self.carriers.names_well_from;
        let well_from = |name: &str| match name {
            "city" => Some(wells[0]),
            "spare" => Some(wells[1]),
            "cloud" => Some(wells[2].max(wells[3]).max(names)),
            _ => None,
        };
        for view in self.turn.trunks(self.clock()) {
            let Some(since) = well_from(&view.name) else { continue };
            let up = matches!(view.state, "up" | "unproven");
            if !up && self.now > since + BOUND && !self.closing {
                return Err(format!(
                    "{} is {} though its carrier is well since {since:?}",
                    view.name, view.state
                ));
            }
        }
        Ok(())
    }
}

fn refusal(request: &Request, status: u16, header: Option<(&str, String)>) -> Vec<u8> {
    let mut response = Response::to(request, status, sip::phrase(status)).tag("mood");
    if let Some((name, value)) = header {
        response.headers.push(name, value).unwrap();
    }
    response.print()
}
