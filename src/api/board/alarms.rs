//! What somebody must see to, with the time since when.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use call::board::Board;
use call::event::AgentState;
use switchboard::contract::TrunkView;
use switchboard::handle::Gauges;

use super::checks::Found;
use super::desks::People;

/// Somebody waits longer than this.
const LONG_WAIT_MS: i64 = 60_000;
/// A desk of which nobody was reachable for so long.
const LONG_AWAY_MS: i64 = 24 * 3_600_000;

/// One alarm; the same one keeps its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Alarm {
    pub(crate) code: &'static str,
    pub(crate) target: String,
    pub(crate) since: i64,
    pub(crate) zh: String,
    pub(crate) en: String,
}

/// Since when each alarm stands.
#[derive(Debug, Default)]
pub(crate) struct Alarms(BTreeMap<(&'static str, String), i64>);

/// What alarms are made of.
pub(crate) struct Facts<'a> {
    pub(crate) now: i64,
    pub(crate) board: &'a Board,
    pub(crate) gauges: &'a Gauges,
    /// Why nothing is recorded, in a word.
    pub(crate) not_recorded: Option<&'static str>,
    pub(crate) trunks: &'a [TrunkView],
    /// When each desk was reachable last.
    pub(crate) seen: &'a BTreeMap<call::ids::DeskNo, i64>,
    /// What was looked for.
    pub(crate) found: &'a Found,
    /// Escalations of promises that wait for the leads, and since when the first does.
    pub(crate) waiting: (u64, Option<i64>),
}

impl Alarms {
    /// Those that stand now.
    pub(crate) fn look(&mut self, facts: &Facts<'_>) -> Vec<Alarm> {
        let mut all = house(facts);
        all.extend(facts.trunks.iter().filter(|t| t.state != "incoming" && !t.up).map(|trunk| Alarm {
            code: "trunk_down",
            target: trunk.name.to_string(),
            since: trunk.since,
            zh: format!("中继 {} 不可用：{}", trunk.name, trunk.zh),
            en: format!("trunk {} is down: {}", trunk.name, trunk.en),
        }));
        all.extend(away(facts));
        all.extend(not_recorded(facts));
        all.extend(promises(facts));
        all.extend(looked_for(facts.now, facts.found));
        for alarm in &mut all {
            let key = (alarm.code, alarm.target.clone());
            alarm.since = *self.0.entry(key).or_insert(alarm.since);
        }
        self.0.retain(|(code, target), _| all.iter().any(|a| a.code == *code && a.target == *target));
        all
    }
}

fn house(facts: &Facts<'_>) -> Vec<Alarm> {
    let Facts { now, board, gauges, .. } = facts;
    let set = |flag: &std::sync::atomic::AtomicBool| flag.load(Ordering::Relaxed);
    let on_duty = board.agents.iter().any(|agent| agent.state != AgentState::Off);
    let longest = board.calls.iter().filter_map(|call| call.queued_at).min();
    let waits = longest.is_some_and(|since| now.saturating_sub(since) > LONG_WAIT_MS);
    let standing = [
        (
            set(&gauges.store_away),
            "store_away",
            "数据库暂不可写：通话继续，记录先存入本机日志，恢复后自动补入；请检查数据库和磁盘。",
            "the store takes no records: calls go on, records wait in the journal and come in by themselves; look at the database and its disk",
        ),
        (
            set(&gauges.journal_away),
            "journal_away",
            "本机日志写不进去：记录改为直接写入数据库，此时数据库若中断会拒接新来电；请检查日志目录所在磁盘。",
            "the journal takes no records: they go into the store itself, and a store that is away would mean refused calls; look at the disk of the journal's folder",
        ),
        (
            set(&gauges.journal_short),
            "journal_short",
            "本机日志的预留空间不足：磁盘已满或有故障；请清理磁盘，预留空间会自动补足。",
            "the journal can't keep its reserve: its disk is full or fails; make room, and the reserve comes back by itself",
        ),
        (
            set(&gauges.outbound_stopped),
            "outbound_stopped",
            "外呼已停止（防盗打）：请核实后恢复。",
            "outbound calls are stopped (toll fraud?): look into it, then allow them again",
        ),
        (
            set(&gauges.draining),
            "draining",
            "正在排空：不接新来电。",
            "the house is being emptied: no new calls are taken",
        ),
        (
            !on_duty,
            "nobody_on_duty",
            "无话务员在岗：来电将转入留言。",
            "no operator is on duty: callers are asked for a message",
        ),
        (waits, "long_wait", "有群众等候超过 60 秒。", "somebody has been waiting for more than 60 s"),
    ];
    let alarm = |(_, code, zh, en): (bool, &'static str, &str, &str)| Alarm {
        code,
        target: String::new(),
        since: if code == "long_wait" { longest.unwrap_or(*now) } else { *now },
        zh: zh.to_owned(),
        en: en.to_owned(),
    };
    standing.into_iter().filter(|(on, ..)| *on).map(alarm).collect()
}

/// Calls are not recorded, or will not be for long.
fn not_recorded(facts: &Facts<'_>) -> Option<Alarm> {
    let (zh, en) = match facts.not_recorded? {
        "disk_full" => (
            "录音磁盘空间不足：通话继续，但不录音；请清理磁盘或扩容，之后新通话自动恢复录音。",
            "the disk of the recordings is full: calls go on and are not recorded; make room, then new calls are recorded again",
        ),
        "disk_slow" => (
            "录音磁盘写不动：录音暂存内存，约半分钟后开始丢失；请检查磁盘。",
            "the disk of the recordings does not write: sound waits in memory, and is lost after about half a minute; look at the disk",
        ),
        _ => (
            "录音目录不可写：通话继续，但不录音；请检查磁盘和目录权限。",
            "the folder of the recordings can't be written: calls go on and are not recorded; look at the disk and the permissions",
        ),
    };
    let (zh, en) = (zh.to_owned(), en.to_owned());
    Some(Alarm { code: "not_recorded", target: String::new(), since: facts.now, zh, en })
}

/// What stands in no event: files and browsers.
fn looked_for(now: i64, found: &Found) -> Vec<Alarm> {
    let mut all = Vec::new();
    let mut add = |code, zh: String, en: String| {
        all.push(Alarm { code, target: String::new(), since: now, zh, en });
    };
    if !found.missing.is_empty() {
        let (count, some) = (found.missing.len(), named(&found.missing));
        add(
            "prompts_missing",
            format!("缺 {count} 个录音（{some}）：群众听不到这些话；请在“录音”页上传、录制或合成。"),
            format!(
                "{count} recordings are missing ({some}): citizens do not hear them; upload, record or have them spoken under Prompts"
            ),
        );
    }
    if let Some((count, first)) = &found.faults {
        add(
            "config_faults",
            format!(
                "配置文件有 {count} 处错误（{}）：运行中的系统仍用旧配置，但重启会失败；请先改正。",
                first.zh
            ),
            format!(
                "the configuration's files have {count} faults ({}): the house goes on with what it has, but would not start again; mend them first",
                first.en
            ),
        );
    }
    if found.cut {
        add(
            "config_cut",
            "一次配置发布中途停下：请检查磁盘空间，然后择时重启，重启时自动补完。".to_owned(),
            "a publication of the configuration stopped in the middle: look at the disk, then start the house again when it suits; the start finishes it".to_owned(),
        );
    }
    if found.draft {
        add(
            "config_draft",
            "配置草稿读不出来：请在“配置”页放弃草稿，重新修改。".to_owned(),
            "the draft of the configuration can't be read: discard it under Configuration and begin anew"
                .to_owned(),
        );
    }
    if found.reported {
        add(
            "csp_reports",
            "近一小时有浏览器报告页面被塞入外来内容：先停用该电脑的浏览器插件，再看日志里的 directive；若仍有，请报告本程序的缺陷。".to_owned(),
            "within the last hour a browser reported that something foreign was kept from a page: switch the extensions of that browser off, then look at the log's `directive`; if it stays, it is a fault of this program to be told".to_owned(),
        );
    }
    all
}

/// What was promised and needs a person.
fn promises(facts: &Facts<'_>) -> Option<Alarm> {
    let (count, since) = facts.waiting;
    (count > 0).then(|| Alarm {
        code: "escalations",
        target: String::new(),
        since: since.unwrap_or(facts.now),
        zh: format!("{count} 件承诺事项待处理：请在“承诺”中的提醒页逐件处理。"),
        en: format!("{count} promises need a person: see to them one by one under Promises, alerts"),
    })
}

/// Some of them, by name.
fn named(all: &[String]) -> String {
    const SOME: usize = 5;
    let some = all.get(..SOME.min(all.len())).unwrap_or_default().join(" ");
    if all.len() > SOME { some + " …" } else { some }
}

/// Desks of which nobody was reachable for a day and longer.
fn away<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = Alarm> + 'a {
    let people = People::of(facts.board);
    let silent = facts.board.plan.desks.values().filter_map(move |desk| {
        let since = facts.seen.get(&desk.no).copied()?;
        let long = facts.now.saturating_sub(since) > LONG_AWAY_MS;
        (long && !people.any_reachable(desk)).then_some((desk, since))
    });
    silent.map(|(desk, since)| Alarm {
        code: "desk_unreachable",
        target: desk.no.to_string(),
        since,
        zh: format!("{} 号窗口（{}）话机一天以上未注册。", desk.no, desk.name),
        en: format!("no phone of desk {} ({}) has been registered for a day and longer", desk.no, desk.name),
    })
}
