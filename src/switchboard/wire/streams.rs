//! TCP and what is built on it: connections that others open and that we open, from their first moment to the last.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sip::{Flow, Transport};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{End, converse};
use super::table::{Place, Refused, Sent, Way};
use super::tls::{self, Fault};
use super::{Shared, sockets};

/// Rest after a connection could not be accepted, for want of file descriptors: others close meanwhile.
const REST: Duration = Duration::from_millis(50);

/// Takes connections until the wire ends.
pub(super) async fn accept(
    shared: Arc<Shared>,
    tasks: TaskTracker,
    transport: Transport,
    listener: TcpListener,
) {
    loop {
        let accepted = tokio::select! {
            () = shared.end.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, remote)) => admit(&shared, &tasks, transport, stream, remote),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::debug!(%error, "a connection can't be accepted");
                shared.counters.accept_failed.add();
                let _ = timeout(REST, shared.end.cancelled()).await;
            }
        }
    }
}

fn admit(
    shared: &Arc<Shared>,
    tasks: &TaskTracker,
    transport: Transport,
    stream: TcpStream,
    remote: SocketAddr,
) {
    if !shared.door.admits(remote.ip()) {
        shared.counters.dropped_shut.add();
        let _ = stream.set_zero_linger();
        return;
    }
    let place = match shared.table.enter(transport, remote) {
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
    if place.pushed {
        shared.counters.cut_half_open.add();
    }
    let shared = shared.clone();
    tasks.spawn(async move {
        let id = place.id;
        if let Ok(local) = stream.local_addr() {
            sockets::tune(&stream);
            welcome(&shared, stream, place, Flow::new(transport, local, remote, id)).await;
        }
        leave(&shared, id, true).await;
    });
}

/// A connection that another opened, from the handshake on.
async fn welcome(shared: &Shared, stream: TcpStream, place: Place, flow: Flow) {
    if !flow.transport.secure() {
        return converse(shared, stream, place, flow, true).await;
    }
    let Some(tls) = &shared.settings.tls else { return };
    let Some((stream, names)) = shake(shared, &place, &flow, tls.accept(stream)).await else { return };
    if !names.is_empty() && !shared.tell.connected(flow.id, names).await {
        return;
    }
    converse(shared, stream, place, flow, true).await;
}

/// Waits for a handshake, but not for ever, and says why there is none.
async fn shake<T>(
    shared: &Shared,
    place: &Place,
    flow: &Flow,
    handshake: impl Future<Output = io::Result<T>>,
) -> Option<T> {
    let (remote, id) = (flow.remote, flow.id);
    let done = tokio::select! {
        () = place.cut.cancelled() => return None,
        done = timeout(shared.settings.handshake, handshake) => done,
    };
    let counters = &shared.counters;
    match done {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => {
            let (fault, why) = tls::fault(&error);
            match fault {
                Fault::Certificate => counters.refused_certificate.add(),
                Fault::Other => counters.handshakes_failed.add(),
            }
            // Whom we call is in the configuration; who calls us may be anybody, as often as they like.
            if id == 0 {
                tracing::warn!(%remote, why, "no TLS connection");
            } else {
                tracing::debug!(%remote, why, "no TLS connection");
            }
        }
        Err(_) => {
            counters.handshakes_slow.add();
            tracing::debug!(%remote, "no TLS handshake in time");
        }
    }
    None
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
    let id = place.id;
    let opened = match reach(&shared, &flow, &place.cut).await {
        Some(stream) => talk(&shared, stream, flow, place).await,
        None => false,
    };
    if !opened {
        shared.counters.unreachable.add();
    }
    leave(&shared, id, opened).await;
}

/// Opens a connection.
async fn reach(shared: &Shared, flow: &Flow, cut: &CancellationToken) -> Option<TcpStream> {
    let remote = flow.remote;
    let done = tokio::select! {
        () = cut.cancelled() => return None,
        done = timeout(shared.settings.connect, sockets::connect(flow.local.ip(), remote)) => done,
    };
    match done {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::debug!(%remote, %error, "no connection"),
        Err(_) => tracing::debug!(%remote, "no connection in time"),
    }
    None
}

/// A connection that we opened, from the handshake on; whether it stood.
async fn talk(shared: &Shared, stream: TcpStream, flow: Flow, place: Place) -> bool {
    sockets::tune(&stream);
    let (id, name) = (place.id, flow.name.clone());
    let numbered = Flow { id, ..flow.clone() };
    if !flow.transport.secure() {
        shared.counters.opened.add();
        converse(shared, stream, place, numbered, false).await;
        return true;
    }
    let Some(tls) = &shared.settings.tls else { return false };
    let handshake = tls.connect(stream, name.as_deref());
    let Some(stream) = shake(shared, &place, &flow, handshake).await else { return false };
    shared.counters.opened.add();
    if let Some(name) = name
        && !shared.tell.connected(id, vec![name.to_ascii_lowercase()]).await
    {
        return true;
    }
    converse(shared, stream, place, numbered, false).await;
    true
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
            End::Refused => self.counters.refused_web.add(),
            End::Flood => self.counters.cut_flood.add(),
            End::Dead => self.counters.cut_dead.add(),
            End::Crowded => self.counters.cut_crowded.add(),
            End::Over | End::Broken | End::Said | End::Cut => {}
        }
    }
}
