//! Script in SIP: what strangers may write, and a wire between a phone of ours and the house that writes it into every text.
//!
//! The phone stays what it is: it registers, calls, answers and sounds; names, subjects, call identifiers, reasons and session
//! names are written anew on the way out, and the call identifier is put right on the way back.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What runs where text is taken for a page: it sets `window.__hit`, opens a dialog, or asks for an address below `/__hit/`.
/// `{}` is the field that it stands in.
pub const PAYLOADS: [&str; 12] = [
    "<script>window.__hit='{}'</script>",
    "<img src=/__hit/{} onerror=window.__hit='{}'>",
    "\"><svg onload=window.__hit='{}'>",
    "' autofocus onfocus=window.__hit='{}' x='",
    "javascript:void(window.__hit='{}')//",
    "<iframe srcdoc=\"<script>parent.__hit='{}'</script>\"></iframe>",
    "<details open ontoggle=window.__hit='{}'>x</details>",
    "<svg><animate onbegin=alert('{}') attributeName=x dur=1s></svg>",
    "\" autofocus onfocus=\"window.__hit='{}'\" x=\"",
    "</title></textarea></pre><script src=/__hit/{}></script>",
    "<style>@import '/__hit/{}';</style>",
    "<a href=\"javascript:void(window.__hit='{}')\">x</a>",
];
/// What only runs in the template of a framework that compiles what it shows.
pub const TEMPLATE: &str = "{{constructor.constructor('window.__hit=1')()}}${window.__hit=1}";
/// What stands behind each call identifier: letters that RFC 3261 allows there (`word`, section 25.1).
const CALL_ID: &str = "<script>fetch('/__hit/call-id')</script>";
/// How often a wire looks whether it is still needed.
const LOOK: Duration = Duration::from_millis(50);
/// Larger than any message here.
const LARGEST: usize = 65_535;

/// A payload for this field: by `n`, so that each field has all of them in its turn.
pub fn payload(field: &str, n: usize) -> String {
    PAYLOADS[n % PAYLOADS.len()].replace("{}", field)
}

/// The wire of one phone.
pub struct Poison {
    /// What the phone takes for the house.
    pub near: SocketAddr,
    far: Arc<UdpSocket>,
    house: SocketAddr,
    script: Script,
    over: Arc<AtomicBool>,
}

/// What is written: which payload is the first, and whether the calling number is script too.
#[derive(Clone, Copy)]
struct Script {
    first: usize,
    number_too: bool,
}

impl Poison {
    /// A wire to the house; `first` is the payload of its first field.
    pub fn to(house: SocketAddr, first: usize) -> Self {
        Self::with(house, Script { first, number_too: false })
    }

    /// The same; the number that calls is script as well.
    pub fn number_too(house: SocketAddr, first: usize) -> Self {
        Self::with(house, Script { first, number_too: true })
    }

    fn with(house: SocketAddr, script: Script) -> Self {
        let socket = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            socket.set_read_timeout(Some(LOOK)).unwrap();
            Arc::new(socket)
        };
        let (near, far) = (socket(), socket());
        let (over, phone) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None)));
        let wire =
            Self { near: near.local_addr().unwrap(), far: far.clone(), house, script, over: over.clone() };
        let (inward, known) = ((near.clone(), far.clone()), phone.clone());
        let own = far.local_addr().unwrap().to_string();
        carry(near, over.clone(), move |message, from| {
            *known.lock().unwrap() = Some(from);
            // Requests within a call come back by this wire as well.
            let contact = |line: &str| match line.split_once(':') {
                Some((name, _)) if name.eq_ignore_ascii_case("contact") => {
                    line.replace(&from.to_string(), &own)
                }
                _ => line.to_owned(),
            };
            let message = message.split("\r\n").map(contact).collect::<Vec<_>>().join("\r\n");
            let _ = inward.1.send_to(script.write(&message).as_bytes(), house);
        });
        carry(far, over, move |message, _| {
            if let Some(phone) = *phone.lock().unwrap() {
                let _ = inward.0.send_to(message.replace(CALL_ID, "").as_bytes(), phone);
            }
        });
        wire
    }

    /// A text for the hotline beside any call (RFC 3428), script in it and around it.
    pub fn says(&self) {
        let (own, house, body) =
            (self.far.local_addr().unwrap(), self.house, payload("message", self.script.first));
        let text = format!(
            "MESSAGE sip:89000@{house} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bK-says\r\nMax-Forwards: 70\r\n\
             From: <sip:13800001234@{own}>;tag=says\r\nTo: <sip:89000@{house}>\r\nCall-ID: says\r\nCSeq: 1 MESSAGE\r\n\
             Content-Type: text/html\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.far.send_to(self.script.write(&text).as_bytes(), house).unwrap();
    }
}

impl Drop for Poison {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// Gives each message that comes at this socket to `act`, until it is over.
fn carry(socket: Arc<UdpSocket>, over: Arc<AtomicBool>, act: impl Fn(&str, SocketAddr) + Send + 'static) {
    thread::spawn(move || {
        let mut bytes = vec![0; LARGEST];
        while !over.load(Ordering::Relaxed) {
            if let Ok((length, from)) = socket.recv_from(&mut bytes) {
                act(&String::from_utf8_lossy(&bytes[..length]), from);
            }
        }
    });
}

impl Script {
    /// The message with script in every text.
    fn write(self, message: &str) -> String {
        let Some((head, body)) = message.split_once("\r\n\r\n") else { return message.to_owned() };
        let mut lines = head.split("\r\n");
        let first = lines.next().unwrap();
        let mut n = self.first;
        let mut next = |field: &str| {
            n += 1;
            payload(field, n)
        };
        let body = session(body, &mut next);
        let answer = first.strip_prefix("SIP/2.0 ").map(|status| &status[..3]);
        let mut out = match answer {
            Some(status) if status != "100" => format!("SIP/2.0 {status} {}", next("phrase")),
            _ => first.to_owned(),
        };
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            let value = value.trim();
            let value = match name.to_ascii_lowercase().as_str() {
                "from" if answer.is_none() => named(&self.number(value), &next("from")),
                "to" if answer.is_none() => named(value, &next("to")),
                "contact" => named(value, &next("contact")),
                "call-id" if answer.is_none() => format!("{value}{CALL_ID}"),
                "user-agent" | "server" => continue,
                "content-length" => body.len().to_string(),
                _ => value.to_owned(),
            };
            out.push_str(&format!("\r\n{name}: {value}"));
        }
        for line in if answer.is_some() { answered(&mut next) } else { asked(&mut next) } {
            out.push_str(&format!("\r\n{line}"));
        }
        format!("{out}\r\n\r\n{body}")
    }

    /// The calling address; script in the place of its number where that is wished.
    fn number(self, value: &str) -> String {
        let escaped: String = payload("from-user", self.first)
            .bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect();
        match (self.number_too, value.split_once("sip:"), value.split_once('@')) {
            (true, Some((before, _)), Some((_, after))) => format!("{before}sip:{escaped}@{after}"),
            _ => value.to_owned(),
        }
    }
}

/// What a request says more.
fn asked(next: &mut impl FnMut(&str) -> String) -> Vec<String> {
    let mut quoted = |field: &str| quote(&next(field));
    let (asserted, diverted, history) = (quoted("asserted"), quoted("diversion"), quoted("history"));
    let (alert, reason, reply) = (quoted("alert-info"), quoted("reason"), quoted("reply-to"));
    vec![
        format!("User-Agent: {}", next("user-agent")),
        format!("Subject: {} {TEMPLATE}", next("subject")),
        format!("Organization: {}", next("organization")),
        format!("P-Asserted-Identity: {asserted} <sip:13800001234@town>"),
        format!("Diversion: {diverted} <sip:053512345@town>;reason=no-answer"),
        format!("History-Info: {history} <sip:053512345@town>;index=1"),
        format!("Alert-Info: <http://127.0.0.1/__hit/alert-info>;appearance={alert}"),
        "Call-Info: <javascript:window.__hit='call-info'>;purpose=icon".to_owned(),
        format!("Reason: SIP;cause=200;text={reason}"),
        format!("Reply-To: {reply} <sip:13800001234@town>"),
    ]
}

/// What an answer says more.
fn answered(next: &mut impl FnMut(&str) -> String) -> Vec<String> {
    let mut quoted = |field: &str| quote(&next(field));
    let (reason, warning) = (quoted("answer-reason"), quoted("warning"));
    vec![
        format!("Server: {}", next("server")),
        format!("Organization: {}", next("answer-organization")),
        format!("Reason: SIP;cause=200;text={reason}"),
        format!("Warning: 399 desk {warning}"),
    ]
}

/// A session's description (RFC 8866) whose name and information are script.
fn session(body: &str, next: &mut impl FnMut(&str) -> String) -> String {
    let line = |line: &str| {
        if line.starts_with("s=") {
            format!("s={}\r\ni={TEMPLATE}", next("session"))
        } else {
            line.to_owned()
        }
    };
    if body.starts_with("v=0") {
        body.split("\r\n").map(line).collect::<Vec<_>>().join("\r\n")
    } else {
        body.to_owned()
    }
}

/// An address with this display name instead of its own.
fn named(value: &str, name: &str) -> String {
    value.split_once('<').map_or(value.to_owned(), |(_, rest)| format!("{} <{rest}", quote(name)))
}

/// A quoted string (RFC 3261 section 25.1).
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
