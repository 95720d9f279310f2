//! A glance at a SIP message on the wire: its first line and the few headers that the watch needs.

/// What a message says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glance<'m> {
    /// Status of a response; 0: a request.
    pub status: u16,
    /// Method of a request, or of the request that a response answers.
    pub method: &'m str,
    pub call_id: &'m str,
    /// The port of its first audio line.
    pub audio: Option<u16>,
    /// To has a tag.
    pub inside: bool,
    /// A second line of a staff phone, or one that takes over a first.
    pub second: bool,
    /// Number of its CSeq, of its RSeq and RAck (RFC 3262), and of the session that its description is about.
    pub cseq: u32,
    pub rseq: Option<u32>,
    pub rack: Option<u32>,
    pub origin: Option<u64>,
    /// To is a phone that answered beside the one that has the call.
    pub fork: bool,
}

impl<'m> Glance<'m> {
    pub fn at(bytes: &'m [u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let method = first.split(' ').next().unwrap_or_default();
        let mut seen = Self {
            status: status.unwrap_or(0),
            method,
            call_id: "",
            audio: None,
            inside: false,
            second: false,
            cseq: 0,
            rseq: None,
            rack: None,
            origin: None,
            fork: false,
        };
        for line in lines {
            if let Some(value) = line.strip_prefix("Call-ID: ") {
                seen.call_id = value;
            } else if let Some(value) = line.strip_prefix("CSeq: ") {
                let (number, method) = value.split_once(' ').unwrap_or_default();
                (seen.cseq, seen.method) = (number.parse().unwrap_or(0), method);
            } else if let Some(value) = line.strip_prefix("RSeq: ") {
                seen.rseq = value.parse().ok();
            } else if let Some(value) = line.strip_prefix("RAck: ") {
                seen.rack = value.split(' ').next().and_then(|number| number.parse().ok());
            } else if let Some(value) = line.strip_prefix("o=") {
                seen.origin = value.split(' ').nth(1).and_then(|number| number.parse().ok());
            } else if let Some(value) = line.strip_prefix("To: ") {
                seen.inside = value.contains(";tag=");
                seen.fork = value.contains(";tag=fork");
            } else if line.starts_with("Subject: second line") || line.starts_with("Replaces: ") {
                seen.second = true;
            } else if let Some(value) = line.strip_prefix("m=audio ") {
                seen.audio = value.split(' ').next().and_then(|port| port.parse().ok());
                break;
            }
        }
        seen
    }

    pub fn is_request(&self) -> bool {
        self.status == 0
    }

    pub fn words(&self) -> String {
        if self.is_request() { self.method.to_owned() } else { format!("{} to {}", self.status, self.method) }
    }
}
