//! What was said and heard, message by message, and what a step learns of it.

use std::net::SocketAddr;
use std::time::Duration;

use sip::digest::Asks;
use sip::sdp;
use sip::{Flow, Headers, Message, Method, NameAddr, Request, Response};

use crate::facts::{Answered, Asked, Called, Provisional, Registered};

/// Provisional responses that are told. Further ones are passed over.
const MOST_PROVISIONAL: usize = 16;
/// Names of a list header that are told. Further ones are passed over.
const MOST_TOKENS: usize = 40;

/// One message.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When, by any one clock.
    pub at: Duration,
    /// We sent it.
    pub ours: bool,
    /// The way it took.
    pub flow: Flow,
    /// It.
    pub message: Message,
}

impl Entry {
    fn request(&self, method: &Method) -> Option<&Request> {
        match &self.message {
            Message::Request(request) if self.ours && request.method == *method => Some(request),
            Message::Request(_) | Message::Response(_) => None,
        }
    }

    /// A response to a request of ours with this Call-ID and method, and its CSeq number.
    fn response(&self, call_id: &str, method: &Method) -> Option<(u32, &Response)> {
        let Message::Response(response) = &self.message else { return None };
        let (number, of) = response.headers.cseq()?;
        let fits = !self.ours && of == *method && response.headers.call_id() == Some(call_id);
        fits.then_some((number, response))
    }
}

/// What became of each request of ours with this method, told apart by Call-ID, in their order.
pub fn asked(log: &[Entry], method: &Method) -> Vec<Asked> {
    let mut seen: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for entry in log {
        let Some(id) = entry.request(method).and_then(|r| r.headers.call_id()) else { continue };
        if !seen.contains(&id) {
            seen.push(id);
            all.extend(of_call(log, id, method, entry));
        }
    }
    all
}

fn of_call(log: &[Entry], id: &str, method: &Method, first: &Entry) -> Option<Asked> {
    let via = first.request(method)?.headers.via()?;
    let ip = via.host.ip().unwrap_or(first.flow.local.ip());
    let ours = SocketAddr::new(ip, via.port.unwrap_or(first.flow.local.port()));
    let finals = || {
        let all = log.iter().filter_map(|e| e.response(id, method).map(|(n, r)| (e.at, n, r)));
        all.filter(|(_, _, r)| r.status >= 200)
    };
    let challenges = finals().find(|(_, _, r)| matches!(r.status, 401 | 407));
    let challenge = challenges.map(|(_, _, r)| asks(&r.headers)).unwrap_or_default();
    let sent = |number: u32| {
        let numbered = |e: &&Entry| {
            e.request(method).is_some_and(|r| {
                r.headers.call_id() == Some(id) && r.headers.cseq().is_some_and(|(n, _)| n == number)
            })
        };
        log.iter().find(numbered).map(|e| e.at)
    };
    // The answer to the newest request; a 2xx that is repeated counts once.
    let newest = finals().map(|(_, number, _)| number).max();
    let last = newest.and_then(|newest| finals().find(|(_, number, _)| *number == newest));
    let answer = last.map(|(at, number, response)| {
        let took = at.saturating_sub(sent(number).unwrap_or(at));
        answered(response, took)
    });
    Some(Asked { transport: first.flow.transport, remote: first.flow.remote, ours, answer, challenge })
}

fn asks(headers: &Headers) -> Vec<Asks> {
    ["WWW-Authenticate", "Proxy-Authenticate"]
        .into_iter()
        .flat_map(|name| headers.all(name).filter_map(Asks::parse).collect::<Vec<_>>())
        .collect()
}

fn answered(response: &Response, took: Duration) -> Answered {
    let headers = &response.headers;
    let tokens = |name| headers.tokens(name).take(MOST_TOKENS).map(str::to_owned).collect();
    let via = headers.via();
    let param = |name: &str| via.as_ref().and_then(|via| via.param(name).flatten());
    Answered {
        status: response.status,
        reason: response.reason.clone(),
        took,
        server: headers.get("Server").or(headers.get("User-Agent")).map(str::to_owned),
        allow: tokens("Allow"),
        supported: tokens("Supported"),
        accept: tokens("Accept"),
        require: tokens("Require"),
        unsupported: tokens("Unsupported"),
        warning: headers.get("Warning").map(str::to_owned),
        retry_after: headers.number("Retry-After"),
        received: param("received").and_then(|ip| ip.trim_matches(['[', ']']).parse().ok()),
        rport: param("rport").and_then(|port| port.parse().ok()),
    }
}

/// The last final response to a REGISTER of ours, and the contact that this was about.
fn registration(log: &[Entry]) -> Option<(Option<NameAddr>, &Response)> {
    let request = log.iter().find_map(|e| e.request(&Method::Register))?;
    let id = request.headers.call_id()?;
    let finals =
        log.iter().filter_map(|e| e.response(id, &Method::Register)).filter(|(_, r)| r.status >= 200);
    finals.max_by_key(|(number, _)| *number).map(|(_, response)| (request.headers.contact(), response))
}

/// What became of our registration: the question who is registered; our own REGISTER; and the one that took it back. The
/// second and the third may be empty. `None`: not even the question was sent.
pub fn registered(query: &[Entry], own: &[Entry], removal: &[Entry]) -> Option<Registered> {
    let there = registration(query).filter(|(_, r)| r.status < 300);
    let there = there.map(|(_, r)| r.headers.addresses("Contact")).unwrap_or_default();
    let expires = |c: &NameAddr| c.param("expires").flatten().and_then(|e| e.parse::<u32>().ok());
    let taken = registration(own);
    let ours = taken.as_ref().filter(|(_, r)| r.status < 300).and_then(|(contact, r)| {
        let own = &contact.as_ref()?.uri;
        let listed = r.headers.addresses("Contact").into_iter().find(|c| c.uri.same_as(own));
        listed.as_ref().and_then(expires).or_else(|| r.headers.number("Expires"))
    });
    let both = [taken.as_ref().map(|(_, r)| *r), registration(query).map(|(_, r)| r)];
    Some(Registered {
        query: asked(query, &Method::Register).into_iter().next()?,
        others: there.len(),
        longest: there.iter().filter_map(expires).max(),
        own: asked(own, &Method::Register).into_iter().next(),
        granted: ours,
        least: taken.as_ref().and_then(|(_, r)| r.headers.number("Min-Expires")),
        service_route: both.into_iter().flatten().any(|r| r.headers.get("Service-Route").is_some()),
        removed: registration(removal).map(|(_, r)| r.status),
    })
}

/// What became of the test call; what is not in messages is left as it is here. `None`: no INVITE was sent.
pub fn called(log: &[Entry]) -> Option<Called> {
    let first = log.iter().find(|e| e.request(&Method::Invite).is_some())?;
    let request = first.request(&Method::Invite)?;
    let id = request.headers.call_id()?;
    let invite = asked(log, &Method::Invite).into_iter().next()?;
    let responses =
        || log.iter().filter_map(|e| e.response(id, &Method::Invite).map(|(_, response)| (e.at, response)));
    let provisional = responses().filter(|(_, r)| (101..200).contains(&r.status));
    let provisional = provisional.take(MOST_PROVISIONAL).map(|(at, r)| Provisional {
        status: r.status,
        after: at.saturating_sub(first.at),
        reliable: r.headers.tokens("Require").any(|t| t == "100rel"),
        described: !r.body.is_empty(),
    });
    let provisional: Vec<_> = provisional.collect();
    let taken = responses().find(|(_, r)| (200..300).contains(&r.status)).map(|(_, r)| r);
    let small = responses().filter(|(_, r)| r.status == 422).filter_map(|(_, r)| r.headers.number("Min-SE"));
    let described = responses().rfind(|(_, r)| !r.body.is_empty() && r.status < 300);
    let sent_as = request.uri.user_plain().unwrap_or_default();
    let mut byes = log.iter().filter_map(|e| e.response(id, &Method::Bye)).filter(|(_, r)| r.status >= 200);
    Some(Called {
        number: String::new(),
        forms: Vec::new(),
        provisional,
        cancelled: log.iter().any(|e| e.request(&Method::Cancel).is_some()),
        too_small: small.max(),
        timer: taken.and_then(|r| timer(&r.headers)),
        offered: sdp::look(&request.body),
        answer: described.and_then(|(_, r)| sdp::look(&r.body)),
        unusable: None,
        shown: shown(responses().map(|(_, r)| r), &sent_as),
        sound: None,
        bye: byes.next_back().map(|(_, r)| r.status),
        sent_as,
        invite,
    })
}

/// Session-Expires (RFC 4028 section 4).
fn timer(headers: &Headers) -> Option<(u32, Option<String>)> {
    let value = headers.get("Session-Expires")?;
    let who = value.split(';').find_map(|part| part.trim().strip_prefix("refresher="));
    Some((headers.number("Session-Expires")?, who.map(str::to_owned)))
}

/// Numbers that the far end shows of whom we called, but for ours as we wrote it.
fn shown<'m>(responses: impl Iterator<Item = &'m Response>, sent_as: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for response in responses {
        let headers = &response.headers;
        let all = headers.addresses("P-Asserted-Identity").into_iter().chain(headers.to());
        for user in all.filter_map(|a| a.uri.user_plain()) {
            if !user.is_empty() && user != sent_as && !found.contains(&user) && found.len() < 4 {
                found.push(user);
            }
        }
    }
    found
}
