//! A statement that writes any number of rows of one kind.

use std::fmt::Write as _;

use super::Dialect;
use super::query::Query;

/// It reads the rows from `given`, whose columns these are. A row whose first column is NULL is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    pub(crate) columns: &'static str,
    pub(crate) write: &'static str,
}

impl Rows {
    /// The statement for so many rows. For SQLite placeholders without numbers: it looks numbered ones up one by one, and a
    /// script's go on counting from statement to statement.
    pub(crate) fn text(self, dialect: Dialect, rows: usize) -> String {
        let (width, mut given) = (self.width(), String::new());
        for at in 0..rows.saturating_mul(width) {
            given.push_str(match at.checked_rem(width) {
                Some(0) if at == 0 => "(",
                Some(0) => "), (",
                _ => ", ",
            });
            // Writing to a string does not fail.
            let _ = match dialect {
                Dialect::Sqlite => given.write_str("?"),
                Dialect::Postgres => write!(given, "${}", at.saturating_add(1)),
            };
        }
        format!("WITH given ({}) AS (VALUES {given})) {}", self.columns, self.write)
    }

    /// The statement for so many rows, to be filled in.
    pub(crate) fn query(self, dialect: Dialect, rows: usize) -> Query {
        Query::made(self.text(dialect, rows), Vec::with_capacity(rows.saturating_mul(self.width())))
    }

    /// The statement for one row, which both read.
    pub(crate) fn one(self) -> Query {
        self.query(Dialect::Postgres, 1)
    }

    /// How many columns a row has.
    pub(crate) fn width(self) -> usize {
        self.columns.split(',').count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_database_has_its_placeholders() {
        let rows = Rows { columns: "a, b", write: "SELECT a, b FROM given" };
        let text = |dialect, rows_of| rows.text(dialect, rows_of);
        assert_eq!(
            text(Dialect::Sqlite, 2),
            "WITH given (a, b) AS (VALUES (?, ?), (?, ?)) SELECT a, b FROM given"
        );
        assert_eq!(
            text(Dialect::Postgres, 2),
            "WITH given (a, b) AS (VALUES ($1, $2), ($3, $4)) SELECT a, b FROM given"
        );
    }
}
