//! SIP, pure: messages, transactions, dialogs, sessions and the registrar.
//!
//! Bytes and the time go into [`Stack::receive`]; bytes to send and events come out of [`Stack::poll`];
//! [`Stack::next_timeout`] says when to come back. No socket, clock or randomness is in here: the seed of tags,
//! branches and nonces is injected.
//!
//! ```
//! use std::time::Duration;
//! use sip::{Event, Flow, Net, Output, Peer, Settings, Stack};
//!
//! let trunk = Peer::at("carrier", vec![Net::parse("192.0.2.0/24").unwrap()]);
//! let mut stack = Stack::new(Settings { seed: [7; 32], peers: vec![trunk], ..Settings::default() });
//! let flow = Flow::udp("192.0.2.1:5060".parse().unwrap(), "192.0.2.9:5060".parse().unwrap());
//! let invite = b"INVITE sip:89000@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n\
//!     From: <sip:1@192.0.2.9>;tag=a\r\nTo: <sip:89000@192.0.2.1>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n";
//! let now = Duration::from_millis(20);
//! stack.receive(now, &flow, invite);
//! while let Some(output) = stack.poll() {
//!     match output {
//!         Output::Send(_flow, _bytes) => { /* give them to the socket */ }
//!         Output::Locate(ticket, _uri) => stack.located(ticket, Vec::new()), // or the ways that the DNS names
//!         Output::Event(_token, Event::Incoming { session, .. }) => {
//!             stack.set_token(session, 42); // comes back with each later event of this session
//!             stack.trying(now, session); // once the journal row is on disk
//!             stack.accept(now, session, b"v=0\r\n".to_vec()).unwrap(); // or progress, reject, hang_up
//!         }
//!         Output::Event(_token, _event) => {}
//!     }
//! }
//! assert_eq!(stack.next_timeout(), Some(now + Duration::from_millis(500))); // the 200 is repeated until its ACK
//! ```

mod address;
mod check;
mod dialog;
pub mod digest;
mod early;
mod flow;
pub mod framing;
pub mod glance;
mod headers;
mod interval;
pub mod locate;
mod message;
mod method;
mod normal;
mod policy;
mod registrar;
mod replaces;
pub mod sdp;
mod session;
mod session_id;
mod stack;
pub mod stun;
mod text;
mod timers;
mod transaction;
mod uri;
mod view;
#[cfg(test)]
mod view_tests;
mod whose;
mod write;

pub use address::{NameAddr, Via};
pub use flow::{Flow, Net, Transport};
pub use headers::Headers;
pub use message::{Message, Request, Response, phrase};
pub use method::Method;
pub use normal::{Fault, MOST_BYTES, Wire, parse};
pub use policy::{Policy, Reliable};
pub use replaces::Replaces;
pub use stack::Stack;
pub use stack::contract::{
    Ended, Event, Invite, Output, Peer, Pressed, Registration, SessionId, Settings, Source, Taking, Target,
    User, literal,
};
pub use stack::leases::Lease;
pub use stack::lend::Lent;
pub use stack::porter::{Knock, Known, OpenDoor, Porter, Welcome};
pub use stack::standing::Standing;
pub use timers::Times;
pub use uri::{Host, Scheme, Uri};
pub use whose::{Whose, whose};

/// What can go wrong when a message is built; reading never fails this way (see [`Fault`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SipError {
    /// A header's name or value would break out of its line.
    #[error("a header value holds a line break or NUL: clean the text before it is put into a message")]
    BreaksLine,
    /// No session with this id, or it is over.
    #[error("the session is over or unknown: forget its id")]
    NoSession,
    /// The command does not fit the session's state.
    #[error("the session's state does not allow this now: wait for its next event")]
    WrongState,
    /// A limit of the stack is reached.
    #[error("the stack is full: refuse new calls until sessions end, or raise the limit")]
    Full,
    /// There is no address to send to.
    #[error("the target has no address: the phone is not registered, or the URI needs a name look-up")]
    Unreachable,
}
