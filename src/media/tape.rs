//! What goes from the media threads to the recorder: frames in the tick, orders between ticks, in one order.

use audio::FRAME;

use crate::command::{Leg, MessageEnd, RecordingSpec, Room};

/// Which file of a room a frame belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum File {
    /// The call.
    Main,
    /// Private talks.
    Private,
    /// A message of this leg.
    Message(Leg),
}

/// 20 ms of one track.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) room: Room,
    pub(crate) file: File,
    /// 20 ms steps since the file began.
    pub(crate) at: u32,
    /// `house` is track 0; the seats' follow in the order of their names' first appearance.
    pub(crate) track: u8,
    pub(crate) samples: [i16; FRAME],
}

/// One thing for the recorder.
// A box for the frames would be an allocation in the tick.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub(crate) enum Tape {
    /// A recording begins.
    Open(Room, Box<RecordingSpec>),
    /// A track got its name.
    Track(Room, u8, &'static str),
    /// Sound.
    Frame(Frame),
    /// The recording has come so far, in 20 ms steps, though nobody may have said anything.
    Reached(Room, u32),
    /// A message begins.
    Message(Room, Leg, Box<RecordingSpec>),
    /// A message ended; its length without the closing silence, in 20 ms steps.
    MessageEnded(Room, Leg, u32, MessageEnd),
    /// The last message of this leg is not wanted.
    Discard(Room, Leg),
    /// So many frames found no place.
    Lost(Room, u64),
    /// The room is closed after so many 20 ms steps.
    Close(Room, u32),
}
