//! Opening a case and adding to it. Each change is a line of its log, in the same transaction.

use call::case_no;
use call::ids::{CallId, Pii};

use crate::cases::form::{CaseFault, CaseMade, NewCase};
use crate::cases::text;
use crate::clerk::errand;
use crate::day::day;
use crate::either::{Db, query, scalar};
use crate::error::StoreError;
use crate::promise::tell;
use crate::seal::Keys;
use crate::store::Store;

impl Store {
    /// Opens a case. `key` names the request: the same key of the same person again opens no second case.
    ///
    /// # Errors
    /// The database's; the case may be there then, so ask again with the same key.
    pub async fn open_case(
        &self,
        now_utc_ms: i64,
        who: &str,
        key: Option<&str>,
        new: NewCase,
    ) -> Result<Result<CaseMade, CaseFault>, StoreError> {
        let (store, who, key) = (self.clone(), who.to_owned(), key.map(|key| request_key(who, key)));
        let open = errand(move |conn| {
            Box::pin(async move {
                let form = Form { keys: store.keys_of(), now: now_utc_ms, who: &who, key: key.as_deref() };
                form.open(conn, &new).await
            })
        });
        self.clerk().write(open).await
    }

    /// Adds a note. The same key of the same person again adds none.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_case(
        &self,
        now_utc_ms: i64,
        who: &str,
        key: Option<&str>,
        no: &str,
        text: &str,
    ) -> Result<Result<(), CaseFault>, StoreError> {
        let (store, who, key) = (self.clone(), who.to_owned(), key.map(|key| request_key(who, key)));
        let (no, text) = (no.to_owned(), text.to_owned());
        let note = errand(move |conn| {
            Box::pin(async move {
                let Some(id) = case_id(conn, &no).await? else { return Ok(Err(CaseFault::NoSuchCase)) };
                let sealed = text::WHAT.seal(store.keys_of(), &id, &text)?;
                note(conn, &id, now_utc_ms, &who, sealed, key.as_deref()).await.map(Ok)
            })
        });
        self.clerk().write(note).await
    }

    /// Says that a call belongs to a case.
    ///
    /// # Errors
    /// The database's.
    pub async fn attach_call(
        &self,
        now_utc_ms: i64,
        who: &str,
        no: &str,
        call: CallId,
    ) -> Result<Result<(), CaseFault>, StoreError> {
        const THERE: &str = "SELECT case_id FROM call WHERE id = $1";
        let (who, no) = (who.to_owned(), no.to_owned());
        let attach = errand(move |conn| {
            Box::pin(async move {
                let Some(id) = case_id(conn, &no).await? else { return Ok(Err(CaseFault::NoSuchCase)) };
                let call = call.to_string();
                let before: Option<Option<String>> =
                    scalar(THERE).bind(&call).fetch_optional(&mut *conn).await?;
                match before {
                    None => return Ok(Err(CaseFault::NoSuchCall)),
                    Some(Some(before)) if before == id => return Ok(Ok(())),
                    Some(Some(before)) => {
                        log(conn, &before, now_utc_ms, &who, "detach", &format!("call={call}"), None).await?;
                    }
                    Some(None) => {}
                }
                link(conn, &call, &id).await?;
                log(conn, &id, now_utc_ms, &who, "attach", &format!("call={call}"), None).await.map(Ok)
            })
        });
        self.clerk().write(attach).await
    }
}

/// A key is its sender's own: two people may choose the same one.
fn request_key(who: &str, key: &str) -> String {
    format!("{who}\n{key}")
}

/// The day's next number; `None` when all are used.
pub(crate) async fn mint_no(conn: &mut Db, day: &str) -> sqlx::Result<Option<String>> {
    const NEXT: &str = "INSERT INTO case_serial (day, last) VALUES ($1, 1) \
         ON CONFLICT (day) DO UPDATE SET last = case_serial.last + 1 RETURNING last";
    let serial: i64 = scalar(NEXT).bind(day).fetch_one(conn).await?;
    Ok(u32::try_from(serial).ok().and_then(|serial| case_no::make(day, serial)))
}

async fn case_id(conn: &mut Db, no: &str) -> sqlx::Result<Option<String>> {
    scalar("SELECT id FROM cases WHERE no = $1").bind(no).fetch_optional(conn).await
}

async fn link(conn: &mut Db, call: &str, case: &str) -> sqlx::Result<()> {
    let link = query("UPDATE call SET case_id = $2 WHERE id = $1").bind(call).bind(case);
    link.execute(conn).await.map(drop)
}

/// The next line of a case's log.
async fn log(
    conn: &mut Db,
    id: &str,
    at: i64,
    who: &str,
    kind: &str,
    what: &str,
    key: Option<&str>,
) -> sqlx::Result<()> {
    const LOG: &str = "INSERT INTO case_log (case_id, no, at, who, kind, what, request_key) \
         SELECT $1, COALESCE((SELECT MAX(no) FROM case_log WHERE case_id = $1), 0) + 1, $2, $3, $4, $5, $6 \
         WHERE TRUE ON CONFLICT (request_key) DO NOTHING";
    query(LOG).bind(id).bind(at).bind(who).bind(kind).bind(what).bind(key).execute(conn).await.map(drop)
}

/// The same for what somebody has written.
async fn note(
    conn: &mut Db,
    id: &str,
    at: i64,
    who: &str,
    sealed: Vec<u8>,
    key: Option<&str>,
) -> sqlx::Result<()> {
    const NOTE: &str = "INSERT INTO case_log (case_id, no, at, who, kind, what, what_sealed, request_key) \
         SELECT $1, COALESCE((SELECT MAX(no) FROM case_log WHERE case_id = $1), 0) + 1, $2, $3, 'note', '', $4, $5 \
         WHERE TRUE ON CONFLICT (request_key) DO NOTHING";
    query(NOTE).bind(id).bind(at).bind(who).bind(sealed).bind(key).execute(conn).await.map(drop)
}

/// Who asks: sealed, found again by, shown as.
#[derive(Default)]
struct Applicant {
    name: Option<Vec<u8>>,
    phone: Option<Vec<u8>>,
    hash: Option<String>,
    masked: String,
}

struct Form<'a> {
    keys: &'a Keys,
    now: i64,
    who: &'a str,
    key: Option<&'a str>,
}

impl Form<'_> {
    async fn open(&self, conn: &mut Db, new: &NewCase) -> sqlx::Result<Result<CaseMade, CaseFault>> {
        if let Some(made) = self.again(conn).await? {
            return Ok(Ok(made));
        }
        let id = self.keys.mint_id(self.now)?;
        let caller = match new.call {
            None => Pii::default(),
            Some(call) => match self.caller(conn, call).await? {
                Some(number) => number,
                None => return Ok(Err(CaseFault::NoSuchCall)),
            },
        };
        let unit = match unit(conn, new).await? {
            Ok(unit) => unit,
            Err(fault) => return Ok(Err(fault)),
        };
        let applicant = self.applicant(&id, new, caller)?;
        let Some(no) = mint_no(conn, &day(self.now)).await? else { return Ok(Err(CaseFault::NumbersUsedUp)) };
        let code = self.keys.mint_code()?;
        self.insert(conn, &id, &no, &code, new, unit, applicant).await?;
        let call = new.call.map(|call| call.to_string());
        let from = call.as_ref().map(|call| format!(" call={call}")).unwrap_or_default();
        log(conn, &id, self.now, self.who, "state", &format!("state=received source=phone{from}"), None)
            .await?;
        if let Some(call) = &call {
            link(conn, call, &id).await?;
        }
        tell::opened(conn, &id).await?;
        Ok(Ok(CaseMade { no, query_code: Pii::new(code), again: false }))
    }

    /// The case that this request has opened before: whoever asks again has not heard the code.
    async fn again(&self, conn: &mut Db) -> sqlx::Result<Option<CaseMade>> {
        let Some(key) = self.key else { return Ok(None) };
        let made: Option<String> = scalar("SELECT no FROM cases WHERE request_key = $1")
            .bind(key)
            .fetch_optional(&mut *conn)
            .await?;
        let Some(no) = made else { return Ok(None) };
        let code = self.keys.mint_code()?;
        query("UPDATE cases SET query_code_hash = $2 WHERE no = $1")
            .bind(&no)
            .bind(self.keys.code_hash(&no, &code))
            .execute(conn)
            .await?;
        Ok(Some(CaseMade { no, query_code: Pii::new(code), again: true }))
    }

    /// The number that called; empty when it was withheld. `None`: there is no such call.
    async fn caller(&self, conn: &mut Db, call: CallId) -> sqlx::Result<Option<Pii>> {
        let id = call.to_string();
        let row = query("SELECT caller_e164 FROM call WHERE id = $1").bind(&id).fetch_optional(conn).await?;
        let Some(row) = row else { return Ok(None) };
        let sealed: Option<Vec<u8>> = row.try_get("caller_e164")?;
        let number = sealed.map(|sealed| self.keys.open("call.caller_e164", &id, &sealed)).transpose()?;
        Ok(Some(Pii::new(number.unwrap_or_default())))
    }

    fn applicant(&self, id: &str, new: &NewCase, caller: Pii) -> sqlx::Result<Applicant> {
        if new.anonymous {
            return Ok(Applicant::default());
        }
        let given = |text: &Option<Pii>| text.clone().filter(|text| !text.reveal().is_empty());
        let name = given(&new.applicant_name);
        let phone = given(&new.applicant_phone).or(Some(caller).filter(|number| !number.reveal().is_empty()));
        let masks = [name.as_ref().map(|n| masked_name(n.reveal())), phone.as_ref().map(Pii::masked)];
        let seal = |place: &str, text: &Pii| self.keys.seal(place, id, text.reveal());
        Ok(Applicant {
            name: name.as_ref().map(|name| seal("cases.applicant_name", name)).transpose()?,
            phone: phone.as_ref().map(|phone| seal("cases.applicant_phone", phone)).transpose()?,
            hash: phone.as_ref().map(|phone| self.keys.number_hash(phone.reveal())),
            masked: masks.into_iter().flatten().collect::<Vec<_>>().join(" "),
        })
    }

    #[allow(clippy::too_many_arguments, reason = "one row")]
    async fn insert(
        &self,
        conn: &mut Db,
        id: &str,
        no: &str,
        code: &str,
        new: &NewCase,
        unit: Option<String>,
        applicant: Applicant,
    ) -> sqlx::Result<()> {
        const MAKE: &str = "INSERT INTO cases (id, no, query_code_hash, call_id, source, kind, track, category_code, \
             service_code, unit_code, title, content_sealed, place_sealed, applicant_name, applicant_phone, applicant_phone_hash, \
             applicant_masked, confidential, anonymous, urgent, state, round, received_at, due_provisional, extended, \
             opened_by, request_key) VALUES ($1, $2, $3, $4, 'phone', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
             $16, $17, $18, $19, 'received', 1, $20, TRUE, FALSE, $21, $22)";
        query(MAKE)
            .bind(id)
            .bind(no)
            .bind(self.keys.code_hash(no, code))
            .bind(new.call.map(|call| call.to_string()))
            .bind(new.kind.word())
            .bind(new.track.word())
            .bind(&new.category)
            .bind(&new.service)
            .bind(unit)
            .bind(&new.title)
            .bind(text::CONTENT.seal(self.keys, id, &new.content)?)
            .bind(new.place.as_ref().map(|place| text::PLACE.seal(self.keys, id, place)).transpose()?)
            .bind(applicant.name)
            .bind(applicant.phone)
            .bind(applicant.hash)
            .bind(applicant.masked)
            .bind(new.confidential)
            .bind(new.anonymous)
            .bind(new.urgent)
            .bind(self.now)
            .bind(self.who)
            .bind(self.key)
            .execute(conn)
            .await
            .map(drop)
    }
}

/// The unit that is responsible: the one that was named, else that of the service's first window.
async fn unit(conn: &mut Db, new: &NewCase) -> sqlx::Result<Result<Option<String>, CaseFault>> {
    const UNIT: &str = "SELECT code FROM unit WHERE code = $1 AND gone_with IS NULL";
    const SERVICE: &str = "SELECT desk.unit_code FROM service \
         LEFT JOIN service_desk ON service_desk.service_code = service.code LEFT JOIN desk ON desk.no = desk_no \
         WHERE service.code = $1 AND service.gone_with IS NULL ORDER BY hunt_order LIMIT 1";
    let mut of_service: Option<String> = None;
    if let Some(service) = &new.service {
        let found: Option<Option<String>> = scalar(SERVICE).bind(service).fetch_optional(&mut *conn).await?;
        match found {
            Some(unit) => of_service = unit,
            None => return Ok(Err(CaseFault::NoSuchService)),
        }
    }
    let Some(unit) = &new.unit else { return Ok(Ok(of_service)) };
    let there: Option<String> = scalar(UNIT).bind(unit).fetch_optional(conn).await?;
    Ok(there.map(Some).ok_or(CaseFault::NoSuchUnit))
}

/// `张三丰` as `张**`.
fn masked_name(name: &str) -> String {
    let mut chars = name.trim().chars();
    let first: String = chars.next().into_iter().collect();
    let rest = chars.count().clamp(1, 4);
    format!("{first}{}", "*".repeat(rest))
}
