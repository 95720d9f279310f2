//! Names of things: calls, legs, sounds, requests, people and places, and the wrapper that keeps a number out of logs.

use std::fmt;
use std::sync::Arc;

/// One call, from its first INVITE to its record: a ULID (128 bits, sortable by time), minted outside.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u128);

/// One leg of a call: the path between one phone and the room. Minted by [`crate::Hotline::mint_leg`], never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LegId(pub u64);

/// One thing being played. Comes back in [`crate::Event::PlayDone`]; a stale one is ignored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PlayId(pub u64);

/// An order or question from outside that waits for its [`crate::Action::Reply`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RequestId(pub u64);

/// Crockford's base 32, the alphabet of a ULID.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for shift in (0..26).rev() {
            let index = ((self.0 >> (shift * 5)) & 31) as usize;
            write!(f, "{}", CROCKFORD.get(index).copied().map_or('0', char::from))?;
        }
        Ok(())
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl CallId {
    /// Reads the 26 characters that `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 26 {
            return None;
        }
        let mut value: u128 = 0;
        for byte in text.bytes() {
            let digit = CROCKFORD.iter().position(|c| *c == byte.to_ascii_uppercase())?;
            value = value.checked_mul(32)?.checked_add(digit as u128)?;
        }
        Some(Self(value))
    }
}

/// Text shared by the plan and everyone who quotes it.
pub type Name = Arc<str>;

/// A staff number (工号), for example `1001`. People are known by number, never by name.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StaffNo(pub Name);

/// A window desk's number: three digits, `001` to `999`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DeskNo(pub u16);

impl fmt::Display for DeskNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

/// A department's or agency's code.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct UnitCode(pub Name);

/// A government service's code.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ServiceCode(pub Name);

/// What an operator is able to answer: `general`, `en`, ...
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Skill(pub Name);

/// A prompt of the manifest, `P01` to `P74`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PromptId(pub u8);

impl fmt::Display for PromptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P{:02}", self.0)
    }
}

/// A language that prompts exist in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub enum Lang {
    /// Mandarin, the default.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The tag used in file names and the store: `zh-CN` or `en`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }
}

/// Where a leg is rung.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// A phone that registers with us, by its user name.
    Phone(Name),
    /// A number outside, reached through a trunk.
    Number(Pii),
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(user) => write!(f, "phone {user}"),
            Self::Number(number) => write!(f, "number {number:?}"),
        }
    }
}

/// Personal data: a citizen's number or keyed digits. `Debug` shows at most `138****1234`, so that no log can hold it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pii(Name);

impl Pii {
    /// Wraps a value.
    pub fn new(value: impl Into<Name>) -> Self {
        Self(value.into())
    }

    /// The value itself: for the wire, the seal of the store and comparisons; never for a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The first three and last four digits around stars; all stars when there are fewer than nine.
    pub fn masked(&self) -> String {
        let chars: Vec<char> = self.0.chars().collect();
        let n = chars.len();
        if n < 9 {
            return "*".repeat(n);
        }
        chars.iter().enumerate().map(|(i, c)| if i < 3 || i + 4 >= n { *c } else { '*' }).collect()
    }

    /// The last `n` characters, as spoken in "尾号".
    pub fn tail(&self, n: usize) -> String {
        let skip = self.0.chars().count().saturating_sub(n);
        self.0.chars().skip(skip).collect()
    }
}

impl fmt::Debug for Pii {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
