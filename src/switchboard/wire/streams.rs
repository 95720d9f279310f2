//! TCP: connections that others open and that we open, from their first moment to the last.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sip::Flow;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::connection::{End, converse};
use super::table::{Place, Refused, Sent, Way};
use super::{Shared, sockets};

/// Rest after a connection could not be accepted, for want of file descriptors: others close meanwhile.
const REST: Duration = Duration::from_millis(50);

/// Takes connections until the wire ends.
pub(super) async fn accept(shared: Arc<Shared>, tasks: TaskTracker, listener: TcpListener) {
    loop {
        let accepted = tokio::select! {
            () = shared.end.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, remote)) => admit(&shared, &tasks, stream, remote),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::debug!(%error, "a connection can't be accepted");
                shared.counters.accept_failed.add();
                let _ = timeout(REST, shared.end.cancelled()).await;
            }
        }
    }
}

fn admit(shared: &Arc<Shared>, tasks: &TaskTracker, stream: TcpStream, remote: SocketAddr) {
    let place = match shared.table.enter(remote) {
        Ok(place) => place,
        Err(refused) => {
            match refused {
                Refused::Full => shared.counters.refused_full.add(),
                Refused::Source => shared.counters.refused_source.add(),
            }
            // Reset, so that nothing of it stays behind here.
            let _ = stream.set_zero_linger();
            return;
        }
    };
    shared.counters.accepted.add();
    let shared = shared.clone();
    tasks.spawn(async move {
        let id = place.id;
        if let Ok(local) = stream.local_addr() {
            converse(&shared, stream, place, local, remote, true).await;
        }
        leave(&shared, id, true).await;
    });
}

/// Sends over a connection: the numbered one, one to the same far end, or a new one.
pub(super) fn send(shared: &Arc<Shared>, runtime: &Handle, tasks: &TaskTracker, flow: &Flow, bytes: Vec<u8>) {
    let way = if flow.id == 0 {
        shared.table.write_to(flow, bytes)
    } else {
        Way::Standing(shared.table.write(flow.id, bytes))
    };
    match way {
        Way::Standing(Sent::Queued) => {}
        Way::Standing(Sent::Full) => {
            shared.counters.cut_unread.add();
            // A way without number is told of when the connection is gone.
            if flow.id != 0 {
                shared.failed(flow);
            }
        }
        Way::Standing(Sent::Gone) | Way::None => shared.failed(flow),
        Way::New(place) => {
            tasks.spawn_on(call_out(shared.clone(), flow.clone(), place), runtime);
        }
    }
}

async fn call_out(shared: Arc<Shared>, flow: Flow, place: Place) {
    let (id, remote, cut) = (place.id, flow.remote, place.cut.clone());
    let connected = tokio::select! {
        () = cut.cancelled() => None,
        done = timeout(shared.settings.connect, sockets::connect(flow.local.ip(), remote)) => match done {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%remote, %error, "no connection");
                None
            }
            Err(_) => {
                tracing::debug!(%remote, "no connection in time");
                None
            }
        },
    };
    let opened = connected.is_some();
    match connected {
        Some(stream) => {
            shared.counters.opened.add();
            converse(&shared, stream, place, flow.local, remote, false).await;
        }
        None => shared.counters.unreachable.add(),
    }
    leave(&shared, id, opened).await;
}

/// Forgets a connection and tells the loop, except when all ends.
async fn leave(shared: &Shared, id: u64, stood: bool) {
    let asked = shared.table.remove(id);
    if shared.end.is_cancelled() {
        return;
    }
    for flow in &asked {
        shared.failed(flow);
    }
    if stood {
        tokio::select! {
            () = shared.tell.closed(id) => {}
            () = shared.end.cancelled() => {}
        }
    }
}

impl Shared {
    /// Counts why a connection was closed from this end.
    pub(super) fn count(&self, end: End) {
        match end {
            End::Slow => self.counters.cut_slow.add(),
            End::Idle => self.counters.cut_idle.add(),
            End::Unread => self.counters.cut_unread.add(),
            End::Unframed | End::Garbage => self.counters.cut_garbage.add(),
            End::Crowded => self.counters.cut_crowded.add(),
            End::Over | End::Broken | End::Said | End::Cut => {}
        }
    }
}
