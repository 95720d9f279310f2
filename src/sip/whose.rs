//! Whose a message is where one house has several lives at a time: the new one takes calls while those before end theirs.
//!
//! Each life marks the tags and branches that it makes, so that what belongs to a dialog (RFC 3261 section 12) or answers a
//! request of ours (section 17.1.3) shows it. What begins something has no mark of ours yet; whether it is the repetition, or
//! the CANCEL, of a request that an earlier life still answers, is seen by what names the request.

use std::fmt::Write as _;

use crate::flow::{Flow, Transport};
use crate::message::{Message, Request};
use crate::method::Method;
use crate::normal::{Wire, parse};
use crate::replaces::Replaces;
use crate::stun;

/// Stands between what is drawn and the mark: in no hexadecimal number.
const MARK: char = '-';

/// Whose a message is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whose {
    /// It belongs to something that this life has begun.
    Of(u16),
    /// It begins something: `Call-ID|From tag|CSeq number|method`, the same for a request, its repetition and its CANCEL.
    New(String),
    /// It can't be told, or matters to nobody in particular.
    Anybody,
}

/// How the tags and branches of a life end. Those of the first have no mark.
pub(crate) fn mark(generation: u16) -> String {
    if generation == 0 { String::new() } else { format!("{MARK}{generation:x}") }
}

/// Which life has made this tag or branch. What somebody else has made counts as of the first.
fn marked(word: &str) -> u16 {
    word.rsplit_once(MARK).and_then(|(_, mark)| u16::from_str_radix(mark, 16).ok()).unwrap_or(0)
}

/// Looks at a message as it came this way.
pub fn whose(flow: &Flow, bytes: &[u8]) -> Whose {
    if flow.transport == Transport::Udp && stun::is_stun(bytes) {
        return Whose::Anybody;
    }
    match parse(bytes, wire_of(flow.transport)) {
        Ok(Message::Response(response)) => {
            let branch = response.headers.view_via().and_then(|via| via.branch());
            branch.map_or(Whose::Anybody, |branch| Whose::Of(marked(&branch)))
        }
        Ok(Message::Request(request)) => of_request(&request),
        Err(_) => Whose::Anybody,
    }
}

fn of_request(request: &Request) -> Whose {
    let headers = &request.headers;
    if let Some(tag) = headers.view_to().and_then(|to| to.tag()) {
        return Whose::Of(marked(&tag));
    }
    // Who wants to take the place of a dialog must come to where that is (RFC 3891).
    if request.method == Method::Invite
        && let Ok(Some(replaces)) = Replaces::of(headers)
    {
        return Whose::Of(marked(&replaces.to_tag));
    }
    name(request).map_or(Whose::Anybody, Whose::New)
}

/// What a request outside dialogs, its repetition and its CANCEL have in common (RFC 3261 sections 9.1 and 8.2.2.2).
fn name(request: &Request) -> Option<String> {
    let headers = &request.headers;
    let (seq, _) = headers.cseq()?;
    let from = headers.view_from()?;
    let mut name = headers.call_id()?.to_owned();
    // Writing to a String can't fail.
    let method = if request.method == Method::Cancel { "INVITE" } else { request.method.as_str() };
    let _ = write!(name, "|{}|{seq}|{method}", from.tag().unwrap_or_default());
    Some(name)
}

/// How messages stand in the bytes of a transport.
pub(crate) fn wire_of(transport: Transport) -> Wire {
    match transport {
        Transport::Tcp | Transport::Tls => Wire::Stream,
        // A WebSocket message ends by itself (RFC 7118 section 5).
        Transport::Udp | Transport::Ws | Transport::Wss => Wire::Datagram,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn flow() -> Flow {
        Flow::udp("127.0.0.1:5060".parse().unwrap(), "127.0.0.1:9".parse().unwrap())
    }

    fn message(first: &str, via: &str, to: &str, more: &str) -> Vec<u8> {
        let method = first.split(' ').find(|w| w.chars().all(|c| c.is_ascii_uppercase())).unwrap_or("INVITE");
        format!(
            "{first}\r\nv: SIP/2.0/UDP 192.0.2.9;branch={via}\r\nFrom: <sip:1@192.0.2.9>;tag=a\r\nTo: {to}\r\n\
             Call-ID: c\r\nCSeq: 7 {method}\r\n{more}Content-Length: 0\r\n\r\n"
        )
        .into_bytes()
    }

    #[test]
    fn a_mark_says_which_life_has_begun_it_and_only_the_first_has_none() {
        for generation in [0, 1, 0x2f, u16::MAX] {
            let made = format!("z9hG4bK0123{}", mark(generation));
            assert_eq!(marked(&made), generation);
        }
        assert_eq!(marked("somebody-elses"), 0);
        assert_eq!(marked("z9hG4bK-524287-1---0af3"), 0xaf3, "a far end's own, which nobody is asked about");
    }

    #[test]
    fn dialogs_and_answers_show_their_life_and_beginnings_their_name() {
        let of = |bytes: Vec<u8>| whose(&flow(), &bytes);
        let ours = "<sip:89000@192.0.2.1>;tag=0123-2";
        let to = "<sip:89000@192.0.2.1>";
        assert_eq!(of(message("BYE sip:89000@192.0.2.1 SIP/2.0", "z9hG4bKx", ours, "")), Whose::Of(2));
        assert_eq!(of(message("ACK sip:89000@192.0.2.1 SIP/2.0", "z9hG4bKx", ours, "")), Whose::Of(2));
        assert_eq!(of(message("SIP/2.0 200 OK", "z9hG4bKabc-3", "<sip:1@x>;tag=t", "")), Whose::Of(3));
        let name = Whose::New("c|a|7|INVITE".to_owned());
        assert_eq!(of(message("INVITE sip:89000@192.0.2.1 SIP/2.0", "z9hG4bKx", to, "")), name);
        assert_eq!(of(message("CANCEL sip:89000@192.0.2.1 SIP/2.0", "z9hG4bKx", to, "")), name);
        let taking = "Replaces: d;to-tag=0123-4;from-tag=t\r\n";
        assert_eq!(of(message("INVITE sip:89000@192.0.2.1 SIP/2.0", "z9hG4bKx", to, taking)), Whose::Of(4));
        assert_eq!(of(b"hello".to_vec()), Whose::Anybody);
    }
}
