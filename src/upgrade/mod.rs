//! The house goes on in another process: what a life takes over from the one before, and what it gives to the next.
//!
//! ```text
//! new life                          old life
//! Ask::TakeOver            ->
//!                          <-       Offer, Sockets (lock of the store, HTTP)
//! opens store, voice, keys
//! Step::Ready              ->       falls silent, answers what it has heard
//!                          <-       Legacy, Sockets (SIP, RTP)
//! listens
//! Frame::Listening         ->       ends its calls; frames in both directions until it is gone
//! ```
//!
//! Until [`handover::Frame::Listening`] the old life can go on as before, and does when the new one breaks off.

mod giver;
mod legacy;
pub(crate) mod steward;
mod taker;

pub(crate) use giver::Giver;
pub(crate) use steward::Steward;
pub(crate) use taker::Life;
pub use taker::Taking;

use std::os::fd::{AsFd, OwnedFd};

use handover::contract::{Piece, Sockets};
use handover::{Channel, HandoverError, MOST_DESCRIPTORS};

/// How many messages so many sockets take.
fn parts(pieces: &[(Piece, OwnedFd)]) -> u32 {
    u32::try_from(pieces.len().div_ceil(MOST_DESCRIPTORS)).unwrap_or(u32::MAX)
}

/// Sends sockets, some at a time.
async fn send(channel: &mut Channel, pieces: &[(Piece, OwnedFd)]) -> Result<(), HandoverError> {
    for some in pieces.chunks(MOST_DESCRIPTORS) {
        let list = some.iter().map(|(piece, _)| piece.clone()).collect();
        let descriptors: Vec<_> = some.iter().map(|(_, socket)| socket.as_fd()).collect();
        channel.send(&Sockets { list }, &[], &descriptors).await?;
    }
    Ok(())
}

/// Receives the sockets of so many messages.
async fn receive(channel: &mut Channel, parts: u32) -> Result<Vec<(Piece, OwnedFd)>, HandoverError> {
    let mut pieces = Vec::new();
    for _ in 0..parts {
        let parcel = channel.receive::<Sockets>().await?;
        if parcel.head.list.len() != parcel.descriptors.len() {
            return Err(HandoverError::Strange("a list without its sockets".to_owned()));
        }
        pieces.extend(parcel.head.list.into_iter().zip(parcel.descriptors));
    }
    Ok(pieces)
}
