//! What can go wrong with a phone.

use std::io;

use sip::SipError;
use sip::sdp::SdpFault;

use crate::leg::Ending;

/// What can go wrong, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// A socket or thread could not be had.
    #[error("no socket or thread ({0}): check the bind address and the limits of the process")]
    System(#[from] io::Error),
    /// The stack refused the command.
    #[error(transparent)]
    Sip(#[from] SipError),
    /// The far end's description can't be used.
    #[error(transparent)]
    Sdp(#[from] SdpFault),
    /// REGISTER or a re-INVITE was refused.
    #[error("refused with status {0}: check user, password and what the server allows")]
    Refused(u16),
    /// The call is over.
    #[error("the call is over ({0:?}): start another")]
    Over(Box<Ending>),
    /// The phone was stopped.
    #[error("the phone was stopped: start another")]
    Stopped,
    /// The address to call is no number and no `sip:` URI with an address.
    #[error("not to be called: write a number, or a sip: URI whose host is an IP address")]
    Unreachable,
    /// Keys that can't be sent.
    #[error(
        "keys are 0-9 * # A-D, at most 256, and need telephone-event at the far end: send them by INFO instead"
    )]
    Keys,
    /// It did not happen in time.
    #[error("it did not happen within {0:?}: look at the far end")]
    Deadline(std::time::Duration),
    /// The tones that should be heard are not, or others are; hertz and level of each.
    #[error("heard other tones than expected, as (hertz, level): {0:?}: look at who is joined with whom")]
    Unheard(Vec<(u32, i32)>),
    /// A sound file can't be used.
    #[error(transparent)]
    Wav(#[from] audio::wav::WavError),
}
