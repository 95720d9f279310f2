//! Versions of the configuration with their texts: kept when they are taken in, listed and read for comparison and restoring.

use sha2::{Digest, Sha256};

use crate::db::unreadable;
use crate::either::{Db, Row, query, scalar};
use crate::rows::ConfigVersion;
use crate::seal::{Keys, hex};

/// Versions that are listed at once.
pub(crate) const MOST_VERSIONS: i64 = 200;
/// What the texts are sealed for.
const PLACE: &str = "config_text.text";

/// A version as it is listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionLine {
    /// From 1.
    pub id: i64,
    /// Taken in, UTC ms.
    pub at: i64,
    /// Who made it; `sip-config` when the files were changed by hand.
    pub author: String,
    /// What for.
    pub comment: String,
    /// SHA-256 of names and texts, hex: what calls note as their `config_version`.
    pub hash: String,
}

/// Keeps the texts of a version, once; those that are there already are not written again.
pub(crate) async fn keep(conn: &mut Db, keys: &Keys, id: i64, version: &ConfigVersion) -> sqlx::Result<()> {
    let kept: i64 = scalar("SELECT COUNT(*) FROM config_file WHERE version_id = $1")
        .bind(id)
        .fetch_one(&mut *conn)
        .await?;
    if kept > 0 {
        return Ok(());
    }
    for (name, text) in &version.files {
        let sha256 = hex(&Sha256::digest(text.as_bytes()));
        let sealed = keys.seal(PLACE, &sha256, text)?;
        query("INSERT INTO config_text (sha256, text) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING")
            .bind(&sha256)
            .bind(sealed)
            .execute(&mut *conn)
            .await?;
        query("INSERT INTO config_file (version_id, name, sha256) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(name)
            .bind(&sha256)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The newest versions, newest first.
pub(crate) async fn list(conn: &mut Db) -> sqlx::Result<Vec<VersionLine>> {
    const LIST: &str = "SELECT id, at, author, comment, hash FROM config_version ORDER BY id DESC LIMIT $1";
    let rows = query(LIST).bind(MOST_VERSIONS).fetch_all(conn).await?;
    rows.iter().map(line).collect()
}

fn line(row: &Row) -> sqlx::Result<VersionLine> {
    Ok(VersionLine {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        author: row.try_get("author")?,
        comment: row.try_get("comment")?,
        hash: row.try_get("hash")?,
    })
}

/// A version and its texts by name; no texts: it is older than their keeping.
pub(crate) async fn one(
    conn: &mut Db,
    keys: &Keys,
    id: i64,
) -> sqlx::Result<Option<(VersionLine, Vec<(String, String)>)>> {
    const ONE: &str = "SELECT id, at, author, comment, hash FROM config_version WHERE id = $1";
    let Some(row) = query(ONE).bind(id).fetch_optional(&mut *conn).await? else { return Ok(None) };
    const TEXTS: &str = "SELECT config_file.name, config_text.sha256, config_text.text FROM config_file \
         JOIN config_text ON config_text.sha256 = config_file.sha256 \
         WHERE config_file.version_id = $1 ORDER BY config_file.name";
    let texts = query(TEXTS).bind(id).fetch_all(conn).await?;
    let open = |row: &Row| -> sqlx::Result<(String, String)> {
        let (sha256, sealed): (String, Vec<u8>) = (row.try_get("sha256")?, row.try_get("text")?);
        let text = keys.open(PLACE, &sha256, &sealed);
        Ok((row.try_get("name")?, text.map_err(|_| unreadable("a text of the configuration does not open"))?))
    };
    Ok(Some((line(&row)?, texts.iter().map(open).collect::<sqlx::Result<_>>()?)))
}
