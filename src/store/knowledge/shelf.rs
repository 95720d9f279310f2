//! What of the base is held in memory: the dictionary, the words of titles and keywords, synonyms, services. Loaded when it
//! is first needed, off the runtime's threads, and again when the store's revision says that it is out of date.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use knowledge::{Lexicon, Segmenter, Synonyms};
use tokio::sync::Mutex;

use crate::db::{small, unreadable};
use crate::either::{Db, Pool, query, scalar};
use crate::knowledge::book::Service;

/// Up to so many entries a changed base is read anew before the next answer; a larger one beside it, so that until then
/// new words are found as they stand, and by sound and slip a moment later.
const READ_AT_ONCE: u64 = 5_000;

/// A service with its words.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) service: Service,
    pub(crate) words: String,
}

/// What is known at a revision.
#[derive(Debug)]
pub(crate) struct Known {
    revision: i64,
    entries: u64,
    pub(crate) lexicon: Lexicon,
    pub(crate) synonyms: Synonyms,
    /// By code.
    pub(crate) services: BTreeMap<String, Shown>,
}

/// Holds it.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    segmenter: OnceLock<Arc<Segmenter>>,
    known: RwLock<Option<Arc<Known>>>,
    /// One reads at a time.
    reading: Mutex<()>,
    /// One imports at a time.
    pub(super) importing: Mutex<()>,
}

impl Shelf {
    /// The dictionary; loading it takes a fraction of a second, once.
    pub(crate) async fn segmenter(self: &Arc<Self>) -> sqlx::Result<Arc<Segmenter>> {
        if let Some(segmenter) = self.segmenter.get() {
            return Ok(segmenter.clone());
        }
        let shelf = self.clone();
        let load = move || shelf.segmenter.get_or_init(|| Arc::new(Segmenter::new())).clone();
        tokio::task::spawn_blocking(load).await.map_err(|_| sqlx::Error::WorkerCrashed)
    }

    /// What is known now.
    pub(crate) async fn known(self: &Arc<Self>, pool: &Pool) -> sqlx::Result<Arc<Known>> {
        let revision = revision(pool).await?;
        let held = self.held();
        match held {
            Some(known) if known.revision == revision => Ok(known),
            Some(known) if known.entries > READ_AT_ONCE => {
                let (shelf, pool) = (self.clone(), pool.clone());
                tokio::spawn(async move {
                    // Whoever reads already sees the change, or the next question does.
                    if let Ok(_one) = shelf.reading.try_lock()
                        && let Err(fault) = shelf.read(&pool).await
                    {
                        tracing::warn!("the words of the knowledge base can't be read: {fault}");
                    }
                });
                Ok(known)
            }
            _ => {
                let _one = self.reading.lock().await;
                match self.held() {
                    Some(known) if known.revision >= revision => Ok(known),
                    _ => self.read(pool).await,
                }
            }
        }
    }

    fn held(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn read(self: &Arc<Self>, pool: &Pool) -> sqlx::Result<Arc<Known>> {
        let segmenter = self.segmenter().await?;
        let mut moment = pool.moment().await?;
        let revision = revision_of(&mut moment).await?;
        let heads = heads(&mut moment).await?;
        let groups = groups(&mut moment).await?;
        let services = services(&mut moment).await?;
        drop(moment);
        let build = move || {
            let synonyms = Synonyms::new(groups).map_err(|why| unreadable(why.to_string()))?;
            let entries = heads.len() as u64;
            let services: BTreeMap<_, _> = services
                .into_iter()
                .map(|service| {
                    let words = segmenter.index(&service.name);
                    (service.code.clone(), Shown { service, words })
                })
                .collect();
            let lexicon = lexicon(&heads, &services);
            Ok(Arc::new(Known { revision, entries, lexicon, synonyms, services }))
        };
        let known: sqlx::Result<Arc<Known>> =
            tokio::task::spawn_blocking(build).await.map_err(|_| sqlx::Error::WorkerCrashed)?;
        let known = known?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }
}

/// The words of all heads and of the services' names, each with how many have it.
fn lexicon(heads: &[String], services: &BTreeMap<String, Shown>) -> Lexicon {
    let mut counts: HashMap<&str, (u64, usize)> = HashMap::new();
    let all = heads.iter().map(String::as_str).chain(services.values().map(|s| s.words.as_str()));
    for (at, head) in (1..).zip(all) {
        for word in head.split_ascii_whitespace() {
            let (count, last) = counts.entry(word).or_default();
            if *last != at {
                (*count, *last) = (*count + 1, at);
            }
        }
    }
    let entries = (heads.len() + services.len()) as u64;
    Lexicon::new(counts.into_iter().map(|(word, (count, _))| (word.to_owned(), count)), entries)
}

async fn revision(pool: &Pool) -> sqlx::Result<i64> {
    let mut conn = pool.acquire().await?;
    revision_of(&mut conn).await
}

/// The base's own revision and the configuration's, which has the services, in one number.
async fn revision_of(conn: &mut Db) -> sqlx::Result<i64> {
    const REVISION: &str = "SELECT (SELECT CAST(value AS BIGINT) FROM meta WHERE name = 'knowledge_revision') * 1000000 \
         + COALESCE((SELECT MAX(id) FROM config_version), 0)";
    scalar(REVISION).fetch_one(conn).await
}

async fn heads(conn: &mut Db) -> sqlx::Result<Vec<String>> {
    scalar("SELECT title_words || ' ' || keyword_words FROM knowledge").fetch_all(conn).await
}

/// All groups of synonyms.
pub(crate) async fn groups(conn: &mut Db) -> sqlx::Result<Vec<Vec<String>>> {
    let rows = query("SELECT group_no, word FROM synonym ORDER BY group_no, no").fetch_all(conn).await?;
    let mut groups: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in rows {
        groups.entry(row.try_get("group_no")?).or_default().push(row.try_get("word")?);
    }
    Ok(groups.into_values().collect())
}

async fn services(conn: &mut Db) -> sqlx::Result<Vec<Service>> {
    const SERVICES: &str = "SELECT service.code, service.name, desk_no FROM service \
         LEFT JOIN service_desk ON service_desk.service_code = service.code WHERE service.gone_with IS NULL \
         ORDER BY service.code, hunt_order";
    let mut services: Vec<Service> = Vec::new();
    for row in query(SERVICES).fetch_all(conn).await? {
        let code: String = row.try_get("code")?;
        if services.last().is_none_or(|last| last.code != code) {
            services.push(Service { code, name: row.try_get("name")?, desks: Vec::new() });
        }
        if let (Some(service), Some(desk)) = (services.last_mut(), row.try_get::<Option<String>>("desk_no")?)
        {
            service.desks.push(desk);
        }
    }
    Ok(services)
}

/// How many entries there are.
pub(crate) async fn entries(conn: &mut Db) -> sqlx::Result<u64> {
    scalar("SELECT COUNT(*) FROM knowledge").fetch_one(conn).await.map(small)
}
