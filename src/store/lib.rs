//! The case store: schema, journal writer and queries. The only crate that knows the database.
//!
//! [`Store::open`] brings the file up to date and closes what a crash cut short; [`Store::writer`] starts the one task
//! that writes what calls record, in groups, each on disk before it is told; the rest are questions: [`Store::find`]
//! for callers, [`Store::calls`] and [`Store::call`] for screens and programs, [`Store::verify`] for checks.
//!
//! What is promised: a record that was told to be on disk survives a power cut (WAL, `synchronous=FULL`); writing a
//! record twice is writing it once; every call ends with exactly one final event and one record; numbers of citizens
//! and staff are sealed by data keys of their class and month (`protect`) and found again by a keyed hash.

mod access;
mod aftermath;
mod at;
mod beside;
mod board;
#[cfg(test)]
#[path = "tests/both/mod.rs"]
#[allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]
mod both;
mod cases;
mod chain;
mod clerk;
mod course;
mod day;
mod db;
mod either;
mod errand;
mod error;
mod find;
#[cfg(test)]
mod find_tests;
mod hand;
mod knowledge;
mod ledger;
mod lock;
mod open;
mod outbox;
mod over;
mod placed;
mod postgres;
mod promise;
mod protect;
mod read;
mod rows;
mod scribe;
mod seal;
mod sheet;
#[cfg(test)]
mod sheet_tests;
mod store;
mod stored;
mod take_in;
mod verify;
mod versions;
mod words;
mod writer;
#[cfg(test)]
mod writer_tests;

pub use access::{Account, AuditFilter, AuditLine, AuditNote, AuditPage, Change, Hidden, Sitting};
pub use aftermath::UNHEARD_FOR;
pub use at::{Server, StoreAt};
pub use board::Figures;
pub use cases::{
    CaseDetail, CaseFault, CaseFilter, CaseKind, CaseLine, CaseLogLine, CaseMade, CasePage, Earlier,
    EarlierCall, Eyes, MOST_CASES, NewCase, SEARCHED, STATES, Track,
};
pub use course::{Course, Span};
pub use error::StoreError;
pub use knowledge::{
    Entry as KnowledgeEntry, Hit, Imported, MOST_HITS, MOST_MISSES, Miss, Opened as OpenedEntry, Service,
    Usage,
};
/// What is promised, in the database.
pub mod promises {
    pub use crate::promise::{
        AskLine, BadLine, CallBackLine, CalledAgain, CaseClock, Claimed, Claims, Counted, Counts, Deed, Done,
        EchoLine, Ends, ErrandFacts, EscalationLine, Export, ExportCell, ExportOf, ExtensionLine,
        HandoverFilter, HandoverLine, Heard, Ledger, LedgerLine, Listed, MOST_DAYS, MOST_EXPORTED,
        MOST_LINES, MergedLine, NewItem, NoticeFigures, NoticeLine, OutboxLine, Owner, Part, PromiseFault,
        PromiseLine, PublicCase, PublicFilter, ReviewLine, Scope, Taken, Timing, WebhookLine, month_span,
    };
}
pub use ledger::{JournalAt, JournalFigures, JournalLook, Replayed};
pub use outbox::{MOST_EVENTS, MessageFate, OutEvent, Subscriber, WaitingMessage};
pub use placed::{PlacedCall, SaidOfCase};
/// Personal data: its keys, how long it is kept, what a legal hold keeps, what is erased and how that is proved.
pub mod protected {
    pub use crate::protect::{
        Done, DueRecording, Forgotten, Hold, HoldFault, HoldOf, KeyLine, MOST_ROWS, Part, PersonReport,
        Proof, Retention,
    };
}
pub use rows::{
    ConfigVersion, Entry, LegSip, LegSound, Packets, RecordingKind, RecordingRow, Reports, StaffRole,
    StaffRow,
};
pub use store::{Opened, Settings, Store};
pub use stored::{
    Broken, CallBackLine, CallDetail, CallFilter, CallLine, Counts, Disposition, EventLine, LegLine, Page,
    RecordingFile, StatedLine,
};
pub use versions::VersionLine;
pub use writer::{CAPACITY, Full, OFFERS_UP_TO, Told, Writer};
