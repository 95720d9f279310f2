//! A statement that is put together.

use super::query::{Query, Scalar};
use super::row::Read;
use super::value::Value;

/// A statement that is put together.
#[derive(Debug)]
pub(crate) struct Builder {
    text: String,
    values: Vec<Value>,
}

impl Builder {
    /// Begins with these words, in which nothing is given.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// Further words of the program's own: never what somebody has typed.
    pub(crate) fn push(&mut self, words: impl AsRef<str>) -> &mut Self {
        self.text.push_str(words.as_ref());
        self
    }

    /// A value in this place.
    pub(crate) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let place = format!("${}", self.values.len());
        self.push(place)
    }

    /// `VALUES (...), (...)`: one row for each of these, which `fill` gives its values.
    pub(crate) fn push_values<T>(
        &mut self,
        rows: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(Separated<'_>, T),
    ) -> &mut Self {
        self.push("VALUES ");
        for (at, row) in rows.into_iter().enumerate() {
            self.push(if at == 0 { "(" } else { ", (" });
            fill(Separated { sql: self, begun: false }, row);
            self.push(")");
        }
        self
    }

    pub(crate) fn build(self) -> Query {
        Query::made(self.text, self.values)
    }

    pub(crate) fn build_scalar<T: for<'r> Read<'r>>(self) -> Scalar<T> {
        Scalar::of(self.build())
    }
}

/// Values with commas between them.
#[derive(Debug)]
pub(crate) struct Separated<'b> {
    sql: &'b mut Builder,
    begun: bool,
}

impl Separated<'_> {
    pub(crate) fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        if std::mem::replace(&mut self.begun, true) {
            self.sql.push(", ");
        }
        self.sql.push_bind(value);
        self
    }

    /// Words of the program's own in the place of values.
    pub(crate) fn push(&mut self, words: &str) -> &mut Self {
        if std::mem::replace(&mut self.begun, true) {
            self.sql.push(", ");
        }
        self.sql.push(words);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_places() {
        let mut sql = Builder::new("SELECT 1 FROM call WHERE id = ");
        sql.push_bind("a").push(" AND offered_at IN (").push_bind(7).push(", ").push_bind(8).push(")");
        let Query { text, values } = sql.build();
        assert_eq!(text.as_str(), "SELECT 1 FROM call WHERE id = $1 AND offered_at IN ($2, $3)");
        assert_eq!(values, ["a".into(), 7.into(), 8.into()]);
    }

    #[test]
    fn rows_stand_one_after_the_other() {
        let mut sql = Builder::new("INSERT INTO meta (name, value) ");
        sql.push_values([("a", "b"), ("c", "d")], |mut row, (name, value)| {
            row.push_bind(name).push_bind(value);
        });
        sql.push(" ON CONFLICT DO NOTHING");
        let Query { text, values } = sql.build();
        assert_eq!(
            text.as_str(),
            "INSERT INTO meta (name, value) VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING"
        );
        assert_eq!(values.len(), 4);
    }
}
