//! What `hotline route` takes, and how its words become values.

use std::collections::BTreeSet;
use std::path::PathBuf;

use calendar::{Date, TimeOfDay, Zone};
use call::event::{Caller, Key};
use call::ids::{Address, Name, StaffNo};
use call::plan::Operator;
use config::Checked;
use rehearsal::Wishes;
use switchboard::numbers;

use crate::command::CommandError;

/// What `hotline route` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
    /// When the call comes in, by the clock of the configuration's zone: 2026-10-10T10:00 [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Who calls; `anonymous` withholds the number
    #[arg(long, value_name = "NUMBER", default_value = "anonymous")]
    pub from: String,
    /// The dialled number [default: the first of numbers in routing.toml]
    #[arg(long, value_name = "NUMBER")]
    pub to: Option<String>,
    /// Keys of the caller; a comma waits until the next question is being asked: 2,037#,1
    #[arg(long, value_name = "KEYS", default_value = "", hide_default_value = true)]
    pub keys: String,
    /// Operators on duty, by phone or staff number: op1,op2 [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "nobody")]
    pub on_duty: Option<Vec<String>>,
    /// No operator is on duty
    #[arg(long)]
    pub nobody: bool,
    /// How the window desks behave when they are rung
    #[arg(long, value_enum, value_name = "HOW", default_value = "accepts")]
    pub desk: Mood,
    /// Tell of each step which file and setting decided it
    #[arg(long)]
    pub explain: bool,
    /// Tell it as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// How window desks behave.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// Answers and presses 1
    Accepts,
    /// The phone is busy (486)
    Busy,
    /// Rings, and nobody answers
    NoAnswer,
    /// Answers and presses 2
    Declines,
    /// The phone is not registered
    Absent,
    /// All windows are shut for the rest of the day
    ClosedHours,
}

impl From<Mood> for rehearsal::Mood {
    fn from(mood: Mood) -> Self {
        match mood {
            Mood::Accepts => Self::Accepts,
            Mood::Busy => Self::Busy,
            Mood::NoAnswer => Self::NoAnswer,
            Mood::Declines => Self::Declines,
            Mood::Absent => Self::Absent,
            Mood::ClosedHours => Self::ClosedHours,
        }
    }
}

impl Arguments {
    /// Reads them against a configuration.
    ///
    /// # Errors
    /// [`CommandError::Argument`].
    pub(crate) fn wishes(&self, checked: &Checked, now: i64) -> Result<Wishes, CommandError> {
        let place = &checked.settings.place;
        let place = numbers::Place { country: place.country.clone(), area: place.area.clone() };
        let at = self.at.as_deref().map_or(Ok(now), |text| moment(text, &checked.plan.calendar.zone))?;
        Ok(Wishes {
            at,
            from: caller(&self.from, &place)?,
            to: dialled(self.to.as_deref(), &place, checked)?,
            keys: keys(&self.keys)?,
            duty: self.duty(&checked.plan.operators)?,
            desk: self.desk.into(),
            absent: BTreeSet::new(),
            closed: BTreeSet::new(),
            takes_offer: false,
        })
    }

    fn duty(&self, operators: &[Operator]) -> Result<Vec<StaffNo>, CommandError> {
        if self.nobody {
            return Ok(Vec::new());
        }
        let Some(names) = &self.on_duty else {
            return Ok(operators.iter().map(|o| o.staff.clone()).collect());
        };
        let found = |name: &String| {
            let fits =
                |o: &&Operator| *o.staff.0 == **name || o.address == Address::Phone(name.as_str().into());
            operators.iter().find(fits).map(|o| o.staff.clone()).ok_or_else(|| {
                CommandError::argument(
                    "--on-duty",
                    format!("operators.toml 中没有话务员 {name}：请写话机名（op1）或工号（1001）"),
                    format!(
                        "operators.toml has no operator {name}: write a phone (op1) or a staff number (1001)"
                    ),
                )
            })
        };
        names.iter().map(found).collect()
    }
}

/// `2026-10-10T10:00`, also with a space and with seconds of zero.
fn moment(text: &str, zone: &Zone) -> Result<i64, CommandError> {
    let read = || {
        let (day, time) = text.split_once(['T', ' '])?;
        let mut parts = day.splitn(3, '-').map(|part| part.parse::<i16>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
        let time =
            TimeOfDay::parse(time.strip_suffix(":00").filter(|t| t.len() == 5).unwrap_or(time)).ok()?;
        (2000..2100).contains(&year).then(|| zone.moment(date, time))
    };
    read().ok_or_else(|| {
        CommandError::argument(
            "--at",
            format!("{text:?} 不是时刻：请写 2026-10-10T10:00"),
            format!("{text:?} is not a moment: write 2026-10-10T10:00"),
        )
    })
}

fn caller(text: &str, place: &numbers::Place) -> Result<Caller, CommandError> {
    let claim = numbers::Claim { from: Some(text), ..numbers::Claim::default() };
    let caller = numbers::identify(claim, |raw| numbers::normalise(raw, place));
    if !caller.withheld && caller.number.reveal().is_empty() {
        return Err(not_a_number("--from", ", or anonymous", "，或写 anonymous 表示不显示号码"));
    }
    Ok(caller)
}

fn dialled(text: Option<&str>, place: &numbers::Place, checked: &Checked) -> Result<Name, CommandError> {
    let first = || checked.plan.numbers.first().cloned().unwrap_or_else(|| "".into());
    let Some(text) = text else { return Ok(first()) };
    numbers::normalise(text, place).map(Name::from).ok_or_else(|| not_a_number("--to", "", ""))
}

/// The number itself is not repeated: it may be somebody's.
fn not_a_number(argument: &'static str, en: &str, zh: &str) -> CommandError {
    CommandError::argument(
        argument,
        format!("不是电话号码：请写 13900000000 这样的数字{zh}"),
        format!("not a telephone number: write digits such as 13900000000{en}"),
    )
}

fn keys(text: &str) -> Result<Vec<Vec<Key>>, CommandError> {
    rehearsal::keys(text).map_err(|why| CommandError::argument("--keys", why.zh(), why.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn moments_are_read_by_the_clock_of_the_zone() {
        let zone = Zone::default();
        let ten = moment("2026-10-10T10:00", &zone).unwrap();
        assert_eq!(ten, 1_791_597_600_000);
        assert_eq!(moment("2026-10-10 10:00", &zone).unwrap(), ten);
        assert_eq!(moment("2026-10-10T10:00:00", &zone).unwrap(), ten);
        for bad in
            ["2026-10-10", "10:00", "2026-13-01T10:00", "2026-02-30T10:00", "2026-10-10T25:00", "now", ""]
        {
            let error = moment(bad, &zone).unwrap_err();
            assert_eq!(error.exit_code(), crate::command::USAGE, "{bad}");
        }
    }
}
