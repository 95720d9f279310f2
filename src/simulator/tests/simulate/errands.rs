//! The promise clock's part: at any moment the house is sent out to a unit, down a chain, back to a citizen, to ask.

use call::errand::{Errand, Task};
use call::ids::{Address, CallId, Lang, Pii, Skill, StaffNo};
use call::plan::Member;
use switchboard::contract::Input;

use super::chance::Chance;
use super::house::OUTSIDE;
use super::world::World;
use std::time::Duration;

/// Ids of errands begin here.
const FIRST: u128 = 1 << 100;
/// Staff with a phone of the house who are rung on an errand.
const CONTACTS: [(&str, &str); 3] =
    [("7001", "tax-liaison"), ("7002", "tax-deputy"), ("7101", "civil-liaison")];

impl World {
    /// The house sets out for something that is due.
    pub fn send_out(&mut self) -> Result<(), String> {
        self.requests += 1;
        let call = CallId(FIRST + u128::from(self.requests));
        let utc_ms = self.clock().utc_ms;
        let what = task(&mut self.dice, utc_ms);
        // Numbers of those who call themselves, too: they get one call.
        let caller = format!("138{:08}", self.to_come);
        let number = self.dice.weigh(&[(60, OUTSIDE), (40, caller.as_str())]).to_owned();
        let citizen = self.dice.permille(900).then(|| Pii::new(number));
        let lang = if self.dice.permille(100) { Lang::En } else { Lang::Zh };
        let errand = Errand {
            call,
            task: "case/1/handover/1.1".into(),
            what,
            case: self.dice.permille(900).then(|| Pii::new("261009000012")),
            citizen,
            lang,
            urgent: self.dice.permille(100),
            ring: Duration::from_secs(20),
        };
        self.tell("the house sets out", Input::Errand(Box::new(errand)))
    }
}

fn member((no, phone): (&str, &str)) -> Member {
    Member { staff: StaffNo(no.into()), address: Address::Phone(phone.into()) }
}

fn task(dice: &mut Chance, utc_ms: i64) -> Task {
    let contact = member(dice.pick(&CONTACTS));
    let staff = ["1", "7001", "7101"].map(|no| StaffNo(no.into())).into();
    match dice.below(100) {
        0..22 => Task::HandOver { contact, staff },
        22..31 => Task::Remind { contact, minutes: 8 },
        31..40 => {
            let mut chain: Vec<Member> = CONTACTS.map(member).into();
            chain.push(member(("9001", "lead")));
            Task::Urgent { chain, rounds: 2, place: "东湖路".into() }
        }
        40..45 => Task::Reach { contact },
        45..59 => {
            let whom = dice.pick(&[("2001", "d1"), ("2201", "c1"), ("1001", "op1"), ("9001", "lead")]);
            Task::Connect { staff: member(whom) }
        }
        59..76 => Task::CallBack {
            since: utc_ms - i64::try_from(dice.below(900_000)).unwrap(),
            skill: Skill("general".into()),
            operator: dice.permille(300).then(|| StaffNo("1002".into())),
        },
        76..86 => Task::Reply { received_at: utc_ms - 3_600_000 },
        _ => Task::Echo3 { received_at: utc_ms - 86_400_000, last: dice.permille(300) },
    }
}
