//! What the interface stands on: the switchboard's door, the store, the token; and what all requests share.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use access::LockOut;
use store::Store;
use subtle::ConstantTimeEq;
use switchboard::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backstage::Behind;
use crate::board::{Boards, Checks};
use crate::cases::connect::Connects;
use crate::config::Office;
use crate::current::Current;
use crate::error::ApiError;
use crate::gate::Guesses;
use crate::hashing::Hashing;
use crate::health::Pulse;
use crate::idempotency::Keys;
use crate::knowledge::import::Imports;
use crate::live_events::LISTENERS;
use crate::note::Notes;
use crate::open311::Window;
use crate::phone::Phones;
use crate::promises::upkeep;
use crate::rehearsal::Rehearsals;
use crate::sessions::Sessions;
use crate::setup::FirstAdmin;
use crate::web::Reports;

/// Characters of the shortest token that is taken.
pub const SHORTEST_TOKEN: usize = 12;

/// The access token and whose it is. `Debug` shows the name alone.
#[derive(Clone)]
pub struct Token {
    name: Arc<str>,
    secret: Arc<str>,
}

impl Token {
    /// A token with the name that stands in the records of who heard what.
    ///
    /// # Errors
    /// [`ApiError::ShortToken`] below [`SHORTEST_TOKEN`] characters, [`ApiError::UnfitToken`] when it holds something
    /// that RFC 6750 section 2.1 does not allow in a header.
    pub fn new(name: &str, secret: &str) -> Result<Self, ApiError> {
        if secret.len() < SHORTEST_TOKEN {
            return Err(ApiError::ShortToken);
        }
        if !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b)) {
            return Err(ApiError::UnfitToken);
        }
        Ok(Self { name: name.into(), secret: secret.into() })
    }

    /// Whose it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Compares in a time that does not tell how much of it was right.
    pub(crate) fn is(&self, offered: &[u8]) -> bool {
        self.secret.as_bytes().ct_eq(offered).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Draws 256 bits from the system's random source.
pub type Random = fn() -> io::Result<[u8; 32]>;

/// What the interface stands on.
#[derive(Clone, Debug)]
pub struct Rooms {
    /// The door to the switchboard.
    pub handle: Handle,
    /// The case store.
    pub store: Store,
    /// Folder that the store's paths of recordings begin in.
    pub recordings: PathBuf,
    /// Opens those that are sealed.
    pub locker: vault::Locker,
    /// The configuration in use.
    pub current: Current,
    /// The door to the promises.
    pub promises: clockwork::Door,
    /// What programs show.
    pub token: Token,
    /// 256 bits of the system's random source.
    pub random: Random,
    /// The first set-up, while there is no account.
    pub first: Option<FirstAdmin>,
    /// What opens a trial: sessions without a password, on loopback alone.
    pub trial: Option<access::Token>,
    /// What only the house as a whole can do.
    pub behind: Behind,
    /// The program's version, for `GET /api/v1/health` and the OpenAPI document.
    pub version: String,
}

/// What all requests share.
pub(crate) struct House {
    pub(crate) rooms: Rooms,
    pub(crate) keys: Arc<Keys>,
    /// Keys by which somebody was connected with a citizen.
    pub(crate) connects: Arc<Connects>,
    /// Wrong tokens from this machine, and from elsewhere: who guesses there can't keep programs here out.
    pub(crate) guesses: Guesses,
    pub(crate) far_guesses: Guesses,
    pub(crate) pulse: Pulse,
    /// Lines of the audit that wait for the store.
    pub(crate) notes: Notes,
    /// Who has signed in.
    pub(crate) sessions: Sessions,
    /// Where passwords are hashed.
    pub(crate) hashing: Hashing,
    /// Who guessed passwords how often; its clock begins at `since`.
    pub(crate) lock: Mutex<LockOut>,
    pub(crate) since: Instant,
    /// The first set-up, until it is done.
    pub(crate) first: Mutex<Option<FirstAdmin>>,
    /// What browsers report of the page's policy.
    pub(crate) reports: Arc<Reports>,
    /// Credentials of the phones in pages.
    pub(crate) phones: Phones,
    /// The configuration under change.
    pub(crate) office: Office,
    /// The import of a file into the information base, and the last one.
    pub(crate) imports: Imports,
    /// The rehearsal under way, and the last one.
    pub(crate) rehearsals: Rehearsals,
    /// Taken while a trunk is examined.
    pub(crate) examining: Semaphore,
    /// One permit per listener of live events.
    pub(crate) listeners: Arc<Semaphore>,
    /// The boards of the screens.
    pub(crate) boards: Boards,
    /// Where the public asks.
    pub(crate) open311: Window,
    /// Set when the interface closes: streams end then.
    pub(crate) closing: CancellationToken,
}

impl House {
    pub(crate) fn new(rooms: Rooms, closing: CancellationToken) -> Self {
        let notes = Notes::start(rooms.store.clone(), closing.clone());
        let (door, ended) = (rooms.promises.clone(), closing.clone());
        upkeep::start(rooms.store.clone(), rooms.current.clone(), door, ended);
        let (office, reports) = (Office::new(rooms.behind.folder()), Arc::new(Reports::default()));
        let checks = Checks::new(rooms.behind.clone(), office.bench(), Arc::clone(&reports));
        let (handle, store, current) = (rooms.handle.clone(), rooms.store.clone(), rooms.current.clone());
        let boards = Boards::start(handle, store, (current, checks), closing.clone());
        Self {
            first: Mutex::new(rooms.first.clone()),
            imports: Imports::default(),
            office,
            rehearsals: Rehearsals::default(),
            examining: Semaphore::new(1),
            rooms,
            notes,
            boards,
            open311: Window::default(),
            sessions: Sessions::default(),
            hashing: Hashing::default(),
            lock: Mutex::default(),
            since: Instant::now(),
            reports,
            phones: Phones::default(),
            keys: Arc::default(),
            connects: Arc::default(),
            guesses: Guesses::default(),
            far_guesses: Guesses::default(),
            pulse: Pulse::default(),
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            closing,
        }
    }

    /// The count of wrong tokens for whoever asks from there; `None` is this machine.
    pub(crate) fn guesses_of(&self, source: Option<IpAddr>) -> &Guesses {
        if source.is_none() { &self.guesses } else { &self.far_guesses }
    }

    /// Listeners of live events now.
    pub(crate) fn listening(&self) -> usize {
        LISTENERS.saturating_sub(self.listeners.available_permits())
    }
}
