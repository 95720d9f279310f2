//! The one list of what can go wrong: at the start, with who asks, with how it was asked, and in the house.

use std::io;
use std::net::SocketAddr;

use call::action::Refusal;
use store::StoreError;
use switchboard::HandleError;

/// Why the interface could not start, or why a request was refused. The first four are of the start alone.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The socket can be reached from other machines.
    #[error(
        "{0} can be reached from other machines: bind the HTTP interface to 127.0.0.1 or [::1], and let a proxy with TLS stand before it"
    )]
    NotLoopback(SocketAddr),
    /// No token, or one that is soon guessed.
    #[error(
        "the access token has less than {} characters: delete its file to have it made anew, or write a longer one",
        crate::SHORTEST_TOKEN
    )]
    ShortToken,
    /// A token that no client could send (RFC 6750 section 2.1).
    #[error("the access token holds other characters than letters, digits and -._~+/=: write it anew")]
    UnfitToken,
    /// The socket does not work.
    #[error("the socket of the HTTP interface does not work ({0}): give the hotline another address")]
    Socket(#[from] io::Error),

    /// No token, or a wrong one.
    #[error(
        "send the header `Authorization: Bearer TOKEN` with the token of the file that hotline.toml names"
    )]
    Unauthorized,
    /// The role does not reach so far.
    #[error("your role does not allow this: ask an admin who should do it")]
    Forbidden,
    /// A page without session.
    #[error("nobody has signed in here, or the session has ended: sign in")]
    NoSession,
    /// A page that does not say in which tab it runs.
    #[error(
        "the header X-Hotline-Tab is missing or has not 1 to 16 small letters and digits: reload the page"
    )]
    NoTab,
    /// A page of somebody else asks.
    #[error("this was asked by a page of another address: open the hotline's own page")]
    ForeignPage,
    /// The password was chosen by somebody else.
    #[error("your password was given to you: change it first, nothing else is allowed until then")]
    MustChange,
    /// An admin without second factor.
    #[error("an admin needs a second factor: set one up first, nothing else is allowed until then")]
    MustEnrol,
    /// Wrong name or password; which, nobody is told.
    #[error("user name or password is wrong: try again; an admin can reset the password")]
    WrongCredentials,
    /// The password is right and a code is missing.
    #[error("send the code of the second factor too: six digits from the authenticator program")]
    SecondFactorNeeded,
    /// A wrong code, or one that was used.
    #[error(
        "the code is wrong or was used before: wait for the next one; the clock of the phone must be right"
    )]
    WrongCode,
    /// The account may not sign in.
    #[error("this account is locked: ask an admin")]
    AccountLocked,
    /// Too many wrong passwords; so many seconds to wait.
    #[error("too many wrong passwords: try again in {0} s")]
    LockedOut(u64),
    /// Too many passwords are being compared.
    #[error("too many people sign in at this moment: try again in some seconds")]
    SigningInBusy,
    /// A program or a trial has no account of its own.
    #[error("whoever has no account here has no password to change: sign in with an account")]
    NoAccount,
    /// A password or name that is not taken.
    #[error("{0}")]
    Access(access::AccessError),
    /// A wrong token for the first set-up.
    #[error(
        "this is not the set-up token: it is in the file `setup-token` beside the access token, and in the output of the first start"
    )]
    WrongSetupToken,
    /// The first admin is there.
    #[error("the house is set up already: sign in; `hotline user reset` helps an admin who is locked out")]
    SetUpAlready,
    /// No trial, or a wrong token of it.
    #[error(
        "there is no trial here, or its token is another: take the address that `hotline serve --trial` printed"
    )]
    NoTrial,
    /// No account of this name.
    #[error("there is no account of this name: read the list again")]
    NoSuchUser,
    /// An account of this name.
    #[error("there is an account of this name already: choose another")]
    UserExists,
    /// Nobody could let anybody in again.
    #[error("this is the last admin who may sign in: make another one first")]
    LastAdmin,
    /// Somebody else's call, state or desk.
    #[error("this call, state or desk is not yours: sit in the call first, or ask a supervisor")]
    NotYours,
    /// Too many wrong tokens in this second.
    #[error("too many wrong tokens were sent: try again in a second with the right one")]
    TooManyGuesses,
    /// The Host header names another house: a page of the web that was led here (DNS rebinding).
    #[error("ask for localhost, 127.0.0.1 or [::1]; a proxy must set the Host header so")]
    ForeignHost,

    /// Nothing is at this path.
    #[error("nothing is at this path: /docs lists what there is")]
    NoSuchPath,
    /// This path is there, but not for this method.
    #[error("this path does not know this method: the Allow header and /docs tell which it knows")]
    WrongMethod,
    /// A part of the path or of the query does not read.
    #[error("this address does not read: {0}")]
    BadAddress(String),
    /// The body is not JSON of the agreed form.
    #[error("the body does not read: {0}")]
    BadBody(String),
    /// The body is something else than JSON.
    #[error("send the body as JSON, with the header `Content-Type: application/json`")]
    NotJson,
    /// The body is too long.
    #[error("the body is longer than {} KiB: send less", crate::extract::BODY_LIMIT / 1024)]
    TooLarge,
    /// The body came too slowly.
    #[error("the body did not arrive within {} s: send it again", crate::extract::BODY_TIME.as_secs())]
    SlowBody,
    /// The answer took too long.
    #[error(
        "the house did not answer in time; ask again, an order with the same Idempotency-Key: it is not carried out twice"
    )]
    TimedOut,

    /// An order without a key.
    #[error(
        "send the header `Idempotency-Key`, once, with 1 to {} visible ASCII characters: a new one for every new order, the same for a repetition",
        crate::idempotency::LONGEST_KEY
    )]
    BadKey,
    /// The key was used for another order.
    #[error("this Idempotency-Key was used for another order: take a new key for a new order")]
    KeyReused,
    /// Too many orders are under way.
    #[error("too many orders are under way: send it again in a second, with the same key")]
    KeysFull,

    /// The core refuses.
    #[error("{}", crate::words::refusal_en(.0))]
    Refused(Refusal),
    /// The order did not reach the core.
    #[error("{0}")]
    Handle(#[from] HandleError),
    /// The store gives no answer.
    #[error(
        "the records can't be read now: try again in some seconds; the hotline's log says why. Calls go on"
    )]
    StoreAway(#[source] StoreError),
    /// The recording does not exist.
    #[error("this call has no such recording: ask for the call, it lists its recordings")]
    NoSuchRecording,
    /// The recording is not closed yet.
    #[error("this recording still runs: ask again when the call is over")]
    StillRecording,
    /// The recording was purged.
    #[error("this recording was purged at the end of its time: only its facts remain")]
    Purged,
    /// The file is not where the store says.
    #[error(
        "the file of this recording is missing: restore it from the backup to the folder of the recordings"
    )]
    FileGone,
    /// Somebody wants to hear a recording and does not say why.
    #[error(
        "say why you listen: the header `X-Reason` or the query `reason`, 1 to {} characters; it is kept with the access",
        crate::recordings::LONGEST_REASON
    )]
    NoReason,
    /// Too many listen already.
    #[error("{} listen to live events already: close one, or try again later", crate::live_events::LISTENERS)]
    TooManyListeners,
    /// The draft of the configuration can't be used so.
    #[error(transparent)]
    Draft(#[from] ::config::draft::DraftError),
    /// No such version of the configuration, or its texts were not kept.
    #[error("there is no such version, or its files were not kept: GET /api/v1/config/versions lists all")]
    NoSuchVersion,
    /// The rehearsal gives no answer.
    #[error(transparent)]
    Rehearsal(#[from] ::rehearsal::RehearsalError),
    /// One is under way.
    #[error("a rehearsal is under way: wait for it, or cancel it")]
    Rehearsing,
    /// A trunk is being examined.
    #[error("a trunk is being examined: wait until it is done")]
    Examining,
    /// No list of recordings names it.
    #[error("there is no such recording, or nothing to put back: GET /api/v1/prompts lists all")]
    NoSuchPrompt,
    /// What was sent can't be used.
    #[error("{}", .0.en)]
    Declined(crate::Words),
    /// The house could not do it.
    #[error("{}", .0.en)]
    Behind(crate::Words),
    /// The entry does not exist.
    #[error("there is no such entry in the knowledge base: it may have been removed, search again")]
    NoSuchEntry,
    /// Another entry has this name, or this title and service.
    #[error("another entry has this name, or this title and service: change one of them")]
    SameEntry,
    /// What was written can't be taken.
    #[error("{en}")]
    Unfit {
        /// What is wrong and what to do, Chinese.
        zh: String,
        /// The same in English.
        en: String,
    },
    /// No case has this number, or none that the asker may see.
    #[error("there is no such case, or it is not yours to see: check its 12 digits")]
    NoSuchCase,
    /// Nothing of this name, or none that the asker may see.
    #[error("there is no such item, or it is not yours to see: read the list again")]
    NoSuchItem,
    /// The promise clock refuses.
    #[error("{}", .0.en())]
    Kept(promise::Refusal),
    /// All case numbers of the day are used.
    #[error("all case numbers of today are used: note the case on paper and open it after midnight")]
    NumbersUsedUp,
    /// An import is under way.
    #[error("an import is under way: wait until it is done")]
    ImportRuns,
    /// A bug of this program.
    #[error("the hotline failed at this request ({0}): please report it with the hotline's log")]
    Internal(&'static str),
}

impl ApiError {
    /// What was written can't be taken: what is wrong and what to do, in both languages.
    pub(crate) fn unfit(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Unfit { zh: zh.into(), en: en.into() }
    }
}
