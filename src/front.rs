//! The HTTP interface of the house: its sockets, what it needs, and what goes to subscribers beside it.

use std::net::SocketAddr;

use api::FirstAdmin;
use config::settings::Settings;
use store::Store;
use switchboard::wire::tls::Tls;
use switchboard::{Clock, Handle};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::backstage::Backstage;
use crate::first;
use crate::outward;
use crate::sound::locker;
use crate::start::StartError;
use crate::warm;

/// The sockets of the HTTP interface.
pub(crate) struct Front {
    /// What is served.
    pub(crate) doors: api::Doors,
    /// Where, without TLS.
    pub(crate) http: SocketAddr,
    /// Where, with TLS.
    pub(crate) https: Vec<SocketAddr>,
    /// All of them once more, for the next life.
    pub(crate) kept: Vec<(SocketAddr, std::net::TcpListener)>,
}

/// Opens the sockets of the HTTP interface, or takes those of the life before.
pub(crate) async fn doors(
    settings: &Settings,
    keys: &Tls,
    mut given: Vec<(SocketAddr, std::net::TcpListener)>,
) -> Result<Front, StartError> {
    let mut kept = Vec::new();
    let mut bind = async |at: SocketAddr| {
        let fits =
            |(there, _): &(SocketAddr, _)| there.ip() == at.ip() && [0, there.port()].contains(&at.port());
        let given = given.iter().position(fits).map(|place| given.remove(place).1);
        let listener = match given {
            Some(listener) => listener,
            None => {
                let bound = TcpListener::bind(at).await.map_err(|source| StartError::Http { at, source })?;
                bound.into_std()?
            }
        };
        let at = listener.local_addr()?;
        kept.push((at, listener.try_clone()?));
        Ok::<_, StartError>((TcpListener::from_std(listener)?, at))
    };
    let (http, at) = bind(settings.api.bind).await?;
    let (mut https, mut https_at) = (Vec::new(), Vec::new());
    for at in &settings.api.https {
        let (door, at) = bind(*at).await?;
        https_at.push(at);
        https.push(door);
    }
    let doors = api::Doors { http, https, keys: Some(keys.clone()) };
    Ok(Front { doors, http: at, https: https_at, kept })
}

/// What the HTTP interface needs of the house.
pub(crate) fn rooms(
    (store, handle, promises): (&Store, &Handle, &clockwork::Door),
    backstage: &Backstage,
    token: api::Token,
    (first, trial): (&Option<FirstAdmin>, &Option<access::Token>),
) -> api::Rooms {
    let (store, current, first, trial) =
        (store.clone(), backstage.current().clone(), first.clone(), trial.clone());
    let now = current.now();
    let (recordings, locker) = (now.settings.recordings.clone(), locker(&now.settings));
    let behind = api::Behind::new(backstage.clone());
    let (random, version) = (first::draw, env!("CARGO_PKG_VERSION").to_owned());
    let (handle, promises) = (handle.clone(), promises.clone());
    api::Rooms {
        handle,
        store,
        recordings,
        locker,
        current,
        promises,
        token,
        behind,
        random,
        first,
        trial,
        version,
    }
}

/// Serves until `stop`, and carries what is told to subscribers.
pub(crate) async fn serve(doors: api::Doors, rooms: api::Rooms, clock: Clock, stop: CancellationToken) {
    warm::knowledge(&rooms.store, &stop);
    let courier = outward::courier(&rooms.store, &rooms.current, clock, &stop);
    if let Err(error) = api::serve(doors, rooms, stop).await {
        tracing::error!(%error, "the HTTP interface has ended");
    }
    // What panicked has ended too.
    let _ = courier.await;
}
