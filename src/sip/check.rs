//! What every message must have, once and well-formed, and what a request must have beside it (RFC 3261 sections 8.1.1 and 20).

use rsip::Header;
use rsip::headers::UntypedHeader;

use crate::headers::Headers;
use crate::message::cseq;
use crate::method::Method;
use crate::normal::Fault;
use crate::view;

/// A header that may stand once.
#[derive(Clone, Copy, Default)]
struct Once<'h> {
    first: Option<&'h str>,
    twice: bool,
}

impl<'h> Once<'h> {
    fn see(&mut self, value: &'h str) {
        self.twice = self.first.is_some();
        self.first = self.first.or(Some(value));
    }

    fn must(self) -> Result<&'h str, Fault> {
        match self.first {
            None => Err(Fault::new(400, "Mandatory Header Missing")),
            Some(_) if self.twice => Err(Fault::new(400, "Header Given Twice")),
            Some(value) => Ok(value),
        }
    }

    fn may(self) -> Result<Option<&'h str>, Fault> {
        if self.twice { Err(Fault::new(400, "Header Given Twice")) } else { Ok(self.first) }
    }
}

/// The headers that every message must have, found in one walk.
#[derive(Default)]
struct Found<'h> {
    from: Once<'h>,
    to: Once<'h>,
    call_id: Once<'h>,
    cseq: Once<'h>,
    max_forwards: Once<'h>,
    has_via: bool,
    bad_via: bool,
}

impl<'h> Found<'h> {
    fn walk(headers: &'h Headers) -> Self {
        let mut found = Self::default();
        for header in headers.models() {
            match header {
                Header::Via(via) => {
                    found.has_via = true;
                    found.bad_via |= view::Via::parse(via.value()).is_none();
                }
                Header::From(from) => found.from.see(from.value()),
                Header::To(to) => found.to.see(to.value()),
                Header::CallId(id) => found.call_id.see(id.value()),
                Header::CSeq(cseq) => found.cseq.see(cseq.value()),
                Header::MaxForwards(hops) => found.max_forwards.see(hops.value()),
                _ => {}
            }
        }
        found
    }
}

/// What every message must have, once, and well-formed; the method that its CSeq names.
pub(crate) fn common(headers: &Headers) -> Result<Method, Fault> {
    let found = Found::walk(headers);
    let (from, to) = (found.from.must()?, found.to.must()?);
    let (call_id, number) = (found.call_id.must()?, found.cseq.must()?);
    found.max_forwards.may()?;
    if !found.has_via {
        return Err(Fault::new(400, "Via Missing"));
    }
    if found.bad_via {
        return Err(Fault::new(400, "Bad Via"));
    }
    let (_, method) = cseq(number).ok_or(Fault::new(400, "Bad CSeq"))?;
    if [from, to].iter().any(|value| view::NameAddr::parse(value).is_none()) {
        return Err(Fault::new(400, "Bad From or To"));
    }
    if call_id.is_empty() || call_id.bytes().any(|b| b <= b' ') {
        return Err(Fault::new(400, "Bad Call-ID"));
    }
    Ok(method)
}

/// What a request must have beside that; `counted` is the method that its CSeq names.
pub(crate) fn request(headers: &Headers, method: &Method, counted: &Method) -> Result<(), Fault> {
    if counted != method {
        return Err(match method {
            // RFC 4475 section 3.1.2.18: whoever does not know the method can't tell what its CSeq should say.
            Method::Other(_) => Fault::new(501, "Not Implemented"),
            Method::Invite
            | Method::Ack
            | Method::Bye
            | Method::Cancel
            | Method::Options
            | Method::Register
            | Method::Info
            | Method::Update
            | Method::Prack
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish => Fault::new(400, "CSeq Method Does Not Match"),
        });
    }
    if headers.get("Max-Forwards").is_some_and(|v| v.parse::<u8>().is_err()) {
        return Err(Fault::new(400, "Bad Max-Forwards"));
    }
    if headers.get("Expires").is_some_and(|v| !v.is_empty() && !v.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Fault::new(400, "Bad Expires"));
    }
    let good = |address: &str| address == "*" || view::NameAddr::parse(address).is_some();
    let well = headers.models().iter().all(|header| match header {
        Header::Contact(contact) => good(contact.value()),
        Header::Route(route) => good(route.value()),
        Header::RecordRoute(route) => good(route.value()),
        _ => true,
    });
    if well { Ok(()) } else { Err(Fault::new(400, "Bad Contact or Route")) }
}
