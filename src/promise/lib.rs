//! The promise clock, pure: cases, deadlines by the working calendar, and the tasks that keep what was promised.
//!
//! [`Case::handle`] takes what happened and when, and says what is to be done; [`Case::rebuild`] makes the same case again from
//! its facts. No clock, socket, file, randomness or log is in here: moments are arguments, UTC milliseconds.
//!
//! ```
//! use promise::{Action, Case, CaseId, Citizen, Clock, Event, Opening, Settings, State, Track, What};
//!
//! let (calendar, settings) = (calendar::Calendar::default(), Settings::default());
//! let at = 1_791_770_400_000; // Monday, 12 October 2026, 10:00 in Shanghai
//! let clock = Clock { now: at, calendar: &calendar, settings: &settings };
//! let opening = Opening {
//!     at,
//!     track: Track::Case,
//!     citizen: Some(Citizen(7)),
//!     confidential: false,
//!     urgent: false,
//!     repeat_of: None,
//! };
//! let mut case = Case::open(CaseId(1), opening)?;
//! let actions = case.handle(clock, Event::HandOver("civil".into()))?;
//! assert!(actions.iter().any(|action| matches!(action, Action::Plan(plan) if plan.due_at == at)));
//! assert_eq!(case.open_vow(What::Work).map(|vow| vow.due_at), Some(at + (7 * 24 + 7) * 3_600_000));
//! assert_eq!(case.state, State::Received);
//! # Ok::<(), promise::Refusal>(())
//! ```

mod action;
mod callback;
mod case;
mod clock;
mod event;
mod fact;
mod figures;
mod ids;
mod ledger;
mod notice;
mod reach;
mod refusal;
mod settings;
mod state;
mod task;
mod text;
mod vow;
mod words;

pub use action::{Action, Contact, Key, Kind, Lane, News, Order, Plan, Reader, Script, To};
pub use callback::{Because, CallBack, CallBackEvent, Debt};
pub use case::{Asking, Case, Opening, Track};
pub use clock::{Clock, after, ms};
pub use event::{Event, Outcome, Placed};
pub use fact::{Answers, By, Change, Channel, Entry, Fact, Flag, Method, Miss, Pledge};
pub use figures::{Figures, Seen, Share, Tally};
pub use ids::{CallId, CaseId, Citizen, ItemId, Month, Name, Of};
pub use ledger::{Item, ItemEvent};
pub use notice::{Notice, NoticeEvent, Stage};
pub use reach::Reach;
pub use refusal::Refusal;
pub use settings::Settings;
pub use state::{State, Step, TABLE, next};
pub use task::{Again, Claim, Lost, Table, Task, TaskState, Terms};
pub use vow::{End, Lapse, Proof, Vow, What, Why};
