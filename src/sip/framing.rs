//! Cuts a byte stream into messages by Content-Length (RFC 3261 section 18.3); answers keep-alives (RFC 5626 section 3.5.1).

use std::fmt;

use crate::normal::{MOST_BYTES, find};

/// A keep-alive.
const PING: &[u8] = b"\r\n\r\n";
/// Where a header ends.
const END: &[u8] = b"\r\n\r\n";
/// What an empty framer keeps, so that an idle connection that once carried a long message holds little memory.
const KEPT: usize = 4_096;

/// What the next bytes of a stream are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// One whole message, for [`crate::parse`] with [`crate::Wire::Stream`].
    Message(Vec<u8>),
    /// CRLF CRLF: answer with one CRLF.
    Ping,
}

/// Why a stream can't go on: the connection must be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Broken {
    /// Header or body over the limit.
    TooLarge,
    /// Content-Length is no number, given twice with different values, or missing in a message with a body to find.
    Length,
}

/// The bytes of one connection that are not a whole message yet. Holds at most one message of the largest size beside what
/// one push brought. Each byte is looked at a fixed number of times, however small the pieces are.
#[derive(Default)]
pub struct Framer {
    bytes: Vec<u8>,
    /// What lies before is cut off already.
    start: usize,
    /// No header ends before this place.
    searched: usize,
    /// Where the message that stands at the start ends, once its header is whole.
    end: Option<usize>,
}

impl Framer {
    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.searched = self.searched.saturating_sub(self.start);
            self.end = self.end.map(|end| end.saturating_sub(self.start));
            self.start = 0;
        }
        if self.bytes.is_empty() && self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next frame, `None` until more arrives.
    ///
    /// # Errors
    /// [`Broken`]: close the connection. [`Framer::head`] may hold a header to answer before.
    pub fn cut(&mut self) -> Result<Option<Frame>, Broken> {
        if self.end.is_none() {
            if self.skip_blank() {
                return Ok(Some(Frame::Ping));
            }
            self.end = self.measure()?;
        }
        let Some(end) = self.end.filter(|end| *end <= self.bytes.len()) else { return Ok(None) };
        let message = self.bytes.get(self.start..end).unwrap_or_default().to_vec();
        (self.start, self.searched, self.end) = (end, end, None);
        if self.start == self.bytes.len() && self.bytes.capacity() > KEPT {
            *self = Self::default();
        }
        Ok(Some(Frame::Message(message)))
    }

    /// Takes the CRLF that answers a keep-alive of ours off the front, if nothing else is there (RFC 5626 section 3.5.1).
    pub fn take_pong(&mut self) {
        if self.rest() == b"\r\n" {
            *self = Self::default();
        }
    }

    /// How many bytes wait for the rest of their message.
    pub fn waiting(&self) -> usize {
        self.rest().len()
    }

    /// Whether a message has begun whose end is not there yet. Line ends alone are no beginning.
    pub fn begun(&self) -> bool {
        self.rest().iter().any(|b| !is_blank(*b))
    }

    /// The header that stands at the start, with its empty line, when it is whole. After [`Broken::Length`] it lets a request
    /// be answered before the connection is closed: [`crate::parse`] finds the same fault in it.
    pub fn head(&self) -> Option<&[u8]> {
        let rest = self.rest();
        rest.get(..find(rest, END)?.checked_add(END.len())?)
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// Steps over line ends before a message; whether they were a ping. What may still become one stays.
    fn skip_blank(&mut self) -> bool {
        loop {
            let rest = self.rest();
            if rest.starts_with(PING) {
                self.start = self.start.saturating_add(PING.len());
                return true;
            }
            // Nothing there, or the first part of a ping.
            if PING.starts_with(rest) {
                return false;
            }
            if !rest.first().copied().is_some_and(is_blank) {
                return false;
            }
            self.start = self.start.saturating_add(1);
        }
    }

    /// Where the message at the start ends, once its header is whole.
    fn measure(&mut self) -> Result<Option<usize>, Broken> {
        let from = self.searched.max(self.start);
        let head = find(self.bytes.get(from..).unwrap_or_default(), END).and_then(|at| from.checked_add(at));
        let Some(head) = head else {
            // The last three bytes may be the first of an empty line.
            self.searched = self.bytes.len().saturating_sub(END.len() - 1).max(self.start);
            return if self.waiting() > MOST_BYTES { Err(Broken::TooLarge) } else { Ok(None) };
        };
        self.searched = head;
        let length = content_length(self.bytes.get(self.start..head).unwrap_or_default())?;
        let end =
            head.checked_add(END.len()).and_then(|body| body.checked_add(length)).ok_or(Broken::Length)?;
        if end.saturating_sub(self.start) > MOST_BYTES { Err(Broken::TooLarge) } else { Ok(Some(end)) }
    }
}

impl fmt::Debug for Framer {
    /// How much waits, not what: messages hold numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Framer({} bytes)", self.waiting())
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// The body's length as the header says it. Without Content-Length there is no body, unless a Content-Type speaks of one:
/// then nobody knows where it ends (RFC 3261 section 20.14, RFC 4475 section 3.3.9).
fn content_length(head: &[u8]) -> Result<usize, Broken> {
    let mut found: Option<usize> = None;
    let mut typed = false;
    let mut lines = head.split(|b| *b == b'\n').skip(1).peekable();
    while let Some(line) = lines.next() {
        // A folded line goes on in the next one (section 7.3.1) and is no header of its own.
        let mut folded = Vec::new();
        while let Some(more) = lines.next_if(|l| l.starts_with(b" ") || l.starts_with(b"\t")) {
            folded.extend_from_slice(more);
        }
        let mut parts = line.splitn(2, |b| *b == b':');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else { continue };
        let is = |long: &str, short: &str| {
            let name = name.trim_ascii();
            name.eq_ignore_ascii_case(long.as_bytes()) || name.eq_ignore_ascii_case(short.as_bytes())
        };
        typed = typed || is("Content-Type", "c");
        if !is("Content-Length", "l") {
            continue;
        }
        let value = [value, folded.as_slice()].concat();
        let value = std::str::from_utf8(value.trim_ascii()).map_err(|_| Broken::Length)?;
        if !value.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Broken::Length);
        }
        let value = value.parse().map_err(|_| Broken::Length)?;
        if found.is_some_and(|f| f != value) {
            return Err(Broken::Length);
        }
        found = Some(value);
    }
    match found {
        Some(length) => Ok(length),
        None if typed => Err(Broken::Length),
        None => Ok(0),
    }
}
