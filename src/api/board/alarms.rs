//! What somebody must see to, with the time since when.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use call::board::Board;
use call::event::AgentState;
use switchboard::contract::TrunkView;
use switchboard::handle::Gauges;

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
    pub(crate) trunks: &'a [TrunkView],
    /// When each desk was reachable last.
    pub(crate) seen: &'a BTreeMap<call::ids::DeskNo, i64>,
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
            "数据库暂不可写：通话继续，记录排队等候；请检查磁盘。",
            "the store takes no records: calls go on and records wait; look at the disk",
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
