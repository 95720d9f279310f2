//! The running life: how it lets the next one take over.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use handover::contract::{Answer, Offer, Piece, Step};
use handover::{Channel, HandoverError};
use switchboard::lives::Left;
use switchboard::{Clock, Handle};
use tokio::time::timeout;

use super::{legacy, parts, send};

/// How long the next life may take to prepare itself: configuration, voice, store. Nothing waits for it meanwhile.
const PREPARATION: Duration = Duration::from_secs(120);

/// What a life gives away. Clones give the same.
#[derive(Clone)]
pub(crate) struct Giver {
    pub(crate) handle: Handle,
    pub(crate) clock: Clock,
    pub(crate) generation: u16,
    /// The open lock of the store, where it has one.
    pub(crate) lock: Option<Arc<File>>,
    /// The listening sockets of HTTP.
    pub(crate) http: Arc<Vec<(SocketAddr, TcpListener)>>,
}

impl Giver {
    /// Hands over to whoever is at the other end. Done when all is told; whether that life listens is seen in
    /// [`Handle::lives`].
    ///
    /// # Errors
    /// It breaks off, or too slow; this life goes on as before.
    pub(crate) async fn hand_over(&self, mut channel: Channel) -> Result<(), HandoverError> {
        let Some(generation) = self.generation.checked_add(1) else {
            let (zh, en) = (
                "已移交过太多次：请停止后重新启动".to_owned(),
                "this house was handed over too often: stop it and start it anew".to_owned(),
            );
            return channel.say(&Answer::Refused { zh, en }).await;
        };
        let first = self.first()?;
        channel.say(&Answer::Offer(Offer { generation, parts: parts(&first) })).await?;
        send(&mut channel, &first).await?;
        let Step::Ready =
            timeout(PREPARATION, channel.receive::<Step>()).await.map_err(|_| HandoverError::Silent)??.head;
        let Ok(left) = self.handle.hand_over().await else { return Err(HandoverError::BrokenOff) };
        let Left { inheritance, open, sip, rtp, next } = left;
        let mut pieces: Vec<(Piece, OwnedFd)> = Vec::with_capacity(sip.len() + 2 * rtp.len());
        for given in sip {
            pieces.push((Piece::Sip(given.transport.as_str().to_owned(), given.at), given.socket));
        }
        for media::Given { addr, rtp, rtcp } in rtp {
            pieces.push((Piece::Rtp(addr), rtp.into()));
            pieces.push((Piece::Rtcp(addr), rtcp.into()));
        }
        let told = legacy::told(inheritance, open, parts(&pieces), self.clock.now().mono);
        channel.say(&told).await?;
        send(&mut channel, &pieces).await?;
        if next.go_on(channel) { Ok(()) } else { Err(HandoverError::Silent) }
    }

    /// What the next life needs to prepare itself.
    fn first(&self) -> Result<Vec<(Piece, OwnedFd)>, HandoverError> {
        let mut first = Vec::new();
        if let Some(lock) = &self.lock {
            first.push((Piece::Lock, lock.try_clone()?.into()));
        }
        for (at, listener) in self.http.iter() {
            first.push((Piece::Http(*at), listener.try_clone()?.into()));
        }
        Ok(first)
    }
}
