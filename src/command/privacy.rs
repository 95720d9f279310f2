//! `hotline privacy`: what the store has of a citizen, and erasing it on their wish; each asking is in the audit.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};
use store::protected::{Forgotten, MOST_ROWS, PersonReport};
use store::{AuditNote, Store, StoreError};
use switchboard::numbers::normalise;

use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue, check};
use crate::record;
use crate::retention::Keeper;
use crate::start::StartError;

/// What `hotline privacy` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub deed: Deed,
}

/// What can be done with what is known of a citizen.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Deed {
    /// Tell everything that the store has of a number: calls, recordings, notes, cases, promises, messages, and who looked at it
    Report(Report),
    /// Erase what the store has of a number; what is held or still worked on is kept and named
    Erase(Erase),
}

/// What `hotline privacy report` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Report {
    /// The citizen's number
    pub number: String,
    /// Why it is asked: the file number of the citizen's question
    #[arg(long, value_name = "TEXT")]
    pub why: String,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// What `hotline privacy erase` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Erase {
    /// The citizen's number
    pub number: String,
    /// Why it is erased: the file number of the citizen's wish
    #[arg(long, value_name = "TEXT")]
    pub why: String,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// The store of a configuration, beside a house that runs or not.
pub(crate) struct Beside {
    pub(crate) settings: config::Settings,
    pub(crate) store: Store,
    /// UTC ms.
    pub(crate) now: i64,
    /// Who the audit says it was: the account of this machine.
    pub(crate) who: String,
}

impl Beside {
    /// Looks into it.
    pub(crate) fn open(config: &Path, tongue: Tongue) -> Result<Self, CommandError> {
        let settings = check::load(config, tongue)?.settings;
        let store = Store::look(record::settings(&settings)?).map_err(Self::away)?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        Ok(Self { settings, store, now, who: "command-line".to_owned() })
    }

    pub(crate) fn away(why: StoreError) -> CommandError {
        CommandError::Start(StartError::Store(why))
    }

    /// Writes a line of the audit; what follows it must not be done when this fails.
    pub(crate) async fn note(&self, what: &str, target: &str, detail: &str) -> Result<(), CommandError> {
        let note = AuditNote {
            at: self.now,
            who: self.who.clone(),
            role: access::Role::Admin.word().to_owned(),
            what: what.to_owned(),
            target: target.to_owned(),
            source: "localhost".to_owned(),
            detail: detail.to_owned(),
        };
        self.store.note(&note).await.map_err(Self::away)
    }

    /// The number as the store has it.
    fn number(&self, typed: &str) -> Result<String, CommandError> {
        let (country, area) = (self.settings.place.country.clone(), self.settings.place.area.clone());
        let (zh, en) = ("请写电话号码，如 13800000000", "write a telephone number, such as 13800000000");
        let place = switchboard::numbers::Place { country, area };
        normalise(typed, &place).ok_or_else(|| CommandError::argument("NUMBER", zh, en))
    }
}

/// The day of a moment in the time of the place, `2026-12-01`.
pub(crate) fn day(utc_ms: i64) -> String {
    calendar::Zone::default().date(utc_ms).to_string()
}

/// Does it. The exit code: 0; 1 when something is kept.
///
/// # Errors
/// [`CommandError::Faults`] of the configuration, [`CommandError::Argument`], [`CommandError::Start`] with the store's words.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    match arguments.deed {
        Deed::Report(asked) => report(asked, tongue).await,
        Deed::Erase(asked) => erase(asked, tongue).await,
    }
}

async fn report(asked: Report, tongue: Tongue) -> Result<u8, CommandError> {
    let beside = Beside::open(&asked.config, tongue)?;
    let number = beside.number(&asked.number)?;
    let named = beside.store.person_named(&number);
    beside.note("privacy.report", &format!("citizen {named}"), &asked.why).await?;
    let report = beside.store.person(&number).await.map_err(Beside::away)?;
    print(&if asked.json { json(&report) } else { text(&report, tongue) })
}

async fn erase(asked: Erase, tongue: Tongue) -> Result<u8, CommandError> {
    let beside = Beside::open(&asked.config, tongue)?;
    let number = beside.number(&asked.number)?;
    let target = format!("citizen {}", beside.store.person_named(&number));
    beside.note("privacy.erase", &target, &asked.why).await?;
    let forgotten = beside.store.forget(&number).await.map_err(Beside::away)?;
    let keeper = Keeper::of(&beside.settings, beside.store.clone());
    let due = forgotten.recordings.clone();
    let wanted = due.len();
    let gone = keeper.remove(beside.now, due).await.map_err(Beside::away)?;
    let Forgotten { calls, cases, values, held, open, .. } = &forgotten;
    let (kept, stays) = (held.len() + open.len(), wanted.saturating_sub(gone));
    let detail = format!(
        "calls={calls} cases={cases} values={values} recordings={gone} kept={kept} files_left={stays}"
    );
    beside.note("privacy.erased", &target, &detail).await?;
    print(&told(&forgotten, (gone, stays), tongue))?;
    Ok(if kept + stays == 0 { 0 } else { FAILED })
}

fn told(forgotten: &Forgotten, (gone, stays): (usize, usize), tongue: Tongue) -> String {
    let Forgotten { calls, cases, values, held, open, .. } = forgotten;
    let mut out = say!(
        tongue,
        "已清除：{calls} 个通话、{cases} 个工单中的 {values} 处内容，{gone} 个录音。通话的时间与结果保留，不含个人信息。\n",
        "Erased: {values} values of {calls} calls and {cases} cases, {gone} recordings. That the calls took place, when and how they ended stays, without personal data.\n"
    );
    for (what, no) in held {
        out.push_str(&say!(
            tongue,
            "未清除 {what}：{no} 号留存；解除后（hotline hold release {no}）再来一次。\n",
            "Not erased: {what} is kept by hold {no}; ask again once it is released (`hotline hold release {no}`).\n"
        ));
    }
    for what in open {
        out.push_str(&say!(
            tongue,
            "未清除 {what}：还在办理或等待回拨；办结后再来一次。\n",
            "Not erased: {what} is still worked on, or a call-back is owed; ask again once it is closed.\n"
        ));
    }
    if stays > 0 {
        out.push_str(&say!(
            tongue,
            "{stays} 个录音文件删不掉：请检查录音目录的权限，再来一次。\n",
            "{stays} files of recordings can't be removed: check the permissions of their folder, then ask again.\n"
        ));
    }
    out
}

fn json(report: &PersonReport) -> String {
    let mut all = Map::new();
    all.insert("citizen".to_owned(), Value::from(report.named.clone()));
    for part in &report.parts {
        let rows = part.rows.iter().cloned().map(Value::Object).collect();
        all.insert(part.name.to_owned(), Value::Array(rows));
    }
    let cut: Vec<&str> = report.parts.iter().filter(|part| part.cut).map(|part| part.name).collect();
    all.insert("cut".to_owned(), Value::from(cut));
    format!("{:#}\n", Value::Object(all))
}

fn heading(name: &str, tongue: Tongue) -> &str {
    let zh = match name {
        "calls" => "通话",
        "legs" => "通话各方",
        "recordings" => "录音",
        "notes" => "话务员备注",
        "call_backs" => "回拨",
        "cases" => "工单",
        "case_log" => "工单经过",
        "promises" => "承诺",
        "messages" => "短信",
        "accesses" => "谁看过、听过",
        other => other,
    };
    tongue.pick(zh, name)
}

fn text(report: &PersonReport, tongue: Tongue) -> String {
    let mut out = String::new();
    for part in &report.parts {
        let (name, count) = (heading(part.name, tongue), part.rows.len());
        out.push_str(&say!(tongue, "{name}：{count}\n", "{name}: {count}\n"));
        for row in &part.rows {
            // What is not known, or was erased, is left out.
            let known = row.iter().filter(|(_, value)| !value.is_null() && value.as_str() != Some(""));
            let fields: Vec<String> = known.map(|(name, value)| field(name, value)).collect();
            let _ = writeln!(out, "  {}", fields.join("  "));
        }
        if part.cut {
            out.push_str(&say!(
                tongue,
                "  还有更多：只列出前 {MOST_ROWS} 条\n",
                "  there are more: the first {MOST_ROWS} are told\n"
            ));
        }
    }
    out
}

/// A field for a reader: moments as days and times.
fn field(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => format!("{name}={}", text.replace(['\n', '\r'], " ")),
        Value::Number(number) if name == "at" || name.ends_with("_at") || name == "since" => {
            let at = number.as_i64().unwrap_or_default();
            let (date, millis) = calendar::Zone::default().civil(at);
            let minutes = millis / 60_000;
            format!("{name}={date} {:02}:{:02}", minutes / 60, minutes % 60)
        }
        other => format!("{name}={other}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;
    use store::protected::Part;

    use super::*;

    #[test]
    fn what_is_told_names_everything_and_the_same_in_both_forms() {
        let row = json!({"id": "01K", "offered_at": 1_796_083_200_000_i64, "note": "a\nb", "none": null});
        let rows = vec![row.as_object().unwrap().clone()];
        let report = PersonReport {
            parts: vec![
                Part { name: "calls", rows, cut: true },
                Part { name: "cases", rows: Vec::new(), cut: false },
            ],
            named: "0123456789ab".to_owned(),
        };
        let read: Value = serde_json::from_str(&json(&report)).unwrap();
        assert_eq!((&read["calls"][0], &read["cases"], &read["cut"]), (&row, &json!([]), &json!(["calls"])));
        let zh = text(&report, Tongue::Zh);
        assert!(
            zh.contains("通话：1") && zh.contains("offered_at=2026-12-01 08:00") && zh.contains("note=a b"),
            "{zh}"
        );
        assert!(zh.contains("工单：0") && zh.contains("更多") && !zh.contains("none"), "{zh}");
        assert!(text(&report, Tongue::En).is_ascii());
    }

    #[test]
    fn what_is_not_erased_is_named_with_what_to_do() {
        let forgotten = Forgotten {
            calls: 2,
            held: vec![("01K".to_owned(), 7)],
            open: vec!["261009000012".to_owned()],
            ..Forgotten::default()
        };
        let (zh, en) = (told(&forgotten, (1, 1), Tongue::Zh), told(&forgotten, (1, 1), Tongue::En));
        for part in ["01K", "hotline hold release 7", "261009000012"] {
            assert!(zh.contains(part) && en.contains(part), "{zh} {en}");
        }
        assert_eq!((zh.lines().count(), en.lines().count(), en.is_ascii()), (4, 4, true));
    }
}
