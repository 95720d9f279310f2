//! How values stand in a frame: little-endian numbers, texts behind their length, optional ones behind a byte.
//!
//! A row is its fields in their order. A field that is added later stands at the end of its row and is optional: where a
//! frame of before ends, it is `None`. Any other change is a new version of the form.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use call::action::SeatRole;
use call::cause::Cause;
use call::cdr::{CallBackWhy, Outcome};
use call::event::Source;
use call::ids::{CallId, DeskNo, Lang, LegId, Name, Pii, ServiceCode, StaffNo};

use crate::course::Course;
use crate::rows::RecordingKind;
use crate::words;

/// What can stand in a frame.
pub(super) trait Part: Sized {
    /// Appends it.
    fn put(&self, to: &mut Vec<u8>);

    /// Takes it from the front; `None` when that is none.
    fn take(from: &mut &[u8]) -> Option<Self>;
}

/// Fields of a struct, in this order.
macro_rules! row {
    ($row:ident { $($field:ident),+ $(,)? }) => {
        impl Part for $row {
            fn put(&self, to: &mut Vec<u8>) {
                let Self { $($field),+ } = self;
                $($field.put(to);)+
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                $(let $field = Part::take(from)?;)+
                Some(Self { $($field),+ })
            }
        }
    };
}
pub(super) use row;

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl Part for $number {
            fn put(&self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                let (bytes, rest) = from.split_first_chunk()?;
                *from = rest;
                Some(Self::from_le_bytes(*bytes))
            }
        }
    )+};
}
numbers!(u8, u16, u32, u64, u128, i64, f32);

/// Those that are made of one other value.
macro_rules! wrapped {
    ($($name:ty as $inner:ty: $into:expr, $back:expr;)+) => {$(
        impl Part for $name {
            fn put(&self, to: &mut Vec<u8>) {
                let into: fn(&Self) -> $inner = $into;
                into(self).put(to);
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                let back: fn($inner) -> Option<Self> = $back;
                back(<$inner>::take(from)?)
            }
        }
    )+};
}
wrapped! {
    CallId as u128: |id| id.0, |id| Some(Self(id));
    LegId as u64: |id| id.0, |id| Some(Self(id));
    DeskNo as u16: |no| no.0, |no| Some(Self(no));
    bool as u8: |flag| u8::from(*flag), |byte| match byte { 0 => Some(false), 1 => Some(true), _ => None };
}

/// Those that are words.
macro_rules! worded {
    ($($name:ty: $word:expr, $back:expr;)+) => {$(
        impl Part for $name {
            fn put(&self, to: &mut Vec<u8>) {
                let word: fn(&Self) -> &str = $word;
                put_text(word(self), to);
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                let back: fn(&str) -> Option<Self> = $back;
                back(take_text(from)?)
            }
        }
    )+};
}
worded! {
    String: |text| text, |text| Some(text.to_owned());
    Name: |name| name, |text| Some(Self::from(text));
    Pii: |value| value.reveal(), |text| Some(Self::new(text));
    StaffNo: |no| &no.0, |text| Some(Self(text.into()));
    ServiceCode: |code| &code.0, |text| Some(Self(text.into()));
    Lang: |lang| lang.tag(), words::lang;
    SeatRole: |seat| seat.word(), words::seat;
    Outcome: |outcome| outcome.word(), words::outcome;
    CallBackWhy: |why| words::why(*why), words::call_back_why;
    RecordingKind: |kind| kind.word(), words::recording_kind;
    &'static str: |word| word, |text| Some(word(text));
}

fn put_text(text: &str, to: &mut Vec<u8>) {
    // A text of 4 GiB never came over a wire.
    u32::try_from(text.len()).unwrap_or(u32::MAX).put(to);
    to.extend_from_slice(text.as_bytes());
}

fn take_text<'f>(from: &mut &'f [u8]) -> Option<&'f str> {
    let length = usize::try_from(u32::take(from)?).ok()?;
    let (text, rest) = from.split_at_checked(length)?;
    *from = rest;
    std::str::from_utf8(text).ok()
}

/// A word of the program's own, as `call.offered`: there are some dozens, and each is kept once for good.
fn word(text: &str) -> &'static str {
    static KNOWN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match known.get(text) {
        Some(word) => word,
        None => {
            let word: &'static str = Box::leak(text.to_owned().into_boxed_str());
            known.insert(word);
            word
        }
    }
}

impl<T: Part> Part for Option<T> {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            None => to.push(0),
            Some(value) => {
                to.push(1);
                value.put(to);
            }
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        if from.is_empty() {
            // The row was written before it had this field.
            return Some(None);
        }
        if bool::take(from)? { T::take(from).map(Some) } else { Some(None) }
    }
}

impl Part for Cause {
    fn put(&self, to: &mut Vec<u8>) {
        put_text(words::side(self.side), to);
        put_text(self.word(), to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let side = take_text(from)?;
        words::cause(Some(side), Some(take_text(from)?))
    }
}

impl Part for Source {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Trunk(name) => {
                to.push(1);
                name.put(to);
            }
            Self::Phone(name) => {
                to.push(2);
                name.put(to);
            }
            Self::House => to.push(3),
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        match u8::take(from)? {
            1 => Name::take(from).map(Self::Trunk),
            2 => Name::take(from).map(Self::Phone),
            3 => Some(Self::House),
            _ => None,
        }
    }
}

impl Part for Course {
    fn put(&self, to: &mut Vec<u8>) {
        let packed = self.pack();
        u32::try_from(packed.len()).unwrap_or(u32::MAX).put(to);
        to.extend_from_slice(&packed);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(u32::take(from)?).ok()?;
        let (packed, rest) = from.split_at_checked(length)?;
        *from = rest;
        Self::unpack(packed)
    }
}
