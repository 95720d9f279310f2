//! A table of typed cells, and its two forms: CSV and XLSX.

mod csv;
mod xlsx;

pub use csv::Csv;

use crate::error::PapersError;
use crate::zone::Zone;

/// Most rows below the heading: what a sheet of XLSX holds (1,048,576 with the heading).
pub const MOST_ROWS: usize = 1_048_575;

/// One value. Its type decides how it is written, never its look: a text that looks like a number or a formula stays text.
#[derive(Clone, PartialEq, Debug)]
pub enum Cell {
    /// Nothing known.
    Empty,
    /// Words of anybody.
    Text(String),
    /// A count.
    Whole(i64),
    /// A measure. One that is no number is written as nothing.
    Number(f64),
    /// UTC ms; written by the clock of the house.
    Moment(i64),
    /// Milliseconds; written as `h:mm:ss`, fractions of a second cut off.
    Duration(i64),
}

impl Cell {
    /// Words, or nothing.
    pub fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.into()))
    }

    /// A moment, or nothing.
    pub fn moment(at: Option<i64>) -> Self {
        at.map_or(Self::Empty, Self::Moment)
    }
}

/// A column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// What stands above it.
    pub title: String,
    /// Its width in a sheet, in digits of the usual font.
    pub width: u16,
}

impl Column {
    /// A column.
    pub fn new(title: impl Into<String>, width: u16) -> Self {
        Self { title: title.into(), width }
    }
}

/// What is exported.
#[derive(Clone, PartialEq, Debug)]
pub struct Table {
    /// The sheet's name; what sheets can't be called is left out (31 characters, none of `[]:*?/\`).
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; each has one cell a column.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// As CSV: UTF-8 with a byte order mark, RFC 4180. For more than fits in memory see [`Csv`].
    ///
    /// # Errors
    /// [`PapersError::Ragged`].
    pub fn csv(&self, zone: &Zone) -> Result<Vec<u8>, PapersError> {
        let mut csv = Csv::new(&self.columns);
        for row in &self.rows {
            csv.row(row, zone)?;
        }
        Ok(csv.take())
    }

    /// As XLSX with one sheet. `made_at` (UTC ms) is when, for the file's properties.
    ///
    /// # Errors
    /// [`PapersError::TooLong`], [`PapersError::Ragged`], [`PapersError::Sheet`].
    pub fn xlsx(&self, zone: &Zone, made_at: i64) -> Result<Vec<u8>, PapersError> {
        xlsx::write(self, zone, made_at)
    }

    fn check(&self) -> Result<(), PapersError> {
        if self.rows.len() > MOST_ROWS {
            return Err(PapersError::TooLong(self.rows.len()));
        }
        let columns = self.columns.len();
        let ragged = self.rows.iter().enumerate().find(|(_, row)| row.len() != columns);
        ragged.map_or(Ok(()), |(at, row)| Err(PapersError::Ragged { row: at + 1, cells: row.len(), columns }))
    }
}

/// `0:09:58`, `-1:00:00`.
fn clock(ms: i64) -> String {
    let seconds = ms.unsigned_abs() / 1_000;
    let sign = if ms < 0 && seconds > 0 { "-" } else { "" };
    format!("{sign}{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
