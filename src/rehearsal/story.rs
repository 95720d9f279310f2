//! What is told of the play: ordered steps with their virtual time, their facts for machines, and who decided.

use std::collections::BTreeMap;
use std::time::Duration;

use call::LegId;
use call::action::{Hearers, Play, Refusal, Say, SeatRole};
use call::cause::{Cause, Reason};
use call::cdr::{CallRow, EventRow};
use call::event::Key;
use call::ids::{Address, DeskNo, PlayId, PromptId};
use serde_json::{Value, json};

use crate::keys::Question;
use crate::order::Order;
use crate::people::{Caller, Leg};
use crate::wishes::{shown, shown_number};
use crate::{Ending, Scene, Step, Tale, say, why};

/// The first words of the voice mail.
const NOBODY: PromptId = PromptId(72);

/// The telling under way.
pub(crate) struct Story<'a> {
    pub(super) scene: &'a Scene<'a>,
    steps: Vec<Step>,
    question: Question,
    order: Order,
    /// Who talks with the caller.
    joined: Vec<String>,
    cause: Option<Cause>,
    /// The tool pressed 1 at P31 although the keys did not say so.
    confirmed: bool,
    opened: bool,
}

impl<'a> Story<'a> {
    pub fn new(scene: &'a Scene<'a>) -> Self {
        Self {
            scene,
            steps: Vec::new(),
            question: Question::Menu(scene.plan.menus.root.clone()),
            order: Order::default(),
            joined: Vec::new(),
            cause: None,
            confirmed: false,
            opened: false,
        }
    }

    fn tell(&mut self, at: Duration, kind: &'static str, text: String, facts: Value, why: Vec<String>) {
        self.steps.push(Step { at, kind, text, facts, why, play: None });
    }

    /// What was cut short in the moment in which it began was not heard.
    pub fn cut(&mut self, at: Duration, play: PlayId) {
        self.steps.retain(|step| step.at != at || step.play != Some(play));
    }

    pub fn offered(&mut self, at: Duration, row: &CallRow) {
        if !self.scene.told {
            return;
        }
        let (t, scene) = (self.scene.tongue, self.scene);
        let ours = scene.plan.numbers.contains(&row.did);
        let (from, to) = (masked(scene), shown_number(&row.did, &scene.plan));
        let text = if ours {
            say!(t, "{from} 拨 {to}：是本热线的号码", "{from} dials {to}: a number of this hotline")
        } else {
            say!(t, "{from} 拨 {to}：不是本热线的号码", "{from} dials {to}: no number of this hotline")
        };
        self.tell(at, "offered", text, json!({"from": from, "to": to, "ours": ours}), why::numbers(scene));
    }

    pub fn refused(&mut self, at: Duration, cause: Cause) {
        if !self.scene.told {
            return;
        }
        let status = cause.sip_status();
        let words = self.scene.tongue.pick(cause.zh(), cause.en());
        let text =
            say!(self.scene.tongue, "拒绝，SIP {status}：{words}", "refused with SIP {status}: {words}");
        self.tell(at, "refused", text, json!({"status": status, "cause": cause.word()}), Vec::new());
    }

    pub fn answered(&mut self, at: Duration) {
        if !self.scene.told {
            return;
        }
        let text = self.scene.tongue.pick("记录落盘后接听", "answered, after its row is on disk");
        self.tell(at, "answered", text.to_owned(), json!({}), why::greeting(self.scene));
    }

    /// Something is said: a step for each prompt.
    pub fn plays(&mut self, at: Duration, play: &Play, legs: &BTreeMap<LegId, Leg>, citizen: LegId) {
        if !self.scene.told {
            return;
        }
        let (t, scene) = (self.scene.tongue, self.scene);
        let (hearer, who) = match play.to {
            Hearers::Seat(leg) if leg == citizen => {
                ("citizen", t.pick("群众听到", "caller hears").to_owned())
            }
            Hearers::Seat(leg) => {
                let name = legs.get(&leg).map(|leg| self.person(leg.role, &leg.address)).unwrap_or_default();
                ("staff", say!(t, "{name}听到", "{name} hears"))
            }
            Hearers::Main | Hearers::Private => ("all", t.pick("大家听到", "all hear").to_owned()),
        };
        for one in &play.say {
            let Say::Prompt(id, slots) = one else { continue };
            if *id == NOBODY {
                let text = t.pick(
                    "没有能接听的话务员在岗，转留言",
                    "no operator who could answer is on duty: voice mail",
                );
                self.tell(at, "nobody", text.to_owned(), json!({}), why::nobody(scene));
            }
            let heard = scene.prompts.text(*id, slots, play.lang, &scene.plan.calendar.zone);
            let text = format!("{who} {id} {heard}").trim_end().to_owned();
            let facts = json!({
                "hearer": hearer, "prompt": id.to_string(), "lang": play.lang.tag(), "words": heard,
            });
            let why = why::prompt(scene, *id, &self.question, !self.opened);
            self.steps.push(Step { at, kind: "hears", text, facts, why, play: Some(play.play) });
            if hearer == "citizen" {
                self.question.follow(*id, slots, &scene.plan.menus.root);
            }
        }
        self.opened = true;
    }

    /// The caller begins to press these keys.
    pub fn keyed(&mut self, at: Duration, keys: &[Key]) {
        if !self.scene.told {
            return;
        }
        let (t, keyed) = (self.scene.tongue, shown(keys));
        let meaning = self.question.meaning(self.scene, keys);
        let what = meaning.words;
        let text = say!(t, "按键 {keyed}：{what}", "keys {keyed}: {what}");
        let facts = json!({"keys": keyed, "question": self.question.word(), "meaning": what});
        let mut why = meaning.why;
        if std::mem::take(&mut self.confirmed) {
            why.push(
                t.pick(
                    "没有给出这个键，这里假定群众确认",
                    "not among the keys that were given: the caller is taken to confirm",
                )
                .to_owned(),
            );
        }
        self.tell(at, "keys", text, facts, why);
    }

    /// The next keys are the tool's own.
    pub fn confirms_by_itself(&mut self) {
        self.confirmed = true;
    }

    /// Whether a desk is open when the caller confirms it.
    pub fn hours(&mut self, at: Duration, no: DeskNo, utc: i64) {
        if !self.scene.told {
            return;
        }
        let told = why::hours(self.scene, no, utc);
        self.tell(at, "hours", told.text, told.facts, told.why);
    }

    /// In which order a desk's people are rung.
    pub fn order(&mut self, at: Duration, no: DeskNo, order: Order) {
        let told = why::order(self.scene, no, &order);
        self.tell(at, "order", told.text, told.facts, told.why);
        self.order = order;
    }

    pub fn rings(&mut self, at: Duration, seat: SeatRole, to: &Address) {
        if !self.scene.told {
            return;
        }
        let (t, who) = (self.scene.tongue, self.person(seat, to));
        let facts = self.facts(seat, to);
        self.tell(at, "rings", say!(t, "呼叫{who}", "rings {who}"), facts, why::ring(self.scene, seat));
    }

    pub fn answers(&mut self, at: Duration, leg: Option<&Leg>) {
        if !self.scene.told {
            return;
        }
        let Some(leg) = leg else { return };
        let (t, who) = (self.scene.tongue, self.person(leg.role, &leg.address));
        let facts = self.facts(leg.role, &leg.address);
        self.tell(at, "answers", say!(t, "{who}接听", "{who} answers"), facts, Vec::new());
    }

    /// Somebody of us presses a key at the whisper.
    pub fn pressed(&mut self, at: Duration, leg: Option<&Leg>, key: Key) {
        if !self.scene.told {
            return;
        }
        let Some(leg) = leg else { return };
        let (t, who, key) = (self.scene.tongue, self.person(leg.role, &leg.address), key.as_char());
        let mut facts = self.facts(leg.role, &leg.address);
        facts["key"] = json!(key.to_string());
        self.tell(at, "presses", say!(t, "{who}按 {key}", "{who} presses {key}"), facts, Vec::new());
    }

    /// The operator asks for the desk that the menu filled in.
    pub fn brings(&mut self, at: Duration, no: DeskNo) {
        if !self.scene.told {
            return;
        }
        let t = self.scene.tongue;
        let text = say!(
            t,
            "话务员请预填的 {no} 号窗口加入（话机 *3#，或屏幕）",
            "the operator brings in desk {no}, which the menu filled in (*3# on the phone, or the screen)"
        );
        self.tell(at, "brings", text, json!({"desk": no.to_string()}), why::brings(self.scene, no));
    }

    pub fn not_brought(&mut self, at: Duration, refusal: &Refusal) {
        if !self.scene.told {
            return;
        }
        let t = self.scene.tongue;
        let words = match refusal {
            Refusal::DeskClosed { .. } => t.pick("窗口不办公", "the desk is closed"),
            Refusal::NoSuchTarget | Refusal::NoSuchCall => t.pick("没有这个窗口", "no such desk"),
            Refusal::WrongStage { .. } | Refusal::SeatTaken => t.pick("此时不能加入", "not at this stage"),
            Refusal::NotAllowed => t.pick("不在许可之列", "not on the allow-list"),
            Refusal::NoPhone => t.pick("话机不可用", "the phone can't be rung"),
            Refusal::OutcomeDue => t.pick("尚未填写处理结果", "an outcome is due"),
        };
        let text = say!(t, "没有请来窗口：{words}", "the desk is not brought in: {words}");
        self.tell(at, "not_brought", text, json!({"refusal": words}), Vec::new());
    }

    pub fn message(&mut self, at: Duration, max: Duration) {
        if !self.scene.told {
            return;
        }
        let (t, seconds) = (self.scene.tongue, max.as_secs());
        let text = say!(t, "录留言，最长 {seconds} 秒", "a message is recorded, {seconds} s at most");
        let place = self.scene.files.below("menus.toml", "[message]", "max");
        let why = say!(t, "{place} message.max = {seconds}", "{place} message.max = {seconds}");
        self.tell(at, "message", text, json!({"max_s": seconds}), vec![why]);
    }

    pub fn ended(&mut self, row: &CallRow) {
        self.cause = row.cause;
    }

    /// A line of the core's own time line.
    pub fn event(&mut self, at: Duration, row: &EventRow, leg: Option<&Leg>) {
        if !self.scene.told {
            return;
        }
        let t = self.scene.tongue;
        let detail =
            |key: &str| row.detail.split(' ').find_map(|word| word.strip_prefix(key).map(str::to_owned));
        match row.kind {
            "queue.enter" => {
                let skill = detail("skill=").unwrap_or_default();
                let text =
                    say!(t, "排队，等候技能 {skill} 的话务员", "queues for an operator with skill {skill}");
                let why = why::queue(self.scene, &skill);
                self.tell(at, "queue", text, json!({"skill": skill}), why);
            }
            "ivr.prompt" => {
                if let Some(menu) = detail("menu=") {
                    self.question = Question::Menu(menu.into());
                }
            }
            "ivr.timeout" => {
                let text = t.pick("没有按键", "no key was pressed");
                self.tell(at, "no_key", text.to_owned(), json!({}), why::clock(self.scene));
            }
            "ivr.invalid" => {
                let text = t.pick("按键无效", "the keys are not valid");
                self.tell(at, "invalid", text.to_owned(), json!({}), Vec::new());
            }
            "leg.joined" => {
                let Some(leg) = leg else { return };
                let who = self.person(leg.role, &leg.address);
                let facts = self.facts(leg.role, &leg.address);
                self.tell(at, "joins", say!(t, "{who}加入通话", "{who} joins"), facts, Vec::new());
                self.joined.push(who);
            }
            "leg.failed" | "agent.reject" | "leg.declined" | "leg.left" => self.lost(at, row, leg),
            "room.reduced" if row.cause.is_some_and(|c| c.reason == Reason::Exhausted) => {
                let text = t.pick("窗口和联络员都没有接通", "neither windows nor liaison could be reached");
                self.tell(at, "exhausted", text.to_owned(), json!({}), Vec::new());
            }
            _ => {}
        }
    }

    /// Somebody was passed over, did not come, or went again.
    fn lost(&mut self, at: Duration, row: &EventRow, leg: Option<&Leg>) {
        let (t, Some(cause)) = (self.scene.tongue, row.cause) else { return };
        let words = t.pick(cause.zh(), cause.en());
        let Some(leg) = leg else {
            let staff = row.detail.strip_prefix("staff=").unwrap_or_default().to_owned();
            let text = say!(t, "跳过 {staff}：{words}", "{staff} is passed over: {words}");
            return self.tell(
                at,
                "skipped",
                text,
                json!({"staff": staff, "cause": cause.word()}),
                Vec::new(),
            );
        };
        // An operator's miss has a line of its own; who is let go because another came has missed nothing.
        let operator = matches!(leg.role, SeatRole::Operator | SeatRole::Supervisor);
        if (operator && row.kind != "agent.reject") || matches!(cause.reason, Reason::Cancelled) {
            return;
        }
        if row.kind == "leg.left" && cause.reason != Reason::NoKey {
            return;
        }
        let who = self.person(leg.role, &leg.address);
        let mut facts = self.facts(leg.role, &leg.address);
        facts["cause"] = json!(cause.word());
        self.tell(
            at,
            "failed",
            say!(t, "{who}未接通：{words}", "{who} did not come: {words}"),
            facts,
            Vec::new(),
        );
    }

    /// Closes the tale.
    pub fn end(mut self, at: Duration, ending: Ending, caller: &Caller) -> Tale {
        let told = self.scene.told;
        let result = if told { self.result(ending) } else { String::new() };
        let notes = if told { self.notes(caller) } else { Vec::new() };
        let joined = std::mem::take(&mut self.joined);
        let steps = std::mem::take(&mut self.steps);
        Tale { steps, at, ending, result, notes, owed: false, offered: false, joined }
    }

    fn result(&self, ending: Ending) -> String {
        let t = self.scene.tongue;
        let people = self.joined.join(t.pick("、", ", "));
        match ending {
            Ending::Three => say!(t, "三方通话：群众、{people}", "three-way call: caller, {people}"),
            Ending::Talk => say!(t, "通话：群众、{people}", "talk: caller, {people}"),
            Ending::TalkDesk => say!(t, "与窗口通话：群众、{people}", "talk with a desk: caller, {people}"),
            Ending::Message => t.pick("留言", "voice mail").to_owned(),
            Ending::Refused | Ending::Over => {
                let words = self.cause.map(|cause| t.pick(cause.zh(), cause.en())).unwrap_or_default();
                say!(t, "结束：{words}", "ended: {words}")
            }
            Ending::Waiting(position) => {
                let place = position.unwrap_or(1);
                say!(
                    t,
                    "5 分钟后仍在等候，排在第 {place} 位",
                    "still waiting after 5 minutes, at place {place}"
                )
            }
        }
    }

    fn notes(&self, caller: &Caller) -> Vec<String> {
        let t = self.scene.tongue;
        let mut notes = Vec::new();
        if caller.waited_for {
            notes.push(
                t.pick(
                    "演算让话务员等群众按完键再接听；实际中话务员先接听，菜单就结束。",
                    "here operators let the caller finish the keys; in life the menu ends as soon as one answers.",
                )
                .to_owned(),
            );
        }
        if !caller.groups.is_empty() {
            let keys: Vec<String> = caller.groups.iter().map(|group| shown(group)).collect();
            let keys = keys.join(",");
            notes.push(say!(
                t,
                "没有用到的按键：{keys}（到这一步已没有菜单在听）。",
                "keys that were not used: {keys} (no menu listens any more)."
            ));
        }
        if matches!(self.question, Question::Told | Question::Code) {
            notes.push(
                t.pick(
                    "没有查询工单库：演算假定工单存在，昨天受理，已交办。",
                    "the case store is not asked: the case is taken to exist, received yesterday, handed over.",
                )
                .to_owned(),
            );
        }
        notes
    }

    /// Who it is: `operator 1001 (op1)`.
    fn person(&self, seat: SeatRole, address: &Address) -> String {
        let t = self.scene.tongue;
        let window = self.order.window(address).filter(|_| seat == SeatRole::Desk);
        let role = match (seat, window) {
            (SeatRole::Operator, _) => t.pick("话务员", "operator").to_owned(),
            (SeatRole::Supervisor, _) => t.pick("班长", "shift lead").to_owned(),
            (SeatRole::Desk, Some(no)) => say!(t, "窗口 {no} 的", "desk {no}'s"),
            (SeatRole::Desk, None) => t.pick("窗口", "desk").to_owned(),
            (SeatRole::Liaison, _) => t.pick("联络员", "liaison").to_owned(),
            (SeatRole::Emergency, _) => t.pick("紧急电话", "emergency").to_owned(),
            (SeatRole::Citizen, _) => t.pick("群众", "caller").to_owned(),
        };
        format!("{role} {}", why::staff_at(self.scene, address))
    }

    fn facts(&self, seat: SeatRole, address: &Address) -> Value {
        let window = self.order.window(address).filter(|_| seat == SeatRole::Desk);
        json!({
            "seat": seat.word(),
            "staff": why::staff_no(self.scene, address),
            "desk": window.map(|no| no.to_string()),
            "address": why::address(address),
        })
    }
}

/// The caller as the reader may see them.
pub(crate) fn masked(scene: &Scene<'_>) -> String {
    let from = &scene.wishes.from;
    if from.withheld { scene.tongue.pick("匿名", "anonymous").to_owned() } else { from.number.masked() }
}
