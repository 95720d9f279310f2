//! The Session-ID of a session (RFC 7989): our UUID, and the far end's as far as it is known.

use crate::headers::Headers;

/// Stands for a UUID that is not known (section 4.2).
const NIL: &str = "00000000000000000000000000000000";

/// The pair of one session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SessionIds {
    local: String,
    remote: Option<String>,
}

impl SessionIds {
    /// Ours, 32 hexadecimal digits in lower case.
    pub fn new(local: String) -> Self {
        Self { local, remote: None }
    }

    /// Takes over what the far end says: its own UUID comes first. A malformed one changes nothing.
    pub fn hear(&mut self, headers: &Headers) {
        let Some(value) = headers.get("Session-ID") else { return };
        let theirs = value.split(';').next().unwrap_or_default().trim();
        let good =
            theirs.len() == NIL.len() && theirs.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if good && theirs != NIL {
            self.remote = Some(theirs.to_owned());
        }
    }

    /// The header's value.
    pub fn print(&self) -> String {
        [&self.local, ";remote=", self.remote.as_deref().unwrap_or(NIL)].concat()
    }
}
