//! The audit as handlers write it: a line on disk before something is shown, or one that follows an order as soon as the
//! store takes it. The text of a line never holds a name, a number, or what was keyed.

use std::time::Duration;

use store::{AuditNote, Store};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::error::ApiError;
use crate::recordings::now_utc_ms;
use crate::rooms::House;
use crate::who::Who;

/// Lines that wait for a store that is away. When it is full, further ones stand in the log alone (and there every order
/// stands anyway): an order on a call is never held up by its line.
const WAITING: usize = 4_096;
/// Between two tries to write a line while the store is away.
const AGAIN: Duration = Duration::from_secs(2);

/// Where lines wait that follow what they tell of.
#[derive(Clone)]
pub(crate) struct Notes(mpsc::Sender<AuditNote>);

impl Notes {
    /// Starts the one task that writes them; it ends with `closing`, after a last try of all that wait.
    pub(crate) fn start(store: Store, closing: CancellationToken) -> Self {
        let (add, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write(store, waiting, closing));
        Self(add)
    }

    fn add(&self, note: AuditNote) {
        if let Err(left) = self.0.try_send(note) {
            let note = left.into_inner();
            tracing::error!(
                who = note.who,
                what = note.what,
                target = note.target,
                "this line is not in the audit: too many wait for the store"
            );
        }
    }
}

async fn write(store: Store, mut waiting: mpsc::Receiver<AuditNote>, closing: CancellationToken) {
    loop {
        let note = tokio::select! {
            () = closing.cancelled() => break,
            note = waiting.recv() => note,
        };
        let Some(note) = note else { return };
        while let Err(why) = store.note(&note).await {
            tracing::warn!(%why, "a line of the audit waits");
            tokio::select! {
                () = closing.cancelled() => {
                    lost(&note);
                    break;
                }
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    }
    while let Ok(note) = waiting.try_recv() {
        if store.note(&note).await.is_err() {
            lost(&note);
        }
    }
}

fn lost(note: &AuditNote) {
    tracing::error!(
        who = note.who,
        what = note.what,
        target = note.target,
        "this line is not in the audit: the store is away"
    );
}

impl House {
    /// Writes a line of the audit; it is on disk when this returns. For what must not be done without a trace: call it
    /// before.
    ///
    /// `what` is a stable word, `thing.deed`; `target` an id, an account or a file; `detail` the reason or the outcome.
    ///
    /// # Errors
    /// [`ApiError::StoreAway`]: don't do it then.
    pub(crate) async fn audit(
        &self,
        who: &Who,
        what: &str,
        target: &str,
        detail: &str,
    ) -> Result<(), ApiError> {
        self.rooms.store.note(&line(who, what, target, detail)).await.map_err(ApiError::StoreAway)
    }

    /// Writes a line of the audit as soon as the store takes it: for what has to go on when the store is away, as orders
    /// on calls do.
    pub(crate) fn audit_soon(&self, who: &Who, what: &str, target: &str, detail: &str) {
        self.notes.add(line(who, what, target, detail));
    }

    /// The same of somebody who has not signed in: only from where is known.
    pub(crate) fn audit_stranger(&self, from: &str, what: &str, target: &str, detail: &str) {
        self.notes.add(AuditNote {
            at: now_utc_ms(),
            who: String::new(),
            role: String::new(),
            what: what.to_owned(),
            target: target.to_owned(),
            source: from.to_owned(),
            detail: detail.to_owned(),
        });
    }
}

fn line(who: &Who, what: &str, target: &str, detail: &str) -> AuditNote {
    AuditNote {
        at: now_utc_ms(),
        who: who.user.to_string(),
        role: who.role.word().to_owned(),
        what: what.to_owned(),
        target: target.to_owned(),
        source: who.from.to_string(),
        detail: detail.to_owned(),
    }
}
