//! The case store as a model: first rows reach the disk late or are never told, questions are answered or not.

use std::time::Duration;

use call::CallId;
use call::action::{Lookup, Question};
use call::ids::{Lang, Pii, UnitCode};

use super::chance::Chance;
use super::weather::Weather;

/// When the first row of a call is told to be on disk; `None`: never.
pub fn on_disk(weather: &Weather, dice: &mut Chance) -> Option<Duration> {
    if dice.permille(weather.lost_rows) {
        return None;
    }
    if dice.permille(weather.slow_rows) {
        return Some(dice.ms(500, 6_000));
    }
    Some(dice.ms(1, weather.disk))
}

/// The answer to a question and when it comes; `None`: never.
pub fn answer(
    weather: &Weather,
    dice: &mut Chance,
    utc_ms: i64,
    call: CallId,
    question: Question,
) -> Option<(Duration, Lookup)> {
    if dice.permille(weather.lost_answers) {
        return None;
    }
    let lookup = match question {
        Question::NewVoicemailCase if dice.permille(900) => {
            Lookup::NewCase(Pii::new(format!("{:012}", call.0 % 1_000_000)))
        }
        Question::NewVoicemailCase => Lookup::Unavailable,
        Question::OfUnit { .. } => match dice.weigh(&[(80, 0), (10, 1), (5, 2), (5, 3)]) {
            0 => Lookup::OfUnit {
                owner: "case/1".into(),
                citizen: Pii::new(super::house::OUTSIDE),
                lang: Lang::Zh,
                urgent: dice.permille(100),
            },
            1 => Lookup::NoSuchCase,
            2 => Lookup::TooManyTries,
            _ => Lookup::Unavailable,
        },
        Question::Progress { case, code, .. } => {
            let told = Lookup::Progress {
                case,
                received_at: utc_ms - 86_400_000,
                status: "handed_over".into(),
                unit: dice.permille(700).then(|| (UnitCode("TAX".into()), "税务局".into())),
                due_at: dice.permille(700).then_some(utc_ms + 86_400_000),
                due_provisional: dice.permille(200),
                extended: dice.permille(200),
            };
            let other = if code.is_some() { 30 } else { 300 };
            match dice.weigh(&[(60, 0), (other / 10, 1), (10, 2), (5, 3), (5, 4)]) {
                0 => told,
                1 => Lookup::CodeNeeded,
                2 => Lookup::NoSuchCase,
                3 => Lookup::TooManyTries,
                _ => Lookup::Unavailable,
            }
        }
    };
    let (soonest, latest) = dice.weigh(&[(90, (5, 100)), (10, (2_500, 4_000))]);
    Some((dice.ms(soonest, latest), lookup))
}
