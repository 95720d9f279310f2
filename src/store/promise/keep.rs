//! One step of an owner: loaded, taken, and everything that follows from it written, in one transaction.

use call::ids::CallId;
use promise::{Action, CallBack, End, Fact, Item, Name, Notice, Of, Plan, Proof, Refusal, What};

use super::drawn::Drawn;
use super::owner::{Deed, Done, Heard, Loaded, Owner, PromiseFault, load, month_word, stage_word, ulid};
use super::put::{self, CaseRow};
use super::tasks;
use super::tell::{self, Event, Line};
use crate::clerk::errand;
use crate::either::{Builder, Db, query, scalar};
use crate::error::StoreError;
use crate::seal::Keys;
use crate::store::Store;

impl Store {
    /// Loads an owner, lets `step` work on it and writes what comes out, all or nothing: facts, the rows that are drawn from
    /// them, tasks, lines for people, events; the claim is ended, the reports are marked as read.
    ///
    /// # Errors
    /// The database's; nothing has happened then, or (after a time-out) it is not known: ask again with the same claim or
    /// request key.
    pub async fn keep<F>(&self, of: Of, deed: Deed, step: F) -> Result<Result<Done, PromiseFault>, StoreError>
    where
        F: FnOnce(&mut Owner) -> Result<Vec<Action>, Refusal> + Send + 'static,
    {
        let store = self.clone();
        let work =
            errand(move |conn| Box::pin(async move { keep(conn, store.keys_of(), &of, &deed, step).await }));
        self.clerk().write(work).await
    }

    /// Marks reports as read that belong to no task.
    ///
    /// # Errors
    /// The database's.
    pub async fn pass_news(&self, now_utc_ms: i64, heard: Heard) -> Result<(), StoreError> {
        let work = errand(move |conn| Box::pin(async move { read(conn, now_utc_ms, heard).await }));
        self.clerk().write(work).await
    }
}

pub(super) async fn keep<F>(
    conn: &mut Db,
    keys: &Keys,
    of: &Of,
    deed: &Deed,
    step: F,
) -> sqlx::Result<Result<Done, PromiseFault>>
where
    F: FnOnce(&mut Owner) -> Result<Vec<Action>, Refusal> + Send,
{
    if let Some(claim) = &deed.claim
        && !tasks::is_held(conn, claim).await?
    {
        return Ok(Err(PromiseFault::Lost));
    }
    let request = deed.request_key.as_ref().map(|key| format!("{}\n{key}", deed.who));
    if let Some(request) = &request
        && done_before(conn, request).await?
    {
        return Ok(Ok(Done { again: true, ..Done::default() }));
    }
    let Some(mut loaded) = load(conn, of).await? else { return Ok(Err(PromiseFault::NoSuchOwner)) };
    let actions = match step(&mut loaded.owner) {
        Ok(actions) => actions,
        Err(refusal) => return Ok(Err(PromiseFault::Refused(refusal))),
    };
    write(conn, keys, of, deed, request, loaded, actions).await.map(Ok)
}

async fn done_before(conn: &mut Db, request: &str) -> sqlx::Result<bool> {
    const DONE: &str = "SELECT COUNT(*) FROM fact WHERE request_key = $1";
    scalar::<i64>(DONE).bind(request).fetch_one(conn).await.map(|count| count > 0)
}

/// Writes what a step has brought.
pub(super) async fn write(
    conn: &mut Db,
    keys: &Keys,
    of: &Of,
    deed: &Deed,
    request: Option<String>,
    loaded: Loaded,
    actions: Vec<Action>,
) -> sqlx::Result<Done> {
    let Loaded { owner, subject, drawn: before, last } = loaded;
    let name = of.to_string();
    let unit = owner.unit().map(ToString::to_string);
    let mut done = Done::default();
    let (mut facts, mut lines) = (Vec::new(), Vec::new());
    for action in &actions {
        match action {
            Action::Record(fact) => facts.push(fact.clone()),
            Action::Call(order) => done.orders.push(order.clone()),
            Action::Tell(reader, news) => {
                let id = keys.mint_id(deed.at)?;
                lines.push(Line { id, reader: *reader, news: *news, unit: unit.clone() });
            }
            Action::Plan(_) | Action::Move(..) | Action::Cancel(_) => {}
        }
    }
    note(conn, &name, deed, request, last, &facts).await?;
    let (after, mut events) = draw(&name, &subject, deed, &before, last, &facts);
    let case = if let Of::Case(id) = of { Some(ulid(id.0)) } else { None };
    put::rows(conn, &name, case.as_deref(), &before, &after).await?;
    if !facts.is_empty() {
        own_row(conn, &owner, deed, &after, &facts).await?;
    }
    timetable(conn, deed.at, of, &actions).await?;
    events.extend(tell::raise(conn, &name, &subject, deed.at, &lines).await?);
    tell::send(conn, &events).await?;
    if let Some(heard) = deed.read {
        read(conn, deed.at, heard).await?;
    }
    if let Some(key) = &deed.gave_up {
        tasks::told(conn, deed.at, key).await?;
    }
    if let Some(claim) = deed.claim.as_ref().filter(|_| done.orders.is_empty() && !deed.goes_on) {
        tasks::end(conn, deed.at, claim).await?;
    }
    Ok(done)
}

/// Appends the facts.
async fn note(
    conn: &mut Db,
    owner: &str,
    deed: &Deed,
    mut request: Option<String>,
    last: u32,
    facts: &[Fact],
) -> sqlx::Result<()> {
    if facts.is_empty() {
        return Ok(());
    }
    let mut sql = Builder::new("INSERT INTO fact (owner, no, at, who, kind, what, request_key) ");
    sql.push_values((last.saturating_add(1)..).zip(facts), |mut row, (no, fact)| {
        let (kind, what) = fact.write();
        row.push_bind(owner)
            .push_bind(i64::from(no))
            .push_bind(deed.at)
            .push_bind(&deed.who)
            .push_bind(kind)
            .push_bind(what)
            .push_bind(request.take());
    });
    sql.build().execute(conn).await.map(drop)
}

/// The rows after the facts, and what they tell others.
fn draw(
    name: &str,
    subject: &str,
    deed: &Deed,
    before: &Drawn,
    last: u32,
    facts: &[Fact],
) -> (Drawn, Vec<Event>) {
    let who = Name::from(deed.who.as_str());
    let (mut after, mut events) = (before.clone(), Vec::new());
    for (no, fact) in (last.saturating_add(1)..).zip(facts) {
        after.take(no, deed.at, &who, fact);
        for (kind, data) in tell::of_fact(fact, &after) {
            let id = format!("{name}.{no}.{kind}");
            events.push(Event { id, at: deed.at, kind, subject: subject.to_owned(), data });
        }
    }
    (after, events)
}

/// What is planned, moved and cancelled, in the order in which the step said it.
async fn timetable(conn: &mut Db, now: i64, of: &Of, actions: &[Action]) -> sqlx::Result<()> {
    let mut plans: Vec<&Plan> = Vec::new();
    for action in actions {
        match action {
            Action::Plan(plan) => plans.push(plan),
            Action::Move(key, at) => {
                tasks::put(conn, &std::mem::take(&mut plans)).await?;
                tasks::move_to(conn, key, *at).await?;
            }
            Action::Cancel(kind) => {
                tasks::put(conn, &std::mem::take(&mut plans)).await?;
                tasks::cancel(conn, now, of, *kind).await?;
            }
            Action::Record(_) | Action::Call(_) | Action::Tell(..) => {}
        }
    }
    tasks::put(conn, &plans).await
}

/// The row that the owner itself is.
async fn own_row(
    conn: &mut Db,
    owner: &Owner,
    deed: &Deed,
    drawn: &Drawn,
    facts: &[Fact],
) -> sqlx::Result<()> {
    match owner {
        Owner::Case(case) => put::case(conn, &ulid(case.id.0), &CaseRow::of(case)).await,
        Owner::CallBack(call_back) => call_back_row(conn, call_back, deed, drawn, facts).await,
        Owner::Item(item) => item_row(conn, item, deed, facts).await,
        Owner::Notice(notice) => notice_row(conn, notice, deed, facts).await,
        Owner::Reach(_) => Ok(()),
    }
}

async fn call_back_row(
    conn: &mut Db,
    call_back: &CallBack,
    deed: &Deed,
    drawn: &Drawn,
    facts: &[Fact],
) -> sqlx::Result<()> {
    const ROW: &str = "UPDATE callback SET state = $2, attempts = $3, connected_at = COALESCE($4, connected_at), \
         call_id = COALESCE($5, call_id), proof = COALESCE($6, proof), missed = $7 WHERE because_of = $1";
    const JOIN: &str =
        "UPDATE callback SET state = 'joined', joined_to = $2 WHERE because_of = $1 AND because_of <> $2";
    let id = ulid(call_back.debt.call.0);
    let row = drawn.promises.values().find(|row| row.what == What::MissedCall);
    let missed = row.is_some_and(|row| matches!(row.ended, Some((_, End::Missed(_)))));
    let settled = facts.contains(&Fact::Settled);
    // It was settled by reports of a call of ours: that one reached the citizen.
    let reached = deed.read.filter(|_| settled).map(|heard| heard.call);
    let typed = settled && row.is_some_and(|row| row.ended == Some((deed.at, End::Kept(Proof::Claimed))));
    let tries = call_back.vow.as_ref().map_or(0, |vow| vow.tries);
    let attempts = i64::from(tries).saturating_add(i64::from(reached.is_some()));
    let proof = if reached.is_some() { Some("proven") } else { typed.then_some("claimed") };
    query(ROW)
        .bind(&id)
        .bind(put::call_back_state(call_back))
        .bind(attempts)
        .bind((reached.is_some() || typed).then_some(deed.at))
        .bind(reached.map(|call: CallId| call.to_string()))
        .bind(proof)
        .bind(missed)
        .execute(&mut *conn)
        .await?;
    for fact in facts {
        if let Fact::Joined(call) = fact {
            query(JOIN).bind(ulid(call.0)).bind(&id).execute(&mut *conn).await?;
        }
    }
    Ok(())
}

async fn item_row(conn: &mut Db, item: &Item, deed: &Deed, facts: &[Fact]) -> sqlx::Result<()> {
    const ROW: &str = "UPDATE ledger_item SET review_at = $2, reviews = $3, struck_at = $4, \
         struck_by = COALESCE($5, struck_by), struck_why = COALESCE($6, struck_why) WHERE id = $1";
    let struck = facts.iter().find_map(|fact| match fact {
        Fact::Struck(why) => Some(why.to_string()),
        _ => None,
    });
    query(ROW)
        .bind(ulid(item.id.0))
        .bind(item.review_at)
        .bind(i64::from(item.reviews))
        .bind(item.struck_at)
        .bind(struck.as_ref().map(|_| deed.who.clone()))
        .bind(&struck)
        .execute(conn)
        .await
        .map(drop)
}

async fn notice_row(conn: &mut Db, notice: &Notice, deed: &Deed, facts: &[Fact]) -> sqlx::Result<()> {
    const STAGE: &str = "UPDATE monthly_notice SET stage = $3 WHERE month = $1 AND unit_code = $2";
    const MADE: &str = "UPDATE monthly_notice SET made_at = $3 WHERE month = $1 AND unit_code = $2";
    const EDITED: &str =
        "UPDATE monthly_notice SET edited_at = $3, edited_by = $4 WHERE month = $1 AND unit_code = $2";
    const TEXTS: &str =
        "UPDATE monthly_notice SET work = $3, problems = $4, advice = $5 WHERE month = $1 AND unit_code = $2";
    const SIGNED: &str =
        "UPDATE monthly_notice SET signed_at = $3, signed_by = $4 WHERE month = $1 AND unit_code = $2";
    const SENT: &str =
        "UPDATE monthly_notice SET sent_at = $3, sent_by = $4 WHERE month = $1 AND unit_code = $2";
    let (month, unit) = (month_word(notice.about), notice.unit.to_string());
    let stage = query(STAGE).bind(&month).bind(&unit).bind(stage_word(notice.stage));
    stage.execute(&mut *conn).await?;
    for fact in facts {
        let (text, by) = match fact {
            Fact::NoticeMade => (MADE, None),
            Fact::NoticeEdited(by) => (EDITED, Some(by)),
            Fact::NoticeSigned(by) => (SIGNED, Some(by)),
            Fact::NoticeSent(by) => (SENT, Some(by)),
            _ => continue,
        };
        let done = query(text).bind(&month).bind(&unit).bind(deed.at);
        let done = if let Some(by) = by { done.bind(by.to_string()) } else { done };
        done.execute(&mut *conn).await?;
        if let (Fact::NoticeEdited(_), Some([work, problems, advice])) = (fact, &deed.texts) {
            let texts = query(TEXTS).bind(&month).bind(&unit).bind(work).bind(problems).bind(advice);
            texts.execute(&mut *conn).await?;
        }
    }
    Ok(())
}

async fn read(conn: &mut Db, now: i64, heard: Heard) -> sqlx::Result<()> {
    const READ: &str =
        "UPDATE errand_news SET read_at = $3 WHERE call_id = $1 AND no <= $2 AND read_at IS NULL";
    let query = query(READ).bind(heard.call.to_string()).bind(i64::from(heard.up_to)).bind(now);
    query.execute(conn).await.map(drop)
}
