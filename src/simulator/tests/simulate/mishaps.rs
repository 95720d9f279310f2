//! What goes wrong in a run: a list that is drawn from the seed, printed as words, read back, and made shorter.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::chance::Chance;
use super::weather::BASE;

/// Nothing begins to go wrong later than this after the start, ms.
pub const LAST: u64 = 150_000;

/// One thing that goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mishap {
    /// After the start, ms.
    pub at: u64,
    pub what: What,
    /// So long, ms; of a crash: until the next life begins. 0: at once and for good.
    pub span: u64,
    /// How much of it: milliseconds, or of a thousand.
    pub much: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// The process is killed: what the kernel has of it goes on to the disk.
    Kill,
    /// The machine is without power: the disk keeps what was synced, and anything of the rest.
    Power,
    /// The database is away.
    Away,
    /// Each answer of the database takes so many milliseconds longer.
    Slow,
    /// So many of a thousand answers of the database are errors; half of them did what was asked.
    Lies,
    /// Nothing comes to the journal's disk.
    Stands,
    /// So many of a thousand syncs of the journal fail.
    Fails,
    /// The journal's disk has no room for anything new.
    Full,
    /// The wall clock is set by so many milliseconds.
    Clock,
}

const WORDS: [(What, &str); 9] = [
    (What::Kill, "kill"),
    (What::Power, "power"),
    (What::Away, "away"),
    (What::Slow, "slow"),
    (What::Lies, "lies"),
    (What::Stands, "stands"),
    (What::Fails, "fails"),
    (What::Full, "full"),
    (What::Clock, "clock"),
];

impl What {
    /// The word that a tally counts it by.
    pub fn kind(self) -> &'static str {
        WORDS.iter().find(|(what, _)| *what == self).map_or("", |(_, word)| word)
    }
}

impl Mishap {
    pub fn begins(&self) -> Duration {
        BASE + Duration::from_millis(self.at)
    }

    pub fn ends(&self) -> Duration {
        self.begins() + Duration::from_millis(self.span)
    }

    fn draw(dice: &mut Chance) -> Self {
        let what = dice.weigh(&[
            (26, What::Kill),
            (16, What::Power),
            (14, What::Away),
            (8, What::Slow),
            (10, What::Lies),
            (7, What::Stands),
            (7, What::Fails),
            (4, What::Full),
            (8, What::Clock),
        ]);
        let at = 1_000 + dice.below(LAST - 1_000);
        let short = 200 + dice.below(4_000);
        let long = dice.weigh(&[(60, 8_000), (30, 40_000), (10, 600_000)]);
        let long = 1_000 + dice.below(long);
        let (span, much) = match what {
            What::Kill | What::Power => (short, 0),
            What::Away | What::Full => (long, 0),
            What::Slow => (long, dice.pick(&[50, 400, 1_800, 6_000])),
            What::Lies | What::Fails => (long, dice.pick(&[50, 300, 900])),
            What::Stands => (short.min(long), 0),
            What::Clock => (0, dice.pick(&[-86_400_000, -3_600_000, -61_000, -900, 900, 61_000, 3_600_000])),
        };
        Self { at, what, span, much }
    }
}

impl fmt::Display for Mishap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}+{}*{}", self.what.kind(), self.at, self.span, self.much)
    }
}

impl FromStr for Mishap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (word, rest) = text.split_once('@')?;
            let (at, rest) = rest.split_once('+')?;
            let (span, much) = rest.split_once('*')?;
            let what = WORDS.iter().find(|(_, known)| *known == word)?.0;
            Some(Self { at: at.parse().ok()?, what, span: span.parse().ok()?, much: much.parse().ok()? })
        };
        parse().ok_or_else(|| format!("`{text}` is no mishap: write kill@12300+800*0"))
    }
}

/// Those of a seed, in their order. Chance of their own: the world of a seed stays the same when one is left out.
pub fn of_seed(seed: u64) -> Vec<Mishap> {
    let mut dice = Chance::new(seed ^ 0x006d_6973_6861_7073);
    let count = dice.weigh(&[(10, 0), (40, 1), (25, 2), (15, 3), (10, 5)]);
    let mut all: Vec<Mishap> = (0..count).map(|_| Mishap::draw(&mut dice)).collect();
    all.sort_by_key(|mishap| mishap.at);
    all
}

/// `kill@12300+800*0,clock@20000+0*-900`
pub fn print(all: &[Mishap]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

pub fn parse(text: &str) -> Vec<Mishap> {
    let words = text.split(',').filter(|word| !word.is_empty());
    words.map(|word| word.parse().expect("a mishap")).collect()
}
