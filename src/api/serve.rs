//! The server's loop: connections within limits, an end that lets answers finish.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::ApiError;
use crate::gate::{Known, Peer};
use crate::rooms::Rooms;
use crate::router::router;

/// Connections at a time. More wait in the kernel's queue until one closes; idle ones are closed after [`HEAD_TIME`].
pub const CONNECTIONS: usize = 256;
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

/// Serves until `shutdown`; answers under way are finished within 5 s, streams of live events end at once.
///
/// # Errors
/// [`ApiError::NotLoopback`] when the socket can be reached from other machines, [`ApiError::Socket`] when it is none.
pub async fn serve(listener: TcpListener, rooms: Rooms, shutdown: CancellationToken) -> Result<(), ApiError> {
    let at = listener.local_addr()?;
    if !at.ip().is_loopback() {
        return Err(ApiError::NotLoopback(at));
    }
    tracing::info!(%at, "the HTTP interface is open");
    let cut = CancellationToken::new();
    let house = Connections {
        router: router(rooms, shutdown.clone()),
        places: Arc::new(Semaphore::new(CONNECTIONS)),
        open: TaskTracker::new(),
        shutdown: shutdown.clone(),
        cut: cut.clone(),
    };
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = house.accept(&listener) => accepted,
        };
        match accepted {
            Some((stream, from, place)) => house.take(stream, Peer(from), place),
            None => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
    drop(listener);
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
    places: Arc<Semaphore>,
    open: TaskTracker,
    shutdown: CancellationToken,
    cut: CancellationToken,
}

impl Connections {
    /// The next connection, once there is a place for it.
    async fn accept(&self, listener: &TcpListener) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        match listener.accept().await {
            Ok((stream, from)) => Some((stream, from, place)),
            Err(why) => {
                tracing::warn!(%why, "a connection of the HTTP interface could not be taken");
                None
            }
        }
    }

    fn take(&self, stream: TcpStream, peer: Peer, place: OwnedSemaphorePermit) {
        let (router, known) = (self.router.clone(), Known::default());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(known.clone());
            request.extensions_mut().insert(peer);
            let router = TowerToHyperService::new(router.clone());
            async move {
                let answer = hyper::service::Service::call(&router, request.map(Body::new)).await;
                Ok::<_, Infallible>(answer.unwrap_or_else(|never| match never {}))
            }
        });
        let (shutdown, cut) = (self.shutdown.clone(), self.cut.clone());
        self.open.spawn(async move {
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
                () = cut.cancelled() => {}
                () = shutdown.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        _ = connection => {}
                        () = cut.cancelled() => {}
                    }
                }
            }
            drop(place);
        });
    }
}
