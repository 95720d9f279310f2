//! What cases say: sealed, or in clear as it was written before there were data keys.

use crate::either::Row;
use crate::seal::Keys;

/// A text and the place that it is sealed for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    /// The column of before.
    clear: &'static str,
    sealed: &'static str,
    place: &'static str,
}

/// What is wanted.
pub(crate) const CONTENT: Text = Text { clear: "content", sealed: "content_sealed", place: "cases.content" };
/// Where it is about.
pub(crate) const PLACE: Text = Text { clear: "place", sealed: "place_sealed", place: "cases.place" };
/// A line of the log; the words of the program stay clear.
pub(crate) const WHAT: Text = Text { clear: "what", sealed: "what_sealed", place: "case_log.what" };

impl Text {
    pub(crate) fn seal(self, keys: &Keys, case: &str, text: &str) -> sqlx::Result<Vec<u8>> {
        Ok(keys.seal(self.place, case, text)?)
    }

    /// Reads it from a row that has both columns.
    pub(crate) fn open(self, keys: &Keys, case: &str, row: &Row) -> sqlx::Result<Option<String>> {
        let sealed: Option<Vec<u8>> = row.try_get(self.sealed)?;
        match sealed {
            Some(sealed) => Ok(Some(keys.open(self.place, case, &sealed)?)),
            None => row.try_get(self.clear),
        }
    }
}
