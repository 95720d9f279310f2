//! Builds the house from a checked configuration: store, sound, sockets, voice, switchboard, HTTP.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::{Current, FirstAdmin};
use config::draft::Signed;
use config::secrets::{self, Secrets, SecretsError};
use config::settings::Settings;
use config::{Checked, Net};
use media::EngineError;
use sip::Transport;
use sip::sdp::Home;
use store::{ConfigVersion, Entry, RecordingRow, StaffRole, StaffRow, Store, StoreError, Told, Writer};
use switchboard::contract::Setup;
use switchboard::numbers::Place;
use switchboard::run::{self, Parts};
use switchboard::voice::{Voice, VoiceError, VoiceSettings};
use switchboard::wire::tls::{Tls, TlsError};
use switchboard::wire::{Inbound, Near, Wire, WireError};
use switchboard::{Clock, Handle};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use trace::{Keeper, Tap, TraceError};

use crate::backstage::{Backstage, by_hand};
use crate::first;
use crate::lines;
use crate::outward;
use crate::promises;
use crate::salvage::{self, Unheard};
use crate::sockets;
use crate::sound::{Sound, locker, sound};
use crate::warm;

/// What the sockets hear and the loop has not taken yet. When full: datagrams are lost as on the way, streams wait.
const INBOUND: usize = 8_192;
/// What the store tells and the loop has not taken yet. When full the store waits.
const TOLD: usize = 8_192;

/// Why the house does not stand; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Passwords or token.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The case store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// RTP.
    #[error(transparent)]
    Sound(#[from] EngineError),
    /// Phones in browsers.
    #[error(transparent)]
    Browser(#[from] browser::BrowserError),
    /// SIP.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Certificates and keys of TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Recordings.
    #[error(transparent)]
    Voice(#[from] VoiceError),
    /// The HTTP interface.
    #[error(
        "the HTTP interface can't listen on {at} ({source}): end what uses that port, or change `bind` or `https` under [api] in hotline.toml"
    )]
    Http {
        /// Where.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The token of the first set-up.
    #[error("the set-up token can't be kept in {} ({source}): let this program write there", .file.display())]
    SetupToken {
        /// Its file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A trial that others could reach.
    #[error(
        "a trial lets everybody in without a password, and {0} can be reached from other machines: try it with addresses on 127.0.0.1 alone"
    )]
    TrialOpen(SocketAddr),
    /// The trace of SIP messages.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The access token.
    #[error(transparent)]
    Api(#[from] api::ApiError),
    /// The system gives no random numbers, or takes no thread.
    #[error("the system refuses ({0}): check /dev/urandom and the limits of this process")]
    System(#[from] io::Error),
}

/// A house that stands and answers calls.
pub struct House {
    /// Orders, live events, figures.
    pub handle: Handle,
    /// The case store, for questions.
    pub store: Store,
    /// SIP, UDP.
    pub udp: Vec<SocketAddr>,
    /// SIP, TCP.
    pub tcp: Vec<SocketAddr>,
    /// SIP, all addresses and what is spoken there.
    pub listening: Vec<(Transport, SocketAddr)>,
    /// HTTP.
    pub http: SocketAddr,
    /// HTTPS.
    pub https: Vec<SocketAddr>,
    /// The first set-up, when there was no account at the start.
    pub first: Option<FirstAdmin>,
    /// What opens the trial, when it is one.
    pub trial: Option<access::Token>,
    /// Passwords of the phones.
    pub secrets: Secrets,
    /// The access token of the HTTP interface.
    pub token: String,
    backstage: Backstage,
    stop: CancellationToken,
    unheard: Unheard,
    keeper: Keeper,
    switchboard: JoinHandle<()>,
    promises: clockwork::Running,
    web: JoinHandle<()>,
}

/// Builds the house and opens its doors. Calls that an earlier crash cut short are closed first; those whose INVITE may
/// come again wait for it.
///
/// # Errors
/// [`StartError`]; nothing is left running then.
pub async fn start(checked: Checked, clock: Clock) -> Result<House, StartError> {
    start_signed(checked, clock, false, by_hand()).await
}

/// The same on a machine that few calls overload: each turn of a leg, 50 a second, costs its media thread so much more time
/// than its work takes. For tests of what happens then.
///
/// # Errors
/// As [`start`].
pub async fn start_under(checked: Checked, clock: Clock, burden: Duration) -> Result<House, StartError> {
    open(checked, clock, (None, by_hand()), burden).await
}

/// The same as a trial: whoever has the token of the house may be anybody of the configuration, without a password.
///
/// # Errors
/// [`StartError::TrialOpen`] when other machines could reach it; as [`start`].
pub async fn start_trial(checked: Checked, clock: Clock) -> Result<House, StartError> {
    start_signed(checked, clock, true, by_hand()).await
}

/// As a trial or not, with the configuration signed by whoever published it when that was cut short by a crash.
///
/// # Errors
/// As [`start_trial`].
pub async fn start_signed(
    checked: Checked,
    clock: Clock,
    trial: bool,
    signed: Signed,
) -> Result<House, StartError> {
    if let Some(at) = first::reachable(&checked.settings).first().filter(|_| trial) {
        return Err(StartError::TrialOpen(*at));
    }
    let trial = if trial { Some(access::Token::new(first::draw()?)) } else { None };
    open(checked, clock, (trial, signed), Duration::ZERO).await
}

async fn open(
    checked: Checked,
    clock: Clock,
    (trial, signed): (Option<access::Token>, Signed),
    burden: Duration,
) -> Result<House, StartError> {
    let (settings, now) = (&checked.settings, clock.now().utc_ms);
    let (secrets, seed) = (secrets_of(settings)?, first::draw()?);
    let (token, web_token) = token(settings)?;
    let (voice, keys) = (voice(settings), sockets::keys(settings));
    let mending = salvage::mend(settings.recordings.clone(), locker(settings));
    let opening = Store::open(store::Settings::beside(settings.store.clone(), &*settings.node), now);
    let (voice, found, opening, engine, keys) =
        tokio::join!(voice, mending, opening, sound(settings, burden), keys);
    let (voice, (store, opened), keys) = (voice?, opening?, keys?);
    let Sound { engine, ports, events: sound, browsers, home } = engine?;
    let (wire, inbound) = wired(settings, &keys)?;
    let first = first::first_admin(&store, settings).await?;
    let (doors, http_at, https_at) = doors(settings, &keys).await?;
    let (writer, told) = writer(&store, found.rows(&store).await?);
    salvage::tell(&opened);
    let (udp, tcp) = (wire.over(Transport::Udp), wire.over(Transport::Tcp));
    let here = Here { listening: wire.addresses().to_vec(), near: wire.near(), home };
    let (setup, listening) = (setup(&checked, &secrets, voice, seed, &here), here.listening.clone());
    wire.door().set(run::door(&setup));
    take_in_behind(&store, &checked, now, signed);
    let (tap, keeper) = Tap::start(&outward::trace(settings, &secrets))?;
    let (stop, unheard) = (CancellationToken::new(), Unheard::watch(&store, &opened.unheard, clock.clone()));
    let parts = Parts {
        wire,
        inbound,
        engine,
        ports,
        sound,
        browsers,
        store: store.clone(),
        writer,
        tap,
        told,
        unheard: opened.unheard,
        closed: store.closed_desks(now).await?,
        dns: settings.sip.dns.clone(),
        clock: clock.clone(),
    };
    let running = run::start(setup, parts, stop.clone());
    let promises = promises::start(&checked, &store, &running.handle, clock.clone(), stop.clone());
    let (fixed, doors_in) = ((keys, here, clock.clone(), seed), (&store, &running.handle, &promises.door));
    let backstage = Backstage::new(fixed, doors_in, Current::new(checked.clone()));
    let rooms = rooms(doors_in, &backstage, web_token, (&first, &trial));
    Ok(House {
        handle: running.handle,
        store,
        udp,
        tcp,
        listening,
        http: http_at,
        https: https_at,
        first,
        trial,
        secrets,
        token,
        backstage,
        web: tokio::spawn(serve(doors, rooms, clock, stop.clone())),
        stop,
        unheard,
        keeper,
        switchboard: running.task,
        promises,
    })
}

impl House {
    /// Uses another configuration for new calls, and what the files of TLS hold now for new connections. Addresses, ports and folders stay until the next start.
    ///
    /// # Errors
    /// [`StartError`]; everything stays as it was.
    pub async fn reload(&self, checked: Checked) -> Result<(), StartError> {
        self.backstage.change_by_hand(checked).await
    }

    /// The way to the promises.
    pub fn promises(&self) -> &clockwork::Door {
        &self.promises.door
    }

    /// Ends the calls that are left, waits for the last records, and closes everything.
    pub async fn stop(self) {
        self.stop.cancel();
        // What panicked has ended too.
        let _ = self.promises.task.await;
        let _ = self.switchboard.await;
        // The loop's tap is gone with it.
        let _ = tokio::task::spawn_blocking(move || self.keeper.stop()).await;
        self.unheard.close().await;
        let _ = self.web.await;
    }
}

/// The access token, and as the HTTP interface knows it.
fn token(settings: &Settings) -> Result<(String, api::Token), StartError> {
    let token = secrets::ensure_token(&settings.api.token, random)?;
    let known = api::Token::new("admin", &token)?;
    Ok((token, known))
}

/// The SIP sockets, and what they hear.
fn wired(settings: &Settings, keys: &Tls) -> Result<(Wire, mpsc::Receiver<Inbound>), StartError> {
    let (tell, inbound) = mpsc::channel(INBOUND);
    Ok((Wire::bind(sockets::wire(settings, keys.clone()), tell)?, inbound))
}

/// The store's writer; what a crash had kept out of the store goes first.
fn writer(store: &Store, salvaged: Vec<RecordingRow>) -> (Writer, mpsc::Receiver<Told>) {
    let (tell, told) = mpsc::channel(TOLD);
    let writer = store.writer(tell);
    for row in salvaged {
        // The queue is empty yet.
        let _ = writer.write(Entry::Recording(Box::new(row)));
    }
    (writer, told)
}

/// Opens the sockets of the HTTP interface; where they are.
async fn doors(
    settings: &Settings,
    keys: &Tls,
) -> Result<(api::Doors, SocketAddr, Vec<SocketAddr>), StartError> {
    let bind = async |at| TcpListener::bind(at).await.map_err(|source| StartError::Http { at, source });
    let http = bind(settings.api.bind).await?;
    let (at, mut https, mut https_at) = (http.local_addr()?, Vec::new(), Vec::new());
    for at in &settings.api.https {
        let door = bind(*at).await?;
        https_at.push(door.local_addr()?);
        https.push(door);
    }
    Ok((api::Doors { http, https, keys: Some(keys.clone()) }, at, https_at))
}

/// What the HTTP interface needs of the house.
fn rooms(
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

async fn serve(doors: api::Doors, rooms: api::Rooms, clock: Clock, stop: CancellationToken) {
    warm::knowledge(&rooms.store, &stop);
    let courier = outward::courier(&rooms.store, &rooms.current, clock, &stop);
    if let Err(error) = api::serve(doors, rooms, stop).await {
        tracing::error!(%error, "the HTTP interface has ended");
    }
    // What panicked has ended too.
    let _ = courier.await;
}

/// Passwords of all phones; those of trunks are the carrier's.
pub(crate) fn secrets_of(settings: &Settings) -> Result<Secrets, StartError> {
    Ok(secrets::ensure(&settings.secrets, settings.phones.iter().map(|p| p.user.as_str()), random)?)
}

/// Fills this from the operating system's random source.
pub(crate) fn random(bytes: &mut [u8]) -> io::Result<()> {
    File::open("/dev/urandom")?.read_exact(bytes)
}

pub(crate) async fn voice(settings: &Settings) -> Result<Arc<Voice>, StartError> {
    let prompts = settings.prompts.clone();
    let load = tokio::task::spawn_blocking(move || {
        Voice::load(VoiceSettings {
            dir: prompts.dir,
            tts: prompts.tts,
            voice_zh: prompts.voice_zh,
            voice_en: prompts.voice_en,
            cache: prompts.cache,
        })
    });
    Ok(Arc::new(load.await.map_err(io::Error::other)??))
}

/// The configuration's directory goes to the store in the background: no call needs it there.
pub(crate) fn take_in_behind(store: &Store, checked: &Checked, at: i64, signed: Signed) {
    let (store, checked) = (store.clone(), checked.clone());
    tokio::spawn(async move {
        if let Err(error) = take_in(&store, &checked, at, signed).await {
            tracing::error!(%error, "the configuration could not be noted in the case store");
        }
    });
}

/// Notes the configuration in the store as a version; its number.
pub(crate) async fn take_in(
    store: &Store,
    checked: &Checked,
    at: i64,
    signed: Signed,
) -> Result<i64, StoreError> {
    let role = |role| match role {
        config::settings::Role::Operator => StaffRole::Operator,
        config::settings::Role::Desk => StaffRole::Desk,
        config::settings::Role::Liaison => StaffRole::Liaison,
        config::settings::Role::Lead => StaffRole::Lead,
    };
    let row = |s: &config::settings::Staff| StaffRow {
        no: s.no.clone(),
        unit: s.unit.clone(),
        role: role(s.role),
        address: s.address.clone(),
    };
    let staff: Vec<StaffRow> = checked.settings.staff.iter().map(row).collect();
    let version = ConfigVersion {
        at,
        author: signed.author,
        comment: signed.comment,
        files: checked.files.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect(),
    };
    store.take_in(&checked.plan, &staff, &version).await
}

/// What the sockets came to.
#[derive(Clone)]
pub(crate) struct Here {
    /// Where is listened.
    pub(crate) listening: Vec<(Transport, SocketAddr)>,
    /// Our address as others see it.
    pub(crate) near: Near,
    /// What browsers are told.
    pub(crate) home: Option<Arc<Home>>,
}

/// The checked configuration in the switchboard's terms.
pub(crate) fn setup(
    checked: &Checked,
    secrets: &Secrets,
    voice: Arc<Voice>,
    seed: [u8; 32],
    Here { listening, near, home }: &Here,
) -> Setup {
    let settings = &checked.settings;
    voice.prepare(names(&checked.plan).into_iter());
    let password = |user: &str| secrets.get(user).unwrap_or_default().to_owned();
    let user = |name: &str| sip::User { name: name.to_owned(), password: password(name) };
    let sip = sip::Settings {
        seed,
        realm: settings.sip.realm.clone(),
        digests: lines::digests(settings.sip.digest),
        peers: settings
            .trunks
            .iter()
            .map(|t| sip::Peer {
                name: t.name.clone(),
                nets: nets(&t.nets),
                certificate: t.certificate.as_ref().map(|name| name.to_ascii_lowercase()),
                policy: lines::policy(t),
            })
            .collect(),
        proofs: lines::proofs(settings, secrets),
        advertised_to: lines::advertised(settings),
        phone_nets: nets(&settings.sip.phone_nets),
        users: settings.phones.iter().map(|p| user(&p.user)).collect(),
        refuse_strangers: settings.sip.refuse_strangers,
        times: sip::Times { t1: settings.sip.t1, t2: settings.sip.t2, t4: settings.sip.t4 },
        ..sip::Settings::default()
    };
    Setup {
        plan: Arc::new(checked.plan.clone()),
        sip,
        place: Place { country: settings.place.country.clone(), area: settings.place.area.clone() },
        trunks: lines::trunks(settings, secrets),
        phone_codecs: settings.sip.phone_codecs.iter().map(lines::codec).collect(),
        calls_per_second: settings.sip.calls_per_second,
        listening: listening.to_vec(),
        near: near.clone(),
        guard: lines::guard(checked),
        advertised: settings.media.advertised,
        browsers: home.clone(),
        recordings: settings.recordings.clone(),
        speak: Arc::new(move |now, lang, say| voice.sounds(now, lang, say)),
    }
}

fn nets(nets: &[Net]) -> Vec<sip::Net> {
    nets.iter().map(|n| sip::Net { address: n.address, prefix: n.prefix }).collect()
}

/// What may have to be spoken by name.
fn names(plan: &call::Plan) -> Vec<(call::ids::Lang, call::ids::Name)> {
    let units = plan.units.values().map(|u| u.name.clone());
    let desks = plan.desks.values().map(|d| d.name.clone());
    let services = plan.services.values().map(|s| s.name.clone());
    let names: BTreeMap<_, ()> = units.chain(desks).chain(services).map(|n| (n, ())).collect();
    let both =
        |name: call::ids::Name| [call::ids::Lang::Zh, call::ids::Lang::En].map(|lang| (lang, name.clone()));
    names.into_keys().flat_map(both).collect()
}
