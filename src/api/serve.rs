//! The server's loop: connections within limits, on loopback as they are and elsewhere with TLS; an end that lets answers finish.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use switchboard::wire::tls::Tls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::ApiError;
use crate::gate::{Encrypted, Known, Peer};
use crate::rooms::Rooms;
use crate::router::router;

/// Connections at a time without TLS, so from this machine. More wait in the kernel's queue until one closes; idle ones
/// are closed after [`HEAD_TIME`].
pub const CONNECTIONS: usize = 256;
/// Connections at a time with TLS: of the PCs of desks and operators. More wait as above; neither kind keeps the other out.
pub const CONNECTIONS_TLS: usize = 1_024;
/// Connections at a time with TLS from one address; one more is closed at once.
const CONNECTIONS_AN_ADDRESS: usize = 64;
/// Within so much a TLS handshake is done.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Within so much the head of a request must have arrived, counted from the connection or the answer before.
const HEAD_TIME: Duration = Duration::from_secs(20);
/// Header lines of a request. More get 431.
const HEADERS: usize = 64;
/// Bytes of a request's head. A longer one gets 431.
const HEAD_LIMIT: usize = 16 * 1024;
/// Bytes that are read ahead on a connection.
const READ_AHEAD: usize = 64 * 1024;
/// Pause after an accept that failed for want of something (file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// Answers that have begun may take so long when the interface closes; then they are cut.
const FAREWELL: Duration = Duration::from_secs(5);

/// Where the interface is open.
#[derive(Debug)]
pub struct Doors {
    /// Without TLS, on loopback.
    pub http: TcpListener,
    /// With TLS.
    pub https: Vec<TcpListener>,
    /// The keys of TLS; whoever holds a clone may exchange them.
    pub keys: Option<Tls>,
}

impl From<TcpListener> for Doors {
    /// On loopback alone.
    fn from(http: TcpListener) -> Self {
        Self { http, https: Vec::new(), keys: None }
    }
}

/// Serves until `shutdown`; answers under way are finished within 5 s, streams of live events end at once.
///
/// # Errors
/// [`ApiError::NotLoopback`] when the socket without TLS can be reached from other machines, [`ApiError::Socket`] when it
/// is none.
pub async fn serve(
    doors: impl Into<Doors>,
    rooms: Rooms,
    shutdown: CancellationToken,
) -> Result<(), ApiError> {
    let Doors { http, https, keys } = doors.into();
    let at = http.local_addr()?;
    if !at.ip().is_loopback() {
        return Err(ApiError::NotLoopback(at));
    }
    let cut = CancellationToken::new();
    let house = Arc::new(Connections {
        router: router(rooms, shutdown.clone()),
        open: TaskTracker::new(),
        addresses: Mutex::default(),
        shutdown: shutdown.clone(),
        cut: cut.clone(),
    });
    let mut doors =
        vec![tokio::spawn(Arc::clone(&house).take_all(http, None, Arc::new(Semaphore::new(CONNECTIONS))))];
    let places = Arc::new(Semaphore::new(CONNECTIONS_TLS));
    for listener in https {
        doors.push(tokio::spawn(Arc::clone(&house).take_all(listener, keys.clone(), Arc::clone(&places))));
    }
    for door in doors {
        door.await.map_err(std::io::Error::other)?;
    }
    house.open.close();
    if tokio::time::timeout(FAREWELL, house.open.wait()).await.is_err() {
        cut.cancel();
        house.open.wait().await;
    }
    tracing::info!(%at, "the HTTP interface is closed");
    Ok(())
}

struct Connections {
    router: Router,
    open: TaskTracker,
    /// Connections with TLS by address.
    addresses: Mutex<HashMap<IpAddr, usize>>,
    shutdown: CancellationToken,
    cut: CancellationToken,
}

impl Connections {
    /// Takes the connections of a socket until the interface closes.
    async fn take_all(self: Arc<Self>, listener: TcpListener, keys: Option<Tls>, places: Arc<Semaphore>) {
        if let Ok(at) = listener.local_addr() {
            tracing::info!(%at, tls = keys.is_some(), "the HTTP interface is open");
        }
        loop {
            let accepted = tokio::select! {
                () = self.shutdown.cancelled() => return,
                accepted = accept(&listener, &places) => accepted,
            };
            match (accepted, &keys) {
                (Some((stream, from, place)), None) => self.take(stream, Peer(from), place),
                (Some((stream, from, place)), Some(keys)) => {
                    self.take_encrypted(stream, Peer(from), keys.clone(), place);
                }
                (None, _) => tokio::time::sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    fn take(self: &Arc<Self>, stream: TcpStream, peer: Peer, place: OwnedSemaphorePermit) {
        let house = Arc::clone(self);
        self.open.spawn(async move {
            house.answer(stream, peer, None).await;
            drop(place);
        });
    }

    fn take_encrypted(
        self: &Arc<Self>,
        stream: TcpStream,
        peer: Peer,
        keys: Tls,
        place: OwnedSemaphorePermit,
    ) {
        let Some(counted) = self.count(peer.0.ip()) else { return };
        let house = Arc::clone(self);
        self.open.spawn(async move {
            let handshake = tokio::time::timeout(HANDSHAKE_TIME, keys.serve(stream));
            let stream = tokio::select! {
                stream = handshake => stream,
                () = house.shutdown.cancelled() => return,
            };
            // Scanners and browsers that do not trust the certificate: theirs to see.
            if let Ok(Ok(stream)) = stream {
                house.answer(stream, peer, Some(Encrypted)).await;
            }
            drop((counted, place));
        });
    }

    /// One more connection of this address, until it is dropped; `None` when it has too many.
    fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let mut all = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(address).or_default();
        if *count >= CONNECTIONS_AN_ADDRESS {
            return None;
        }
        *count += 1;
        Some(Counted { house: Arc::clone(self), address })
    }

    async fn answer<S>(&self, stream: S, peer: Peer, encrypted: Option<Encrypted>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (router, known) = (self.router.clone(), Known::default());
        let service = service_fn(move |mut request: Request<Incoming>| {
            let extensions = request.extensions_mut();
            extensions.insert(known.clone());
            extensions.insert(peer);
            if let Some(encrypted) = encrypted {
                extensions.insert(encrypted);
            }
            let router = TowerToHyperService::new(router.clone());
            async move {
                let answer = hyper::service::Service::call(&router, request.map(Body::new)).await;
                Ok::<_, Infallible>(answer.unwrap_or_else(|never| match never {}))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_headers(HEADERS)
            .max_header_size(HEAD_LIMIT)
            .max_buf_size(READ_AHEAD)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        // What a connection dies of is the other end's business: nothing is to be done about it here.
        tokio::select! {
            _ = connection.as_mut() => {}
            () = self.cut.cancelled() => {}
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    _ = connection => {}
                    () = self.cut.cancelled() => {}
                }
            }
        }
    }
}

/// A connection that is counted for its address.
struct Counted {
    house: Arc<Connections>,
    address: IpAddr,
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut all = self.house.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                all.remove(&self.address);
            }
        }
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, from)) => Some((stream, from, place)),
        Err(why) => {
            tracing::warn!(%why, "a connection of the HTTP interface could not be taken");
            None
        }
    }
}
