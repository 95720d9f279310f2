//! CSV: UTF-8 with a byte order mark (else spreadsheets read Chinese as something else), RFC 4180, no cell a formula.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::{Cell, Column, clock};
use crate::error::PapersError;
use crate::zone::Zone;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// CSV that is written row by row, so that a long one can leave in pieces.
#[derive(Debug)]
pub struct Csv {
    columns: usize,
    rows: usize,
    bytes: Vec<u8>,
}

impl Csv {
    /// Begins with the byte order mark and the heading.
    pub fn new(columns: &[Column]) -> Self {
        let mut csv = Self { columns: columns.len(), rows: 0, bytes: BYTE_ORDER_MARK.to_vec() };
        csv.record(columns.iter().map(|column| guarded(&column.title)));
        csv
    }

    /// One more row.
    ///
    /// # Errors
    /// [`PapersError::Ragged`]; nothing is written then.
    pub fn row(&mut self, cells: &[Cell], zone: &Zone) -> Result<(), PapersError> {
        self.rows += 1;
        if cells.len() != self.columns {
            let Self { columns, rows: row, .. } = *self;
            return Err(PapersError::Ragged { row, cells: cells.len(), columns });
        }
        self.record(cells.iter().map(|cell| written(cell, zone)));
        Ok(())
    }

    /// What was written since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    fn record(&mut self, fields: impl Iterator<Item = String>) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut builder = WriterBuilder::new();
        builder.terminator(Terminator::CRLF).quote_style(QuoteStyle::Necessary).flexible(true);
        let mut writer: Writer<Vec<u8>> = builder.from_writer(bytes);
        // Writing to memory fails for lack of memory only, which ends the program anyway.
        let _ = writer.write_record(fields);
        self.bytes = writer.into_inner().unwrap_or_default();
    }
}

fn written(cell: &Cell, zone: &Zone) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => guarded(text),
        Cell::Whole(number) => number.to_string(),
        Cell::Number(number) if number.is_finite() => number.to_string(),
        Cell::Number(_) => String::new(),
        Cell::Moment(at) => zone.plain(*at),
        Cell::Duration(ms) => clock(*ms),
    }
}

/// A spreadsheet runs what begins like a formula, also with full-width signs and behind spaces (OWASP, CSV Injection). An
/// apostrophe before it makes it text.
fn guarded(text: &str) -> String {
    let risky = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
        )
    };
    // NUL ends a field for some readers.
    let mut text = text.replace('\0', "");
    let first = text.trim_start_matches([' ', '\u{3000}', '\u{a0}', '\u{feff}']).chars().next();
    if first.is_some_and(risky) {
        text.insert(0, '\'');
    }
    text
}
