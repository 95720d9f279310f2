//! The way up to the loop: datagrams never wait, streams do, and nothing that failed is kept quiet.

use std::sync::Arc;
use std::time::Duration;

use sip::Flow;
use tokio::sync::{Mutex, mpsc};

use super::{Inbound, Shared};

/// Failed sendings that wait to be told. When full: the next is not told but counted, and its transaction times out.
const FAILURES: usize = 1_024;
/// The part of the loop's channel that streams leave free for datagrams: one of so many.
const LEFT: usize = 4;
/// How long streams wait before they look again whether the loop has room for them, and how often they look before they
/// take whatever room there is: a storm of datagrams must not keep them out for ever either. Only an overloaded house waits.
const BREATH: Duration = Duration::from_millis(1);
const LOOKS: usize = 5;

/// Whether the loop was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Told {
    Yes,
    /// There is no room.
    Full,
    /// Nobody listens any more.
    Gone,
}

#[derive(Debug)]
pub(super) struct Tell {
    up: mpsc::Sender<Inbound>,
    failures: mpsc::Sender<Flow>,
    /// Streams come up one by one, in turn, so that one of them can't keep the others out.
    door: Mutex<()>,
    left: usize,
}

impl Tell {
    pub fn new(up: mpsc::Sender<Inbound>) -> (Self, mpsc::Receiver<Flow>) {
        let (failures, told) = mpsc::channel(FAILURES);
        let left = up.max_capacity() / LEFT;
        (Self { up, failures, door: Mutex::new(()), left }, told)
    }

    /// Tells of a datagram, made only if there is room.
    pub fn datagram(&self, make: impl FnOnce() -> Inbound) -> Told {
        match self.up.try_reserve() {
            Ok(room) => {
                room.send(make());
                Told::Yes
            }
            Err(mpsc::error::TrySendError::Full(())) => Told::Full,
            Err(mpsc::error::TrySendError::Closed(())) => Told::Gone,
        }
    }

    /// Tells of a message of a stream, as soon as there is room for streams; `false`: nobody listens any more.
    pub async fn message(&self, flow: Flow, bytes: Vec<u8>) -> bool {
        let _turn = self.door.lock().await;
        for _ in 0..LOOKS {
            if self.up.capacity() > self.left || self.up.is_closed() {
                break;
            }
            tokio::time::sleep(BREATH).await;
        }
        self.up.send(Inbound::Message { flow, bytes }).await.is_ok()
    }

    /// Tells whom a certificate has shown a connection's far end to be; `false`: nobody listens any more.
    pub async fn connected(&self, id: u64, names: Vec<String>) -> bool {
        self.up.send(Inbound::Connected { id, names }).await.is_ok()
    }

    /// Tells that a connection is gone.
    pub async fn closed(&self, id: u64) {
        // Nobody who has ended wants to know.
        let _ = self.up.send(Inbound::Closed { id }).await;
    }

    /// Tells, in time, that something was not sent; `false` when too many such wait.
    pub fn failed(&self, flow: Flow) -> bool {
        self.failures.try_send(flow).is_ok()
    }
}

/// Carries failed sendings up, so that nobody who sends waits.
pub(super) async fn courier(shared: Arc<Shared>, mut failures: mpsc::Receiver<Flow>) {
    let carry = async {
        while let Some(flow) = failures.recv().await {
            if shared.tell.up.send(Inbound::SendFailed(flow)).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = carry => {}
        () = shared.end.cancelled() => {}
    }
}
