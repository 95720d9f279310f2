//! The new life: what it takes over from the one that runs.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use handover::contract::{Answer, Ask, Legacy, PROTOCOL, Piece, Step, transport};
use handover::{Channel, HandoverError, knock};
use switchboard::run::Heir;
use switchboard::wire;
use tokio::time::timeout;

use super::{legacy, receive};

/// The running life answers within this: it looks for nothing and computes nothing meanwhile.
const ANSWER: Duration = Duration::from_secs(10);

/// The beginning of a take-over: the running life goes on as before.
pub struct Taking {
    channel: Channel,
    generation: u16,
    http: Vec<(SocketAddr, TcpListener)>,
    lock: Option<File>,
}

/// What a life begins with.
#[derive(Default)]
pub(crate) struct Life {
    /// Which one it is since the last cold start.
    pub(crate) generation: u16,
    /// What the life before left; `None` at a cold start.
    pub(crate) heir: Option<Heir>,
    /// Its sockets of SIP.
    pub(crate) sip: Vec<wire::Given>,
    /// Its RTP ports.
    pub(crate) rtp: Vec<media::Given>,
    /// Its listening sockets of HTTP, by address.
    pub(crate) http: Vec<(SocketAddr, TcpListener)>,
}

impl Taking {
    /// Knocks at the house that runs; `None`: none does.
    ///
    /// # Errors
    /// It does not hand over, or not to this version.
    pub async fn begin(socket: &Path) -> Result<Option<Self>, HandoverError> {
        let mut channel = match knock(socket).await {
            Ok(channel) => channel,
            Err(HandoverError::Nobody { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        channel.say(&Ask::TakeOver { protocol: PROTOCOL }).await?;
        let offer = match within(channel.receive()).await?.head {
            Answer::Offer(offer) => offer,
            Answer::Refused { zh, en } => return Err(HandoverError::Refused { zh, en }),
            Answer::Status(_) => return Err(HandoverError::Strange("no offer".to_owned())),
        };
        let (mut http, mut lock) = (Vec::new(), None);
        for (piece, socket) in within(receive(&mut channel, offer.parts)).await? {
            match piece {
                Piece::Lock => lock = Some(File::from(socket)),
                Piece::Http(at) | Piece::Https(at) => http.push((at, TcpListener::from(socket))),
                Piece::Sip(..) | Piece::Rtp(_) | Piece::Rtcp(_) => {}
            }
        }
        Ok(Some(Self { channel, generation: offer.generation, http, lock }))
    }

    /// The open lock of the store, to be held from now on.
    pub(crate) fn lock(&mut self) -> Option<File> {
        self.lock.take()
    }

    /// All else is prepared: the running life falls silent and leaves everything. `now`: time since the start of this one.
    ///
    /// # Errors
    /// It breaks off, and goes on as before.
    pub(crate) async fn commit(self, now: Duration) -> Result<Life, HandoverError> {
        let Self { mut channel, generation, http, .. } = self;
        channel.say(&Step::Ready).await?;
        let told = within(channel.receive::<Legacy>()).await?.head;
        let (mut sip, mut rtp, mut half) = (Vec::new(), Vec::new(), None);
        for (piece, socket) in within(receive(&mut channel, told.parts)).await? {
            match piece {
                Piece::Sip(word, at) => {
                    if let Some(transport) = transport(&word) {
                        sip.push(wire::Given { transport, at, socket });
                    }
                }
                Piece::Rtp(addr) => half = Some((addr, socket)),
                Piece::Rtcp(_) => {
                    if let Some((addr, first)) = half.take() {
                        rtp.push(media::Given { addr, rtp: first.into(), rtcp: socket.into() });
                    }
                }
                Piece::Http(_) | Piece::Https(_) | Piece::Lock => {}
            }
        }
        let (inheritance, open) = legacy::heard(told, now);
        let heir = Some(Heir { channel, inheritance, open });
        Ok(Life { generation, heir, sip, rtp, http })
    }
}

async fn within<T>(answer: impl Future<Output = Result<T, HandoverError>>) -> Result<T, HandoverError> {
    timeout(ANSWER, answer).await.map_err(|_| HandoverError::Silent)?
}
