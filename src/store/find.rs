//! Answers for callers: how a case stands, and a case for a voice message.

use call::action::{Lookup, Question};
use call::case_no;
use call::ids::{CallId, Lang, Name, Pii, UnitCode};
use promise::{CaseId, Of};

use crate::cases::mint_no;
use crate::day::day;
use crate::db::unreadable;
use crate::either::{Db, Pool, Row, query, scalar};
use crate::promise::tell;
use crate::seal::Keys;

/// Wrong codes that a caller has a day.
const WRONG_CODES_A_DAY: i64 = 5;

/// Answers one question.
pub(crate) async fn answer(
    pool: &Pool,
    keys: &Keys,
    now_utc_ms: i64,
    call: CallId,
    question: &Question,
) -> sqlx::Result<Lookup> {
    match question {
        Question::Progress { case, code, caller } => {
            let asker = Asker::new(keys, call, caller);
            progress(pool, keys, &day(now_utc_ms), case, code.as_ref(), &asker).await
        }
        Question::OfUnit { case, units, caller } => {
            let asker = Asker::new(keys, call, caller);
            of_unit(pool, keys, &day(now_utc_ms), case, units, &asker).await
        }
        Question::NewVoicemailCase => new_case(pool, keys, now_utc_ms, call).await,
    }
}

/// Who asks: by number when it is known, else by call.
struct Asker {
    /// The hash of the number.
    number: Option<String>,
    /// The name under which wrong codes are counted.
    counted_as: String,
}

impl Asker {
    fn new(keys: &Keys, call: CallId, caller: &Pii) -> Self {
        let number = Some(caller.reveal()).filter(|n| !n.is_empty()).map(|n| keys.number_hash(n));
        let counted_as = number.clone().unwrap_or_else(|| format!("call:{call}"));
        Self { number, counted_as }
    }
}

const CASE: &str = "SELECT cases.no, query_code_hash, applicant_phone_hash, state, unit_code, unit.name AS unit_name, \
     received_at, due_at, due_provisional, extended \
     FROM cases LEFT JOIN unit ON unit.code = cases.unit_code WHERE cases.no = $1";

const OF_UNIT: &str = "SELECT cases.id, cases.no, applicant_phone, state, merged_into, unit_code, unit.name AS unit_name, \
     received_at, due_at, due_provisional, extended, cases.urgent, call.lang \
     FROM cases LEFT JOIN unit ON unit.code = cases.unit_code LEFT JOIN call ON call.id = cases.call_id WHERE cases.no = $1";
/// States in which nobody of a unit has anything to tell the citizen any more.
const CLOSED: [&str; 3] = ["settled_on_spot", "settled_three_way", "archived"];

async fn progress(
    pool: &Pool,
    keys: &Keys,
    day: &str,
    case: &Pii,
    code: Option<&Pii>,
    asker: &Asker,
) -> sqlx::Result<Lookup> {
    let mut conn = pool.acquire().await?;
    let row = query(CASE).bind(case.reveal()).fetch_optional(&mut conn).await?;
    drop(conn);
    let Some(row) = row else { return Ok(Lookup::NoSuchCase) };
    let owner: Option<String> = row.try_get("applicant_phone_hash")?;
    if owner.is_some() && owner == asker.number {
        return told(&row);
    }
    let Some(code) = code else {
        let wrong = wrong_codes(pool, day, asker).await?;
        return Ok(if wrong >= WRONG_CODES_A_DAY { Lookup::TooManyTries } else { Lookup::CodeNeeded });
    };
    let hash: Option<String> = row.try_get("query_code_hash")?;
    let right = hash.is_some_and(|hash| keys.is_code(case.reveal(), code.reveal(), &hash));
    if try_code(pool, day, asker, right).await? > WRONG_CODES_A_DAY {
        return Ok(Lookup::TooManyTries);
    }
    if right { told(&row) } else { Ok(Lookup::CodeNeeded) }
}

/// A unit dials in for a case of its own. Staff numbers are few digits: what does not fit counts as a wrong code.
async fn of_unit(
    pool: &Pool,
    keys: &Keys,
    day: &str,
    case: &Pii,
    units: &[UnitCode],
    asker: &Asker,
) -> sqlx::Result<Lookup> {
    let mut conn = pool.acquire().await?;
    let row = query(OF_UNIT).bind(case.reveal()).fetch_optional(&mut conn).await?;
    drop(conn);
    let code: Option<String> = row.as_ref().map(|row| row.try_get("unit_code")).transpose()?.flatten();
    let theirs = code.is_some_and(|code| units.iter().any(|unit| *unit.0 == *code));
    if try_code(pool, day, asker, theirs).await? > WRONG_CODES_A_DAY {
        return Ok(Lookup::TooManyTries);
    }
    let Some(row) = row.filter(|_| theirs) else { return Ok(Lookup::NoSuchCase) };
    let (state, merged): (String, Option<String>) = (row.try_get("state")?, row.try_get("merged_into")?);
    if merged.is_some() || CLOSED.contains(&state.as_str()) {
        return told(&row);
    }
    let id: String = row.try_get("id")?;
    let key = CallId::parse(&id).ok_or_else(|| unreadable(format!("`{id}` is no key of a case")))?;
    let sealed: Option<Vec<u8>> = row.try_get("applicant_phone")?;
    // A case without a number can't be called about.
    let Some(sealed) = sealed else { return Ok(Lookup::Unavailable) };
    let lang: Option<String> = row.try_get("lang")?;
    Ok(Lookup::OfUnit {
        owner: Of::Case(CaseId(key.0)).to_string().into(),
        citizen: Pii::new(keys.open("cases.applicant_phone", &id, &sealed)?),
        lang: if lang.as_deref() == Some(Lang::En.tag()) { Lang::En } else { Lang::Zh },
        urgent: row.try_get("urgent")?,
    })
}

async fn wrong_codes(pool: &Pool, day: &str, asker: &Asker) -> sqlx::Result<i64> {
    let mut conn = pool.acquire().await?;
    let tries = scalar("SELECT tries FROM wrong_code WHERE who = $1 AND day = $2")
        .bind(&asker.counted_as)
        .bind(day)
        .fetch_optional(&mut conn)
        .await?;
    Ok(tries.unwrap_or(0))
}

/// Counts this try, and takes it back when the code was right: two calls at once can't have one try together. The wrong
/// codes of today, this one among them as it would count.
async fn try_code(pool: &Pool, day: &str, asker: &Asker, right: bool) -> sqlx::Result<i64> {
    const COUNT: &str = "INSERT INTO wrong_code (who, day, tries) VALUES ($1, $2, 1) \
         ON CONFLICT (who, day) DO UPDATE SET tries = wrong_code.tries + 1 RETURNING tries";
    let mut tx = pool.begin().await?;
    let tries: i64 = scalar(COUNT).bind(&asker.counted_as).bind(day).fetch_one(&mut tx).await?;
    // Yesterday's counts have done their work.
    query("DELETE FROM wrong_code WHERE day < $1").bind(day).execute(&mut tx).await?;
    if right || tries > WRONG_CODES_A_DAY {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(tries)
}

/// What may be told of a case: never content, names or addresses.
fn told(row: &Row) -> sqlx::Result<Lookup> {
    let text = |column: &str| row.try_get::<Option<String>>(column).map(|t| t.map(Name::from));
    let unit = text("unit_code")?.map(UnitCode).zip(text("unit_name")?);
    Ok(Lookup::Progress {
        case: Pii::new(row.try_get::<String>("no")?),
        received_at: row.try_get("received_at")?,
        status: row.try_get::<String>("state")?.into(),
        unit,
        due_at: row.try_get("due_at")?,
        due_provisional: row.try_get("due_provisional")?,
        extended: row.try_get("extended")?,
    })
}

/// Makes a case of the call's voice message. Asked again, it gives the same number.
async fn new_case(pool: &Pool, keys: &Keys, now_utc_ms: i64, call: CallId) -> sqlx::Result<Lookup> {
    let mut tx = pool.begin().await?;
    let made: Option<String> = scalar("SELECT no FROM cases WHERE call_id = $1 AND source = 'voicemail'")
        .bind(call.to_string())
        .fetch_optional(&mut tx)
        .await?;
    if let Some(no) = made {
        return Ok(Lookup::NewCase(Pii::new(no)));
    }
    let Some(no) = mint_no(&mut tx, &day(now_utc_ms)).await? else {
        tracing::error!(
            "all {} case numbers of today are used; the message is kept without a case",
            case_no::MOST_SERIAL
        );
        return Ok(Lookup::Unavailable);
    };
    insert_case(&mut tx, keys, now_utc_ms, call, &no).await?;
    tx.commit().await?;
    Ok(Lookup::NewCase(Pii::new(no)))
}

async fn insert_case(
    conn: &mut Db,
    keys: &Keys,
    now_utc_ms: i64,
    call: CallId,
    no: &str,
) -> sqlx::Result<()> {
    const MAKE: &str = "INSERT INTO cases (id, no, query_code_hash, call_id, source, kind, track, applicant_phone, \
         applicant_phone_hash, confidential, anonymous, urgent, state, round, received_at, due_provisional, extended) \
         VALUES ($1, $2, $3, $4, 'voicemail', 'request', 'case', $5, $6, FALSE, FALSE, FALSE, 'received', 1, $7, \
         TRUE, FALSE)";
    const LOG: &str = "INSERT INTO case_log (case_id, no, at, who, what) VALUES ($1, 1, $2, 'house', $3)";
    let id = keys.mint_id(now_utc_ms)?;
    let call_id = call.to_string();
    let caller = query("SELECT caller_e164, caller_hash FROM call WHERE id = $1")
        .bind(&call_id)
        .fetch_optional(&mut *conn)
        .await?;
    let (sealed, hash): (Option<Vec<u8>>, Option<String>) = match &caller {
        Some(row) => (row.try_get("caller_e164")?, row.try_get("caller_hash")?),
        None => (None, None),
    };
    let number = sealed.map(|s| keys.open("call.caller_e164", &call_id, &s)).transpose()?;
    let phone = number.map(|n| keys.seal("cases.applicant_phone", &id, &n)).transpose()?;
    let code = keys.mint_code()?;
    query(MAKE)
        .bind(&id)
        .bind(no)
        .bind(keys.code_hash(no, &code))
        .bind(&call_id)
        .bind(phone)
        .bind(hash)
        .bind(now_utc_ms)
        .execute(&mut *conn)
        .await?;
    query(LOG)
        .bind(&id)
        .bind(now_utc_ms)
        .bind(format!("state=received source=voicemail call={call_id}"))
        .execute(&mut *conn)
        .await?;
    tell::opened(conn, &id).await
}
