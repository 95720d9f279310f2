//! What the caller is being asked, and what keys mean then: the plan's menus and the fixed questions of the house.

use call::action::{Slot, Value};
use call::case_no;
use call::event::Key;
use call::ids::{DeskNo, Lang, Name, PromptId};
use call::plan::{Field, Go, Input};

use crate::wishes::shown;
use crate::{Scene, Tongue, say};

/// What is being asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Question {
    /// A menu of menus.toml.
    Menu(Name),
    /// P21: the query code.
    Code,
    /// P31: is it this desk?
    Confirm(DeskNo),
    /// P32, P33: 0 is an operator.
    Closed,
    /// P26: again, or an operator.
    Told,
    /// P13: call back, or stay.
    Offer,
    /// P14: this number?
    OwnNumber,
    /// P15: which number?
    OtherNumber,
}

/// What keys mean.
pub(crate) struct Meaning {
    pub words: String,
    pub why: Vec<String>,
}

impl Question {
    /// The word for machines.
    pub fn word(&self) -> String {
        match self {
            Self::Menu(name) => format!("menu {name}"),
            Self::Code => "query_code".to_owned(),
            Self::Confirm(_) => "confirm".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Told => "told".to_owned(),
            Self::Offer => "call_back_offer".to_owned(),
            Self::OwnNumber => "call_back_number".to_owned(),
            Self::OtherNumber => "other_number".to_owned(),
        }
    }

    /// The caller hears a prompt: some of them ask something.
    pub fn follow(&mut self, id: PromptId, slots: &[(Slot, Value)], root: &Name) {
        let desk = slots.iter().find_map(|(_, value)| match value {
            Value::Desk(no, _) => Some(*no),
            _ => None,
        });
        *self = match (id.0, desk) {
            (21, _) => Self::Code,
            (31, Some(no)) => Self::Confirm(no),
            (32 | 33, _) => Self::Closed,
            (26, _) => Self::Told,
            (13, _) => Self::Offer,
            (14, _) => Self::OwnNumber,
            (15, _) => Self::OtherNumber,
            // In the queue the first menu goes on listening.
            (4, _) => Self::Menu(Name::clone(root)),
            _ => return,
        };
    }

    /// What these keys mean, the first of them where each stands alone.
    pub fn meaning(&self, scene: &Scene<'_>, keys: &[Key]) -> Meaning {
        let t = scene.tongue;
        let fixed = |zh: &str, en: &str| Meaning { words: t.pick(zh, en).to_owned(), why: Vec::new() };
        let first = keys.first().copied();
        match (self, first) {
            (Self::Menu(name), _) => menu(scene, name, keys),
            (Self::Code, _) => fixed("查询码", "the query code"),
            (Self::Confirm(no), Some(Key::Digit(1))) => {
                Meaning { words: say!(t, "确认找 {no} 号窗口", "yes, desk {no}"), why: Vec::new() }
            }
            (Self::Confirm(_), Some(Key::Digit(2))) => fixed("重新输入", "another number"),
            (Self::Offer | Self::OwnNumber, Some(Key::Digit(1))) => fixed("要回电", "call back"),
            (Self::Offer, _) => fixed("继续等候", "keeps waiting"),
            (Self::OwnNumber, Some(Key::Digit(2))) => fixed("换一个号码", "another number"),
            (Self::OtherNumber, _) => fixed("回电号码", "the number to call back"),
            (Self::Told, Some(Key::Digit(9))) => fixed("重听", "again"),
            (_, Some(Key::Digit(0))) => fixed("转话务员", "an operator"),
            (_, Some(Key::Star)) => fixed("返回第一级菜单", "back to the first menu"),
            (Self::Confirm(_) | Self::Closed | Self::Told | Self::OwnNumber, _) => {
                fixed("没有这个选项", "no such option")
            }
        }
    }
}

fn menu(scene: &Scene<'_>, name: &Name, keys: &[Key]) -> Meaning {
    let t = scene.tongue;
    let none = || Meaning {
        words: t.pick("没有这个选项", "no such option").to_owned(),
        why: vec![scene.files.line("menus.toml", |line| line.trim() == format!("[menu.{name}]"))],
    };
    let Some(menu) = scene.plan.menus.menus.get(name) else { return none() };
    let single = |list: &[(Key, Go)]| match keys {
        [one] | [one, Key::Hash] => list.iter().find(|(key, _)| key == one).map(|(_, go)| (*one, go.clone())),
        _ => None,
    };
    match &menu.input {
        Input::Keys(list) => {
            let found = keys.first().and_then(|k| list.iter().find(|(key, _)| key == k));
            let Some((key, go)) = found else { return none() };
            led(scene, &format!("menu.{name}.keys"), *key, go)
        }
        Input::Digits { field, instead, .. } => match single(instead) {
            Some((key, go)) => led(scene, &format!("menu.{name}.digits.instead"), key, &go),
            None => entered(scene, name, *field, keys),
        },
    }
}

/// A key that leads somewhere.
fn led(scene: &Scene<'_>, table: &str, key: Key, go: &Go) -> Meaning {
    let key = key.as_char().to_string();
    let place = scene.files.below("menus.toml", &format!("[{table}]"), &key);
    let way = way(go);
    Meaning { words: words(go, scene.tongue), why: vec![format!("{place} {table}: {key} = {way}")] }
}

/// Digits of a field.
fn entered(scene: &Scene<'_>, name: &Name, field: Field, keys: &[Key]) -> Meaning {
    let (t, digits) = (scene.tongue, shown(keys));
    let digits = digits.trim_end_matches('#');
    let words = match field {
        Field::Desk => {
            let no = digits.parse().ok().map(DeskNo).filter(|_| digits.len() == 3);
            match no.and_then(|no| scene.plan.desks.get(&no)) {
                Some(desk) => {
                    let unit = scene.plan.units.get(&desk.unit).map(|u| u.name.clone()).unwrap_or_default();
                    let (no, name) = (desk.no, &desk.name);
                    say!(t, "{no} 号窗口：{name}，{unit}", "desk {no}: {name}, {unit}")
                }
                None => say!(t, "没有 {digits} 号窗口", "there is no desk {digits}"),
            }
        }
        Field::Case if case_no::valid(digits) => {
            t.pick("工单编号，校验位正确", "a case number whose check digit is right").to_owned()
        }
        Field::Case => t.pick("工单编号，校验位不对", "a case number whose check digit is wrong").to_owned(),
        Field::QueryCode => t.pick("查询码", "the query code").to_owned(),
        Field::CallBackNumber => t.pick("回电号码", "the number to call back").to_owned(),
    };
    let place = scene.files.below("menus.toml", &format!("[menu.{name}.digits]"), "field");
    let mut why = vec![format!("{place} menu.{name}.digits")];
    if field == Field::Desk {
        why.push(scene.files.entry("desks.toml", "no", digits));
    }
    Meaning { words, why }
}

/// Where a key leads, as menus.toml writes it.
fn way(go: &Go) -> String {
    match go {
        Go::Menu(name) => format!("menu {name}"),
        Go::Queue(skill) => format!("queue {}", skill.0),
        Go::Language(Lang::Zh, then) => format!("language zh, {}", way(then)),
        Go::Language(Lang::En, then) => format!("language en, {}", way(then)),
        Go::Repeat => "repeat".to_owned(),
        Go::Back => "back".to_owned(),
        Go::TellProgress => "tell_progress".to_owned(),
        Go::ReachDesk => "reach_desk".to_owned(),
        Go::Message => "message".to_owned(),
    }
}

fn words(go: &Go, t: Tongue) -> String {
    match go {
        Go::Menu(name) => say!(t, "进入菜单 {name}", "on to menu {name}"),
        Go::Queue(skill) => {
            let skill = &skill.0;
            say!(t, "转话务员（技能 {skill}）", "an operator (skill {skill})")
        }
        Go::Language(lang, then) => {
            let (tag, then) = (lang.tag(), words(then, t));
            say!(t, "改用 {tag}，{then}", "language {tag}, {then}")
        }
        Go::Repeat => t.pick("重播", "again").to_owned(),
        Go::Back => t.pick("返回第一级菜单", "back to the first menu").to_owned(),
        Go::TellProgress => t.pick("播报进度", "tells the progress").to_owned(),
        Go::ReachDesk => t.pick("找窗口", "reaches the desk").to_owned(),
        Go::Message => t.pick("留言", "leaves a message").to_owned(),
    }
}
