//! Facts and keys as text, for the store: `kind` and `what` of a row, and back. `what` is `name=value` pairs; a text that somebody
//! wrote comes last, as `text=`, and goes to the end.

use crate::action::{Contact, Key, Kind};
use crate::fact::{Answers, Fact, Pledge};
use crate::ids::{CallId, CaseId, ItemId, Month, Name, Of};
use crate::state::State;
use crate::vow::{End, Proof, What};

/// One row's text being written.
struct Pen(String);

impl Pen {
    fn new() -> Self {
        Self(String::new())
    }

    fn put(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.push_str(&format!("{name}={value}"));
        self
    }

    fn maybe(self, name: &str, value: Option<impl std::fmt::Display>) -> Self {
        match value {
            Some(value) => self.put(name, value),
            None => self,
        }
    }

    fn pledge(self, pledge: &Pledge) -> Self {
        let pen = self.put("of", pledge.what.word()).put("from", pledge.from).maybe("days", pledge.days);
        pen.put("due", pledge.due_at).put("provisional", pledge.provisional)
    }

    fn proof(self, proof: Proof) -> Self {
        match proof {
            Proof::Proven(call) => self.put("proven", format!("{:x}", call.0)),
            Proof::Claimed => self.put("claimed", true),
        }
    }

    fn end(self, end: End) -> Self {
        match end {
            End::Kept(proof) => self.put("end", "kept").proof(proof),
            End::Missed(why) => self.put("end", "missed").put("why", why.word()),
            End::Void(why) => self.put("end", "void").put("why", why.word()),
        }
    }
}

/// One row's text being read.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.0;
        loop {
            let (key, after) = rest.split_once('=')?;
            if key == "text" {
                return (name == "text").then_some(after);
            }
            let (value, next) = after.split_once(' ').unwrap_or((after, ""));
            if key == name {
                return Some(value);
            }
            rest = next;
        }
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }

    fn hex(&self, name: &str) -> Option<u128> {
        u128::from_str_radix(self.get(name)?, 16).ok()
    }

    fn name(&self, name: &str) -> Option<Name> {
        self.get(name).map(Name::from)
    }

    fn what(&self) -> Option<What> {
        What::parse(self.get("of")?)
    }

    fn pledge(&self) -> Option<Pledge> {
        Some(Pledge {
            what: self.what()?,
            from: self.number("from")?,
            days: self.number("days"),
            due_at: self.number("due")?,
            provisional: self.number("provisional")?,
        })
    }

    fn proof(&self) -> Option<Proof> {
        match self.hex("proven") {
            Some(call) => Some(Proof::Proven(CallId(call))),
            None => self.get("claimed").map(|_| Proof::Claimed),
        }
    }

    fn end(&self) -> Option<End> {
        match self.get("end")? {
            "kept" => self.proof().map(End::Kept),
            "missed" => crate::Why::parse(self.get("why")?).map(End::Missed),
            "void" => crate::Lapse::parse(self.get("why")?).map(End::Void),
            _ => None,
        }
    }
}

impl Fact {
    /// `kind` and `what` of its row. Codes and staff numbers hold no blanks.
    pub fn write(&self) -> (&'static str, String) {
        let pen = Pen::new();
        let (kind, pen) = match self {
            Self::Moved(state) => ("state", pen.put("state", state.word())),
            Self::Assigned(unit) => ("assigned", pen.put("unit", unit)),
            Self::Promised(pledge) => ("promised", pen.pledge(pledge)),
            Self::DueChanged { old, new, why } => {
                ("due_changed", pen.pledge(new).put("old", old).put("why", why.word()))
            }
            Self::Ended(what, end) => ("ended", pen.put("of", what.word()).end(*end)),
            Self::Late(what, proof) => ("late", pen.put("of", what.word()).proof(*proof)),
            Self::Tried(what, miss) => ("tried", pen.put("of", what.word()).put("miss", miss.word())),
            Self::Person(what) => ("person", pen.put("of", what.word())),
            Self::Received(by, channel) => ("received", pen.put("by", by).put("channel", channel.word())),
            Self::Returned(why) => ("returned", pen.put("text", why)),
            Self::Told { what, method, proof, by, until } => {
                let pen = pen.put("of", what.word()).put("method", method.word()).proof(*proof);
                ("told", pen.put("by", by).maybe("until", *until))
            }
            Self::ExtensionAsked(days, why) => ("extension_asked", pen.put("days", days).put("text", why)),
            Self::ExtensionAnswered(days, why) => {
                ("extension_answered", pen.maybe("days", *days).put("text", why))
            }
            Self::Reported(by) => ("reported", pen.put("by", by)),
            Self::Scored(what, Answers { first, second, score }, by) => {
                let pen = pen.put("of", what.word()).maybe("first", *first).maybe("second", *second);
                ("scored", pen.maybe("score", *score).put("by", by.word()))
            }
            Self::Disputed(what) => ("disputed", pen.put("of", what.word())),
            Self::Round(round) => ("round", pen.put("round", round)),
            Self::Flagged(flag, on) => ("flag", pen.put("flag", flag.word()).put("on", on)),
            Self::Merged(into) => ("merged", pen.put("into", format!("{:x}", into.0))),
            Self::GaveUp(why) => ("gave_up", pen.put("text", why)),
            Self::Decided(what) => ("decided", pen.put("text", what)),
            Self::Joined(call) => ("joined", pen.put("call", format!("{:x}", call.0))),
            Self::Settled => ("settled", pen),
            Self::Reached(contact, yes) => ("reached", pen.put("contact", contact.word()).put("yes", yes)),
            Self::Listed(why) => ("listed", pen.put("text", why)),
            Self::Reviewed(what, next) => ("reviewed", pen.put("next", next).put("text", what)),
            Self::Struck(why) => ("struck", pen.put("text", why)),
            Self::NoticeMade => ("notice_made", pen),
            Self::NoticeEdited(by) => ("notice_edited", pen.put("by", by)),
            Self::NoticeSigned(by) => ("notice_signed", pen.put("by", by)),
            Self::NoticeSent(by) => ("notice_sent", pen.put("by", by)),
        };
        (kind, pen.0)
    }

    /// A fact from its row; `None`: this is none of ours.
    pub fn read(kind: &str, what: &str) -> Option<Self> {
        let fields = Fields(what);
        let (text, by) = (|| fields.name("text"), || fields.name("by"));
        Some(match kind {
            "state" => Self::Moved(State::parse(fields.get("state")?)?),
            "assigned" => Self::Assigned(fields.name("unit")?),
            "promised" => Self::Promised(fields.pledge()?),
            "due_changed" => {
                let why = crate::Change::parse(fields.get("why")?)?;
                Self::DueChanged { old: fields.number("old")?, new: fields.pledge()?, why }
            }
            "ended" => Self::Ended(fields.what()?, fields.end()?),
            "late" => Self::Late(fields.what()?, fields.proof()?),
            "tried" => Self::Tried(fields.what()?, crate::Miss::parse(fields.get("miss")?)?),
            "person" => Self::Person(fields.what()?),
            "received" => Self::Received(by()?, crate::Channel::parse(fields.get("channel")?)?),
            "returned" => Self::Returned(text()?),
            "told" => Self::Told {
                what: fields.what()?,
                method: crate::Method::parse(fields.get("method")?)?,
                proof: fields.proof()?,
                by: by()?,
                until: fields.number("until"),
            },
            "extension_asked" => Self::ExtensionAsked(fields.number("days")?, text()?),
            "extension_answered" => Self::ExtensionAnswered(fields.number("days"), text()?),
            "reported" => Self::Reported(by()?),
            "scored" => {
                let answers = Answers {
                    first: fields.number("first"),
                    second: fields.number("second"),
                    score: fields.number("score"),
                };
                Self::Scored(fields.what()?, answers, crate::By::parse(fields.get("by")?)?)
            }
            "disputed" => Self::Disputed(fields.what()?),
            "round" => Self::Round(fields.number("round")?),
            "flag" => Self::Flagged(crate::Flag::parse(fields.get("flag")?)?, fields.number("on")?),
            "merged" => Self::Merged(CaseId(fields.hex("into")?)),
            "gave_up" => Self::GaveUp(text()?),
            "decided" => Self::Decided(text()?),
            _ => return Self::read_other(kind, &fields),
        })
    }

    /// Facts of what stands beside the cases.
    fn read_other(kind: &str, fields: &Fields<'_>) -> Option<Self> {
        let (text, by) = (|| fields.name("text"), || fields.name("by"));
        Some(match kind {
            "joined" => Self::Joined(CallId(fields.hex("call")?)),
            "settled" => Self::Settled,
            "reached" => Self::Reached(Contact::parse(fields.get("contact")?)?, fields.number("yes")?),
            "listed" => Self::Listed(text()?),
            "reviewed" => Self::Reviewed(text()?, fields.number("next")?),
            "struck" => Self::Struck(text()?),
            "notice_made" => Self::NoticeMade,
            "notice_edited" => Self::NoticeEdited(by()?),
            "notice_signed" => Self::NoticeSigned(by()?),
            "notice_sent" => Self::NoticeSent(by()?),
            _ => return None,
        })
    }
}

impl Of {
    /// From what `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (what, rest) = text.split_once('/')?;
        let id = || u128::from_str_radix(rest, 16).ok();
        let monthly = || {
            let (month, unit) = rest.split_once('/')?;
            let (year, month) = month.split_once('-')?;
            Some((Month { year: year.parse().ok()?, month: month.parse().ok()? }, Name::from(unit)))
        };
        match what {
            "case" => Some(Self::Case(CaseId(id()?))),
            "callback" => Some(Self::CallBack(CallId(id()?))),
            "ledger" => Some(Self::Item(ItemId(id()?))),
            "notice" => monthly().map(|(month, unit)| Self::Notice(month, unit)),
            "reach" => monthly().map(|(month, unit)| Self::Reach(month, unit)),
            _ => None,
        }
    }
}

impl Key {
    /// From what `Display` writes; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, number) = text.rsplit_once('/')?;
        let (of, kind) = rest.rsplit_once('/')?;
        let (rev, turn) = number.split_once('.')?;
        Some(Self {
            of: Of::parse(of)?,
            kind: Kind::parse(kind)?,
            rev: rev.parse().ok()?,
            turn: turn.parse().ok()?,
        })
    }
}
