//! `hotline check`: every fault of the configuration at once, or one calm summary.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use call::ids::Address;
use call::plan::UnitKind;
use config::settings::{Proxy, Role, Settings, Trunk};
use config::{Checked, Fault};

use crate::command::text::{pad, print};
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue};
use crate::sockets;

/// From this month on next year's notice of the State Council is to be there.
const NOTICE_MONTH: i8 = 11;
/// Columns of the labels.
const LABEL: usize = 12;

/// What `hotline check` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// Checks the folder and tells what it found. Nothing is written, no secrets are made.
///
/// # Errors
/// [`CommandError::Argument`] without such a folder, [`CommandError::System`] when stdout takes nothing more.
pub fn run(arguments: &Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    exists(&arguments.config)?;
    match config::load(&arguments.config) {
        Ok(checked) => match sockets::check(&checked.settings) {
            Err(why) => {
                print(&say!(tongue, "TLS 的文件有误：{why}\n", "the files of TLS have a fault: {why}\n"))
                    .map(|_| FAILED)
            }
            Ok(_) => print(&summary(&arguments.config, &checked, now(), tongue)),
        },
        Err(faults) => {
            let count = faults.len();
            let last = say!(
                tongue,
                "共 {count} 处错误；改好后再运行 hotline check。",
                "{count} faults in all; mend them and run `hotline check` again."
            );
            print(&format!("{}\n{last}\n", told(&faults, tongue))).map(|_| FAILED)
        }
    }
}

/// Loads a configuration for another subcommand; faults are told on stderr.
///
/// # Errors
/// [`CommandError::Argument`] without such a folder, [`CommandError::Faults`].
pub fn load(dir: &Path, tongue: Tongue) -> Result<Checked, CommandError> {
    exists(dir)?;
    config::load(dir).map_err(|faults| tell(&faults, tongue))
}

/// Tells faults on stderr; the error that stands for them.
pub(crate) fn tell(faults: &[Fault], tongue: Tongue) -> CommandError {
    eprint!("{}", told(faults, tongue));
    CommandError::Faults { count: faults.len() }
}

fn exists(dir: &Path) -> Result<(), CommandError> {
    if dir.is_dir() {
        return Ok(());
    }
    let dir = dir.display();
    Err(CommandError::argument(
        "--config",
        format!("没有目录 {dir}：请写配置所在的目录"),
        format!("there is no folder {dir}: write the folder of the configuration"),
    ))
}

/// One fault a line; under the Chinese words stand the English ones, for whoever is asked for help.
fn told(faults: &[Fault], tongue: Tongue) -> String {
    let line = |fault: &Fault| {
        let Fault { file, line, column, en, fix_en, .. } = fault;
        tongue.pick(format!("{fault}\n"), format!("{file}:{line}:{column}: {en}. {fix_en}.\n"))
    };
    faults.iter().map(line).collect()
}

/// Milliseconds since 1970 UTC.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

fn summary(dir: &Path, checked: &Checked, now: i64, tongue: Tongue) -> String {
    let version: String = checked.plan.version.chars().take(12).collect();
    let dir = dir.display();
    let mut text =
        say!(tongue, "{dir}：没有错误（版本 {version}）。\n\n", "{dir}: no faults (version {version}).\n\n");
    for (label, value) in rows(checked, tongue) {
        text.push_str(&format!("  {}{value}\n", pad(label, LABEL)));
    }
    let reminders = reminders(checked, now, tongue);
    if !reminders.is_empty() {
        text.push_str(tongue.pick("\n请留意：\n", "\nPlease note:\n"));
        reminders.iter().for_each(|line| text.push_str(&format!("  - {line}\n")));
    }
    text
}

fn rows(checked: &Checked, t: Tongue) -> Vec<(&'static str, String)> {
    let (plan, settings) = (&checked.plan, &checked.settings);
    let kinds = |kind| plan.units.values().filter(|u| u.kind == kind).count();
    let (units, departments, agencies) =
        (plan.units.len(), kinds(UnitKind::Department), kinds(UnitKind::Agency));
    let roles = |role| settings.staff.iter().filter(|s| s.role == role).count();
    let (operators, leads) = (roles(Role::Operator), roles(Role::Lead));
    let (desks, liaisons, staff) = (roles(Role::Desk), roles(Role::Liaison), settings.staff.len());
    let (hunted, skills) = (plan.operators.len(), skills(checked));
    let (first, last) = settings.media.ports;
    let (media, phones) = (settings.media.address, settings.phones.len());
    let trunk = |t: &config::settings::Trunk| t.name.clone();
    vec![
        (
            t.pick("单位", "units"),
            say!(
                t,
                "{units}（部门 {departments}，机构 {agencies}）",
                "{units} ({departments} departments, {agencies} agencies)"
            ),
        ),
        (t.pick("窗口", "desks"), plan.desks.len().to_string()),
        (t.pick("事项", "services"), plan.services.len().to_string()),
        (
            t.pick("人员", "staff"),
            say!(
                t,
                "{staff}（话务员 {operators}，班长 {leads}，窗口 {desks}，联络员 {liaisons}）",
                "{staff} ({operators} operators, {leads} leads, {desks} at desks, {liaisons} liaisons)",
            ),
        ),
        (t.pick("接听", "operators"), say!(t, "{hunted}（{skills}）", "{hunted} ({skills})")),
        (t.pick("话机", "phones"), phones.to_string()),
        (t.pick("中继", "trunks"), or_none(settings.trunks.iter().map(trunk), t)),
        (t.pick("号码", "numbers"), or_none(plan.numbers.iter().map(ToString::to_string), t)),
        (t.pick("信令端口", "SIP"), sip(checked)),
        (t.pick("语音端口", "RTP"), say!(t, "{media} UDP {first}-{last}", "{media} UDP {first}-{last}")),
        (t.pick("网页与接口", "HTTP"), http(settings)),
        (t.pick("节假日", "notices"), or_none(plan.calendar.holidays.years().map(|y| y.to_string()), t)),
    ]
}

fn or_none(words: impl Iterator<Item = String>, tongue: Tongue) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() { tongue.pick("无", "none").to_owned() } else { words.join(" ") }
}

/// How many operators have each skill: `en 2, general 8`.
fn skills(checked: &Checked) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for skill in checked.plan.operators.iter().flat_map(|o| &o.skills) {
        *counts.entry(&*skill.0).or_insert(0_usize) += 1;
    }
    let words: Vec<String> = counts.into_iter().map(|(skill, count)| format!("{skill} {count}")).collect();
    words.join(", ")
}

fn sip(checked: &Checked) -> String {
    let sip = &checked.settings.sip;
    let udp = sip.udp.iter().map(|at| format!("UDP {at}"));
    let tcp = sip.tcp.iter().map(|at| format!("TCP {at}"));
    let ours = &sip.encrypted;
    let lists = [("TLS", &ours.tls), ("WS", &ours.ws), ("WSS", &ours.wss)];
    let others = lists.into_iter().flat_map(|(by, list)| list.iter().map(move |at| format!("{by} {at}")));
    udp.chain(tcp).chain(others).collect::<Vec<_>>().join(", ")
}

/// What is no fault, but what an admin may not have meant.
fn reminders(checked: &Checked, now: i64, t: Tongue) -> Vec<String> {
    let mut list = Vec::new();
    // A fault was told before.
    list.extend(sockets::check(&checked.settings).ok().flatten());
    let calendar = &checked.plan.calendar;
    let today = calendar.zone.date(now);
    let (year, next) = (today.year(), today.year().saturating_add(1));
    if !calendar.holidays.covers(year) {
        list.push(say!(
            t,
            "缺少今年的节假日通知 calendar/{year}.json：放假与调休只能推算，请马上放入。",
            "this year's holiday notice calendar/{year}.json is missing: days off and make-up days are only guessed; add it now."
        ));
    }
    if today.month() >= NOTICE_MONTH && !calendar.holidays.covers(next) {
        list.push(say!(
            t,
            "缺少明年的节假日通知 calendar/{next}.json：跨年的期限只能预计，国务院办公厅发布后请放入。",
            "next year's holiday notice calendar/{next}.json is missing: due dates that reach into it are provisional; add it when the State Council publishes it."
        ));
    }
    if checked.settings.trunks.is_empty() {
        list.push(
            t.pick(
                "没有中继：只有注册的话机能呼叫，公网电话打不进来（trunks.toml）。",
                "no trunk: only registered phones can call, nobody from the public network (trunks.toml).",
            )
            .to_owned(),
        );
    }
    list.extend(unreached(&checked.settings, t));
    let stand_ins = checked.plan.emergency.iter().filter(|line| matches!(line.address, Address::Phone(_)));
    let numbers: Vec<String> = stand_ins.map(|line| line.number.to_string()).collect();
    if !numbers.is_empty() {
        let numbers = numbers.join(" ");
        list.push(say!(
            t,
            "{numbers} 接到的是试用话机，不是真正的紧急电话；正式开通前请改成 number（routing.toml）。",
            "{numbers} lead to phones for trying out, not to the emergency services; write number before going live (routing.toml)."
        ));
    }
    if let Some(command) = checked.settings.prompts.tts.first()
        && !is_there(command)
    {
        list.push(say!(
            t,
            "找不到语音合成命令 {command}：窗口名称将改报号码（hotline.toml 的 prompts.tts）。",
            "the command {command} that speaks names is not there: windows will be told by number (prompts.tts in hotline.toml)."
        ));
    }
    list
}

/// Trunks that are called over TLS while the house does not listen for it: its Contact then names a port where nobody speaks
/// TLS, and a far end that opens a connection of its own for a BYE finds nobody.
fn unreached(settings: &Settings, t: Tongue) -> Option<String> {
    let over_tls = |trunk: &&Trunk| trunk.proxy.as_ref().is_some_and(Proxy::is_encrypted);
    let names: Vec<&str> = settings.trunks.iter().filter(over_tls).map(|trunk| &*trunk.name).collect();
    let names = names.join(" ");
    (!names.is_empty() && settings.sip.encrypted.tls.is_empty()).then(|| {
        say!(
            t,
            "中继 {names} 走 TLS，但本机没有 TLS 监听：对端若不沿用本机建立的连接，挂机等请求就送不到（hotline.toml 的 sip.tls）。",
            "{names}: over TLS, but the house does not listen for TLS: a far end that does not use our own connection can't send its BYE (sip.tls in hotline.toml)."
        )
    })
}

/// Whether a command can be found, by its path or in `PATH`.
fn is_there(command: &str) -> bool {
    if command.contains('/') {
        return Path::new(command).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(command).is_file())
}

/// Where pages and programs come, and under which names.
fn http(settings: &Settings) -> String {
    let api = &settings.api;
    let https = api.https.iter().map(|at| format!("https {at}"));
    let names = (!api.hosts.is_empty()).then(|| format!("({})", api.hosts.join(", ")));
    let all: Vec<String> = std::iter::once(api.bind.to_string()).chain(https).chain(names).collect();
    all.join("  ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sample() -> Checked {
        config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sip-config")).unwrap()
    }

    fn on(checked: &Checked, day: (i16, i8, i8)) -> String {
        let date = calendar::Date::new(day.0, day.1, day.2).unwrap();
        let noon = calendar::TimeOfDay::new(12, 0).unwrap();
        reminders(checked, checked.plan.calendar.zone.moment(date, noon), Tongue::En).join("\n")
    }

    #[test]
    fn next_years_notice_is_asked_for_from_november_on() {
        let checked = sample();
        assert!(!on(&checked, (2026, 10, 31)).contains("notice"));
        assert!(on(&checked, (2026, 11, 1)).contains("calendar/2027.json"));
        assert!(!on(&checked, (2025, 12, 31)).contains("notice"), "the notice of 2026 is there");
        assert!(on(&checked, (2027, 3, 1)).contains("this year's holiday notice calendar/2027.json"));
    }

    #[test]
    fn stand_ins_of_the_emergency_services_are_told() {
        assert!(on(&sample(), (2026, 3, 1)).contains("110 119 120 122 lead to phones for trying out"));
    }

    #[test]
    fn a_command_is_found_by_path_and_by_name() {
        assert!(is_there("sh") && is_there("/bin/sh"));
        assert!(!is_there("no-such-command-anywhere") && !is_there("/bin/no-such-command"));
    }
}
