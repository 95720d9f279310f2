//! What the database knows of a journal: how far it has its records, and which of them it could not take.

use journal::Frame;

use crate::db::{big, small};
use crate::either::{Db, Query, Rows, query, scalar};
use crate::seal::hex;

/// Moves the cursor from where it was left, in the transaction of the records. If it stands elsewhere, they are in the database
/// already (the answer to a commit was lost): the NULL breaks the statement, and nothing is written twice.
pub(crate) const PASS: Rows = Rows {
    columns: "generation, had, through",
    write: "INSERT INTO journal_cursor (generation, through) SELECT generation, CASE WHEN had = \
         COALESCE((SELECT c.through FROM journal_cursor c WHERE c.generation = given.generation), 0) \
         THEN through END FROM given WHERE generation IS NOT NULL \
         ON CONFLICT (generation) DO UPDATE SET through = excluded.through",
};

/// Frames of a journal that are being brought into the database.
#[derive(Debug)]
pub(crate) struct Passed<'f> {
    /// Of which journal.
    pub(crate) generation: u128,
    /// The last frame that was in the database before.
    pub(crate) before: u64,
    /// The last one that is in it afterwards.
    pub(crate) through: u64,
    /// The frames of the entries, in their order.
    pub(crate) frames: Vec<&'f Frame>,
    /// Frames that can't be read, and why.
    pub(crate) unread: Vec<(&'f Frame, &'static str)>,
}

impl Passed<'_> {
    /// [`PASS`], filled in.
    pub(crate) fn pass(&self, query: Query) -> Query {
        query.bind(name(self.generation)).bind(big(self.before)).bind(big(self.through))
    }

    /// Inside the transaction of a batch that was written row by row: keeps what did not fit, and moves the cursor.
    pub(crate) async fn settle(&self, conn: &mut Db, refused: &[(usize, String)]) -> sqlx::Result<()> {
        const ASIDE: &str = "INSERT INTO journal_aside (generation, seq, kind, version, payload, why) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (generation, seq) DO NOTHING";
        let refused = refused.iter().filter_map(|(at, why)| Some((*self.frames.get(*at)?, why.as_str())));
        for (frame, why) in self.unread.iter().copied().chain(refused) {
            query(ASIDE)
                .bind(name(self.generation))
                .bind(big(frame.seq))
                .bind(i64::from(frame.kind))
                .bind(i64::from(frame.version))
                .bind(hex(&frame.payload))
                .bind(why)
                .execute(conn)
                .await?;
        }
        self.pass(PASS.one()).execute(conn).await.map(drop)
    }
}

/// How far a journal is in the database; 0: nothing of it is.
pub(crate) async fn cursor(conn: &mut Db, generation: u128) -> sqlx::Result<u64> {
    const CURSOR: &str = "SELECT through FROM journal_cursor WHERE generation = $1";
    let through = scalar::<i64>(CURSOR).bind(name(generation));
    Ok(through.fetch_optional(conn).await?.map_or(0, small))
}

fn name(generation: u128) -> String {
    format!("{generation:032x}")
}
