//! The promise clock's part: sends the house out on an errand, in the words of the scripts.

use call::CallId;
use call::Event;
use call::LegId;
use call::action::SeatRole;
use call::errand::{Errand, Task};
use call::event::{Caller, Offer, Source};
use call::ids::{Address, Lang, Pii, Skill, StaffNo};
use call::plan::{Limits, Member};

use super::plans;
use super::seen::CallSeen;
use super::world::{Leg, Way, World};

/// The number for units of the scripts' plans.
const UNIT_ACCESS: &str = "05358900010";

impl World {
    /// A unit dials in: by its number, without one, or from a phone of the house.
    pub fn dial_in(&mut self, who: &str, citizen: &str, from: &[String]) {
        let id = CallId(self.calls.len() as u128 + 1);
        let leg = self.hotline.mint_leg();
        let from: Vec<&str> = from.iter().map(String::as_str).collect();
        let (number, source) = match from.as_slice() {
            ["from", number] => (*number, Source::Trunk("city".into())),
            ["withheld"] => ("", Source::Trunk("city".into())),
            _ => ("", Source::Phone(who.into())),
        };
        let citizens = self.store.first_owner();
        self.calls.push(CallSeen::new(citizen, id, leg, &citizens));
        let new = Leg { call: id, name: who.to_owned(), role: SeatRole::Liaison, way: Way::Ringing };
        self.legs.insert(leg, new);
        let number = Pii::new(number);
        let withheld = number.reveal().is_empty();
        self.tell(Event::Offered(Offer {
            call: id,
            leg,
            from: Caller { raw: number.clone(), number, withheld, ..Caller::default() },
            to: UNIT_ACCESS.into(),
            source,
            sip_call_id: format!("{who}@unit.example").into(),
            codec: "PCMA".into(),
            refuse: None,
        }));
    }

    /// `hand-over tax-liaison`, `remind tax-liaison 8`, `urgent tax-liaison tax-deputy lead at 东湖路`, `reach tax-liaison`, `connect d1`,
    /// `call-back since 300 [by 1001]`, `reply`, `echo3 [last]`; then `[about CASE] [to NUMBER] [in en] [urgently] [alone]`.
    pub fn send_out(&mut self, who: &str, words: &[String]) -> Result<(), String> {
        let mut rest: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut take = |word: &str, values: usize| {
            let at = rest.iter().position(|w| *w == word)?;
            let taken: Vec<String> = rest.drain(at..=at + values).map(str::to_owned).collect();
            taken.last().cloned()
        };
        let case = take("about", 1).map(Pii::new);
        let lang = if take("in", 1).is_some() { Lang::En } else { Lang::Zh };
        let urgent = take("urgently", 0).is_some();
        let alone = take("alone", 0).is_some();
        let to = take("to", 1);
        let now = self.moment().utc_ms;
        let what = task(&rest, now).ok_or_else(|| format!("no such errand: {}", words.join(" ")))?;
        let id = CallId(self.calls.len() as u128 + 1);
        let usual = format!("138{:08}", self.calls.len() + 1);
        let number = if alone { String::new() } else { to.unwrap_or(usual) };
        let mut seen = CallSeen::new(who, id, LegId(0), &number);
        seen.placed = true;
        self.calls.push(seen);
        let citizen = (!alone).then(|| Pii::new(number));
        let task = format!("task-{}", self.calls.len()).into();
        let ring = Limits::default().desk_ring;
        let errand = Errand { call: id, task, what, case, citizen, lang, urgent, ring };
        self.tell(Event::Errand(Box::new(errand)));
        Ok(())
    }
}

fn task(words: &[&str], now: i64) -> Option<Task> {
    Some(match words {
        ["hand-over", phone] => {
            let staff = ["7001", "7002", "2001"].map(|no| StaffNo(no.into())).into();
            Task::HandOver { contact: member(phone)?, staff }
        }
        ["remind", phone, minutes] => {
            Task::Remind { contact: member(phone)?, minutes: minutes.parse().ok()? }
        }
        ["urgent", chain @ .., "at", place] => {
            let chain = chain.iter().map(|phone| member(phone)).collect::<Option<_>>()?;
            Task::Urgent { chain, rounds: 2, place: (*place).into() }
        }
        ["reach", phone] => Task::Reach { contact: member(phone)? },
        ["connect", phone] => Task::Connect { staff: member(phone)? },
        ["call-back", "since", seconds] => call_back(now, seconds, None)?,
        ["call-back", "since", seconds, "by", staff] => call_back(now, seconds, Some(staff))?,
        ["reply"] => Task::Reply { received_at: now - 86_400_000 },
        ["echo3"] => Task::Echo3 { received_at: now - 86_400_000, last: false },
        ["echo3", "last"] => Task::Echo3 { received_at: now - 86_400_000, last: true },
        _ => return None,
    })
}

fn call_back(now: i64, seconds: &str, by: Option<&str>) -> Option<Task> {
    let since = now - seconds.parse::<i64>().ok()? * 1000;
    let operator = by.map(|no| StaffNo(no.into()));
    Some(Task::CallBack { since, skill: Skill("general".into()), operator })
}

/// Who has this phone, by the plan.
fn member(phone: &str) -> Option<Member> {
    let plan = plans::named("standard")?;
    let contacts = plan.units.values().flat_map(|u| u.contacts.clone());
    let operators =
        plan.operators.iter().map(|o| Member { staff: o.staff.clone(), address: o.address.clone() });
    let desks = plan.desks.values().flat_map(|d| d.members.clone());
    contacts
        .chain(desks)
        .chain(operators)
        .find(|m| matches!(&m.address, Address::Phone(user) if **user == *phone))
}
