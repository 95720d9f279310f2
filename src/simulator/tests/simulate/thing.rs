//! What can happen in the world.

use std::time::Duration;

use call::CallId;
use call::action::Lookup;
use sip::{Flow, SessionId};
use switchboard::contract::Input;

use super::deeds::Deed;
use super::sound::Due;

/// Something that will happen.
#[derive(Debug)]
pub enum Thing {
    ToHouse(Flow, Vec<u8>),
    /// To this phone, if it has not restarted since for a stream.
    ToPhone(usize, Flow, Vec<u8>),
    HouseFlowClosed(u64),
    HouseCantSend(Flow),
    PhoneFlowClosed(usize, u64),
    HouseTimer,
    PhoneTimer(usize),
    Told(media::Event),
    Sound(Due),
    OnDisk(CallId),
    Found(CallId, Lookup),
    Named(Box<Input>),
    /// Another mood of this carrier.
    Mood(usize),
    /// A look at all trunks.
    Inspect,
    /// The house closes.
    Close,
    /// The next citizen calls.
    Citizen,
    /// The next thing that a screen or an admin does.
    Office,
    /// An admin takes back what was done before.
    Calm,
    /// A phone's own: its number, its life.
    Phone(usize, u32, Chore),
    /// A person on a line of a phone in its life.
    Deed(usize, u32, SessionId, Deed),
    /// The evening: everybody hangs up.
    Evening,
    /// Something goes wrong.
    Mishap(usize),
    /// The next life of the house begins.
    Restart,
    /// A group of records is on disk; the store has been given some.
    Synced,
    Fed,
    /// The promise clock begins a round; one of its questions is answered.
    Round,
    Kept(u64),
    CloseUnheard(Vec<CallId>),
    /// A case is opened.
    Case,
    /// The wall clock of a house that has nothing to do is set a month on.
    Month,
}

impl Thing {
    /// It is of the running process, and ends with it.
    pub fn is_inside(&self) -> bool {
        match self {
            Self::HouseFlowClosed(_)
            | Self::HouseCantSend(_)
            | Self::HouseTimer
            | Self::Told(_)
            | Self::Sound(_)
            | Self::OnDisk(_)
            | Self::Found(..)
            | Self::Named(_)
            | Self::Synced
            | Self::Fed
            | Self::Round
            | Self::Kept(_)
            | Self::CloseUnheard(_) => true,
            Self::ToHouse(..)
            | Self::ToPhone(..)
            | Self::PhoneFlowClosed(..)
            | Self::PhoneTimer(_)
            | Self::Mood(_)
            | Self::Inspect
            | Self::Close
            | Self::Citizen
            | Self::Office
            | Self::Calm
            | Self::Phone(..)
            | Self::Deed(..)
            | Self::Evening
            | Self::Mishap(_)
            | Self::Restart
            | Self::Case
            | Self::Month => false,
        }
    }
}

/// What a phone does by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chore {
    Register,
    Unregister,
    Restart,
    Deaf(Duration),
    Listen,
    /// Its stream connection breaks.
    Cut,
}
