//! Which file and setting decided, in words; and the two steps that are only reasons: hours and the order of ringing.

use calendar::{Day, Level, Place, Weekday, Why};
use call::action::SeatRole;
use call::ids::{Address, DeskNo, PromptId};
use call::plan::{Desk, Go, Hunt, Profile};
use serde_json::{Value, json};

use crate::keys::Question;
use crate::order::{Candidate, Order};
use crate::{Mood, Scene, Tongue, say};

/// A step that is told.
pub(crate) struct Told {
    pub text: String,
    pub facts: Value,
    pub why: Vec<String>,
}

/// Whose the dialled number is, and what became of the caller's.
pub(crate) fn numbers(scene: &Scene<'_>) -> Vec<String> {
    let (t, plan) = (scene.tongue, &scene.plan);
    let place = scene.files.key("routing.toml", "numbers");
    let ours: Vec<&str> = plan.numbers.iter().map(|n| &**n).collect();
    let mut why = vec![format!("{place} numbers = {}", ours.join(" "))];
    let from = &scene.wishes.from;
    if !from.withheld && from.raw != from.number {
        let (place, area) = (scene.files.key("routing.toml", "area"), &scene.checked.settings.place.area);
        why.push(say!(
            t,
            "{place} 主叫号码按区号 {area} 归一化",
            "{place} the caller's number is completed with area code {area}"
        ));
    }
    why
}

/// How the call begins.
pub(crate) fn greeting(scene: &Scene<'_>) -> Vec<String> {
    let (t, profile) = (scene.tongue, scene.plan.greeting.profile);
    let place = scene.files.below("menus.toml", "[greeting]", "profile");
    let words = match profile {
        Profile::Direct => t.pick(
            "从第 0 秒起呼叫话务员，按键只是捷径",
            "operators are hunted from second 0, keys are shortcuts",
        ),
        Profile::Menu => t.pick("先播菜单", "the menu comes first"),
    };
    vec![format!("{place} greeting.profile = {}: {words}", profile.word())]
}

/// Why a prompt is said.
pub(crate) fn prompt(scene: &Scene<'_>, id: PromptId, question: &Question, opening: bool) -> Vec<String> {
    let (t, greeting) = (scene.tongue, &scene.plan.greeting);
    let in_greeting = |key: &str| scene.files.below("menus.toml", "[greeting]", key);
    if opening && greeting.opening.contains(&id) {
        return vec![format!("{} greeting.opening", in_greeting("opening"))];
    }
    if let Question::Menu(name) = question
        && scene.plan.menus.menus.get(name).is_some_and(|menu| menu.say.contains(&id))
    {
        let place = scene.files.below("menus.toml", &format!("[menu.{name}]"), "say");
        return vec![format!("{place} menu.{name}.say")];
    }
    match id.0 {
        71 => vec![format!("{} greeting.night", in_greeting("night"))],
        13 => vec![format!("{} greeting.offer_after", in_greeting("offer_after"))],
        10..=12 => vec![format!("{} greeting.announce_after", in_greeting("announce_after"))],
        _ if greeting.then.contains(&id) => vec![format!("{} greeting.then", in_greeting("then"))],
        32 | 33 => vec![t.pick("见上一步的办公时间", "see the hours in the step before").to_owned()],
        _ => Vec::new(),
    }
}

/// Why nobody can answer.
pub(crate) fn nobody(scene: &Scene<'_>) -> Vec<String> {
    let asked = scene.tongue.pick("在岗情况由提问者给出", "who is on duty was given with the question");
    let root = scene.plan.menus.menus.get(&scene.plan.menus.root);
    let skill = root.and_then(|menu| match &menu.on_nothing {
        Go::Queue(skill) => Some(skill.0.to_string()),
        _ => None,
    });
    let mut why = skill.map(|skill| queue(scene, &skill)).unwrap_or_default();
    why.push(asked.to_owned());
    why
}

/// Who can answer, in the order of the file.
pub(crate) fn queue(scene: &Scene<'_>, skill: &str) -> Vec<String> {
    let (t, mut list) = (scene.tongue, Vec::new());
    for operator in scene.plan.operators.iter().filter(|o| o.skills.iter().any(|s| *s.0 == *skill)) {
        let who = staff_at(scene, &operator.address);
        let away = !scene.wishes.duty.contains(&operator.staff);
        list.push(if away { say!(t, "{who} 不在岗", "{who} off duty") } else { who });
    }
    let place = scene.files.key("operators.toml", "operator");
    let list = list.join(t.pick("、", ", "));
    vec![say!(t, "{place} 依次：{list}", "{place} in this order: {list}")]
}

/// How long keys are waited for.
pub(crate) fn clock(scene: &Scene<'_>) -> Vec<String> {
    let place = scene.files.below("menus.toml", "[keys]", "first_digit");
    let seconds = scene.plan.limits.first_digit.as_secs();
    vec![format!("{place} keys.first_digit = {seconds}")]
}

/// How long a phone rings.
pub(crate) fn ring(scene: &Scene<'_>, seat: SeatRole) -> Vec<String> {
    let limits = &scene.plan.limits;
    let (table, length) = match seat {
        SeatRole::Operator | SeatRole::Supervisor => ("operators", limits.operator_ring),
        SeatRole::Desk | SeatRole::Liaison => ("desks", limits.desk_ring),
        SeatRole::Citizen | SeatRole::Emergency => return Vec::new(),
    };
    let place = scene.files.below("routing.toml", &format!("[{table}]"), "ring");
    let seconds = length.as_secs();
    vec![say!(
        scene.tongue,
        "{place} {table}.ring = {seconds}：最多振铃 {seconds} 秒",
        "{place} {table}.ring = {seconds}: rings for {seconds} s at most"
    )]
}

/// Why the operator comes first.
pub(crate) fn brings(scene: &Scene<'_>, no: DeskNo) -> Vec<String> {
    let place = scene.files.entry("desks.toml", "no", &no.to_string());
    vec![say!(
        scene.tongue,
        "{place} straight = false：先接话务员，再接窗口",
        "{place} straight = false: an operator first, then the window"
    )]
}

/// Whether a desk is open at a moment, with the calendar's reason.
pub(crate) fn hours(scene: &Scene<'_>, no: DeskNo, utc: i64) -> Told {
    let (t, plan) = (scene.tongue, &scene.plan);
    let (place, last) = (Place::Desk(no.0), plan.limits.last_bridge);
    let found = plan.calendar.may_bridge(place, utc, last);
    let next = if found.open { None } else { plan.calendar.next_bridge(place, utc, last) };
    let why = t.pick(found.why.zh(), found.why.en());
    let at = |ms: i64| clock_time(scene, ms);
    let text = match (found.open, found.closes_at, next) {
        (true, Some(end), _) => {
            let end = at(end);
            say!(t, "{no} 号窗口在办公：{why}，到 {end}", "desk {no} is open: {why}, until {end}")
        }
        (true, None, _) => say!(t, "{no} 号窗口在办公：{why}", "desk {no} is open: {why}"),
        (false, _, Some(next)) => {
            let next = at(next.at);
            say!(t, "{no} 号窗口不办公：{why}；{next} 开始", "desk {no} is closed: {why}; opens {next}")
        }
        (false, _, None) => say!(t, "{no} 号窗口不办公：{why}", "desk {no} is closed: {why}"),
    };
    let facts = json!({
        "desk": no.to_string(), "open": found.open, "reason": why, "provisional": found.provisional,
        "closes_at": found.closes_at.map(at), "next_open": next.map(|n| at(n.at)),
    });
    Told { text, facts, why: layers(scene, no, utc, &found.why) }
}

/// The layers that decided about a day: notice, weekly hours, temporary change, the last minutes.
fn layers(scene: &Scene<'_>, no: DeskNo, utc: i64, why: &Why) -> Vec<String> {
    let (t, calendar) = (scene.tongue, &scene.plan.calendar);
    let date = calendar.zone.date(utc);
    let mut list = Vec::new();
    if let Why::Temporary(..) = why {
        let place = scene.files.line("calendar/hours.toml", |line| line.trim() == "[[change]]");
        let asked = scene.wishes.desk == Mood::ClosedHours || scene.wishes.closed.contains(&no);
        let assumed = t.pick("演练中假定不办公", "shut for this rehearsal");
        return vec![if asked { assumed.to_owned() } else { format!("{place} [[change]]") }];
    }
    let (day, provisional) = calendar.holidays.day(date);
    let year = date.year();
    let notice = scene.files.notice(date).map(|place| format!("{place} ")).unwrap_or_default();
    list.push(match &day {
        Day::Off(name) => say!(t, "{notice}{date} {name} 放假", "{notice}{date} {name}: a day off"),
        Day::MakeUp(name) => {
            say!(t, "{notice}{date} {name} 调休上班", "{notice}{date} {name}: a make-up working day")
        }
        Day::Weekday => say!(t, "{date} 平常工作日", "{date} is a usual working day"),
        Day::Weekend => say!(t, "{date} 周末，没有调休", "{date} is a weekend without make-up"),
    });
    if provisional {
        list.push(say!(
            t,
            "calendar/{year}.json 还没有：放假与调休是推算的",
            "calendar/{year}.json is not there: days off are guessed"
        ));
    }
    if !matches!(day, Day::Off(_)) {
        list.extend(pattern(scene, no, utc, matches!(day, Day::MakeUp(_))));
    }
    if *why == Why::ClosingSoon {
        let place = scene.files.below("routing.toml", "[desks]", "last_bridge");
        list.push(format!("{place} desks.last_bridge = {}", scene.plan.limits.last_bridge.as_secs()));
    }
    list
}

/// Whose weekly hours count, and which of that day.
fn pattern(scene: &Scene<'_>, no: DeskNo, utc: i64, make_up: bool) -> Option<String> {
    let (t, calendar) = (scene.tongue, &scene.plan.calendar);
    let date = calendar.zone.date(utc);
    let desk = calendar.desks.get(&no.0)?;
    let unit = calendar.units.get(&desk.unit);
    let of = |hours: &calendar::Hours| hours.pattern(date).cloned();
    let (level, pattern) = of(&desk.hours)
        .map(|p| (Level::Desk, p))
        .or_else(|| unit.and_then(of).map(|p| (Level::Unit, p)))
        .or_else(|| of(&calendar.centre).map(|p| (Level::Centre, p)))?;
    let place = match level {
        Level::Desk => format!("desk {no}"),
        Level::Unit => format!("unit {}", desk.unit),
        Level::Centre => "centre".to_owned(),
    };
    let line = scene.files.entry("calendar/hours.toml", "place", &place);
    let day = if make_up { pattern.makeup_as } else { date.weekday() };
    let spans: Vec<String> = pattern.spans(day).iter().map(ToString::to_string).collect();
    let spans = if spans.is_empty() { t.pick("不办公", "closed").to_owned() } else { spans.join(" ") };
    let day = weekday_word(day);
    Some(if make_up {
        say!(
            t,
            "{line} place = {place}，调休上班日按 {day}：{spans}",
            "{line} place = {place}, a make-up day uses {day}'s pattern: {spans}"
        )
    } else {
        say!(t, "{line} place = {place}，{day}：{spans}", "{line} place = {place}, {day}: {spans}")
    })
}

fn weekday_word(day: Weekday) -> &'static str {
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    names.get(usize::from(day.to_monday_zero_offset().unsigned_abs())).copied().unwrap_or_default()
}

/// `2026-10-08 08:30`
pub(crate) fn clock_time(scene: &Scene<'_>, utc: i64) -> String {
    let (date, millis) = scene.plan.calendar.zone.civil(utc);
    let minutes = millis / 60_000;
    format!("{date} {:02}:{:02}", minutes / 60, minutes % 60)
}

/// In which order a desk's people are rung.
pub(crate) fn order(scene: &Scene<'_>, no: DeskNo, order: &Order) -> Told {
    let (t, limits) = (scene.tongue, &scene.plan.limits);
    let (attempts, ring) = (limits.desk_attempts, limits.desk_ring.as_secs());
    let people: Vec<String> = order.candidates.iter().map(|c| candidate(scene, c)).collect();
    let mut people = people.join(t.pick("、", ", "));
    if people.is_empty() {
        people = t.pick("没有人", "nobody").to_owned();
    }
    let text = say!(
        t,
        "依次呼叫（最多 {attempts} 次，每次 {ring} 秒）：{people}",
        "rings in this order ({attempts} attempts of {ring} s at most): {people}"
    );
    let facts = json!({
        "desk": no.to_string(),
        "people": order.candidates.iter().map(|c| json!({
            "desk": c.desk.map(|no| no.to_string()), "staff": &*c.member.staff.0,
            "address": address(&c.member.address), "absent": absent(scene, c), "together": c.together,
        })).collect::<Vec<_>>(),
        "closed": order.closed.iter().map(|(no, _)| no.to_string()).collect::<Vec<_>>(),
    });
    Told { text, facts, why: members(scene, no, order) }
}

fn candidate(scene: &Scene<'_>, candidate: &Candidate) -> String {
    let t = scene.tongue;
    let who = staff_at(scene, &candidate.member.address);
    let mut text = match candidate.desk {
        Some(no) => say!(t, "{no} 号窗口 {who}", "desk {no} {who}"),
        None => say!(t, "联络员 {who}", "liaison {who}"),
    };
    if candidate.together {
        text.push_str(t.pick("（同时）", " (together)"));
    }
    if absent(scene, candidate) {
        text.push_str(t.pick("（话机未注册，跳过）", " (phone not registered: passed over)"));
    }
    text
}

fn absent(scene: &Scene<'_>, candidate: &Candidate) -> bool {
    let phone = matches!(candidate.member.address, Address::Phone(_));
    phone && candidate.desk.is_some() && scene.wishes.desk == Mood::Absent
}

fn members(scene: &Scene<'_>, no: DeskNo, order: &Order) -> Vec<String> {
    let (t, plan) = (scene.tongue, &scene.plan);
    let mut list = Vec::new();
    let mut seen: Vec<DeskNo> = Vec::new();
    for desk in order.candidates.iter().filter_map(|c| c.desk) {
        if seen.contains(&desk) {
            continue;
        }
        seen.push(desk);
        let place = scene.files.entry("desks.toml", "no", &desk.to_string());
        let Some(row) = plan.desks.get(&desk) else { continue };
        let how = hunt(row, t);
        list.push(if desk == no {
            format!("{place} {desk} {how}")
        } else {
            say!(
                t,
                "{place} {desk} {how}，同单位且办同样事项",
                "{place} {desk} {how}, of the same unit with a service in common"
            )
        });
    }
    for (desk, why) in &order.closed {
        let why = t.pick(why.zh(), why.en());
        list.push(say!(
            t,
            "{desk} 号窗口也能办，但不办公：{why}",
            "desk {desk} would help but is closed: {why}"
        ));
    }
    if let Some(desk) = plan.desks.get(&no) {
        let unit = &desk.unit.0;
        let place = scene.files.entry("units.toml", "code", unit);
        list.push(say!(
            t,
            "{place} {unit} 的第一联系人最后呼叫",
            "{place} the first contact of {unit} comes last"
        ));
    }
    list
}

fn hunt(desk: &Desk, t: Tongue) -> &'static str {
    match desk.hunt {
        Hunt::Sequential => {
            t.pick("hunt = sequential，按文件次序", "hunt = sequential, in the order of the file")
        }
        Hunt::All => t.pick("hunt = all，同时呼叫", "hunt = all, together"),
        Hunt::LongestIdle => {
            t.pick("hunt = longest_idle，最久空闲者先", "hunt = longest_idle, the longest idle first")
        }
    }
}

/// A phone of ours as it is; anybody's number masked.
pub(crate) fn address(address: &Address) -> String {
    match address {
        Address::Phone(user) => user.to_string(),
        Address::Number(number) => number.masked(),
    }
}

/// Whose phone it is.
pub(crate) fn staff_no(scene: &Scene<'_>, at: &Address) -> Option<String> {
    let staff = scene.checked.settings.staff.iter().find(|s| s.address == *at);
    staff.map(|s| s.no.0.to_string())
}

/// `1001 (op1)`
pub(crate) fn staff_at(scene: &Scene<'_>, at: &Address) -> String {
    let shown = address(at);
    match staff_no(scene, at) {
        Some(no) => scene.tongue.pick(format!("{no}（{shown}）"), format!("{no} ({shown})")),
        None => shown,
    }
}
