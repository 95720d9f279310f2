//! The Replaces header (RFC 3891 section 6): which dialog a new one takes the place of.

use std::fmt;

use crate::headers::Headers;
use crate::view::Params;

/// A dialog as the one who is asked to give it up knows it: `to_tag` is that end's own tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Replaces {
    /// Call-ID.
    pub call_id: String,
    /// Tag of the end that reads this header.
    pub to_tag: String,
    /// Tag of the other end; `0` stands for an end of RFC 2543 that has none.
    pub from_tag: String,
    /// Only while nobody has answered yet (section 7.1).
    pub early_only: bool,
}

impl Replaces {
    /// Reads a header value. `None` when it is malformed: Call-ID and both tags must stand there once.
    pub fn parse(text: &str) -> Option<Self> {
        let (call_id, tail) = text.split_at(text.find(';')?);
        let call_id = call_id.trim_ascii();
        let good = |b: u8| b.is_ascii_graphic() && !matches!(b, b',' | b';');
        if call_id.is_empty() || !call_id.bytes().all(good) {
            return None;
        }
        let params = Params::parse(tail)?.owned();
        let tag = |name: &str| {
            let mut found = params.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
            let value = found.next()?.1.clone().filter(|v| !v.is_empty())?;
            found.next().is_none().then_some(value)
        };
        let early_only = params.iter().any(|(n, _)| n.eq_ignore_ascii_case("early-only"));
        Some(Self {
            call_id: call_id.to_owned(),
            to_tag: tag("to-tag")?,
            from_tag: tag("from-tag")?,
            early_only,
        })
    }

    /// The one Replaces header of a request: `Ok(None)` when there is none.
    ///
    /// # Errors
    /// The words for a 400: more than one, or one that can't be read (section 3).
    pub(crate) fn of(headers: &Headers) -> Result<Option<Self>, &'static str> {
        let mut all = headers.all("Replaces");
        let Some(first) = all.next() else { return Ok(None) };
        if all.next().is_some() {
            return Err("More Than One Replaces");
        }
        Self::parse(first).map(Some).ok_or("Replaces Is Malformed")
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};to-tag={};from-tag={}", self.call_id, self.to_tag, self.from_tag)?;
        if self.early_only { f.write_str(";early-only") } else { Ok(()) }
    }
}

impl fmt::Debug for Replaces {
    /// Who knows call and tags may take the call over.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replaces")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_examples_of_rfc_3891_are_read() {
        let plain = Replaces::parse("98732@sip.example.com ;from-tag=r33th4x0r ;to-tag=ff87ff").unwrap();
        assert_eq!(
            (&*plain.call_id, &*plain.from_tag, &*plain.to_tag, plain.early_only),
            ("98732@sip.example.com", "r33th4x0r", "ff87ff", false)
        );
        let early = Replaces::parse("12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only").unwrap();
        assert!(early.early_only);
        assert_eq!(Replaces::parse(&early.to_string()).unwrap(), early);
    }

    #[test]
    fn a_tag_must_stand_there_once() {
        for bad in [
            "",
            "c",
            "c;to-tag=1",
            "c;from-tag=1",
            "c;to-tag=;from-tag=2",
            "c;to-tag;from-tag=2",
            "c;to-tag=1;to-tag=2;from-tag=3",
            ";to-tag=1;from-tag=2",
            "a b;to-tag=1;from-tag=2",
            "c;to-tag=1;from-tag=2,d;to-tag=3;from-tag=4",
        ] {
            assert_eq!(Replaces::parse(bad), None, "{bad}");
        }
    }
}
