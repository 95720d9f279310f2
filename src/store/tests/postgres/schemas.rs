//! Both schemas, column by column and index by index, but for the index of the information base, which has a form of its own in each.

use std::collections::BTreeSet;

use sqlx::{PgConnection, Row as _, SqliteConnection};

use crate::both;

/// Table, column, type, whether it must have a value, what it has when none is given.
type Column = (String, String, String, bool, String);
/// Table, whether it is unique, its condition, its columns in order.
type Index = (String, bool, bool, Vec<String>);

/// Ours, without SQLite's own and the tables of the full-text index.
const TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' \
     AND name NOT LIKE 'knowledge_text%' AND name <> '_sqlx_migrations'";

async fn columns_of_sqlite(conn: &mut SqliteConnection) -> BTreeSet<Column> {
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *conn).await.unwrap();
    let mut found = BTreeSet::new();
    for table in tables {
        let info = "SELECT name, type, \"notnull\" > 0 OR pk > 0 AS needed, COALESCE(dflt_value, '') AS given \
             FROM pragma_table_info($1)";
        for row in sqlx::query(info).bind(&table).fetch_all(&mut *conn).await.unwrap() {
            let kind: String = row.get("type");
            let kind = match kind.as_str() {
                "INTEGER" => "bigint".to_owned(),
                "BLOB" => "bytea".to_owned(),
                other => other.to_lowercase(),
            };
            let given: String = row.get("given");
            found.insert((table.clone(), row.get("name"), kind, row.get("needed"), given.to_lowercase()));
        }
    }
    found
}

async fn columns_of_postgres(conn: &mut PgConnection) -> BTreeSet<Column> {
    let info = "SELECT table_name::text AS t, column_name::text AS name, data_type::text AS type, is_nullable = 'NO' AS needed, \
         COALESCE(column_default, '')::text AS given, COALESCE(collation_name, '')::text AS ordered \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT IN ('_sqlx_migrations', 'knowledge_text')";
    let mut found = BTreeSet::new();
    for row in sqlx::query(info).fetch_all(conn).await.unwrap() {
        let (kind, ordered): (String, String) = (row.get("type"), row.get("ordered"));
        assert_eq!(ordered == "C", kind == "text", "every text is ordered by its bytes");
        let given: String = row.get("given");
        let given = given.split("::").next().unwrap_or_default().to_lowercase();
        found.insert((row.get("t"), row.get("name"), kind, row.get("needed"), given));
    }
    found
}

async fn indexes_of_sqlite(conn: &mut SqliteConnection) -> BTreeSet<Index> {
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *conn).await.unwrap();
    let mut found = BTreeSet::new();
    for table in tables {
        let list = "SELECT name, \"unique\" AS one, partial FROM pragma_index_list($1)";
        for row in sqlx::query(list).bind(&table).fetch_all(&mut *conn).await.unwrap() {
            let columns = "SELECT name || CASE WHEN \"desc\" THEN ' desc' ELSE '' END FROM pragma_index_xinfo($1) \
                 WHERE key ORDER BY seqno";
            let name: String = row.get("name");
            let columns = sqlx::query_scalar(columns).bind(name).fetch_all(&mut *conn).await.unwrap();
            found.insert((table.clone(), row.get("one"), row.get("partial"), columns));
        }
    }
    // The number of a row is its place in the file there.
    found.insert(("knowledge".to_owned(), true, false, vec!["id".to_owned()]));
    found
}

async fn indexes_of_postgres(conn: &mut PgConnection) -> BTreeSet<Index> {
    let list = "SELECT indrelid::regclass::text AS t, indisunique, indpred IS NOT NULL AS partial, \
         ARRAY(SELECT pg_get_indexdef(indexrelid, k, true) || CASE WHEN pg_index_column_has_property(indexrelid, k, 'desc') \
         THEN ' desc' ELSE '' END FROM generate_series(1, indnkeyatts::int) AS k) AS columns \
         FROM pg_index WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace \
         AND relkind = 'r' AND relname NOT IN ('_sqlx_migrations', 'knowledge_text'))";
    let rows = sqlx::query(list).fetch_all(conn).await.unwrap();
    let index = |row: &sqlx::postgres::PgRow| {
        (row.get("t"), row.get("indisunique"), row.get("partial"), row.get("columns"))
    };
    rows.iter().map(index).collect()
}

#[tokio::test]
async fn both_have_the_same_columns_and_indexes() {
    let Some(mut both) = both().await else { return };
    let (lite, big) = (columns_of_sqlite(&mut both.lite).await, columns_of_postgres(&mut both.big).await);
    assert!(lite.len() > 300, "{}", lite.len());
    assert_eq!(lite.difference(&big).collect::<Vec<_>>(), Vec::<&Column>::new(), "only in SQLite");
    assert_eq!(big.difference(&lite).collect::<Vec<_>>(), Vec::<&Column>::new(), "only in PostgreSQL");
    let (lite, big) = (indexes_of_sqlite(&mut both.lite).await, indexes_of_postgres(&mut both.big).await);
    assert!(lite.len() > 80, "{}", lite.len());
    assert_eq!(lite.difference(&big).collect::<Vec<_>>(), Vec::<&Index>::new(), "only in SQLite");
    assert_eq!(big.difference(&lite).collect::<Vec<_>>(), Vec::<&Index>::new(), "only in PostgreSQL");
    both.close().await;
}

/// A node with another version of the program must find out: the checksums are those of the files, whatever was translated.
#[tokio::test]
async fn both_say_by_the_same_marks_which_migrations_they_have() {
    const MARKS: &str = "SELECT version, checksum FROM _sqlx_migrations ORDER BY version";
    let Some(mut both) = both().await else { return };
    let lite: Vec<(i64, Vec<u8>)> = sqlx::query_as(MARKS).fetch_all(&mut both.lite).await.unwrap();
    let big: Vec<(i64, Vec<u8>)> = sqlx::query_as(MARKS).fetch_all(&mut both.big).await.unwrap();
    assert!(lite.len() > 10);
    assert_eq!(lite, big);
    both.close().await;
}
