//! Builds the house from a checked configuration: store, sound, sockets, voice, switchboard, HTTP.

use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api::{Current, FirstAdmin};
use call::board::ClosedDesk;
use config::Checked;
use config::draft::Signed;
use config::secrets::{self, Secrets, SecretsError};
use config::settings::Settings;
use media::EngineError;
use sip::Transport;
use store::{
    ConfigVersion, Entry, Opened, RecordingRow, StaffRole, StaffRow, Store, StoreError, Told, Writer,
};
use switchboard::lives::Neighbour;
use switchboard::run::{self, Parts};
use switchboard::voice::{Voice, VoiceError, VoiceSettings};
use switchboard::wire::tls::{Tls, TlsError};
use switchboard::wire::{Inbound, Wire, WireError, WireSettings};
use switchboard::{Clock, Handle};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use trace::{Keeper, Tap, TraceError};

use crate::backstage::{Backstage, by_hand};
use crate::dialogs::Dialogs;
use crate::first;
use crate::front::{self, Front};
use crate::outfit::{Here, setup};
use crate::outward;
use crate::promises;
use crate::record;
use crate::salvage::{self, Unheard};
use crate::sockets;
use crate::sound::{Sound, locker, sound};
pub use crate::upgrade::Taking;
use crate::upgrade::{Giver, Life};

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
    /// The running house does not hand over.
    #[error(transparent)]
    Handover(#[from] handover::HandoverError),
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
    giver: Giver,
    /// When this life began, UTC ms.
    began: i64,
    /// Ends pages, orders over HTTP and what is sent to subscribers.
    front: CancellationToken,
    stop: CancellationToken,
    unheard: Unheard,
    keeper: Keeper,
    dialogs: Arc<Dialogs>,
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
    open(checked, clock, Begin { burden, ..Begin::new(by_hand()) }).await
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
    open(checked, clock, Begin { trial, ..Begin::new(signed) }).await
}

/// Goes on where a running house is: that one ends its calls, this one takes the new ones.
///
/// # Errors
/// As [`start`]; the running house goes on as before then.
pub async fn start_after(checked: Checked, clock: Clock, taking: Taking) -> Result<House, StartError> {
    open(checked, clock, Begin { taking: Some(taking), ..Begin::new(by_hand()) }).await
}

/// How a house begins.
struct Begin {
    trial: Option<access::Token>,
    signed: Signed,
    burden: Duration,
    taking: Option<Taking>,
}

impl Begin {
    fn new(signed: Signed) -> Self {
        Self { trial: None, signed, burden: Duration::ZERO, taking: None }
    }
}

/// What is there before the first socket is open.
struct Ground {
    voice: Arc<Voice>,
    keys: Tls,
    store: Store,
    opened: Opened,
    salvaged: Vec<RecordingRow>,
    first: Option<FirstAdmin>,
    closed: Vec<ClosedDesk>,
    sound: Sound,
    life: Life,
}

/// Everything that takes its time, side by side; beside a running house its sockets come last, at once.
async fn ground(settings: &Settings, clock: &Clock, begin: &mut Begin) -> Result<Ground, StartError> {
    let (now, burden) = (clock.now().utc_ms, begin.burden);
    let place = record::settings(settings)?;
    let (voice, keys) = (voice(settings), sockets::keys(settings));
    let Some(mut taking) = begin.taking.take() else {
        let mending = salvage::mend(settings.recordings.clone(), locker(settings));
        let opening = Store::open(place, now);
        let sound = sound(settings, burden, None);
        let (voice, found, opening, sound, keys) = tokio::join!(voice, mending, opening, sound, keys);
        let (voice, (store, opened), keys) = (voice?, opening?, keys?);
        salvage::tell(&opened);
        let (sound, salvaged) = (sound?, found.rows(&store).await?);
        let first = first::first_admin(&store, settings).await?;
        let closed = store.closed_desks(now).await?;
        return Ok(Ground {
            voice,
            keys,
            store,
            opened,
            salvaged,
            first,
            closed,
            sound,
            life: Life::default(),
        });
    };
    // What is half written is the running house's.
    let joining = Store::join(place, taking.lock());
    let (voice, joining, keys) = tokio::join!(voice, joining, keys);
    let (voice, store, keys) = (voice?, joining?, keys?);
    let first = first::first_admin(&store, settings).await?;
    let closed = store.closed_desks(now).await?;
    let mut life = taking.commit(clock.now().mono).await?;
    let sound = sound(settings, burden, Some(std::mem::take(&mut life.rtp))).await?;
    let (opened, salvaged) = (Opened::default(), Vec::new());
    Ok(Ground { voice, keys, store, opened, salvaged, first, closed, sound, life })
}

async fn open(checked: Checked, clock: Clock, mut begin: Begin) -> Result<House, StartError> {
    let (settings, now) = (&checked.settings, clock.now().utc_ms);
    let ((secrets, seed), (token, web_token)) = ((secrets_of(settings)?, first::draw()?), token(settings)?);
    let (tap, keeper) = Tap::start(&outward::trace(settings, &secrets))?;
    let Ground { voice, keys, store, opened, salvaged, first, closed, sound, mut life } =
        ground(settings, &clock, &mut begin).await?;
    let Sound { engine, ports, events: sound, browsers, home } = sound;
    let (generation, (wire, inbound)) = (life.generation, wired(settings, &keys, &mut life)?);
    let Front { doors, http: http_at, https: https_at, kept } =
        front::doors(settings, &keys, life.http).await?;
    let (writer, told) = writer(&store, salvaged);
    let (dialogs, severed) = Dialogs::beside(settings).await;
    let (udp, tcp) = (wire.over(Transport::Udp), wire.over(Transport::Tcp));
    let here = Here { listening: wire.addresses().to_vec(), near: wire.near(), home, generation };
    let (setup, listening) = (setup(&checked, &secrets, voice, seed, &here), here.listening.clone());
    wire.door().set(run::door(&setup));
    take_in_behind(&store, &checked, now, begin.signed);
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
        dialogs: (dialogs.keep(), severed),
        closed,
        dns: settings.sip.dns.clone(),
        clock: clock.clone(),
        heir: life.heir,
    };
    let running = run::start(setup, parts, stop.clone());
    let promises =
        promises::start(&checked, (&store, generation), &running.handle, clock.clone(), stop.clone());
    let (fixed, doors_in) = ((keys, here, clock.clone(), seed), (&store, &running.handle, &promises.door));
    let backstage = Backstage::new(fixed, doors_in, Current::new(checked.clone()));
    let (trial, front) = (begin.trial, stop.child_token());
    let rooms = front::rooms(doors_in, &backstage, web_token, (&first, &trial));
    let (handle, lock) = (running.handle.clone(), store.lock()?.map(Arc::new));
    let giver = Giver { handle, clock: clock.clone(), generation, lock, http: Arc::new(kept) };
    Ok(House {
        handle: running.handle,
        giver,
        began: now,
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
        web: tokio::spawn(front::serve(doors, rooms, clock, front.clone())),
        front,
        stop,
        unheard,
        keeper,
        dialogs: Arc::new(dialogs),
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

    /// Which life of the house this is since its last cold start, and how it is handed over.
    pub(crate) fn giver(&self) -> &Giver {
        &self.giver
    }

    /// Closes the calls of a life beside this one that has died, in the background: those that began before this one took over,
    /// or since it was to end.
    pub(crate) fn close_of_the_dead(&self) {
        let (store, clock, lives) =
            (self.store.clone(), self.giver.clock.clone(), *self.handle.lives().borrow());
        let (began, handed) = (self.began, self.handle.gauges().handed_at.load(Ordering::Relaxed));
        let (dialogs, handle) = (Arc::clone(&self.dialogs), self.handle.clone());
        tokio::spawn(async move {
            // The loop may have ended: then whoever comes next says it.
            let _ = handle.sever(dialogs.adopt().await);
            let of_before = lives.before == Neighbour::Died;
            let (from, until) = if of_before { (i64::MIN, began) } else { (handed, i64::MAX) };
            match store.close_of_the_dead(clock.now().utc_ms, from..until).await {
                Ok(closed) => salvage::tell(&closed),
                Err(error) => {
                    tracing::error!(%error, "calls of a life that has died stay open until the next start")
                }
            }
        });
    }

    /// The next life has the pages and sends to subscribers from now on.
    pub(crate) fn retire(&self) {
        self.front.cancel();
    }

    /// Ends the calls that are left, waits for the last records, and closes everything.
    pub async fn stop(self) {
        self.stop.cancel();
        // What panicked has ended too.
        let _ = self.promises.task.await;
        let _ = self.switchboard.await;
        if let Some(dialogs) = Arc::into_inner(self.dialogs) {
            dialogs.close();
        }
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
fn wired(
    settings: &Settings,
    keys: &Tls,
    life: &mut Life,
) -> Result<(Wire, mpsc::Receiver<Inbound>), StartError> {
    let (tell, inbound) = mpsc::channel(INBOUND);
    let wire = WireSettings { generation: life.generation, ..sockets::wire(settings, keys.clone()) };
    Ok((Wire::bind_given(wire, std::mem::take(&mut life.sip), tell)?, inbound))
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
