//! The case store's part: it knows the script's cases and counts wrong codes.

use call::action::{Lookup, Question};
use call::ids::{Lang, Pii, UnitCode};

use super::script::{Case, House};

/// Wrong codes that one caller may key in a day.
const MOST_WRONG_CODES: u32 = 5;
/// The number of the case that a voice message becomes.
pub const NEW_CASE: &str = "261012000011";

/// What it knows.
pub struct CaseStore {
    /// It does not answer.
    pub away: bool,
    cases: Vec<Case>,
    wrong_codes: u32,
}

impl CaseStore {
    /// As the script says.
    pub fn new(house: &House) -> Self {
        Self { away: house.store_away, cases: house.cases.clone(), wrong_codes: house.wrong_codes }
    }

    /// Answers a question.
    pub fn find(&mut self, question: &Question) -> Lookup {
        if self.away {
            return Lookup::Unavailable;
        }
        let (case, code, caller) = match question {
            Question::Progress { case, code, caller } => (case, code, caller),
            Question::OfUnit { case, units, .. } => return self.of_unit(case.reveal(), units),
            Question::NewVoicemailCase => return Lookup::NewCase(Pii::new(NEW_CASE)),
        };
        if self.wrong_codes >= MOST_WRONG_CODES {
            return Lookup::TooManyTries;
        }
        let Some(known) = self.cases.iter().find(|c| c.number == case.reveal()) else {
            return Lookup::NoSuchCase;
        };
        let own = !known.owner.is_empty() && known.owner == caller.reveal();
        match code {
            Some(code) if code.reveal() == known.code => told(known),
            _ if own => told(known),
            Some(_) => {
                self.wrong_codes += 1;
                Lookup::CodeNeeded
            }
            None => Lookup::CodeNeeded,
        }
    }
}

impl CaseStore {
    /// The number of the citizen of the script's first case.
    pub fn first_owner(&self) -> String {
        self.cases.first().map(|case| case.owner.clone()).unwrap_or_default()
    }

    fn of_unit(&mut self, no: &str, units: &[UnitCode]) -> Lookup {
        if self.wrong_codes >= MOST_WRONG_CODES {
            return Lookup::TooManyTries;
        }
        let theirs = |c: &&Case| {
            c.number == no && c.unit.as_ref().is_some_and(|(code, _)| units.iter().any(|u| *u.0 == **code))
        };
        match self.cases.iter().find(theirs) {
            None => {
                self.wrong_codes += 1;
                Lookup::NoSuchCase
            }
            Some(case) if case.status == "archived" => told(case),
            Some(case) if case.owner.is_empty() => Lookup::Unavailable,
            Some(case) => Lookup::OfUnit {
                owner: "case/1".into(),
                citizen: Pii::new(case.owner.clone()),
                lang: Lang::Zh,
                urgent: false,
            },
        }
    }
}

fn told(case: &Case) -> Lookup {
    Lookup::Progress {
        case: Pii::new(case.number.clone()),
        received_at: case.received,
        status: case.status.as_str().into(),
        unit: case.unit.as_ref().map(|(code, name)| (UnitCode(code.as_str().into()), name.as_str().into())),
        due_at: case.due,
        due_provisional: case.provisional,
        extended: case.extended,
    }
}
