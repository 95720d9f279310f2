//! The four transactions of RFC 3261 section 17 with RFC 6026, each a small machine that says what to do and touches nothing.

mod client_invite;
mod client_other;
mod server_invite;
mod server_other;
#[cfg(test)]
mod tests;

pub(crate) use client_invite::ClientInvite;
pub(crate) use client_other::ClientOther;
pub(crate) use server_invite::ServerInvite;
pub(crate) use server_other::ServerOther;

/// What a timer of a transaction asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Due {
    /// Nothing yet.
    Nothing,
    /// Send the last message again.
    Resend,
    /// The peer never answered: tell the owner, and forget the transaction.
    TimedOut,
    /// The transaction is over: forget it.
    Over,
}

/// What a response does at a client transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    /// Hand it to the owner.
    Pass,
    /// Hand it to the owner and send the ACK of this transaction (RFC 3261 section 17.1.1.3).
    PassAndAck,
    /// A repetition: send the ACK again.
    AckAgain,
    /// A repetition, or too late: nothing.
    Ignore,
}

/// What a repeated request does at a server transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Repeat {
    /// Send the last response again.
    Resend,
    /// Nothing.
    Absorb,
}
