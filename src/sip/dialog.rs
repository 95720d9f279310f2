//! A dialog (RFC 3261 section 12): who, in which order, and where to.

use crate::SipError;
use crate::address::NameAddr;
use crate::flow::Flow;
use crate::message::{Request, Response};
use crate::method::Method;
use crate::stack::contract::literal;
use crate::uri::Uri;

/// The state of one dialog, from one end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Dialog {
    pub call_id: String,
    /// With our tag.
    pub local: NameAddr,
    /// With the far end's tag.
    pub remote: NameAddr,
    pub local_seq: u32,
    pub remote_seq: Option<u32>,
    /// The far end's Contact.
    pub target: Uri,
    pub routes: Vec<NameAddr>,
}

impl Dialog {
    /// The called end's dialog (section 12.1.1).
    pub fn of_server(invite: &Request, tag: &str) -> Option<Self> {
        let headers = &invite.headers;
        let remote = headers.from()?;
        Some(Self {
            call_id: headers.call_id()?.to_owned(),
            local: headers.to()?.with_tag(tag),
            target: headers.contact().map_or_else(|| remote.uri.clone(), |c| c.uri),
            remote,
            local_seq: 0,
            remote_seq: headers.cseq().map(|(n, _)| n),
            routes: headers.addresses("Record-Route"),
        })
    }

    /// The calling end's dialog, from a response (section 12.1.2). An RFC 2543 end sends no To tag.
    pub fn of_client(invite: &Request, response: &Response) -> Option<Self> {
        let headers = &response.headers;
        let remote = headers.to()?;
        let mut routes = headers.addresses("Record-Route");
        routes.reverse();
        Some(Self {
            call_id: invite.headers.call_id()?.to_owned(),
            local: invite.headers.from()?,
            target: headers.contact().map_or_else(|| invite.uri.clone(), |c| c.uri),
            remote,
            local_seq: invite.headers.cseq()?.0,
            remote_seq: None,
            routes,
        })
    }

    /// The far end's tag; RFC 2543 ends have none.
    pub fn remote_tag(&self) -> &str {
        self.remote.tag().unwrap_or_default()
    }

    /// A request inside the dialog without Via (section 12.2.1.1). ACK keeps the INVITE's number, others count on.
    pub fn request(&mut self, method: Method, ack_of: Option<u32>) -> Result<Request, SipError> {
        let number = match ack_of {
            Some(n) => n,
            None => {
                self.local_seq = self.local_seq.saturating_add(1);
                self.local_seq
            }
        };
        let mut request = Request::new(method, self.target.clone());
        let mut routes = self.routes.clone();
        if let Some(first) = routes.first().filter(|r| r.uri.param("lr").is_none()).cloned() {
            // A strict router: its URI becomes the Request-URI, the target the last Route (section 12.2.1.1).
            routes.remove(0);
            let aimed = Request::new(request.method.clone(), first.uri);
            routes.push(NameAddr::new(std::mem::replace(&mut request, aimed).uri));
        }
        let headers = &mut request.headers;
        headers.push("Max-Forwards", "70")?;
        for route in &routes {
            headers.push("Route", route.to_string())?;
        }
        headers.push("From", self.local.to_string())?;
        headers.push("To", self.remote.to_string())?;
        headers.push("Call-ID", self.call_id.clone())?;
        headers.push("CSeq", format!("{number} {}", request.method))?;
        Ok(request)
    }

    /// The order of requests from the far end (section 12.2.2): `false` for one that is older than the last.
    pub fn in_order(&mut self, seq: u32) -> bool {
        let good = self.remote_seq.is_none_or(|last| seq > last);
        if good {
            self.remote_seq = Some(seq);
        }
        good
    }

    /// The way of the next request: over a stream, the connection at hand; else to the first route, or the target, when
    /// it names an address; else, or when `pinned` and there is no route, the way of the last request.
    pub fn way(&self, flow: &Flow, pinned: bool) -> Flow {
        let mut flow = flow.clone();
        if let Some(address) = literal(self.next()).filter(|_| !self.stays(&flow, pinned)) {
            flow.remote = address;
        }
        flow
    }

    /// Where the next request is to go: the first Route, else the target.
    pub fn next(&self) -> &Uri {
        self.routes.first().map_or(&self.target, |r| &r.uri)
    }

    /// Whether requests keep the way at hand, wherever the next hop is.
    pub fn stays(&self, flow: &Flow, pinned: bool) -> bool {
        let connected = flow.transport.reliable() && flow.id != 0;
        connected || pinned && self.routes.is_empty()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::flow::Transport;

    fn dialog(route: Option<&str>) -> Dialog {
        let end = |uri| NameAddr::new(Uri::parse(uri).unwrap());
        Dialog {
            call_id: "c".into(),
            local: end("sip:89000@h"),
            remote: end("sip:a@h"),
            local_seq: 1,
            remote_seq: Some(7),
            target: Uri::parse("sip:a@192.0.2.9:5070").unwrap(),
            routes: route.into_iter().map(end).collect(),
        }
    }

    #[test]
    fn a_request_that_is_no_newer_than_the_last_is_out_of_order() {
        let mut d = dialog(None);
        assert_eq!([6, 7].map(|seq| d.in_order(seq)), [false, false]);
        assert_eq!(
            [9, 8, 9, 10].map(|seq| d.in_order(seq)),
            [true, false, false, true],
            "a gap is none of ours"
        );
        let mut first = Dialog { remote_seq: None, ..dialog(None) };
        assert_eq!([0, 0].map(|seq| first.in_order(seq)), [true, false], "the first may bear any number");
    }

    #[test]
    fn requests_keep_their_connection_and_else_follow_route_and_target() {
        let remote = |over, id, pinned, route| {
            let (here, there) = ("192.0.2.1:5060".parse().unwrap(), "198.51.100.4:40000".parse().unwrap());
            let flow = Flow::new(over, here, there, id);
            let d = dialog(route);
            let way = d.way(&flow, pinned).remote.to_string();
            assert_eq!(d.stays(&flow, pinned), way == flow.remote.to_string());
            way
        };
        let (kept, target, route) = ("198.51.100.4:40000", "192.0.2.9:5070", "192.0.2.77:5060");
        let by = Some("sip:192.0.2.77;lr");
        for (over, id, pinned, via, to) in [
            (Transport::Udp, 0, false, None, target),
            (Transport::Udp, 0, true, None, kept),
            (Transport::Udp, 0, false, by, route),
            (Transport::Udp, 0, true, by, route),
            (Transport::Udp, 5, false, None, target),
            (Transport::Tcp, 0, false, None, target),
            (Transport::Tcp, 5, false, None, kept),
            (Transport::Tls, 5, false, by, kept),
            (Transport::Wss, 5, true, by, kept),
        ] {
            assert_eq!(remote(over, id, pinned, via), to, "{over:?} {id} {pinned} {via:?}");
        }
    }
}
