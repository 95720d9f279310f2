//! What is asked of `requests`: the arguments of the address, checked.

use jiff::Timestamp;

use super::Fault;

/// Most numbers in `service_request_id`.
pub const MOST_IDS: usize = 100;
/// Most codes in `service_code`.
pub const MOST_CODES: usize = 100;
/// Most requests of an answer, newest first ("first 1000 requests returned").
pub const MOST_REQUESTS: usize = 1_000;
/// The span without dates, and the longest with them ("may not span more than 90 days").
pub const SPAN_DAYS: i64 = 90;

const DAY_MS: i64 = 86_400_000;

/// Which requests.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// These numbers, whatever the rest says; none: all.
    pub ids: Vec<String>,
    /// Of these services; none: of all.
    pub codes: Vec<String>,
    /// Requested from here, UTC ms, inclusive.
    pub from: i64,
    /// Requested until here, UTC ms, inclusive.
    pub until: i64,
    /// Closed ones, open ones; `None`: both.
    pub closed: Option<bool>,
}

impl Filter {
    /// Reads names and values (percent signs already resolved). What it doesn't know is left alone: servers may have arguments of
    /// their own, and clients send them everywhere. A value is a list apart by commas; a name may stand more than once.
    ///
    /// # Errors
    /// Every fault, each a 400.
    pub fn read<'a>(
        arguments: impl IntoIterator<Item = (&'a str, &'a str)>,
        now: i64,
    ) -> Result<Self, Vec<Fault>> {
        let (mut filter, mut faults) = (Self::default(), Vec::new());
        let (mut from, mut until, mut open, mut closed) = (None, None, false, false);
        for (name, value) in arguments {
            match name {
                "service_request_id" => filter.ids.extend(list(value)),
                "service_code" => filter.codes.extend(list(value)),
                "start_date" => from = date(name, value, &mut faults),
                "end_date" => until = date(name, value, &mut faults),
                "status" => {
                    for status in list(value) {
                        match status.as_str() {
                            "open" => open = true,
                            "closed" => closed = true,
                            _ => faults.push(fault("status is open or closed")),
                        }
                    }
                }
                _ => {}
            }
        }
        if filter.ids.len() > MOST_IDS {
            faults.push(fault(&format!("service_request_id takes at most {MOST_IDS} numbers")));
        }
        if filter.codes.len() > MOST_CODES {
            faults.push(fault(&format!("service_code takes at most {MOST_CODES} codes")));
        }
        filter.closed = (open != closed).then_some(closed);
        (filter.from, filter.until) = span(from, until, now);
        let length = filter.until.saturating_sub(filter.from);
        if filter.ids.is_empty() && !(0..=SPAN_DAYS * DAY_MS).contains(&length) {
            faults.push(fault(&format!(
                "start_date must not be after end_date, nor more than {SPAN_DAYS} days before it"
            )));
        }
        if faults.is_empty() { Ok(filter) } else { Err(faults) }
    }
}

/// With one date the other is 90 days away; with none the last 90 days are meant.
fn span(from: Option<i64>, until: Option<i64>, now: i64) -> (i64, i64) {
    let span = SPAN_DAYS * DAY_MS;
    match (from, until) {
        (Some(from), Some(until)) => (from, until),
        (Some(from), None) => (from, now.clamp(from, from.saturating_add(span))),
        (None, until) => {
            let until = until.unwrap_or(now);
            (until.saturating_sub(span), until)
        }
    }
}

fn list(value: &str) -> impl Iterator<Item = String> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned)
}

/// W3C date and time with its zone; a plus sign that became a space on the way is taken for one.
fn date(name: &str, value: &str, faults: &mut Vec<Fault>) -> Option<i64> {
    let read = value.replace(' ', "+").parse::<Timestamp>().map(Timestamp::as_millisecond);
    read.map_err(|_| {
        faults.push(fault(&format!(
            "{name} is a date and time with its zone, such as 2026-03-02T09:15:00+08:00"
        )));
    })
    .ok()
}

fn fault(description: &str) -> Fault {
    Fault { code: 400, description: description.to_owned() }
}
