//! The information base as text: how Chinese is cut into words, how a typed question is read, what is found first and why.
//!
//! [`Segmenter`] cuts text into tokens, the same way for what is written into an index and for what is asked.
//! [`Lexicon`] knows the words of the titles and keywords, also by their pinyin and by what they look like when mistyped.
//! [`Reader`] turns what somebody typed into a [`Question`]; the question gives the index its expression
//! ([`Question::strict`], [`Question::loose`]) and puts the candidates in order ([`Question::judge`]), saying why.
//! [`import`] reads CSV, JSON and Markdown files with faults by row.
//!
//! Nothing here knows a database: the store holds the index, this crate what goes into it.

mod entry;
mod fold;
mod han;
pub mod import;
mod latin;
mod lexicon;
mod near;
mod question;
mod rank;
mod snippet;
mod sound;
mod synonyms;
#[cfg(test)]
mod tests;
mod words;

pub use entry::{
    Draft, LONGEST_BODY, LONGEST_KEYWORD, LONGEST_SOURCE, LONGEST_TITLE, MOST_KEYWORDS, Unfit, complaint,
};
pub use fold::{fold, is_han};
pub use lexicon::{Lexicon, MOST_WORDS};
pub use question::{How, LONGEST_QUESTION, MOST_TERMS, Question, Reader, Reading, Term};
pub use rank::{Candidate, Judged, Place, Why};
pub use snippet::{SNIPPET, snippet};
pub use synonyms::{LONGEST_SYNONYM, MOST_GROUPS, MOST_IN_A_GROUP, Synonyms, SynonymsError};
pub use words::{SEGMENTATION, Segmenter};
