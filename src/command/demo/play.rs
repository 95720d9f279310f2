//! One call, played: citizen, operator, window. Each act waits for what the house tells, never for the clock, and says
//! plainly what did not come about.

use std::sync::Arc;
use std::time::{Duration, Instant};

use call::cdr::EventRow;
use call::ids::CallId;
use phone::{Call, Dial, EndedBy, PhoneError, Ringing, Stats};
use tokio::sync::broadcast;

use super::cast::Cast;
use super::ears::{self, Heard, Part, Who};
use super::stage::CALLER;
use crate::command::Tongue;
use crate::command::tongue::say;

/// How long anything may take that happens at once.
const SOON: Duration = Duration::from_secs(5);
/// How long a prompt may take.
const SPOKEN: Duration = Duration::from_secs(20);
/// How long two speak with each other, and three.
const TWO_SPEAK: Duration = Duration::from_secs(2);
const THREE_SPEAK: Duration = Duration::from_secs(3);
/// How long the citizen listens to the question before a key cuts it short.
const LISTENS: Duration = Duration::from_secs(2);
/// The window keys 1 after so much of the whisper, even when it is longer: the house waits ten seconds for the key.
const WHISPER: Duration = Duration::from_secs(8);
/// So much silence ends what is being said; pauses in it are shorter.
const PAUSE: Duration = Duration::from_millis(600);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);
/// A prompt is heard from this level (RMS): the quietest word of any is louder.
const SOUNDS: f32 = 200.0;
/// A greeting as it should be. G.711 alone costs less than a hundredth.
const ALIKE: f64 = 0.97;
/// More than this of one's own tone in the whole of what one heard is an echo.
const ECHO: f32 = 60.0;

/// What is done and checked, in its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// The citizen dials and is answered.
    Called,
    /// The greeting is heard to its end.
    Greeted,
    /// The operator answers; both hear each other.
    Two,
    /// The operator rings the window and hears it ring.
    Ringing,
    /// The window answers, hears the whisper, and nobody hears it.
    Whisper,
    /// Key 1: all three hear each other.
    Three,
    /// The window hangs up, the others talk on.
    TwoAgain,
    /// The operator ends with the rating.
    Survey,
    /// The citizen rates, is thanked, and the house hangs up.
    Ended,
    /// Nobody ever heard themselves.
    NoEcho,
    /// The record is complete.
    Record,
    /// The recording is complete.
    Sound,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Called,
        Self::Greeted,
        Self::Two,
        Self::Ringing,
        Self::Whisper,
        Self::Three,
        Self::TwoAgain,
        Self::Survey,
        Self::Ended,
        Self::NoEcho,
        Self::Record,
        Self::Sound,
    ];

    /// In words.
    pub fn words(self, tongue: Tongue) -> &'static str {
        let (zh, en) = match self {
            Self::Called => ("群众拨号，热线接通", "the citizen dials and is answered"),
            Self::Greeted => ("群众听完问候与录音告知", "the greeting and the notice are heard to their end"),
            Self::Two => ("话务员接听，双方互相听到", "the operator answers, both hear each other"),
            Self::Ringing => ("话务员按 *3 呼叫窗口，听到回铃", "the operator keys *3, the window rings"),
            Self::Whisper => {
                ("窗口接听，只听到提示，没有人听到窗口", "the window hears the whisper, nobody hears it")
            }
            Self::Three => ("窗口按 1，三方互相听到", "key 1: all three hear each other"),
            Self::TwoAgain => ("窗口挂机，其余两方继续", "the window hangs up, the others talk on"),
            Self::Survey => {
                ("话务员按 *8 退出，群众听到评价提示", "the operator keys *8, the citizen is asked to rate")
            }
            Self::Ended => {
                ("群众按 5，听到致谢，热线挂机", "the citizen keys 5, is thanked, the house hangs up")
            }
            Self::NoEcho => ("全程没有人听到自己", "nobody ever heard themselves"),
            Self::Record => ("工单库记录完整，号码已隐去", "the record is complete, numbers are masked"),
            Self::Sound => ("录音完整，各声道分明", "the recording is complete, each track for itself"),
        };
        tongue.pick(zh, en)
    }
}

/// What did not come about.
#[derive(Debug)]
pub enum Fault {
    /// A phone's words.
    Phone(PhoneError),
    /// The house did not tell this in time.
    Untold(&'static str, Duration),
    /// Somebody's phone did not ring, or its call did not end, in time.
    Late(Who, Duration),
    /// The greeting was not heard as it is: how alike.
    Greeting(f64),
    /// Somebody hears whom they should not, or does not hear whom they should.
    Heard(Heard),
    /// A prompt that is not heard.
    Unheard(Who),
    /// Somebody hears themselves, so loud.
    Echo(Who, f32),
    /// The call ended another way than by the house.
    EndedBy(EndedBy),
    /// What is wrong with record or recording: Chinese and English.
    Evidence(String, String),
}

impl From<PhoneError> for Fault {
    fn from(error: PhoneError) -> Self {
        Self::Phone(error)
    }
}

impl Fault {
    /// What is wrong with record or recording.
    pub(super) fn evidence(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Evidence(zh.into(), en.into())
    }

    /// In words.
    pub fn words(&self, tongue: Tongue) -> String {
        let name = |who: &Who| super::words::who(*who, tongue);
        match self {
            Self::Phone(PhoneError::Over(ending)) => over(ending, tongue),
            Self::Phone(error) => say!(tongue, "话机：{error}", "phone: {error}"),
            Self::Untold(kind, within) => {
                say!(tongue, "{within:?} 内没有发生 {kind}", "{kind} did not happen within {within:?}")
            }
            Self::Late(who, within) => {
                let who = name(who);
                say!(
                    tongue,
                    "{who}的话机 {within:?} 内没有动静",
                    "nothing happened at the phone of the {who} within {within:?}"
                )
            }
            Self::Greeting(alike) => {
                let percent = alike * 100.0;
                say!(
                    tongue,
                    "群众听到的问候与录音不符（相似度 {percent:.0}%）",
                    "the greeting that was heard is not the recorded one ({percent:.0} % alike)"
                )
            }
            Self::Heard(heard) => super::words::wrong(heard, tongue),
            Self::Unheard(who) => {
                let who = name(who);
                say!(tongue, "{who}没有听到提示音", "the {who} hears no prompt")
            }
            Self::Echo(who, level) => {
                let who = name(who);
                say!(
                    tongue,
                    "{who}听到了自己（电平 {level:.0}）",
                    "the {who} heard themselves (level {level:.0})"
                )
            }
            Self::EndedBy(by) => {
                say!(tongue, "通话不是由热线结束的（{by:?}）", "the call was not ended by the house ({by:?})")
            }
            Self::Evidence(zh, en) => tongue.pick(zh, en).clone(),
        }
    }
}

/// A call that was over too early.
fn over(ending: &phone::Ending, tongue: Tongue) -> String {
    let q850 = ending.q850.map(|cause| format!(", Q.850 {cause}")).unwrap_or_default();
    match ending.status {
        Some(status) => say!(tongue, "呼叫被拒绝（{status}{q850}）", "the call was refused ({status}{q850})"),
        None => say!(tongue, "电话提前挂断{q850}", "the call was hung up too early{q850}"),
    }
}

/// One thing that was checked.
#[derive(Debug)]
pub struct Check {
    /// What.
    pub step: Step,
    /// What is wrong; `None`: nothing.
    pub fault: Option<Fault>,
}

/// Times of the citizen's set-up, and everybody's RTP in numbers.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// From the INVITE to 180.
    pub ringing: Duration,
    /// From the INVITE to 200.
    pub answered: Duration,
    /// RTP of citizen, operator, window, as far as they were there.
    pub stats: Vec<(Who, Stats)>,
}

/// What came of the play.
#[derive(Debug, Default)]
pub struct Played {
    /// The call; `None`: there was none.
    pub call: Option<CallId>,
    /// What was checked, as far as the play came.
    pub checks: Vec<Check>,
    /// Who heard whom.
    pub heard: Vec<Heard>,
    /// Figures.
    pub figures: Figures,
}

impl Played {
    /// Everything was done, and all of it was right.
    pub fn is_right(&self) -> bool {
        Step::ALL.into_iter().all(|step| self.checks.iter().any(|c| c.step == step && c.fault.is_none()))
    }
}

/// The play stopped at something that is among the checks.
struct Stopped;

/// A play under way.
struct Play<'a> {
    cast: &'a Cast,
    live: broadcast::Receiver<Arc<EventRow>>,
    begin: &'a mut (dyn FnMut(Step) + Send),
    played: Played,
}

/// Plays the three-way call. `begin` is told of each step when it begins. Of the steps, those that need the store and the
/// recording are [`super::evidence`]'s.
pub async fn three_way(cast: &Cast, begin: &mut (dyn FnMut(Step) + Send)) -> Played {
    let live = cast.house.handle.events();
    let mut play = Play { cast, live, begin, played: Played::default() };
    // What stopped it stands among the checks; the calls that are left are hung up as they go out of scope.
    let _ = play.acts().await;
    play.played
}

impl Play<'_> {
    async fn acts(&mut self) -> Result<(), Stopped> {
        let called = self.begun(Step::Called).dial().await;
        let citizen = self.settle(Step::Called, called)?;
        let greeted = self.begun(Step::Greeted).greeting(&citizen).await;
        let ringing = self.settle(Step::Greeted, greeted)?;
        let answered = self.begun(Step::Two).answer(&citizen, ringing).await;
        let operator = self.settle(Step::Two, answered)?;
        let rung = self.begun(Step::Ringing).ring_desk(&citizen, &operator).await;
        let ringing = self.settle(Step::Ringing, rung)?;
        let whispered = self.begun(Step::Whisper).whisper([&citizen, &operator], ringing).await;
        let desk = self.settle(Step::Whisper, whispered)?;
        let joined = self.begun(Step::Three).join([&citizen, &operator, &desk]).await;
        self.settle(Step::Three, joined)?;
        let reduced = self.begun(Step::TwoAgain).reduce([&citizen, &operator, &desk]).await;
        self.settle(Step::TwoAgain, reduced)?;
        let asked = self.begun(Step::Survey).survey(&citizen, &operator).await;
        self.settle(Step::Survey, asked)?;
        let ended = self.begun(Step::Ended).rate(&citizen).await;
        self.settle(Step::Ended, ended)?;
        let seats = [(Who::Citizen, &citizen), (Who::Operator, &operator), (Who::Desk, &desk)];
        self.played.figures.stats = seats.map(|(who, call)| (who, call.stats())).into();
        let echo = seats.iter().map(|(who, call)| (*who, ears::echo(call, *who))).find(|(_, e)| *e >= ECHO);
        self.begun(Step::NoEcho);
        self.settle(Step::NoEcho, echo.map_or(Ok(()), |(who, level)| Err(Fault::Echo(who, level))))
    }

    fn begun(&mut self, step: Step) -> &mut Self {
        (self.begin)(step);
        self
    }

    fn settle<T>(&mut self, step: Step, result: Result<T, Fault>) -> Result<T, Stopped> {
        let (value, fault) = match result {
            Ok(value) => (Ok(value), None),
            Err(fault) => (Err(Stopped), Some(fault)),
        };
        self.played.checks.push(Check { step, fault });
        value
    }

    /// Waits until the house tells this; what it told before is passed over.
    async fn told(&mut self, kind: &'static str, within: Duration) -> Result<Arc<EventRow>, Fault> {
        let wanted = async {
            loop {
                match self.live.recv().await {
                    Ok(row) => {
                        self.played.call.get_or_insert(row.call);
                        if row.kind == kind {
                            return Some(row);
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        };
        let told = tokio::time::timeout(within, wanted).await.ok().flatten();
        told.ok_or(Fault::Untold(kind, within))
    }

    async fn dial(&mut self) -> Result<Call, Fault> {
        let number = &self.cast.stage.roles.number;
        let sent = Instant::now();
        let dialing = self.cast.citizen.dial(Dial::to(number).caller(CALLER))?;
        let citizen = async {
            dialing.until_progress(180).await?;
            let ringing = sent.elapsed();
            let call = dialing.answered().await?;
            Ok::<_, PhoneError>((ringing, sent.elapsed(), call))
        };
        let (ringing, answered, call) = soon(Who::Citizen, citizen).await??;
        (self.played.figures.ringing, self.played.figures.answered) = (ringing, answered);
        call.silence();
        self.told("call.answered", SOON).await?;
        Ok(call)
    }

    /// The operator's phone rings from the first second; it is answered when the greeting is over.
    async fn greeting(&mut self, citizen: &Call) -> Result<Ringing, Fault> {
        let ringing = soon(Who::Operator, self.cast.operator.incoming()).await??;
        ringing.ring()?;
        self.told("ivr.prompt", SPOKEN).await?;
        let alike = ears::likeness(&citizen.tape().samples, &self.cast.greeting);
        if alike < ALIKE { Err(Fault::Greeting(alike)) } else { Ok(ringing) }
    }

    async fn answer(&mut self, citizen: &Call, ringing: Ringing) -> Result<Call, Fault> {
        let operator = soon(Who::Operator, ringing.answer()).await??;
        operator.tone(Who::Operator.hertz());
        citizen.tone(Who::Citizen.hertz());
        self.told("agent.answer", SOON).await?;
        tokio::time::sleep(TWO_SPEAK).await;
        self.listen(Part::Two, [Some(citizen), Some(&operator), None]).await?;
        Ok(operator)
    }

    async fn ring_desk(&mut self, citizen: &Call, operator: &Call) -> Result<Ringing, Fault> {
        operator.digits(&format!("*3{}#", self.cast.stage.roles.desk)).await?;
        self.told("room.ringing", SOON).await?;
        let ringing = soon(Who::Desk, self.cast.desk.incoming()).await??;
        ringing.ring()?;
        self.told("leg.progress", SOON).await?;
        /// Ring-back in China: one second, then a pause.
        const RING_BACK: u32 = 450;
        operator.until_hears(&[RING_BACK, Who::Citizen.hertz()], &[Who::Operator.hertz()], SOON).await?;
        operator.until_hears(&[Who::Citizen.hertz()], &[RING_BACK, Who::Operator.hertz()], SOON).await?;
        self.listen(Part::Ringing, [Some(citizen), Some(operator), None]).await?;
        Ok(ringing)
    }

    async fn whisper(&mut self, talking: [&Call; 2], ringing: Ringing) -> Result<Call, Fault> {
        let desk = soon(Who::Desk, ringing.answer()).await??;
        desk.tone(Who::Desk.hertz());
        self.told("leg.whisper", SOON).await?;
        prompt(Who::Desk, &desk).await?;
        silence(&desk, WHISPER).await;
        let [citizen, operator] = talking;
        self.listen(Part::Whisper, [Some(citizen), Some(operator), Some(&desk)]).await?;
        Ok(desk)
    }

    async fn join(&mut self, seats: [&Call; 3]) -> Result<(), Fault> {
        let [_, _, desk] = seats;
        desk.digits("1").await?;
        self.told("room.bridged", SOON).await?;
        tokio::time::sleep(THREE_SPEAK).await;
        self.listen(Part::Three, seats.map(Some)).await
    }

    async fn reduce(&mut self, seats: [&Call; 3]) -> Result<(), Fault> {
        let [citizen, operator, desk] = seats;
        desk.hang_up();
        self.told("room.reduced", SOON).await?;
        tokio::time::sleep(TWO_SPEAK).await;
        self.listen(Part::TwoAgain, [Some(citizen), Some(operator), None]).await
    }

    async fn survey(&mut self, citizen: &Call, operator: &Call) -> Result<(), Fault> {
        citizen.silence();
        match operator.digits("*8").await {
            // The house has hung up before the last key was let go.
            Ok(()) | Err(PhoneError::Over(_)) => {}
            Err(error) => return Err(error.into()),
        }
        soon(Who::Operator, operator.ended()).await?;
        prompt(Who::Citizen, citizen).await?;
        tokio::time::sleep(LISTENS).await;
        Ok(())
    }

    async fn rate(&mut self, citizen: &Call) -> Result<(), Fault> {
        citizen.digits("5").await?;
        self.told("followup.scored", SOON).await?;
        let end = tokio::time::timeout(SPOKEN, citizen.ended()).await;
        let end = end.map_err(|_| Fault::Late(Who::Citizen, SPOKEN))?;
        self.told("call.ended", SOON).await?;
        if end.by == EndedBy::Them { Ok(()) } else { Err(Fault::EndedBy(end.by)) }
    }

    async fn listen(&mut self, part: Part, seats: [Option<&Call>; 3]) -> Result<(), Fault> {
        let heard = ears::listen(part, seats, SPOKEN).await;
        self.played.heard.push(heard);
        if heard.is_right() { Ok(()) } else { Err(Fault::Heard(heard)) }
    }
}

async fn soon<T>(who: Who, what: impl Future<Output = T>) -> Result<T, Fault> {
    tokio::time::timeout(SOON, what).await.map_err(|_| Fault::Late(who, SOON))
}

/// Waits until a prompt sounds in an ear.
async fn prompt(who: Who, call: &Call) -> Result<(), Fault> {
    let begun = Instant::now();
    while call.heard(Duration::from_millis(100)).rms() < SOUNDS {
        if begun.elapsed() >= SOON {
            return Err(Fault::Unheard(who));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Waits until what is being said is over, or the patience is.
async fn silence(call: &Call, patience: Duration) {
    let begun = Instant::now();
    while call.heard(PAUSE).rms() >= SOUNDS && begun.elapsed() < patience {
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_play_is_right_when_every_step_was_done_and_none_had_a_fault() {
        let mut played = Played::default();
        assert!(!played.is_right());
        played.checks = Step::ALL.map(|step| Check { step, fault: None }).into();
        assert!(played.is_right());
        for fault in [Fault::Greeting(0.4), Fault::Unheard(Who::Desk), Fault::Late(Who::Operator, SOON)] {
            assert!(!fault.words(Tongue::Zh).is_empty() && !fault.words(Tongue::En).is_empty());
            if let Some(last) = played.checks.last_mut() {
                last.fault = Some(fault);
            }
            assert!(!played.is_right());
        }
    }
}
