//! What two lives of one house say to each other over a unix socket, and what an admin's command asks of it there.
//!
//! [`Door`] is the socket (mode 0600, the same user or root only), [`knock`] the way in. What is said is one line of
//! [`contract`]: a few orders, and the hand-over of a house that goes on in another process: its sockets by descriptor
//! (SCM_RIGHTS), what it knows ([`contract::Legacy`]), and from then on, over a [`Link`], each SIP message that belongs to
//! the other life.

mod channel;
pub mod contract;
mod door;
mod error;
mod frame;
mod link;
#[cfg(test)]
mod tests;

pub use channel::{Channel, MOST_DESCRIPTORS, Parcel};
pub use door::{Door, knock};
pub use error::HandoverError;
pub use frame::Frame;
pub use link::{Link, Side, Told, link};
