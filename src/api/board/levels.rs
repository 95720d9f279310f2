//! How loud everybody is now: read some times a second while somebody looks, apart from the board so that a voice alone
//! does not send it anew.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use serde::Serialize;
use switchboard::Handle;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::viewer::Sight;
use crate::recordings::now_utc_ms;

/// Between two readings: the media threads publish as often.
const PACE: Duration = Duration::from_millis(200);
/// Who sees all calls is told at each so many-th reading: less than twice a second.
const ALL_EVERY: u32 = 3;

/// How loud what comes from each leg is now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Levels {
    /// When it was so, UTC ms.
    at: i64,
    /// By leg: 0.01 to 1. It is 1 + L/60, where L is the level of the last 200 ms in dBov (ITU-T G.100.1): a full tone has
    /// 0.95, a talker about 0.57. Who is not in it is silent. A muted seat shows what comes from it, though nobody hears it.
    levels: BTreeMap<u64, f32>,
}

/// The readings, for all screens.
pub(crate) struct Ears {
    own: watch::Sender<Arc<BTreeMap<u64, f32>>>,
    /// As JSON, made once for all who see everything.
    all: watch::Sender<Arc<str>>,
    /// Somebody begins to look.
    woken: Arc<Notify>,
}

/// What one screen follows.
pub(crate) enum Ear {
    /// The legs of its own calls.
    Own { news: watch::Receiver<Arc<BTreeMap<u64, f32>>>, legs: Vec<u64>, last: BTreeMap<u64, f32> },
    /// All legs.
    All(watch::Receiver<Arc<str>>),
}

impl Ears {
    /// Starts the task; it ends with `closing`.
    pub(crate) fn start(handle: Handle, closing: CancellationToken) -> Self {
        let woken = Arc::new(Notify::new());
        let ears = Self { own: watch::Sender::default(), all: watch::Sender::new("".into()), woken };
        let (own, all, woken) = (ears.own.clone(), ears.all.clone(), Arc::clone(&ears.woken));
        tokio::spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = listen(&handle, &own, &all, &woken) => {}
            }
        });
        ears
    }

    /// What a screen of this sight follows.
    pub(crate) fn of(&self, sight: Sight) -> Ear {
        let ear = match sight {
            Sight::Operator | Sight::Desk => {
                let mut news = self.own.subscribe();
                news.mark_changed();
                Ear::Own { news, legs: Vec::new(), last: BTreeMap::new() }
            }
            Sight::Supervisor => {
                let mut news = self.all.subscribe();
                news.mark_changed();
                Ear::All(news)
            }
        };
        self.woken.notify_one();
        ear
    }
}

/// Reads while somebody looks; does not end.
async fn listen(
    handle: &Handle,
    own: &watch::Sender<Arc<BTreeMap<u64, f32>>>,
    all: &watch::Sender<Arc<str>>,
    woken: &Notify,
) {
    let mut beat = tokio::time::interval(PACE);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut reading, mut told) = (0u32, Arc::<BTreeMap<u64, f32>>::default());
    loop {
        if own.receiver_count() == 0 && all.receiver_count() == 0 {
            // Whoever looks next is not shown how loud it was then.
            own.send_replace(Arc::default());
            all.send_replace("".into());
            told = Arc::default();
            woken.notified().await;
            continue;
        }
        beat.tick().await;
        reading = reading.wrapping_add(1);
        let mut levels = BTreeMap::new();
        handle.levels().each(|leg, level| {
            levels.insert(leg, level);
        });
        let levels = Arc::new(levels);
        own.send_if_modified(|before| {
            let news = *before != levels;
            if news {
                *before = Arc::clone(&levels);
            }
            news
        });
        if reading.is_multiple_of(ALL_EVERY) && all.receiver_count() > 0 && told != levels {
            told = Arc::clone(&levels);
            if let Ok(json) = json((*levels).clone()) {
                all.send_replace(json.into());
            }
        }
    }
}

fn json(levels: BTreeMap<u64, f32>) -> serde_json::Result<String> {
    serde_json::to_string(&Levels { at: now_utc_ms(), levels })
}

impl Ear {
    /// The legs that the screen is shown now.
    pub(crate) fn follow(&mut self, shown: impl Iterator<Item = u64>) {
        match self {
            Self::Own { legs, .. } => {
                legs.clear();
                legs.extend(shown);
            }
            Self::All(_) => {}
        }
    }

    /// The next reading that is news to this screen; stays pending while nothing is shown. `None`: there are no more.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let text = match self {
                Self::All(news) => {
                    news.changed().await.ok()?;
                    let text = news.borrow_and_update().to_string();
                    if text.is_empty() {
                        continue;
                    }
                    text
                }
                Self::Own { news, legs, last } => {
                    if legs.is_empty() && last.is_empty() {
                        return std::future::pending().await;
                    }
                    news.changed().await.ok()?;
                    let all = news.borrow_and_update().clone();
                    let mine: BTreeMap<u64, f32> =
                        legs.iter().filter_map(|leg| Some((*leg, *all.get(leg)?))).collect();
                    if mine == *last {
                        continue;
                    }
                    last.clone_from(&mine);
                    json(mine).ok()?
                }
            };
            return Some(Event::default().event("levels").data(text));
        }
    }
}
