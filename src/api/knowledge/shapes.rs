//! The information base as JSON.

use call::ids::Lang;
use knowledge::{Draft, How, Place, Why};
use serde::{Deserialize, Serialize};
use store::{Hit, KnowledgeEntry, Service, Usage};
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;

/// An entry of the path.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct OfEntry {
    /// The entry's number.
    id: String,
}

impl OfEntry {
    /// The number. What is no number names no entry.
    pub(crate) fn id(&self) -> Result<i64, ApiError> {
        self.id.parse().ok().filter(|id| *id > 0).ok_or(ApiError::NoSuchEntry)
    }
}

/// What was found.
#[derive(Serialize, ToSchema)]
#[schema(as = KnowledgeHits)]
pub(crate) struct Hits {
    /// How long the house took, microseconds.
    pub(crate) took_us: u64,
    /// The best first.
    pub(crate) hits: Vec<HitLine>,
}

/// An entry that was found.
#[derive(Serialize, ToSchema)]
#[schema(as = KnowledgeHit)]
pub(crate) struct HitLine {
    /// The entry's number.
    id: String,
    /// What it is about.
    title: String,
    /// A piece of the answer.
    snippet: String,
    /// Code of its service.
    service: Option<String>,
    /// The service's name.
    service_name: Option<String>,
    /// The windows that offer it, best first.
    desks: Vec<String>,
    /// Last changed, UTC ms.
    updated_at: i64,
    /// Where it comes from.
    source: String,
    /// The order: the greater comes first.
    score: f32,
    /// Why it was found, in the asker's language.
    why: String,
    /// The same for programs.
    reasons: Vec<Reason>,
}

/// Why an entry was found.
#[derive(Serialize, ToSchema)]
#[schema(as = KnowledgeReason)]
struct Reason {
    /// What was typed, folded.
    typed: String,
    /// What was found for it.
    found: String,
    /// `word`, `parts`, `synonym`, `pinyin`, `initials`, `beginning`, `sound`, `spelling`.
    how: &'static str,
    /// `title`, `keywords`, `body`.
    place: &'static str,
}

impl HitLine {
    pub(crate) fn new(hit: Hit, lang: Lang) -> Self {
        Self {
            id: hit.id.to_string(),
            title: hit.title,
            snippet: hit.snippet,
            service: hit.service,
            service_name: hit.service_name,
            desks: hit.desks,
            updated_at: hit.updated_at,
            source: hit.source,
            score: hit.score,
            why: said(&hit.why, lang),
            reasons: hit
                .why
                .into_iter()
                .map(|w| Reason { typed: w.typed, found: w.found, how: w.how.word(), place: w.place.word() })
                .collect(),
        }
    }
}

/// The reasons in words: `身份证（标题）；sfz → 身份证，首字母（标题）`.
fn said(why: &[Why], lang: Lang) -> String {
    let one = |w: &Why| match (lang, w.how) {
        (Lang::Zh, How::Word) => format!("{}（{}）", w.found, place(w.place, lang)),
        (Lang::En, How::Word) => format!("{} ({})", w.found, place(w.place, lang)),
        (Lang::Zh, how) => {
            format!("{} → {}，{}（{}）", w.typed, w.found, manner(how, lang), place(w.place, lang))
        }
        (Lang::En, how) => {
            format!("{} → {}, {} ({})", w.typed, w.found, manner(how, lang), place(w.place, lang))
        }
    };
    let apart = match lang {
        Lang::Zh => "；",
        Lang::En => "; ",
    };
    why.iter().map(one).collect::<Vec<_>>().join(apart)
}

fn place(place: Place, lang: Lang) -> &'static str {
    match (place, lang) {
        (Place::Title, Lang::Zh) => "标题",
        (Place::Keywords, Lang::Zh) => "关键词",
        (Place::Body, Lang::Zh) => "正文",
        (Place::Title, Lang::En) => "title",
        (Place::Keywords, Lang::En) => "keywords",
        (Place::Body, Lang::En) => "body",
    }
}

fn manner(how: How, lang: Lang) -> &'static str {
    match (how, lang) {
        (How::Word, Lang::Zh) => "原词",
        (How::Parts, Lang::Zh) => "分字",
        (How::Synonym, Lang::Zh) => "同义词",
        (How::Pinyin, Lang::Zh) => "拼音",
        (How::Initials, Lang::Zh) => "首字母",
        (How::Beginning, Lang::Zh) => "拼音开头",
        (How::Sound, Lang::Zh) => "读音相近",
        (How::Spelling, Lang::Zh) => "相近写法",
        (How::Word, Lang::En) => "as typed",
        (How::Parts, Lang::En) => "its characters",
        (How::Synonym, Lang::En) => "means the same",
        (How::Pinyin, Lang::En) => "pinyin",
        (How::Initials, Lang::En) => "initials",
        (How::Beginning, Lang::En) => "begins so",
        (How::Sound, Lang::En) => "sounds alike",
        (How::Spelling, Lang::En) => "written alike",
    }
}

/// An entry, whole.
#[derive(Serialize, ToSchema)]
#[schema(as = KnowledgeEntry)]
pub(crate) struct EntryPage {
    /// The entry's number.
    id: String,
    /// The name that stays when the title changes; empty: none.
    name: String,
    /// What it is about.
    title: String,
    /// The answer. Text, never markup.
    body: String,
    /// Code of its service.
    service: Option<String>,
    /// The service's name.
    service_name: Option<String>,
    /// The windows that offer it, best first.
    desks: Vec<String>,
    /// Other words by which it is found.
    keywords: Vec<String>,
    /// Last changed, UTC ms.
    updated_at: i64,
    /// By whom.
    updated_by: String,
    /// Where it comes from.
    source: String,
    /// How often it was opened.
    opened: u64,
}

impl From<KnowledgeEntry> for EntryPage {
    fn from(entry: KnowledgeEntry) -> Self {
        Self {
            id: entry.id.to_string(),
            name: entry.name,
            title: entry.title,
            body: entry.body,
            service: entry.service,
            service_name: entry.service_name,
            desks: entry.desks,
            keywords: entry.keywords,
            updated_at: entry.updated_at,
            updated_by: entry.updated_by,
            source: entry.source,
            opened: entry.opened,
        }
    }
}

/// An entry to write.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKnowledgeEntry)]
pub(crate) struct NewEntry {
    /// A name that stays when the title changes.
    #[serde(default)]
    name: String,
    /// What it is about, as it is asked for: 1 to 200 characters.
    title: String,
    /// The answer: at most 20,000 characters.
    #[serde(default)]
    body: String,
    /// Code of its service.
    service: Option<String>,
    /// Other words by which it shall be found: at most 60.
    #[serde(default)]
    keywords: Vec<String>,
    /// Where it comes from.
    #[serde(default)]
    source: String,
}

impl From<NewEntry> for Draft {
    fn from(new: NewEntry) -> Self {
        let keywords = new.keywords.iter().map(|k| k.trim().to_owned()).filter(|k| !k.is_empty()).collect();
        Self {
            name: new.name.trim().to_owned(),
            title: new.title.trim().to_owned(),
            body: new.body.trim().to_owned(),
            service: new.service.unwrap_or_default().trim().to_owned(),
            keywords,
            source: new.source.trim().to_owned(),
        }
    }
}

/// A new entry's number.
#[derive(Serialize, ToSchema)]
#[schema(as = KnowledgeAdded)]
pub(crate) struct Added {
    /// The number.
    pub(crate) id: String,
}

/// Who opened an entry.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KnowledgeOpenedBy)]
pub(crate) struct OpenedBy {
    /// The call in which it was opened.
    pub(crate) call: Option<String>,
}

/// Groups of words that mean the same.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SynonymGroups {
    /// Each of 2 to 24 words; they take the place of all that are there.
    pub(crate) groups: Vec<Vec<String>>,
}

/// How the base is used.
#[derive(Serialize, ToSchema)]
#[schema(as = KnowledgeUsage)]
pub(crate) struct UsagePage {
    /// Entries in all.
    entries: u64,
    /// Opened most, 100 at most.
    most: Vec<OpenedLine>,
    /// Asked in vain, most often first, 100 at most.
    misses: Vec<MissLine>,
    /// Groups of words that mean the same.
    synonyms: Vec<Vec<String>>,
}

/// How often an entry was opened.
#[derive(Serialize, ToSchema)]
#[schema(as = KnowledgeOpened)]
struct OpenedLine {
    /// The entry's number.
    id: String,
    /// Its title.
    title: String,
    /// How often.
    opened: u64,
}

/// A question asked in vain.
#[derive(Serialize, ToSchema)]
#[schema(as = KnowledgeMiss)]
struct MissLine {
    /// What was typed.
    q: String,
    /// How often.
    count: u64,
    /// Last time, UTC ms.
    last_at: i64,
}

impl UsagePage {
    pub(crate) fn new(usage: Usage, synonyms: Vec<Vec<String>>) -> Self {
        let most = usage.most.into_iter();
        let misses = usage.misses.into_iter();
        Self {
            entries: usage.entries,
            most: most
                .map(|o| OpenedLine { id: o.id.to_string(), title: o.title, opened: o.opened })
                .collect(),
            misses: misses.map(|m| MissLine { q: m.q, count: m.count, last_at: m.last_at }).collect(),
            synonyms,
        }
    }
}

/// Services.
#[derive(Serialize, ToSchema)]
pub(crate) struct Services {
    /// The best match first.
    pub(crate) services: Vec<ServiceLine>,
}

/// A service.
#[derive(Serialize, ToSchema)]
#[schema(as = Service)]
pub(crate) struct ServiceLine {
    /// `GAJ-007`.
    code: String,
    /// Its name.
    name: String,
    /// The windows that offer it, best first.
    desks: Vec<String>,
}

impl From<Service> for ServiceLine {
    fn from(service: Service) -> Self {
        Self { code: service.code, name: service.name, desks: service.desks }
    }
}
