//! What a script's people do.

use calendar::HandoverScope;
use promise::{
    Answers, Because, CallBackEvent, CallId, Case, CaseId, Channel, Citizen, Debt, Event, Flag, ItemEvent,
    ItemId, Method, Month, Name, NoticeEvent, Of, Opening, Proof, Track,
};

use crate::world::people::Habit;
use crate::world::time::{at, say, try_at};
use crate::world::{Line, World, notices, whole};

/// A house, and the names that a script gives.
pub struct Play {
    pub world: World,
    cases: Vec<(String, CaseId)>,
    callbacks: Vec<CallId>,
    notice: Option<(Month, Name)>,
}

type Fault = String;

fn unknown(text: &str) -> Fault {
    format!("nobody knows how to do this: {text}")
}

impl Play {
    pub fn new(world: World) -> Self {
        Self { world, cases: Vec::new(), callbacks: Vec::new(), notice: None }
    }

    /// A line before the first step.
    pub fn prepare(&mut self, text: &str) -> Result<(), Fault> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["with", who, habit @ ..] => {
                let habit = habit_of(habit).ok_or_else(|| unknown(text))?;
                self.world.people.0.insert((*who).to_owned(), habit);
            }
            ["years", years @ ..] => self.load(years)?,
            ["scope", "working_hours"] => {
                self.world.house.calendar.handover_scope = HandoverScope::WorkingHours;
            }
            ["case", name, flags @ ..] => self.open(name, flags)?,
            _ => return Err(unknown(text)),
        }
        Ok(())
    }

    fn load(&mut self, years: &[&str]) -> Result<(), Fault> {
        let mut loaded = Vec::new();
        for year in years {
            // A year that nobody has announced yet is written into the script: 2027:01-01,01-02,+01-03
            let (year, days) = year.split_once(':').unwrap_or((year, ""));
            let number: i16 = year.parse().map_err(|_| unknown(year))?;
            if days.is_empty() {
                loaded.push(notices::notice(&notices::text(number)));
            } else {
                loaded.push(notices::made_up(number, days));
            }
        }
        self.world.house.calendar.holidays = calendar::Holidays::merge(loaded);
        Ok(())
    }

    fn open(&mut self, name: &str, flags: &[&str]) -> Result<(), Fault> {
        let id = CaseId(self.world.mint());
        let has = |flag: &str| flags.contains(&flag);
        let opening = Opening {
            at: self.world.now,
            track: if has("reply") { Track::Reply } else { Track::Case },
            citizen: (!has("anonymous")).then_some(Citizen(if has("same-citizen") { 1 } else { id.0 })),
            confidential: has("confidential"),
            urgent: has("urgent"),
            repeat_of: has("repeat").then_some(CaseId(1)),
        };
        self.world.house.open(id, opening).map_err(|refusal| refusal.en())?;
        self.cases.push((name.to_owned(), id));
        Ok(())
    }

    /// The case that the first word names, else the first.
    pub fn named(&self, words: &[&str]) -> &Case {
        let by_name = words.first().and_then(|word| self.cases.iter().find(|(name, _)| name == word));
        let (_, id) = by_name.or(self.cases.first()).expect("a case");
        self.world.case(*id)
    }

    /// A line as the script sees it: with the name of its case when there are several; call-backs are numbered.
    pub fn text(&self, line: &Line) -> String {
        let case =
            self.cases.iter().find(|(_, id)| line.of == Some(Of::Case(*id))).map(|(name, _)| name.clone());
        let callback = self.callbacks.iter().position(|call| line.of == Some(Of::CallBack(*call)));
        match (case, callback) {
            (Some(name), _) if self.cases.len() > 1 => format!("{name} {}", line.text),
            (_, Some(number)) if self.callbacks.len() > 1 => format!("{} {}", number + 1, line.text),
            _ => line.text.clone(),
        }
    }

    pub fn perform(&mut self, text: &str) -> Result<(), Fault> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let id = match self.cases.iter().find(|(name, _)| Some(&name.as_str()) == words.first()) {
            Some((_, id)) if self.cases.len() > 1 => {
                words.remove(0);
                Some(*id)
            }
            _ => self.cases.first().map(|(_, id)| *id),
        };
        if let Some(event) = event(&words) {
            // A refusal is a line of the story.
            let _ = self.world.tell(id.ok_or("no case")?, event);
            return Ok(());
        }
        match words.as_slice() {
            ["-"] => Ok(()),
            ["calendar", years @ ..] => {
                self.load(years)?;
                let ids: Vec<CaseId> = self.cases.iter().map(|(_, id)| *id).collect();
                for id in ids {
                    self.world.tell(id, Event::CalendarChanged).map_err(|r| r.en())?;
                }
                Ok(())
            }
            [who, "is", habit @ ..] => {
                let habit = habit_of(habit).ok_or_else(|| unknown(text))?;
                self.world.people.0.insert((*who).to_owned(), habit);
                Ok(())
            }
            ["crash", seconds] => self.crash(seconds),
            _ => self.beside(&words, text),
        }
    }

    /// The node is away for so long; what it was doing is lost.
    fn crash(&mut self, seconds: &str) -> Result<(), Fault> {
        let seconds: i64 = seconds.parse().map_err(|_| unknown(seconds))?;
        self.world.crash(seconds * 1000);
        Ok(())
    }

    /// Call-backs, ledger, notices, tests.
    fn beside(&mut self, words: &[&str], text: &str) -> Result<(), Fault> {
        let now = self.world.now;
        let civil = || Name::from("civil");
        let done = match words {
            ["missed", because, "since", since] => {
                let because = match *because {
                    "missed" => Because::Missed,
                    "asked" => Because::Asked,
                    "cut_off" => Because::CutOff,
                    _ => return Err(unknown(text)),
                };
                let today = say(now);
                let since = at(&format!("{} {since}", &today[..10]));
                let call = CallId(self.world.mint());
                self.callbacks.push(call);
                let debt = Debt { call, citizen: Citizen(call.0), because, since, urgent: false };
                Ok(self.world.house.owe(now, debt))
            }
            ["misses", "again"] => self.callback_event(CallBackEvent::MissedAgain(CallId(77))),
            ["calls", "again"] => self.callback_event(CallBackEvent::CalledAgain),
            ["reached", "by", "person"] => self.callback_event(CallBackEvent::ReachedByPerson),
            ["ledger", why] => Ok(self.world.house.list(now, ItemId(5), civil(), (*why).into())),
            ["review", what] => {
                self.world.house.tell_item(now, ItemId(5), ItemEvent::Reviewed((*what).into()))
            }
            ["strike", why] => self.world.house.tell_item(now, ItemId(5), ItemEvent::Struck((*why).into())),
            ["month", month, "chance", chance] => {
                let month = month_of(month).ok_or_else(|| unknown(text))?;
                self.notice = Some((month, civil()));
                let chance = chance.parse().map_err(|_| unknown(text))?;
                self.world.house.plan_month(now, month, &civil(), chance);
                return Ok(());
            }
            ["notice", what, "knowing", known] => {
                let of = self.notice.clone().ok_or("no notice")?;
                let known = known.parse().map_err(|_| unknown(text))?;
                let event = match *what {
                    "edited" => NoticeEvent::Edited("9001".into(), known),
                    "signed" => NoticeEvent::Signed("9001".into(), known),
                    _ => return Err(unknown(text)),
                };
                self.world.house.tell_notice(now, of, event)
            }
            ["notice", what] => {
                let of = self.notice.clone().ok_or("no notice")?;
                let event = match *what {
                    "sent" => NoticeEvent::Sent("9001".into()),
                    _ => return Err(unknown(text)),
                };
                self.world.house.tell_notice(now, of, event)
            }
            _ => return Err(unknown(text)),
        };
        match done {
            Ok(done) => self.world.log(&done),
            Err(refusal) => {
                let text = format!("refused {}", refusal.word());
                self.world.lines.push(Line { at: now, of: None, text });
            }
        }
        Ok(())
    }

    fn callback_event(
        &mut self,
        event: CallBackEvent,
    ) -> Result<crate::world::house::Done, promise::Refusal> {
        self.world.house.tell_callback(self.world.now, *self.callbacks.first().expect("a call-back"), event)
    }
}

fn month_of(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    Some(Month { year: year.parse().ok()?, month: month.parse().ok()? })
}

fn habit_of(words: &[&str]) -> Option<Habit> {
    Some(match words {
        ["silent"] => Habit::Silent,
        ["busy"] => Habit::Busy,
        ["takes", staff] => Habit::Takes((*staff).to_owned()),
        ["connects", staff] => Habit::Connects((*staff).to_owned()),
        ["wrong-unit"] => Habit::WrongUnit,
        ["declines"] => Habit::Declines,
        ["no-keys"] => Habit::NoKeys,
        ["wrong-number"] => Habit::WrongNumber,
        ["nobody"] => Habit::Nobody,
        ["no-line"] => Habit::NoLine,
        ["says", answers @ ..] => Habit::Says(answers_of(answers)?),
        _ => return None,
    })
}

/// `5`, `not-called`, `called`, `1 no-echo1 no-echo2`.
fn answers_of(words: &[&str]) -> Option<Answers> {
    let mut answers = Answers { score: None, ..whole(5) };
    for word in words {
        match *word {
            "called" => {}
            "not-called" | "no-echo1" => answers.first = Some(false),
            "no-echo2" => answers.second = Some(false),
            score => answers.score = Some(score.parse().ok()?),
        }
    }
    Some(answers)
}

fn event(words: &[&str]) -> Option<Event> {
    let name = |text: &str| Name::from(text);
    Some(match words {
        ["settle", "on", "spot"] => Event::SettledOnSpot,
        ["settle", "three", "way"] => Event::SettledThreeWay,
        ["hand", "over", "to", unit] => Event::HandOver(name(unit)),
        ["received", "by", staff] => Event::Received(name(staff), Channel::Operator),
        ["returned", "because", why] => Event::Returned(name(why)),
        ["reassign", "to", unit] => Event::Reassign(name(unit)),
        ["called", "back", proof, "by", staff] => Event::CalledBack(proof_of(proof)?, name(staff)),
        ["echo1", method, proof, "by", staff] => {
            let (method, proof) = (method_of(method)?, proof_of(proof)?);
            Event::Echo1 { method, proof, by: name(staff), until: try_at("2026-10-16 17:00") }
        }
        ["echo2", method, proof, "by", staff] => {
            Event::Echo2 { method: method_of(method)?, proof: proof_of(proof)?, by: name(staff) }
        }
        ["ask", "extension", days] => Event::AskExtension(days.parse().ok()?, name("rain")),
        ["grant", days] => Event::AnswerExtension(Some(days.parse().ok()?), name("so be it")),
        ["refuse", "extension"] => Event::AnswerExtension(None, name("no reason")),
        ["report", "by", staff] => Event::Reported(name(staff)),
        ["person", "checks", answers @ ..] => Event::CheckedByPerson(answers_of(answers)?),
        ["person", "asks", answers @ ..] => Event::AskedByPerson(answers_of(answers)?),
        ["give", "up"] => Event::GiveUp(name("moved")),
        ["joint", "meeting", "decides"] => Event::Decided(name("paid")),
        ["archive"] => Event::Archive,
        ["merge", "into", other] => Event::Merge(CaseId(other.parse().ok()?)),
        ["flag", flag, on] => {
            let flag = match *flag {
                "urgent" => Flag::Urgent,
                "supervised" => Flag::Supervised,
                "blocked" => Flag::Blocked,
                _ => return None,
            };
            Event::Flag(flag, *on == "on")
        }
        _ => return None,
    })
}

fn proof_of(word: &str) -> Option<Proof> {
    match word {
        "proven" => Some(Proof::Proven(CallId(42))),
        "claimed" => Some(Proof::Claimed),
        _ => None,
    }
}

fn method_of(word: &str) -> Option<Method> {
    match word {
        "phone" => Some(Method::Phone),
        "face" => Some(Method::Face),
        "written" => Some(Method::Written),
        _ => None,
    }
}
