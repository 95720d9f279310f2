//! Cuts a byte stream into messages by Content-Length (RFC 3261 section 18.3); answers keep-alives (RFC 5626 section 3.5.1).

use crate::normal::MOST_BYTES;

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

/// The bytes of one connection that are not a whole message yet. Holds at most one message of the largest size.
#[derive(Default, Debug)]
pub struct Framer {
    bytes: Vec<u8>,
}

impl Framer {
    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next frame, `None` until more arrives.
    ///
    /// # Errors
    /// [`Broken`]: close the connection.
    pub fn cut(&mut self) -> Result<Option<Frame>, Broken> {
        if self.bytes.starts_with(b"\r\n\r\n") {
            self.bytes.drain(..4);
            return Ok(Some(Frame::Ping));
        }
        if self.bytes.first() == Some(&b'\r') {
            // The start of a ping or of a message with leading CRLF: wait for four bytes to tell.
            if self.bytes.len() < 4 {
                return Ok(None);
            }
            let blank = self.bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            self.bytes.drain(..blank.min(2));
            return self.cut();
        }
        let Some(end) = self.bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
            return if self.bytes.len() > MOST_BYTES { Err(Broken::TooLarge) } else { Ok(None) };
        };
        let total = end
            .checked_add(4)
            .and_then(|head| {
                head.checked_add(content_length(self.bytes.get(..end).unwrap_or_default()).ok()?)
            })
            .ok_or(Broken::Length)?;
        if total > MOST_BYTES {
            return Err(Broken::TooLarge);
        }
        if self.bytes.len() < total {
            return Ok(None);
        }
        Ok(Some(Frame::Message(self.bytes.drain(..total).collect())))
    }

    /// How many bytes wait for the rest of their message.
    pub fn waiting(&self) -> usize {
        self.bytes.len()
    }
}

fn content_length(head: &[u8]) -> Result<usize, Broken> {
    let mut found: Option<usize> = None;
    for line in head.split(|b| *b == b'\n') {
        let mut parts = line.splitn(2, |b| *b == b':');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else { continue };
        let name = name.trim_ascii();
        if !name.eq_ignore_ascii_case(b"Content-Length") && !name.eq_ignore_ascii_case(b"l") {
            continue;
        }
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
    Ok(found.unwrap_or(0))
}
