//! The named plans that the scripts run by, and the settings that a script may change.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use calendar::{Calendar, Change, Date, Holidays, Hours, Notice, NoticeDay, Span};
use call::event::Key;
use call::ids::{Address, DeskNo, Lang, Pii, PromptId, ServiceCode, Skill, StaffNo, UnitCode};
use call::plan::{
    Desk, EmergencyLine, Field, Go, Greeting, Hunt, Input, Limits, Member, Menu, Menus, Operator, Plan,
    Profile, Service, Unit, UnitKind,
};

/// `standard`: the direct greeting. `menu`: the same house with the menu first.
pub fn named(name: &str) -> Option<Plan> {
    let profile = match name {
        "standard" => Profile::Direct,
        "menu" => Profile::Menu,
        _ => return None,
    };
    Some(Plan {
        version: name.into(),
        numbers: vec!["89000".into(), "053589000".into()],
        greeting: greeting(profile),
        menus: menus(),
        limits: Limits::default(),
        units: units(),
        desks: desks(),
        services: services(),
        operators: operators(),
        shift_leads: vec![staff("9001")],
        emergency: [(1, 110), (2, 119), (3, 120), (4, 122)].map(emergency).into(),
        allowed_outside: vec!["05356123456".into()],
        unit_access: call::plan::UnitAccess { numbers: vec!["05358900010".into()], ..Default::default() },
        calendar: calendar(),
    })
}

/// Changes one setting; `Err` says what can be set.
pub fn set(plan: &mut Plan, key: &str, value: &str) -> Result<(), String> {
    let number = || value.parse::<u32>().map_err(|_| format!("{value} is not a number"));
    let span = || {
        value.parse().map(Duration::from_secs_f64).map_err(|_| format!("{value} is not a number of seconds"))
    };
    match key {
        "version" => plan.version = value.into(),
        "limits.max_calls" => plan.limits.max_calls = number()?,
        "limits.desk_attempts" => plan.limits.desk_attempts = u8::try_from(number()?).unwrap_or(u8::MAX),
        "limits.desk_ring" => plan.limits.desk_ring = span()?,
        "limits.desk_hunt" => plan.limits.desk_hunt = span()?,
        "limits.desk_wait" => plan.limits.desk_wait = span()?,
        "limits.outcome_required" => plan.limits.outcome_required = value == "true",
        "limits.wrap_up" => plan.limits.wrap_up = span()?,
        "limits.journal_wait" => plan.limits.journal_wait = span()?,
        "operators.without" => plan.operators.retain(|o| *o.staff.0 != *value),
        "menus.message" => {
            let key = value.chars().next().and_then(Key::from_char).ok_or("menus.message = 5 (a key)")?;
            if let Some(Menu { input: Input::Keys(keys), .. }) = plan.menus.menus.get_mut("root") {
                keys.push((key, Go::Message));
            }
        }
        "greeting.offer_after" => plan.greeting.offer_after = span()?,
        "greeting.offer_position" => plan.greeting.offer_position = number()?,
        "greeting.night" => {
            let (from, to) = value.split_once('-').ok_or("greeting.night = 1200-420 (minutes of the day)")?;
            let minute = |m: &str| m.parse::<u16>().map_err(|_| format!("{m} is not a minute of the day"));
            plan.greeting.night = Some((minute(from)?, minute(to)?));
        }
        "unit_access" => plan.unit_access.numbers.retain(|number| **number == *value),
        _ => return Err(format!("{key} can't be set")),
    }
    Ok(())
}

fn greeting(profile: Profile) -> Greeting {
    let s = Duration::from_secs;
    Greeting {
        profile,
        opening: vec![PromptId(1), PromptId(2)],
        then: vec![PromptId(5), PromptId(3)],
        music_after: s(8),
        announce_after: s(20),
        announce_every: s(30),
        offer_after: s(60),
        offer_position: 5,
        offer_window: s(10),
        night: None,
    }
}

fn menus() -> Menus {
    let general = || Go::Queue(Skill("general".into()));
    let key = |c| Key::from_char(c).expect("a key");
    let menu = |say: u8, input| Menu {
        say: vec![PromptId(say)],
        input,
        on_nothing: general(),
        on_invalid: general(),
    };
    let digits = |field, min, max, then| Input::Digits {
        field,
        min,
        max,
        instead: vec![(key('0'), general()), (key('*'), Go::Back)],
        then,
    };
    let english = Go::Language(Lang::En, Box::new(Go::Queue(Skill("en".into()))));
    let root = Input::Keys(vec![
        (key('0'), general()),
        (key('1'), Go::Menu("progress".into())),
        (key('2'), Go::Menu("desk".into())),
        (key('3'), english),
        (key('9'), Go::Repeat),
        (key('*'), Go::Back),
    ]);
    let menus = [
        ("root", menu(5, root)),
        ("progress", menu(20, digits(Field::Case, 12, 12, Go::TellProgress))),
        ("desk", menu(30, digits(Field::Desk, 3, 3, Go::ReachDesk))),
    ];
    Menus {
        root: "root".into(),
        menus: menus.into_iter().map(|(name, menu)| (name.into(), menu)).collect(),
        max_menu_time: Duration::from_secs(40),
    }
}

fn staff(no: &str) -> StaffNo {
    StaffNo(no.into())
}

fn member(no: &str, phone: &str) -> Member {
    Member { staff: staff(no), address: Address::Phone(phone.into()) }
}

fn units() -> BTreeMap<UnitCode, Unit> {
    let unit = |code: &str, name: &str, contacts| Unit {
        code: UnitCode(code.into()),
        name: name.into(),
        kind: UnitKind::Department,
        contacts,
    };
    let all = [
        unit("TAX", "税务局", vec![member("7001", "tax-liaison"), member("7002", "tax-deputy")]),
        unit("CIVIL", "民政局", vec![member("7101", "civil-liaison")]),
        unit("HOUSING", "住建局", Vec::new()),
    ];
    all.into_iter().map(|u| (u.code.clone(), u)).collect()
}

fn desks() -> BTreeMap<DeskNo, Desk> {
    let desk = |no, name: &str, unit: &str, hunt, members| Desk {
        no: DeskNo(no),
        name: name.into(),
        unit: UnitCode(unit.into()),
        straight: no == 70,
        hunt,
        members,
    };
    let all = [
        desk(37, "办税窗口", "TAX", Hunt::Sequential, vec![member("2001", "d1"), member("2002", "d2")]),
        desk(38, "办税二窗口", "TAX", Hunt::Sequential, vec![member("2003", "d3")]),
        desk(
            39,
            "公积金窗口",
            "HOUSING",
            Hunt::All,
            vec![member("2101", "h1"), member("2102", "h2"), member("2103", "h3")],
        ),
        desk(40, "产权窗口", "HOUSING", Hunt::LongestIdle, vec![member("2111", "i1"), member("2112", "i2")]),
        desk(50, "婚姻登记窗口", "CIVIL", Hunt::Sequential, vec![member("2201", "c1")]),
        desk(60, "维修资金窗口", "HOUSING", Hunt::Sequential, vec![member("2301", "x1")]),
        desk(70, "社会救助窗口", "CIVIL", Hunt::Sequential, vec![member("2401", "s1")]),
        desk(80, "测绘窗口", "HOUSING", Hunt::Sequential, vec![member("2501", "m1")]),
        desk(
            90,
            "租赁一号窗口",
            "HOUSING",
            Hunt::Sequential,
            vec![member("2601", "r1"), member("2602", "r2")],
        ),
        desk(91, "租赁二号窗口", "HOUSING", Hunt::All, vec![member("2602", "r2"), member("2603", "r3")]),
    ];
    all.into_iter().map(|d| (d.no, d)).collect()
}

fn services() -> BTreeMap<ServiceCode, Service> {
    let service = |code: &str, name: &str, desks: &[u16]| Service {
        code: ServiceCode(code.into()),
        name: name.into(),
        desks: desks.iter().map(|d| DeskNo(*d)).collect(),
    };
    let all = [
        service("S-TAX", "个税汇算", &[37, 38]),
        service("S-FUND", "公积金提取", &[39]),
        service("S-DEED", "不动产登记", &[40]),
        service("S-MARRY", "结婚登记", &[50]),
        service("S-REPAIR", "维修资金", &[60]),
        service("S-AID", "临时救助", &[70]),
        service("S-MAP", "房产测绘", &[80]),
        service("S-RENT", "租赁备案", &[90, 91]),
    ];
    all.into_iter().map(|s| (s.code.clone(), s)).collect()
}

fn operators() -> Vec<Operator> {
    let operator = |no: &str, phone: &str, skill: &str| Operator {
        staff: staff(no),
        address: Address::Phone(phone.into()),
        skills: vec![Skill(skill.into())],
        ready_on_register: true,
    };
    vec![
        operator("1001", "op1", "general"),
        operator("1002", "op2", "general"),
        operator("1003", "op3", "general"),
        operator("1009", "op-en", "en"),
        operator("9001", "lead", "lead"),
    ]
}

fn emergency((key, number): (u8, u16)) -> EmergencyLine {
    EmergencyLine { key, number, address: Address::Number(Pii::new(number.to_string())) }
}

/// The State Council's days around the scripts' dates, office hours, and desk 080 shut for 12 October 2026.
fn calendar() -> Calendar {
    let day = |month, day, name: &str, off| NoticeDay {
        date: Date::constant(2026, month, day),
        name: name.into(),
        off,
    };
    let mut days: Vec<NoticeDay> = (1..=7).map(|d| day(10, d, "国庆节", true)).collect();
    days.push(day(9, 20, "国庆节", false));
    days.push(day(10, 10, "国庆节", false));
    let notices = [Notice { year: 2025, days: Vec::new() }, Notice { year: 2026, days }];
    let mut calendar = Calendar { holidays: Holidays::merge(notices), ..Calendar::default() };
    for (no, desk) in desks() {
        let shut = Change {
            from: Date::constant(2026, 10, 12),
            until: Date::constant(2026, 10, 12),
            span: Span::DAY,
            open: false,
            reason: "设备检修".into(),
        };
        let changes = if no == DeskNo(80) { vec![shut] } else { Vec::new() };
        let hours = Hours { patterns: Vec::new(), changes };
        calendar.desks.insert(no.0, calendar::Desk { unit: Arc::clone(&desk.unit.0), hours });
    }
    calendar
}

/// Every phone of a desk, a unit's contact or the plan's operators.
pub fn desk_phones(plan: &Plan) -> Vec<String> {
    let members = plan.desks.values().flat_map(|d| &d.members);
    let contacts = plan.units.values().flat_map(|u| &u.contacts);
    members.chain(contacts).filter_map(|m| phone(&m.address)).collect()
}

/// The user name of a registered phone's address.
pub fn phone(address: &Address) -> Option<String> {
    match address {
        Address::Phone(user) => Some(user.to_string()),
        Address::Number(_) => None,
    }
}
