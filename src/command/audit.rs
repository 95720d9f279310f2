//! `hotline audit verify`: reads everything that the store keeps and names what is not as it was written.

use std::path::PathBuf;

use store::{Broken, Store};

use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue, check};
use crate::record;

/// What `hotline audit` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// What to do with it.
    #[command(subcommand)]
    pub deed: Deed,
}

/// What can be done with what was written down.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Deed {
    /// Go through the chains of hashes of events and audit, sealed numbers and promises; what does not hold is named
    Verify(Verify),
}

/// What `hotline audit verify` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Verify {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// Does it, beside a house that runs. The exit code: 0 when everything holds, else 1.
///
/// # Errors
/// [`CommandError::Faults`] of the configuration, [`CommandError::Start`] for what the store says.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let Deed::Verify(asked) = arguments.deed;
    let checked = config::load(&asked.config).map_err(|faults| check::tell(&faults, tongue))?;
    let away = |why: store::StoreError| CommandError::Start(why.into());
    let settings = &checked.settings;
    let store = Store::look(record::settings(settings)?).map_err(away)?;
    let counts = store.counts().await.map_err(away)?;
    let broken = store.verify().await.map_err(away)?;
    store.close().await;
    if broken.is_empty() {
        let (calls, events) = (counts.calls, counts.events);
        return print(&say!(
            tongue,
            "全部相符：{calls} 个通话、{events} 条事件及审计的每一环都与写下时一致。\n",
            "Everything holds: each link of {calls} calls, {events} events and of the audit is as it was written.\n"
        ));
    }
    let lines: String = broken.iter().map(|broken| format!("{}\n", words(broken, tongue))).collect();
    print(&lines)?;
    Ok(FAILED)
}

fn words(broken: &Broken, tongue: Tongue) -> String {
    if tongue == Tongue::En {
        return broken.to_string();
    }
    match broken {
        Broken::FinalEvents { call, count } => format!("通话 {call} 有 {count} 个结束事件，应为 1 个"),
        Broken::LegOutlives { call, leg } => format!("通话 {call} 的一方 {} 在通话结束后仍未离开", leg.0),
        Broken::Gap { call } => format!("通话 {call} 的事件编号不连续：有事件被删除"),
        Broken::NoCall { call } => format!("通话 {call} 的行不在了，它的事件、录音或回拨还在"),
        Broken::Chain { node, pos } => format!("{node} 的事件链在第 {pos} 环断开：该事件被改动或删除"),
        Broken::Audit { node, pos } => format!("{node} 的审计链在第 {pos} 行断开：该行被改动或删除"),
        Broken::Sealed { call } => format!("通话 {call} 的加密号码打不开，或与其哈希不符"),
        Broken::Tombstone { no } => format!("销毁证明在第 {no} 条断开：该条被改动或删除"),
        Broken::Undead { key } => format!("数据密钥 {key} 声明已销毁，却仍在库中"),
        Broken::Promise { owner, row } => format!("{owner} 的 {row} 与其事实不符"),
        Broken::Unwatched { owner, what } => format!("{owner} 的承诺 {what} 没有任务会使它结束"),
        Broken::Count { day, what } => format!("第 {day} 天的 {what} 计数与重新计数不符"),
    }
}

#[cfg(test)]
mod tests {
    use call::ids::{CallId, LegId};

    use super::*;

    #[test]
    fn each_fault_is_named_in_both_languages() {
        let (call, node) = (CallId(7), "hotline-1".to_owned());
        let all = [
            Broken::FinalEvents { call, count: 2 },
            Broken::LegOutlives { call, leg: LegId(3) },
            Broken::Gap { call },
            Broken::NoCall { call },
            Broken::Chain { node: node.clone(), pos: 41 },
            Broken::Audit { node, pos: 42 },
            Broken::Sealed { call },
            Broken::Tombstone { no: 43 },
            Broken::Undead { key: "hotline-1".to_owned() },
        ];
        for broken in &all {
            let (zh, en) = (words(broken, Tongue::Zh), words(broken, Tongue::En));
            let names = |text: &str| text.contains(&call.to_string()) || text.contains("hotline-1");
            let names = |text: &str| names(text) || text.contains("43");
            assert!(names(&zh) && names(&en), "{zh} {en}");
            assert!(zh.chars().any(|c| c >= '\u{4e00}') && en.is_ascii(), "{zh} {en}");
        }
        assert!(words(&all[4], Tongue::Zh).contains("41") && words(&all[5], Tongue::En).contains("42"));
    }
}
