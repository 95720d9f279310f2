//! The promises in the database: owners and their steps, tasks, debts, and what is drawn from the facts.

mod begin;
mod call_days;
mod check;
mod drawn;
mod errand_facts;
mod exports;
mod figures;
mod flat;
mod keep;
mod lists;
mod lists_case;
mod lists_office;
mod lists_people;
mod lists_public;
mod notice_figures;
mod notice_write;
mod owner;
mod put;
mod reading;
#[cfg(test)]
mod reading_tests;
mod shown;
mod tasks;
pub(crate) mod tell;
#[cfg(test)]
mod tests;
mod unhappy;

pub(crate) use check::verify;

pub use begin::{CalledAgain, NewItem, Taken, Timing};
pub use errand_facts::ErrandFacts;
pub use exports::{Export, ExportCell, ExportOf, MOST_EXPORTED};
pub use figures::{Counted, Counts, MOST_DAYS};
pub use lists::MOST_LINES;
pub(crate) use lists_case::due_next;
pub use notice_figures::{Ends, NoticeFigures, Part, month_span};
pub use owner::{Deed, Done, Heard, Owner, PromiseFault};
pub(crate) use reading::among;
pub use shown::{
    AskLine, BadLine, CallBackLine, CaseClock, EchoLine, EscalationLine, ExtensionLine, HandoverFilter,
    HandoverLine, Ledger, LedgerLine, Listed, MergedLine, NoticeLine, OutboxLine, PromiseLine, PublicCase,
    PublicFilter, ReviewLine, Scope, WebhookLine,
};
pub use tasks::{Claimed, Claims};
