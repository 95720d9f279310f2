//! What a demonstration plays with: who takes part, at which moment it lives, and a configuration on free ports.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use call::ids::{Address, DeskNo, Name, Skill, StaffNo};
use call::plan::{Go, Plan, Profile};
use config::settings::{StorePlace, Trunk};
use config::{Checked, Net};

use crate::command::tongue::say;
use crate::command::{CommandError, Tongue};

/// The citizen's number, and the trunk that it comes from.
pub const CALLER: &str = "13800000000";
const TRUNK: &str = "demo";
/// The window that is asked for when nobody says which; the configuration's first one when there is no such window.
const USUAL_DESK: DeskNo = DeskNo(37);
/// The window stays open for so long at least after the beginning.
const LASTS: Duration = Duration::from_secs(120);

/// Who takes part, besides the citizen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Roles {
    /// The dialled number.
    pub number: Name,
    /// The operator's staff number and phone.
    pub operator: (StaffNo, Name),
    /// The window that is brought in.
    pub desk: DeskNo,
    /// Its name.
    pub desk_name: Name,
    /// Who sits there: staff number and phone.
    pub member: (StaffNo, Name),
}

/// When the demonstration lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// What the house's wall clock is ahead of the true one, milliseconds; 0 when the window is open now.
    pub shift_ms: i64,
    /// Why the window is closed now, Chinese and English.
    pub closed: Option<(String, String)>,
}

/// Everything that is known before the house stands.
pub struct Stage {
    /// The configuration, changed as far as a demonstration needs it.
    pub checked: Checked,
    /// Who takes part.
    pub roles: Roles,
    /// When.
    pub moment: Moment,
    /// Where everything goes that it leaves, absolute.
    pub folder: PathBuf,
}

impl Stage {
    /// Chooses people and moment, and moves addresses, ports and folders out of every other hotline's way.
    /// `desk`: the window's three digits; `now_ms`: milliseconds since 1970 UTC.
    ///
    /// # Errors
    /// [`CommandError::Argument`]: no such window, none of its phones registers with us, or it never opens;
    /// [`CommandError::System`]: the folder has no absolute path.
    pub fn set(
        mut checked: Checked,
        folder: &Path,
        desk: Option<&str>,
        now_ms: i64,
    ) -> Result<Self, CommandError> {
        let desk = choose_desk(&checked.plan, desk)?;
        let roles = cast(&checked.plan, desk)?;
        let moment = moment(&checked.plan, desk, now_ms)?;
        let folder = std::path::absolute(folder)?;
        rehearse(&mut checked, &roles, &folder);
        Ok(Self { checked, roles, moment, folder })
    }

    /// A moment on the wall clock of the place: `2026-10-12 08:30:00`.
    pub fn clock(&self, utc_ms: i64) -> String {
        clock(&self.checked.plan, utc_ms)
    }

    /// When the demonstration lives, in words, if that is not now.
    pub fn tell_moment(&self, tongue: Tongue) -> Option<String> {
        let (zh, en) = self.moment.closed.as_ref()?;
        let (desk, at) = (self.roles.desk, self.clock(self.moment.at));
        Some(say!(
            tongue,
            "窗口 {desk} 现在不办公（{zh}），演示放在它下一次开放的时刻：{at}。",
            "Window {desk} is closed now ({en}), so the demonstration lives at its next opening: {at}."
        ))
    }
}

/// A moment on the wall clock of the place.
pub(super) fn clock(plan: &Plan, utc_ms: i64) -> String {
    let (date, millis) = plan.calendar.zone.civil(utc_ms);
    let s = millis / 1_000;
    format!("{date} {:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
}

fn choose_desk(plan: &Plan, wish: Option<&str>) -> Result<DeskNo, CommandError> {
    let unknown = || {
        CommandError::argument(
            "--desk",
            "没有这个窗口：写 desks.toml 中的三位编号",
            "there is no such window: write three digits of desks.toml",
        )
    };
    match wish {
        Some(digits) => {
            let no = DeskNo(digits.parse().map_err(|_| unknown())?);
            if plan.desks.contains_key(&no) { Ok(no) } else { Err(unknown()) }
        }
        None if plan.desks.contains_key(&USUAL_DESK) => Ok(USUAL_DESK),
        None => plan.desks.keys().next().copied().ok_or_else(unknown),
    }
}

fn cast(plan: &Plan, no: DeskNo) -> Result<Roles, CommandError> {
    let skill = plan.menus.menus.get(&plan.menus.root).and_then(|menu| match &menu.on_nothing {
        Go::Queue(skill) => Some(skill.clone()),
        Go::Menu(_) | Go::Language(..) | Go::Repeat | Go::Back => None,
        Go::TellProgress | Go::ReachDesk | Go::Message => None,
    });
    let skill = skill.unwrap_or_else(|| Skill("general".into()));
    let phone = |address: &Address| match address {
        Address::Phone(user) => Some(user.clone()),
        Address::Number(_) => None,
    };
    let operator = plan
        .operators
        .iter()
        .filter(|o| o.skills.contains(&skill))
        .find_map(|o| Some((o.staff.clone(), phone(&o.address)?)));
    let operator = operator.ok_or_else(|| {
        CommandError::argument(
            "--config",
            "没有话务员使用注册话机：演示需要一位（operators.toml、staff.toml）",
            "no operator has a phone that registers: the demonstration needs one (operators.toml, staff.toml)",
        )
    })?;
    let desk = plan.desks.get(&no);
    let member =
        desk.and_then(|d| d.members.iter().find_map(|m| Some((m.staff.clone(), phone(&m.address)?))));
    let member = member.ok_or_else(|| {
        CommandError::argument(
            "--desk",
            "这个窗口没有注册话机：换一个窗口",
            "no phone of this window registers: take another window",
        )
    })?;
    let number = plan.numbers.first().cloned().unwrap_or_else(|| "".into());
    let desk_name = desk.map_or_else(|| "".into(), |d| d.name.clone());
    Ok(Roles { number, operator, desk: no, desk_name, member })
}

fn moment(plan: &Plan, desk: DeskNo, now_ms: i64) -> Result<Moment, CommandError> {
    let place = calendar::Place::Desk(desk.0);
    let last = plan.limits.last_bridge.saturating_add(LASTS);
    let now = plan.calendar.may_bridge(place, now_ms, last);
    if now.open {
        return Ok(Moment { at: now_ms, shift_ms: 0, closed: None });
    }
    let next = plan.calendar.next_bridge(place, now_ms, last).ok_or_else(|| {
        CommandError::argument(
            "--desk",
            "这个窗口一年内都不开放：换一个窗口",
            "this window does not open within a year: take another one",
        )
    })?;
    let shift_ms = next.at.saturating_sub(now_ms);
    Ok(Moment { at: next.at, shift_ms, closed: Some((now.why.zh(), now.why.en())) })
}

/// Free ports on loopback, a store and recordings of its own, and a trunk that the citizen comes from.
fn rehearse(checked: &mut Checked, roles: &Roles, folder: &Path) {
    let settings = &mut checked.settings;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let any = SocketAddr::new(here, 0);
    let loopback = Net { address: here, prefix: 8 };
    (settings.sip.udp, settings.sip.tcp) = (vec![any], vec![any]);
    settings.sip.encrypted.ws.clear();
    settings.browser = None;
    settings.sip.phone_nets = vec![loopback];
    (settings.media.address, settings.media.advertised, settings.media.ports) = (here, here, (0, 0));
    settings.api.bind = any;
    settings.api.token = folder.join("api-token");
    settings.secrets = folder.join("secrets.toml");
    settings.store = StorePlace::File(folder.join("hotline.db"));
    settings.journal.folder = folder.join("journal");
    settings.recordings = folder.join("recordings");
    // What it recorded is there to be played by any program.
    settings.recording.seal = None;
    // What it leaves is for everybody's eyes: no messages, as numbers stand in them.
    settings.trace = config::settings::Trace {
        folder: folder.join("trace"),
        days: 0,
        pcap: None,
        hep: None,
        ..settings.trace.clone()
    };
    settings.prompts.cache = folder.join("names");
    settings.trunks = vec![Trunk { nets: vec![loopback], channels: 4, ..Trunk::named(TRUNK) }];
    // The play goes by the direct profile, and its one operator is on duty as soon as the phone is there.
    checked.plan.greeting.profile = Profile::Direct;
    for operator in checked.plan.operators.iter_mut().filter(|o| o.staff == roles.operator.0) {
        operator.ready_on_register = true;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stage(desk: Option<&str>, at: &str) -> Result<Stage, CommandError> {
        let checked = config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sip-config")).unwrap();
        let (date, time) = at.split_once(' ').unwrap();
        let now = checked
            .plan
            .calendar
            .zone
            .moment(date.parse().unwrap(), calendar::TimeOfDay::parse(time).unwrap());
        Stage::set(checked, Path::new("data/demo/x"), desk, now)
    }

    #[test]
    fn the_usual_window_is_played_now_when_it_is_open() {
        let stage = stage(None, "2026-10-12 09:00").unwrap();
        assert_eq!((stage.roles.desk, &*stage.roles.operator.1), (DeskNo(37), "op1"));
        assert_eq!((stage.moment.shift_ms, stage.tell_moment(Tongue::En)), (0, None));
    }

    #[test]
    fn a_closed_window_is_played_at_its_next_opening() {
        for (now, at) in [
            ("2026-10-10 23:00", "2026-10-12 08:30:00"),
            ("2026-10-12 12:30", "2026-10-12 13:30:00"),
            // Too late for a bridge, and for the length of the play.
            ("2026-10-12 16:54", "2026-10-13 08:30:00"),
            // The National Day holiday.
            ("2026-10-01 09:00", "2026-10-08 08:30:00"),
        ] {
            let stage = stage(Some("037"), now).unwrap();
            assert_eq!(stage.clock(stage.moment.at), at, "{now}");
            assert!(stage.tell_moment(Tongue::Zh).unwrap().contains(at));
        }
    }

    #[test]
    fn nothing_of_another_hotline_is_touched() {
        let stage = stage(Some("101"), "2026-10-12 09:00").unwrap();
        let settings = &stage.checked.settings;
        assert!(settings.sip.udp.iter().chain(&settings.sip.tcp).all(|a| a.port() == 0));
        assert_eq!((settings.media.ports, settings.api.bind.port()), ((0, 0), 0));
        let all = [
            &settings.store.key_file(),
            &settings.recordings,
            &settings.trace.folder,
            &settings.secrets,
            &settings.api.token,
            &settings.prompts.cache,
        ];
        assert!(all.iter().all(|path| path.starts_with(&stage.folder) && path.is_absolute()));
    }

    #[test]
    fn a_window_that_is_not_there_is_told() {
        for desk in ["999", "abc", "", "-1"] {
            let error = stage(Some(desk), "2026-10-12 09:00").err().unwrap();
            assert!(error.to_string().starts_with("--desk: "), "{error}");
        }
    }
}
