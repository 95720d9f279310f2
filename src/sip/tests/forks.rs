//! Forks of one INVITE as the calling end meets them: early dialogs apart, PRACKs apart, one answer taken and the others ended.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use sip::{
    Event, Flow, Host, Invite, Message, NameAddr, Output, Policy, Request, SessionId, Settings, Stack,
    Target, Uri, Wire, parse,
};

const OFFER: &[u8] = b"v=0\r\no=ours\r\n";

/// The calling stack, and the far ends as text.
struct Caller {
    stack: Stack,
    now: Duration,
    flow: Flow,
    session: SessionId,
    invite: Request,
}

impl Caller {
    fn new(offer: Option<&[u8]>) -> Self {
        let mut stack = Stack::new(Settings { seed: [3; 32], ..Settings::default() });
        let flow = Flow::udp("192.0.2.1:5060".parse().unwrap(), "192.0.2.9:5060".parse().unwrap());
        let invite = Invite {
            to: Target::Uri(Box::new(Uri::parse("sip:89000@192.0.2.9").unwrap()), flow.clone()),
            from: NameAddr::new(Uri::sip("100", Host::V4([192, 0, 2, 1].into()), None)),
            headers: Vec::new(),
            offer: offer.map(<[u8]>::to_vec),
            credentials: None,
            policy: Some(Policy::default()),
            token: 0,
        };
        let now = Duration::from_secs(1);
        let session = stack.invite(now, invite).unwrap();
        let Some(Output::Send(_, bytes)) = stack.poll() else { panic!("no INVITE") };
        let Ok(Message::Request(invite)) = parse(&bytes, Wire::Datagram) else { panic!("no INVITE") };
        Self { stack, now, flow, session, invite }
    }

    /// A response to this request, from the fork of this tag.
    fn answer_to(
        &mut self,
        request: &Request,
        status: &str,
        tag: &str,
        extra: &str,
        body: &str,
    ) -> (Vec<Request>, Vec<Event>) {
        let h = |name: &str| request.headers.get(name).unwrap().to_owned();
        let to = h("To").split(";tag").next().unwrap().to_owned();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {to};tag={tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n\
             Contact: <sip:{tag}@192.0.2.{}>\r\nAllow: INVITE, UPDATE, PRACK\r\n{extra}{kind}Content-Length: {}\r\n\r\n{body}",
            h("Via"),
            h("From"),
            h("Call-ID"),
            h("CSeq"),
            if tag == "a" { 21 } else { 22 },
            body.len()
        );
        self.give(&text)
    }

    fn invite_answer(
        &mut self,
        status: &str,
        tag: &str,
        extra: &str,
        body: &str,
    ) -> (Vec<Request>, Vec<Event>) {
        let invite = self.invite.clone();
        self.answer_to(&invite, status, tag, extra, body)
    }

    /// Gives a message; what is sent as requests, and what is told. Responses of ours are kept out.
    fn give(&mut self, text: &str) -> (Vec<Request>, Vec<Event>) {
        let back = Flow::udp(self.flow.local, self.flow.remote);
        self.stack.receive(self.now, &back, text.as_bytes());
        self.drain()
    }

    fn drain(&mut self) -> (Vec<Request>, Vec<Event>) {
        let (mut requests, mut events) = (Vec::new(), Vec::new());
        while let Some(output) = self.stack.poll() {
            match output {
                Output::Event(_, event) => events.push(event),
                Output::Locate(ticket, _) => self.stack.located(ticket, Vec::new()),
                Output::Send(_, bytes) => {
                    if let Ok(Message::Request(request)) = parse(&bytes, Wire::Datagram) {
                        requests.push(request);
                    }
                }
            }
        }
        (requests, events)
    }
}

fn reliable(rseq: u32) -> String {
    format!("Require: 100rel\r\nRSeq: {rseq}\r\n")
}

fn names(requests: &[Request]) -> Vec<String> {
    let tag = |r: &Request| r.headers.to().unwrap().tag().unwrap_or_default().to_owned();
    requests.iter().map(|r| format!("{} {} {}", r.headers.get("CSeq").unwrap(), tag(r), r.uri)).collect()
}

#[test]
fn each_fork_is_proven_in_its_own_dialog() {
    let mut c = Caller::new(Some(OFFER));
    let (sent, told) = c.invite_answer("183 Progress", "a", &reliable(7), "v=0\r\no=a\r\n");
    assert_eq!(names(&sent), ["2 PRACK a sip:a@192.0.2.21"]);
    assert_eq!(sent[0].headers.get("RAck"), Some("7 1 INVITE"));
    assert!(matches!(&told[..], [Event::Progress { status: 183, body, .. }] if body == b"v=0\r\no=a\r\n"));
    let (sent, _) = c.invite_answer("183 Progress", "b", &reliable(100), "v=0\r\no=b\r\n");
    assert_eq!(names(&sent), ["2 PRACK b sip:b@192.0.2.22"], "its numbers begin anew");
    let (sent, told) = c.invite_answer("183 Progress", "a", &reliable(7), "v=0\r\no=a\r\n");
    assert!(
        sent.is_empty() && told.is_empty(),
        "a repeated one is not looked at: the PRACK is repeated by itself"
    );
    let (sent, told) = c.invite_answer("180 Ringing", "a", &reliable(9), "");
    assert!(sent.is_empty() && told.is_empty(), "RFC 3262 section 4: 8 is missing");
    let (sent, _) = c.invite_answer("180 Ringing", "a", &reliable(8), "");
    assert_eq!(names(&sent), ["3 PRACK a sip:a@192.0.2.21"]);
    let (sent, _) = c.invite_answer("180 Ringing", "b", "", "");
    assert!(sent.is_empty(), "one that is not reliable is not proven");
}

#[test]
fn the_fork_that_answers_is_taken_with_its_own_description_and_the_other_is_ended() {
    let mut c = Caller::new(Some(OFFER));
    c.invite_answer("183 Progress", "a", &reliable(7), "v=0\r\no=a\r\n");
    c.invite_answer("183 Progress", "b", &reliable(100), "v=0\r\no=b\r\n");
    let (sent, told) = c.invite_answer("200 OK", "b", "", "");
    assert_eq!(names(&sent), ["1 ACK b sip:b@192.0.2.22"]);
    assert!(matches!(&told[..], [Event::Answered { body, .. }] if body == b"v=0\r\no=b\r\n"), "{told:?}");
    let (sent, told) = c.invite_answer("200 OK", "b", "", "");
    assert_eq!(names(&sent), ["1 ACK b sip:b@192.0.2.22"], "a lost ACK is sent again");
    assert!(told.is_empty());
    let (sent, told) = c.invite_answer("200 OK", "a", "", "v=0\r\no=a\r\n");
    assert!(told.is_empty());
    assert_eq!(
        names(&sent).iter().map(|n| n.split_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>(),
        ["ACK a sip:a@192.0.2.21", "BYE a sip:a@192.0.2.21"]
    );
    let seq = sent[1].headers.cseq().unwrap().0;
    assert!(seq > 2, "above the PRACK's number in that dialog: {seq}");
    // The dialog that was taken goes on from its PRACK.
    c.stack.hang_up(c.now, c.session, None);
    assert_eq!(names(&c.drain().0), ["3 BYE b sip:b@192.0.2.22"]);
}

#[test]
fn an_offer_in_a_fork_s_reliable_response_is_answered_in_its_prack() {
    let mut c = Caller::new(None);
    let (sent, told) = c.invite_answer("183 Progress", "a", &reliable(7), "v=0\r\no=offer\r\n");
    assert!(sent.is_empty());
    assert!(
        matches!(&told[..], [Event::EarlyOffer { offer, .. }, Event::Progress { .. }] if offer == b"v=0\r\no=offer\r\n")
    );
    c.stack.answer_early(c.now, c.session, OFFER.to_vec()).unwrap();
    let (sent, _) = c.drain();
    assert_eq!(names(&sent), ["2 PRACK a sip:a@192.0.2.21"]);
    assert_eq!(sent[0].body, OFFER);
    let (sent, told) = c.invite_answer("200 OK", "a", "", "");
    assert_eq!(names(&sent), ["1 ACK a sip:a@192.0.2.21"], "nothing is left to answer");
    assert!(
        sent[0].body.is_empty()
            && matches!(&told[..], [Event::Answered { body, .. }] if body == b"v=0\r\no=offer\r\n")
    );
    assert!(c.stack.ack(c.session, OFFER.to_vec()).is_err());
}

#[test]
fn a_call_that_is_taken_back_still_proves_what_comes() {
    let mut c = Caller::new(Some(OFFER));
    c.invite_answer("183 Progress", "a", &reliable(7), "v=0\r\no=a\r\n");
    c.stack.hang_up(c.now, c.session, Some("Q.850;cause=16".to_owned()));
    let (sent, _) = c.drain();
    assert_eq!(sent.iter().map(|r| r.method.to_string()).collect::<Vec<_>>(), ["CANCEL"]);
    assert!(sent[0].headers.get("Session-ID").is_some() && sent[0].headers.q850() == Some(16));
    let (sent, told) = c.invite_answer("180 Ringing", "b", &reliable(5), "");
    assert_eq!(names(&sent), ["2 PRACK b sip:b@192.0.2.22"]);
    assert!(told.is_empty());
    let (sent, told) =
        c.invite_answer("487 Request Terminated", "a", "Reason: SIP;cause=487, q.850 ;cause=21\r\n", "");
    assert_eq!(names(&sent), ["1 ACK a sip:89000@192.0.2.9"]);
    assert!(matches!(&told[..], [Event::Failed { status: 487, q850: Some(21), .. }]), "{told:?}");
}

#[test]
fn an_update_of_an_early_dialog_is_answered_there_and_a_bye_is_not_taken() {
    let mut c = Caller::new(Some(OFFER));
    c.invite_answer("183 Progress", "a", &reliable(7), "v=0\r\no=a\r\n");
    let from_a = |method: &str, n: u32, body: &str| {
        let h = |name: &str| c.invite.headers.get(name).unwrap().to_owned();
        format!(
            "{method} sip:100@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.21;rport;branch=z9hG4bKa{n}\r\nFrom: {};tag=a\r\nTo: {}\r\n\
             Call-ID: {}\r\nCSeq: {n} {method}\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            h("To"),
            h("From"),
            h("Call-ID"),
            body.len()
        )
    };
    let (update, bye) = (from_a("UPDATE", 1, "v=0\r\no=new\r\n"), from_a("BYE", 2, ""));
    let (_, told) = c.give(&update);
    assert!(matches!(&told[..], [Event::Reoffer { offer: Some(_), .. }]), "{told:?}");
    c.stack.answer_reoffer(c.now, c.session, Ok(b"v=0\r\no=ours2\r\n".to_vec())).unwrap();
    let (_, told) = c.give(&bye);
    assert!(told.is_empty(), "RFC 3261 section 15: the called end may not hang up yet");
    let (_, told) = c.invite_answer("200 OK", "a", "", "");
    assert!(
        matches!(&told[..], [Event::Answered { body, .. }] if body == b"v=0\r\no=new\r\n"),
        "what stands since the UPDATE"
    );
}
