//! The media threads, and the hub of the phones in browsers before them, from the checked configuration.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use browser::Browsers;
use config::settings::{After, Seal, Settings};
use media::{Engine, PortPool};
use sip::sdp::{Fingerprint, Home};
use tokio::sync::mpsc;
use vault::{Algorithm, Locker};

use crate::start::StartError;

/// Legs of a house whose RTP ports the system chooses.
const ANY_LEGS: u16 = 300;

/// The media threads, and the hub of the browsers before them.
pub(crate) struct Sound {
    pub(crate) engine: Engine,
    pub(crate) ports: PortPool,
    pub(crate) events: mpsc::Receiver<media::Event>,
    pub(crate) browsers: Option<(Browsers, mpsc::Receiver<browser::Told>)>,
    pub(crate) home: Option<Arc<Home>>,
}

/// Opens the ports and starts the threads, each turn of a leg under this burden. `given`: the RTP ports that another life of this
/// house, which still runs, has no use for.
///
/// # Errors
/// No port is free, or the system gives no thread.
pub(crate) async fn sound(
    settings: &Settings,
    burden: Duration,
    given: Option<Vec<media::Given>>,
) -> Result<Sound, StartError> {
    let (media, beside) = (media_settings(settings), given.is_some());
    let given = given.unwrap_or_default();
    let engine = tokio::task::spawn_blocking(move || Engine::start_with(&media, burden, given));
    let (mut engine, ports, events) = engine.await.map_err(io::Error::other)??;
    let browsers = browsers(settings, beside, &mut engine).await?;
    let home = browsers.as_ref().map(|(hub, _)| home(hub));
    Ok(Sound { engine, ports, events, browsers, home })
}

fn media_settings(settings: &Settings) -> media::Settings {
    let media = &settings.media;
    media::Settings {
        address: media.address,
        ports: media.ports,
        legs_per_port: media.legs_per_port,
        any: ANY_LEGS,
        inside: settings.browser.as_ref().map_or(0, |browser| browser.legs),
        threads: u16::try_from(media.threads).unwrap_or(u16::MAX),
        lost_after: media.lost_after,
        recordings: media::Recordings {
            folder: Some(settings.recordings.clone()),
            keep_free: settings.recording.keep_free,
            flac: settings.recording.after == After::Flac,
            locker: locker(settings),
        },
    }
}

/// What seals and opens recordings. Nothing is read before it is needed.
pub(crate) fn locker(settings: &Settings) -> Locker {
    Locker::new(key_file(settings), &settings.recordings, algorithm(settings))
}

/// How recordings are sealed, and with them values of the store; `None`: recordings stay clear.
pub(crate) fn algorithm(settings: &Settings) -> Option<Algorithm> {
    settings.recording.seal.map(|seal| match seal {
        Seal::Aes256Gcm => Algorithm::Aes256Gcm,
        Seal::Sm4Gcm => Algorithm::Sm4Gcm,
    })
}

/// The file of the master key: the store's.
pub(crate) fn key_file(settings: &Settings) -> PathBuf {
    settings.store.key_file()
}

/// The hub of the phones in browsers, where there is one, and what it tells.
///
/// # Errors
/// Its port can't be opened.
async fn browsers(
    settings: &Settings,
    beside: bool,
    engine: &mut Engine,
) -> Result<Option<(Browsers, mpsc::Receiver<browser::Told>)>, browser::BrowserError> {
    let Some(wanted) = &settings.browser else { return Ok(None) };
    let mut settings = browser::Settings { bind: wanted.udp, advertised: Some(wanted.advertised) };
    if beside && std::net::UdpSocket::bind(wanted.udp).is_err() {
        // The other life has it until its last browser has hung up.
        settings.bind.set_port(0);
        tracing::warn!(
            "browsers come by another UDP port until the next start: that of [browser] still has calls"
        );
    }
    browser::start(&settings, engine.rings()).await.map(Some)
}

/// What browsers are told of us.
fn home(hub: &Browsers) -> Arc<Home> {
    Arc::new(Home { fingerprint: Fingerprint(hub.fingerprint()), candidates: hub.candidates().to_vec() })
}
