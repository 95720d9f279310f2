//! Cases as the form opens them: numbers and query codes, notes, calls that belong to them, and what the same caller brought
//! before. The life of a case after the call is not here.

mod form;
mod open;
mod read;
pub(crate) mod text;

pub use form::{
    CaseDetail, CaseFault, CaseFilter, CaseKind, CaseLine, CaseLogLine, CaseMade, CasePage, Earlier,
    EarlierCall, Eyes, NewCase, STATES, Track,
};
pub use read::{MOST_CASES, SEARCHED};

pub(crate) use open::mint_no;
