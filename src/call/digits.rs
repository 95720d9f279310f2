//! Star codes: what operators, desks and citizens key while they talk.

use std::time::Duration;

use crate::action::SeatRole;
use crate::event::Key;
use crate::ids::DeskNo;
use crate::plan::Limits;

/// What a complete code asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Code {
    /// `*1`; of a desk `*6`.
    Mute,
    /// `*2 desk #`; without a number the desk that the menu filled in.
    Consult(Option<DeskNo>),
    /// `*3 desk #`.
    Bridge(Option<DeskNo>),
    /// `*4`, and `0` while a desk is rung or consulted.
    Merge,
    /// `*5`, and `#` while a desk is rung or consulted.
    Drop,
    /// `*6`
    Hold,
    /// `*7`, and `*` alone while a desk is rung or consulted.
    Leave,
    /// `*8`
    Survey,
    /// `*9` and the same key 1 to 4 twice.
    Emergency(u8),
    /// `*0` of the citizen, `*5` of the desk.
    Recall,
}

/// What a key came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keyed {
    /// More keys are needed.
    More,
    /// A whole code.
    Code(Code),
    /// No code: what was keyed is forgotten.
    Nothing,
}

/// Longest code: `*3037#`.
const MOST_KEYS: usize = 6;

/// The keys of one seat that are no whole code yet.
#[derive(Clone, Default)]
pub(crate) struct Keypad {
    keys: Vec<char>,
    until: Option<Duration>,
}

impl std::fmt::Debug for Keypad {
    /// Keyed digits are personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} keys", self.keys.len())
    }
}

impl Keypad {
    /// Takes a key. `calling`: a desk is rung or consulted, and single keys mean something to the operator.
    pub(crate) fn press(
        &mut self,
        now: Duration,
        limits: &Limits,
        role: SeatRole,
        calling: bool,
        key: Key,
    ) -> Keyed {
        self.keys.push(key.as_char());
        let keyed = match self.keys.as_slice() {
            ['0'] if calling && operates(role) => Keyed::Code(Code::Merge),
            ['#'] if calling && operates(role) => Keyed::Code(Code::Drop),
            ['*'] => Keyed::More,
            ['*', rest @ ..] => read(role, rest),
            _ => Keyed::Nothing,
        };
        if keyed == Keyed::More && self.keys.len() <= MOST_KEYS {
            self.until = Some(now.saturating_add(limits.code_digit));
            return Keyed::More;
        }
        self.clear();
        if keyed == Keyed::More { Keyed::Nothing } else { keyed }
    }

    /// When the code that was begun is given up.
    pub(crate) fn until(&self) -> Option<Duration> {
        self.until
    }

    /// Gives up the code that was begun: a star alone was one while a desk is rung.
    pub(crate) fn time_out(&mut self, role: SeatRole, calling: bool) -> Keyed {
        let star = self.keys == ['*'] && calling && operates(role);
        self.clear();
        if star { Keyed::Code(Code::Leave) } else { Keyed::Nothing }
    }

    fn clear(&mut self) {
        self.keys.clear();
        self.until = None;
    }
}

fn operates(role: SeatRole) -> bool {
    matches!(role, SeatRole::Operator | SeatRole::Supervisor)
}

fn read(role: SeatRole, keys: &[char]) -> Keyed {
    match role {
        SeatRole::Citizen => match keys {
            ['0'] => Keyed::Code(Code::Recall),
            _ => Keyed::Nothing,
        },
        SeatRole::Desk | SeatRole::Liaison => match keys {
            ['5'] => Keyed::Code(Code::Recall),
            ['6'] => Keyed::Code(Code::Mute),
            ['7'] => Keyed::Code(Code::Leave),
            _ => Keyed::Nothing,
        },
        SeatRole::Operator | SeatRole::Supervisor => of_operator(keys),
        SeatRole::Emergency => Keyed::Nothing,
    }
}

fn of_operator(keys: &[char]) -> Keyed {
    match keys {
        ['1'] => Keyed::Code(Code::Mute),
        ['2' | '3' | '9'] | ['9', '1'..='4'] => Keyed::More,
        ['2', desk @ ..] => desk_code(desk, Code::Consult),
        ['3', desk @ ..] => desk_code(desk, Code::Bridge),
        ['4'] => Keyed::Code(Code::Merge),
        ['5'] => Keyed::Code(Code::Drop),
        ['6'] => Keyed::Code(Code::Hold),
        ['7'] => Keyed::Code(Code::Leave),
        ['8'] => Keyed::Code(Code::Survey),
        ['9', first @ '1'..='4', second] if first == second => first
            .to_digit(10)
            .and_then(|d| u8::try_from(d).ok())
            .map_or(Keyed::Nothing, |key| Keyed::Code(Code::Emergency(key))),
        _ => Keyed::Nothing,
    }
}

fn desk_code(keys: &[char], code: fn(Option<DeskNo>) -> Code) -> Keyed {
    match keys {
        ['#'] => Keyed::Code(code(None)),
        [a, b, c, '#'] => {
            let number: String = [a, b, c].into_iter().collect();
            number.parse().map_or(Keyed::Nothing, |no| Keyed::Code(code(Some(DeskNo(no)))))
        }
        digits if digits.len() <= 3 && digits.iter().all(char::is_ascii_digit) => Keyed::More,
        _ => Keyed::Nothing,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn keyed(role: SeatRole, calling: bool, keys: &str) -> Vec<Keyed> {
        let (mut pad, limits) = (Keypad::default(), Limits::default());
        let press = |c| pad.press(Duration::ZERO, &limits, role, calling, Key::from_char(c).unwrap());
        keys.chars().map(press).filter(|k| *k != Keyed::More).collect()
    }

    #[test]
    fn every_code_of_an_operator_is_read() {
        let one = |code| vec![Keyed::Code(code)];
        let desk = Some(DeskNo(37));
        let rows = [
            ("*1", one(Code::Mute)),
            ("*2037#", one(Code::Consult(desk))),
            ("*2#", one(Code::Consult(None))),
            ("*3037#", one(Code::Bridge(desk))),
            ("*4", one(Code::Merge)),
            ("*5", one(Code::Drop)),
            ("*6", one(Code::Hold)),
            ("*7", one(Code::Leave)),
            ("*8", one(Code::Survey)),
            ("*933", one(Code::Emergency(3))),
            ("**", vec![Keyed::Nothing]),
            ("*934", vec![Keyed::Nothing]),
            ("*955", vec![Keyed::Nothing, Keyed::Nothing]),
            ("*30#", vec![Keyed::Nothing]),
            ("*30377", vec![Keyed::Nothing]),
        ];
        for (keys, expected) in rows {
            assert_eq!(keyed(SeatRole::Operator, false, keys), expected, "{keys}");
        }
    }

    #[test]
    fn single_keys_mean_something_only_while_a_desk_is_called() {
        assert_eq!(
            keyed(SeatRole::Operator, true, "0#"),
            [Keyed::Code(Code::Merge), Keyed::Code(Code::Drop)]
        );
        assert_eq!(keyed(SeatRole::Operator, false, "0#5"), [Keyed::Nothing; 3]);
    }

    #[test]
    fn a_star_alone_leaves_while_a_desk_is_called_and_is_forgotten_otherwise() {
        for (calling, expected) in [(true, Keyed::Code(Code::Leave)), (false, Keyed::Nothing)] {
            let mut pad = Keypad::default();
            let star = pad.press(Duration::ZERO, &Limits::default(), SeatRole::Operator, calling, Key::Star);
            assert_eq!((star, pad.until()), (Keyed::More, Some(Duration::from_secs(2))));
            assert_eq!((pad.time_out(SeatRole::Operator, calling), pad.until()), (expected, None));
        }
    }

    #[test]
    fn citizens_and_desks_have_few_codes() {
        assert_eq!(keyed(SeatRole::Citizen, false, "*0"), [Keyed::Code(Code::Recall)]);
        assert_eq!(keyed(SeatRole::Citizen, false, "*8"), [Keyed::Nothing]);
        assert_eq!(keyed(SeatRole::Desk, false, "*5"), [Keyed::Code(Code::Recall)]);
        assert_eq!(keyed(SeatRole::Desk, false, "*7"), [Keyed::Code(Code::Leave)]);
        assert_eq!(keyed(SeatRole::Desk, false, "*3"), [Keyed::Nothing]);
    }
}
