//! The house that is simulated: its plan, its settings, its ports, its silent voice, and who has which phone.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use calendar::{Calendar, Hours};
use call::action::Say;
use call::event::Key;
use call::ids::{Address, DeskNo, Lang, Pii, PromptId, ServiceCode, Skill, StaffNo, UnitCode};
use call::plan::{
    Desk, EmergencyLine, Field, Go, Greeting, Hunt, Input, Limits, Member, Menu, Menus, Operator, Plan,
    Profile, Service, Unit, UnitAccess, UnitKind,
};
use media::{Port, PortPool, Sound};
use sip::sdp::Codec;
use switchboard::Setup;
use switchboard::contract::Trunk;
use switchboard::numbers::Place;

use super::weather::Weather;

/// What a phone is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Post {
    Operator,
    Lead,
    Desk,
    Liaison,
    Emergency,
    /// The exchange behind the trunk, and everybody who calls through it.
    Trunk,
    /// One citizen with an address of their own.
    Citizen,
}

pub const HOUSE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5060);
pub const REALM: &str = "hotline.example";
pub const NUMBERS: [&str; 2] = ["89000", "053589000"];
/// The number for units.
pub const ACCESS: &str = "05358900010";
pub const OUTSIDE: &str = "05356123456";

/// The name of the trunk `cloud`; it leads to the third and fourth exchange.
pub const CLOUD: &str = "carrier.example";

/// The exchanges of the trunks `city` and `spare`, and two of `cloud`, where the house registers and outgoing calls come.
pub fn exchange(n: u8) -> SocketAddr {
    SocketAddr::from(([10, 9, 0, n], 5060))
}

/// Every phone that registers: user name and post.
pub fn phones() -> Vec<(&'static str, Post)> {
    let operators = ["op1", "op2", "op3", "op4", "op5", "op6", "op-en", "op-both"];
    let desks = ["d1", "d2", "d3", "h1", "h2", "h3", "i1", "i2", "c1", "x1", "s1", "m1"];
    let liaisons = ["tax-liaison", "tax-deputy", "civil-liaison"];
    let of = |post| move |name: &'static str| (name, post);
    let mut all: Vec<(&str, Post)> = operators.into_iter().map(of(Post::Operator)).collect();
    all.push(("lead", Post::Lead));
    all.extend(desks.into_iter().map(of(Post::Desk)));
    all.extend(liaisons.into_iter().map(of(Post::Liaison)));
    all.extend(["e110", "e119"].into_iter().map(of(Post::Emergency)));
    all
}

/// Those who have a phone on a short day.
const LEAN: [&str; 10] =
    ["op1", "op2", "op3", "op-both", "lead", "d1", "c1", "tax-liaison", "tax-deputy", "e110"];

/// The phones of this weather.
pub fn phones_of(weather: &Weather) -> impl Iterator<Item = (&'static str, Post)> {
    let lean = weather.lean;
    phones().into_iter().filter(move |(name, _)| !lean || LEAN.contains(name))
}

/// The house's own account at the exchanges.
pub const ACCOUNT: &str = "house";

pub fn password(user: &str) -> String {
    format!("secret of {user}")
}

/// What phones and the trunk `city` may speak.
const WIDE: [Codec; 3] = [Codec::G722, Codec::Pcma, Codec::Pcmu];

/// The settings of a run. `edition` changes the plan a little: another configuration was loaded.
pub fn setup(weather: &Weather, seed: u64, edition: u32) -> Setup {
    let net = |text| vec![sip::Net::parse(text).unwrap()];
    let gone = (edition % 3 == 2).then_some("op6");
    let users = phones_of(weather).filter(|(name, _)| Some(*name) != gone);
    let users = users.map(|(name, _)| sip::User { name: name.into(), password: password(name) });
    let trunk = |name: &str, proxy: Option<SocketAddr>| Trunk {
        proxy: proxy.and_then(|at| sip::Uri::parse(&format!("sip:{at}"))).map(Box::new),
        channels: weather.channels,
        trusted: name == "city",
        caller: Some("89000".into()),
        register: proxy.is_some() && !weather.lean,
        expires: Duration::from_secs(60),
        qualify: Duration::from_secs(if weather.lean { 0 } else { 10 }),
        session_timer: Duration::from_secs(weather.timer),
        prack: weather.prack,
        credentials: proxy.map(|_| sip::User { name: ACCOUNT.into(), password: password(ACCOUNT) }),
        ..Trunk::named(name)
    };
    let city = Trunk { codecs: WIDE.to_vec(), ..trunk("city", Some(exchange(1))) };
    let spare = Trunk { weight: 5, ..trunk("spare", Some(exchange(2))) };
    let cloud = Trunk {
        order: 2,
        proxy: if weather.lean { None } else { sip::Uri::parse(&format!("sip:{CLOUD}")).map(Box::new) },
        ..trunk("cloud", Some(exchange(3)))
    };
    let peer = |name: &str, nets: &[&str]| sip::Peer {
        policy: city.policy(),
        ..sip::Peer::at(name, nets.iter().map(|n| sip::Net::parse(n).unwrap()).collect())
    };
    let peers = vec![
        peer("spare", &["10.9.0.2/32"]),
        peer("cloud", &["10.9.0.3/32", "10.9.0.4/32"]),
        peer("city", &["10.9.0.0/16"]),
        peer("mobile", &["10.8.0.0/16"]),
    ];
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    Setup {
        plan: Arc::new(plan(weather, edition)),
        sip: sip::Settings {
            seed: bytes,
            realm: REALM.into(),
            peers,
            phone_nets: net("10.1.0.0/16"),
            users: users.collect(),
            most_sessions: weather.sessions,
            most_transactions: weather.transactions,
            ..sip::Settings::default()
        },
        place: Place { country: "86".into(), area: "0535".into() },
        trunks: vec![city, spare, cloud, trunk("mobile", None)],
        phone_codecs: WIDE.to_vec(),
        calls_per_second: weather.calls_per_second,
        guard: switchboard::contract::GuardSetup { outbound: outbound(seed), ..Default::default() },
        listening: vec![(sip::Transport::Udp, HOUSE), (sip::Transport::Tcp, HOUSE)],
        near: Arc::new(|bound, _| bound),
        advertised: HOUSE.ip(),
        browsers: None,
        recordings: PathBuf::from("/recordings"),
        speak: Arc::new(speak),
    }
}

/// Else the orders for numbers that are not allowed soon stop all calls to the world.
fn outbound(seed: u64) -> guard::OutboundSettings {
    guard::OutboundSettings {
        a_minute: 100_000,
        a_day: 100_000,
        a_desk: 100_000,
        a_number: 100_000,
        denied: if seed.is_multiple_of(10) { 5 } else { 100_000 },
        stop: true,
    }
}

/// Two media threads with so many ports each.
pub fn ports(weather: &Weather) -> PortPool {
    let one = |thread: u16, index: u16| Port {
        thread,
        index: index.into(),
        socket: index.into(),
        addr: SocketAddr::new(HOUSE.ip(), 20_000 + 10_000 * thread + 2 * index),
    };
    PortPool::new((0..2).flat_map(|thread| (0..weather.ports).map(move |index| one(thread, index))))
}

/// Silence as long as what is said would take.
fn speak(_now: i64, _lang: Lang, say: &[Say]) -> Vec<Arc<Sound>> {
    let halves = |say: &Say| match say {
        Say::Prompt(id, slots) => 2 + usize::from(id.0) * 7 % 13 + 2 * slots.len(),
        Say::Pause(span) => usize::try_from(span.as_millis() / 500).unwrap_or(0),
        Say::Beep => 1,
    };
    say.iter().map(|say| silence(halves(say))).collect()
}

fn silence(halves: usize) -> Arc<Sound> {
    static SHELF: OnceLock<Vec<Arc<Sound>>> = OnceLock::new();
    let one = |n: u64| Arc::new(Sound::silence(Duration::from_millis(500 * n)));
    let shelf = SHELF.get_or_init(|| (0..40).map(one).collect());
    Arc::clone(&shelf[halves.min(shelf.len() - 1)])
}

fn plan(weather: &Weather, edition: u32) -> Plan {
    let desks = desks(edition);
    let mut calendar = Calendar::default();
    for (no, desk) in &desks {
        let hours = Hours { patterns: Vec::new(), changes: Vec::new() };
        calendar.desks.insert(no.0, calendar::Desk { unit: Arc::clone(&desk.unit.0), hours });
    }
    let profile = if weather.menu { Profile::Menu } else { Profile::Direct };
    Plan {
        version: format!("edition {edition}").into(),
        numbers: NUMBERS.map(Into::into).into(),
        greeting: greeting(profile),
        menus: menus(),
        limits: Limits {
            max_calls: weather.max_calls,
            wrap_up: Duration::from_secs(3),
            debrief: Duration::from_secs(20),
            ..Limits::default()
        },
        units: units(),
        desks,
        services: services(),
        operators: operators(weather, edition),
        shift_leads: vec![staff("9001")],
        emergency: [(1, 110), (2, 119), (3, 120), (4, 122)].map(emergency).into(),
        allowed_outside: vec![OUTSIDE.into()],
        unit_access: UnitAccess { numbers: vec![ACCESS.into()], ..UnitAccess::default() },
        calendar,
    }
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
        offer_after: s(40),
        offer_position: 5,
        offer_window: s(10),
        night: Some((1200, 420)),
    }
}

fn menus() -> Menus {
    let general = || Go::Queue(Skill("general".into()));
    let key = |c| Key::from_char(c).unwrap();
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
        (key('4'), Go::Message),
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

fn desks(edition: u32) -> BTreeMap<DeskNo, Desk> {
    let outside = Member { staff: staff("2099"), address: Address::Number(Pii::new(OUTSIDE)) };
    let desk = |no, unit: &str, hunt, members| Desk {
        no: DeskNo(no),
        name: format!("窗口{no}").into(),
        unit: UnitCode(unit.into()),
        straight: no % 10 == 0 || (edition % 2 == 1 && no == 37),
        hunt,
        members,
    };
    let three = vec![member("2101", "h1"), member("2102", "h2"), member("2103", "h3")];
    let all = [
        desk(37, "TAX", Hunt::Sequential, vec![member("2001", "d1"), member("2002", "d2")]),
        desk(38, "TAX", Hunt::Sequential, vec![member("2003", "d3"), member("2001", "d1")]),
        desk(39, "HOUSING", Hunt::All, three.clone()),
        desk(40, "HOUSING", Hunt::LongestIdle, vec![member("2111", "i1"), member("2112", "i2")]),
        desk(50, "CIVIL", Hunt::Sequential, vec![member("2201", "c1"), outside]),
        desk(60, "HOUSING", Hunt::All, [vec![member("2301", "x1")], three].concat()),
        desk(70, "CIVIL", Hunt::Sequential, vec![member("2401", "s1")]),
        desk(80, "HOUSING", Hunt::Sequential, vec![member("2501", "m1")]),
    ];
    all.into_iter().map(|d| (d.no, d)).collect()
}

/// The desks that a citizen or operator keys.
pub const DESKS: [&str; 9] = ["037", "038", "039", "040", "050", "060", "070", "080", "999"];
pub const SERVICES: [&str; 5] = ["S-TAX", "S-FUND", "S-DEED", "S-AID", "S-NONE"];

fn services() -> BTreeMap<ServiceCode, Service> {
    let service = |code: &str, name: &str, desks: &[u16]| Service {
        code: ServiceCode(code.into()),
        name: name.into(),
        desks: desks.iter().map(|d| DeskNo(*d)).collect(),
    };
    let all = [
        service("S-TAX", "个税汇算", &[37, 38]),
        service("S-FUND", "公积金提取", &[39, 60]),
        service("S-DEED", "不动产登记", &[40]),
        service("S-AID", "临时救助", &[70, 50]),
    ];
    all.into_iter().map(|s| (s.code.clone(), s)).collect()
}

pub const STAFF: [&str; 12] =
    ["1001", "1002", "1003", "1004", "1005", "1006", "1007", "1007", "1008", "1009", "9001", "1234"];

fn operators(weather: &Weather, edition: u32) -> Vec<Operator> {
    let operator = |no: &str, phone: &str, skills: &[&str]| Operator {
        staff: staff(no),
        address: Address::Phone(phone.into()),
        skills: skills.iter().map(|s| Skill((*s).into())).collect(),
        ready_on_register: true,
    };
    let mut all = vec![
        operator("1001", "op1", &["general"]),
        operator("1002", "op2", &["general"]),
        operator("1003", "op3", &["general"]),
        operator("1004", "op4", &["general"]),
        operator("1005", "op5", &["general"]),
        operator("1006", "op6", &["general"]),
    ];
    all.truncate(weather.operators);
    if edition % 3 == 2 {
        all.pop();
    }
    // At home: rung by the world's network.
    let home = Address::Number(Pii::new("05356100007"));
    all.push(Operator { address: home, ready_on_register: false, ..operator("1007", "", &["general"]) });
    all.push(operator("1009", "op-en", &["en"]));
    all.push(operator("1008", "op-both", &["general", "en"]));
    all.push(operator("9001", "lead", &["lead"]));
    if weather.operators == 0 {
        all.retain(|o| *o.staff.0 != *"1008");
    }
    all
}

fn emergency((key, number): (u8, u16)) -> EmergencyLine {
    let address = match number {
        110 | 119 => Address::Phone(format!("e{number}").into()),
        _ => Address::Number(Pii::new(number.to_string())),
    };
    EmergencyLine { key, number, address }
}
