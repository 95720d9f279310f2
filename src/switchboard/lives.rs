//! The lives of one house that stand side by side while one goes on in another process: how the neighbours are, what is left.

use handover::Channel;
use tokio::sync::oneshot;

use crate::contract::Inheritance;
use crate::wire;

/// How a neighbouring life is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Neighbour {
    /// There is none.
    #[default]
    None,
    /// It is being given everything, and does not listen yet.
    Coming,
    /// It is there.
    There,
    /// It has ended well: nothing of it is left.
    Left,
    /// It has ended without a word: its calls are cut.
    Died,
}

/// The neighbours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Lives {
    /// The life before this one, which ends its calls.
    pub before: Neighbour,
    /// The life after this one, which takes the new ones.
    pub after: Neighbour,
}

/// What the loop leaves to the next life. The loop waits meanwhile, at most five seconds; when this is dropped, it goes
/// on as before.
#[derive(Debug)]
pub struct Left {
    /// What that life must know.
    pub inheritance: Inheritance,
    /// Requests that this life still answers.
    pub open: Vec<String>,
    /// The sockets of SIP.
    pub sip: Vec<wire::Given>,
    /// All RTP ports; those on which it still has legs stand in the inheritance.
    pub rtp: Vec<media::Given>,
    /// When all is told.
    pub next: GoOn,
}

/// The loop waits for this.
#[derive(Debug)]
pub struct GoOn(pub(crate) oneshot::Sender<Channel>);

impl GoOn {
    /// All is told: the loop goes on beside the next life, which is at the other end of this conversation. `false`: it did not
    /// wait so long, and has all back.
    pub fn go_on(self, channel: Channel) -> bool {
        self.0.send(channel).is_ok()
    }
}
