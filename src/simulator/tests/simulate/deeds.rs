//! What people do with their phones, and what their phones tell them.

use std::net::SocketAddr;
use std::time::Duration;

use media::command::{Key, KeyIn};
use sip::sdp::{self, Direction};
use sip::{Event, Output, SessionId};

use super::glance::Glance;
use super::house::Post;
use super::phone::{KeyWay, Line, Stage};
use super::tricks::Trick;
use super::world::{Chore, Thing, World};

/// Cut off for longer, a phone may miss a CANCEL and all its repetitions.
const LONG: Duration = Duration::from_secs(20);

/// In the evening of a whole house phones register for so long, seconds.
const WHOLE_EVENING: u32 = 3_600;

/// One thing that a person does on a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// The phone rings (180 or 183).
    Ring(u16),
    Answer,
    /// Picks up with a description that can't be used.
    AnswerBadly(&'static str),
    Refuse(u16),
    /// Keys, one after the other.
    Keys(String),
    HangUp,
    /// Changes the stream to this direction, and maybe its address.
    Change(Direction, bool),
    /// The microphone is dead, or is not any more.
    Silent(bool),
    /// The transfer key, and to whom.
    Refer(String),
    /// Somebody else is dialled on a second line.
    Consult(String),
    /// The second line and the first become one.
    Attend,
    /// Goes on with another phone.
    TakeOver,
    /// Whatever comes to mind next.
    Whim,
    /// Something that no honest phone does.
    Trick(Trick),
}

impl World {
    /// Takes what a phone's machine wants: sends it, and tells the person.
    pub fn attend(&mut self, phone: usize) {
        while let Some(output) = self.phones[phone].stack.poll() {
            match output {
                Output::Send(flow, bytes) => {
                    self.diary.write(self.now, || {
                        let seen = Glance::at(&bytes);
                        format!("{} sends {}", self.phones[phone].name, seen.words())
                    });
                    self.keep_for_tricks(phone, &bytes);
                    self.phone_sends(phone, &flow, bytes);
                }
                Output::Locate(ticket, _) => self.phones[phone].stack.located(ticket, Vec::new()),
                Output::Event(_, event) => self.phone_told(phone, event),
            }
        }
        let Some(at) = self.phones[phone].stack.next_timeout() else { return };
        let at = at.max(self.now);
        if self.phones[phone].armed.is_none_or(|armed| at < armed) {
            self.phones[phone].armed = Some(at);
            self.at(at, Thing::PhoneTimer(phone));
        }
    }

    fn phone_told(&mut self, phone: usize, event: Event) {
        match event {
            Event::Incoming { session, offer, request, .. } => {
                let call_id = request.headers.call_id().unwrap_or_default();
                self.rings(phone, session, call_id, offer);
            }
            Event::Answered { session, body, .. } => self.picked_up(phone, session, &body),
            Event::Failed { session, .. } | Event::Ended { session, .. } => self.hung_up(phone, session),
            Event::Reanswered { session, result } => self.reanswered(phone, session, result.is_ok()),
            // A refresh, where UPDATE is not taken: the same description once more.
            Event::Reoffer { session, offer: Some(offer) } if self.phones[phone].post == Post::Trunk => {
                self.phones[phone].refreshed(self.now, session, &offer);
            }
            Event::Reoffer { .. } => self.watch.fault("the house changes a session by itself"),
            Event::Referred { .. } => self.watch.fault("the house wants a phone to call somebody else"),
            Event::Key { .. } => self.watch.fault("the house sends a key by INFO"),
            Event::ClientDone { request, status, expires, .. } => {
                if self.phones[phone].registration.asked == Some(request) {
                    self.phones[phone].registration.asked = None;
                    self.registered(phone, status, expires);
                }
            }
            Event::Acked { session, .. } => {
                if let Some(line) = self.phones[phone].lines.get_mut(&session) {
                    line.acked = true;
                }
            }
            Event::ReferTold { session, status, over: true } => self.transfer_told(phone, session, status),
            Event::EarlyOffer { .. } => self.watch.fault("the house offers before its answer"),
            Event::EarlyAnswer { .. } => self.watch.fault("the house answers an offer that nobody made"),
            Event::Progress { .. }
            | Event::ReferTold { .. }
            | Event::Credentials { .. }
            | Event::Registered { .. }
            | Event::Unregistered { .. }
            | Event::Refused { .. } => {}
        }
    }

    /// The house calls.
    fn rings(&mut self, phone: usize, session: SessionId, call_id: &str, offer: Option<Vec<u8>>) {
        let keys = self.key_way();
        let post = match self.phones[phone].post {
            Post::Trunk => Post::Emergency,
            post => post,
        };
        let mut line = self.phones[phone].line(self.now, post, Stage::Ringing, keys);
        if offer.is_none() {
            self.watch.fault("the house calls without an offer");
        }
        line.offer = offer;
        line.call_id = call_id.to_owned();
        self.phones[phone].lines.insert(session, line);
        if !self.evening {
            self.decide_about_ringing(phone, session, post);
        } else if self.whole.on {
            self.obliges(phone, session, post);
        } else {
            self.plan(phone, session, Duration::from_millis(100), Deed::Refuse(480));
        }
    }

    pub fn key_way(&mut self) -> KeyWay {
        self.dice.weigh(&[(70, KeyWay::Rtp), (15, KeyWay::Info), (15, KeyWay::Both)])
    }

    /// The house answered our call.
    fn picked_up(&mut self, phone: usize, session: SessionId, body: &[u8]) {
        let this = &mut self.phones[phone];
        let Some(line) = this.lines.get_mut(&session) else { return };
        if line.left {
            // Our CANCEL and the answer crossed.
            this.stack.hang_up(self.now, session, None);
            return self.hung_up(phone, session);
        }
        let agreed = if line.late_offer {
            let answer =
                sdp::answer(body, line.local, &sdp::Codec::ALL, Direction::SendRecv, &sdp::Shield::clear());
            answer.ok().and_then(|(answer, agreed)| this.stack.ack(session, answer).ok().map(|()| agreed))
        } else {
            sdp::accept(body, &sdp::Codec::ALL, Direction::SendRecv, &sdp::Shield::clear()).ok()
        };
        let Some(agreed) = agreed else {
            return self.watch.fault("the house's answer can't be used");
        };
        line.far = Some(agreed.remote);
        line.stage = Stage::Up;
        let line_post = line.post;
        self.speaks(phone, session);
        if line_post == Post::Citizen {
            self.citizen_is_up(phone, session);
        } else {
            self.second_line_is_up(phone, session);
        }
    }

    /// The line is over.
    fn hung_up(&mut self, phone: usize, session: SessionId) {
        if let Some(line) = self.phones[phone].lines.remove(&session) {
            self.voice(line.local.address, false);
            if let Some(address) = line.moving {
                self.voice(address, false);
            }
            if let Some(first) = line.beside {
                self.retrieve(phone, first);
            }
        }
    }

    fn reanswered(&mut self, phone: usize, session: SessionId, taken: bool) {
        let Some(line) = self.phones[phone].lines.get_mut(&session) else { return };
        let Some(address) = line.moving.take() else { return };
        if taken {
            let old = std::mem::replace(&mut line.local.address, address);
            self.voice(old, false);
            self.speaks(phone, session);
        }
    }

    pub fn voice(&mut self, from: SocketAddr, on: bool) {
        self.sound.voice(self.now, &mut self.dice, from, on);
    }

    /// Sound comes from this line, or it does not: whatever is so now.
    pub fn speaks(&mut self, phone: usize, session: SessionId) {
        let this = &self.phones[phone];
        let Some(line) = this.lines.get(&session) else { return };
        let on = line.stage == Stage::Up && !line.left && !line.silent && this.deaf_until <= self.now;
        self.voice(line.local.address, on);
    }

    pub fn plan(&mut self, phone: usize, session: SessionId, wait: Duration, deed: Deed) {
        let life = self.phones[phone].life;
        self.later(wait, Thing::Deed(phone, life, session, deed));
    }

    /// A person does something.
    pub fn deed(&mut self, phone: usize, session: SessionId, deed: Deed) {
        let Some(line) = self.phones[phone].lines.get(&session) else { return };
        let calm = matches!(deed, Deed::HangUp | Deed::Refuse(_) | Deed::Ring(_));
        if self.evening && !calm && !(self.whole.on && matches!(deed, Deed::Answer | Deed::Keys(_))) {
            return;
        }
        let (post, stage, left) = (line.post, line.stage, line.left);
        if !matches!(deed, Deed::Whim | Deed::Keys(_)) {
            self.say(|| format!("{} ({post:?}): {deed:?}", self.phones[phone].name));
        }
        match (deed, stage) {
            (Deed::Ring(status), Stage::Ringing) => {
                let early = self.phones[phone].post == Post::Trunk && self.dice.permille(500);
                let body = if early { self.phones[phone].early(session) } else { Vec::new() };
                // It may have been taken back meanwhile.
                let _ = self.phones[phone].stack.progress(self.now, session, status, body);
            }
            (Deed::Answer, Stage::Ringing) => {
                if self.phones[phone].answer(self.now, session) {
                    self.speaks(phone, session);
                    self.plan_talk(phone, session, post);
                }
            }
            (Deed::AnswerBadly(body), Stage::Ringing) => {
                if self.phones[phone].stack.accept(self.now, session, body.into()).is_ok()
                    && let Some(line) = self.phones[phone].lines.get_mut(&session)
                {
                    line.stage = Stage::Up;
                }
            }
            (Deed::Refuse(status), Stage::Ringing) => {
                let to = if status == 302 { self.points_to() } else { Vec::new() };
                if self.phones[phone].stack.reject(self.now, session, status, &to).is_ok() {
                    self.hung_up(phone, session);
                }
            }
            (Deed::HangUp, _) if !left => self.hangs_up(phone, session, stage),
            (Deed::Keys(keys), Stage::Up) if !left => self.keys(phone, session, &keys),
            (Deed::Change(direction, moves), Stage::Up) if !left => {
                self.phones[phone].change(self.now, session, direction, moves);
            }
            (Deed::Silent(silent), Stage::Up) if !left => {
                if let Some(line) = self.phones[phone].lines.get_mut(&session) {
                    line.silent = silent;
                }
                self.speaks(phone, session);
            }
            (Deed::Refer(to), Stage::Up) if !left => self.refers(phone, session, &to),
            (Deed::Consult(to), Stage::Up) if !left => self.consults(phone, session, &to),
            (Deed::Attend, Stage::Dialling | Stage::Up) if !left => self.attends(phone, session),
            (Deed::TakeOver, Stage::Ringing | Stage::Up) if !left => self.takes_over(phone, session),
            (Deed::Whim, Stage::Up) if !left => self.whim(phone, session, post),
            (Deed::Trick(trick), _) => self.trick(phone, session, trick),
            (_, Stage::Dialling | Stage::Ringing | Stage::Up) => {}
        }
        self.attend(phone);
    }

    fn hangs_up(&mut self, phone: usize, session: SessionId, stage: Stage) {
        self.phones[phone].stack.hang_up(self.now, session, None);
        match stage {
            // Its end is told; the answer may cross.
            Stage::Dialling => {
                if let Some(line) = self.phones[phone].lines.get_mut(&session) {
                    line.left = true;
                }
            }
            Stage::Ringing | Stage::Up => self.hung_up(phone, session),
        }
    }

    /// Presses the first of these keys; the others follow.
    fn keys(&mut self, phone: usize, session: SessionId, keys: &str) {
        let mut rest = keys.chars();
        let Some(key) = rest.next() else { return };
        let Some(line) = self.phones[phone].lines.get(&session) else { return };
        let (way, far) = (line.keys, line.far);
        if way != KeyWay::Info && self.phones[phone].deaf_until <= self.now {
            self.key_by_sound(far, line_address(line), key);
        }
        if way != KeyWay::Rtp {
            self.phones[phone].press(self.now, session, key);
        }
        if !rest.as_str().is_empty() {
            let slow = self.dice.permille(60);
            let wait = if slow { self.dice.ms(1_500, 4_000) } else { self.dice.ms(80, 500) };
            self.plan(phone, session, wait, Deed::Keys(rest.as_str().to_owned()));
        }
    }

    /// RFC 4733: heard by the leg that is open on the port, when it listens to this phone.
    fn key_by_sound(&mut self, far: Option<SocketAddr>, from: SocketAddr, key: char) {
        let Some((leg, line)) = far.and_then(|port| self.sound.on_port(port)) else { return };
        let listens = line.media.dtmf.is_some() && line.media.remote.is_none_or(|remote| remote == from);
        if listens && !self.weather.is_dark(self.now) {
            let thread = line.port.thread;
            let event = media::Event::Digit { leg, key: Key(key), by: KeyIn::Events };
            self.sound.tell(self.now, thread, &mut self.dice, event);
            let told = std::mem::take(&mut self.sound.later);
            for (at, later) in told {
                if let super::sound::Later::Tell(event) = later {
                    let trip = Duration::from_millis(self.weather.near);
                    self.at(at + trip, Thing::Told(event));
                }
            }
        }
    }

    /// A phone does something by itself.
    pub fn chore(&mut self, phone: usize, chore: Chore) {
        if self.evening
            && chore != Chore::Listen
            && !(self.whole.on && !self.closing && chore == Chore::Register)
        {
            return;
        }
        match chore {
            Chore::Register => {
                self.phones[phone].registration.wanted = true;
                if self.phones[phone].registration.asked.is_none() {
                    let expires =
                        if self.evening { WHOLE_EVENING } else { self.dice.pick(&[30, 60, 120, 600]) };
                    self.phones[phone].register(self.now, expires);
                }
            }
            Chore::Unregister => {
                self.say(|| format!("{} unregisters", self.phones[phone].name));
                self.phones[phone].registration.wanted = false;
                self.phones[phone].register(self.now, 0);
                let back = self.dice.ms(2_000, 60_000);
                self.chore_later(phone, back, Chore::Register);
            }
            Chore::Restart => {
                self.say(|| format!("{} restarts", self.phones[phone].name));
                for address in self.phones[phone].restart() {
                    self.voice(address, false);
                }
                let wait = self.dice.ms(1_000, 20_000);
                self.chore_later(phone, wait, Chore::Register);
            }
            Chore::Deaf(span) => {
                self.say(|| format!("{} is cut off for {span:?}", self.phones[phone].name));
                self.phones[phone].deaf_until = self.now + span;
                if span > LONG {
                    self.phones[phone].missed_until = self.now + span;
                }
                self.all_speak(phone);
                self.chore_later(phone, span, Chore::Listen);
            }
            Chore::Listen => self.all_speak(phone),
            Chore::Cut => {
                self.cut(phone);
                let wait = self.dice.ms(500, 20_000);
                self.chore_later(phone, wait, Chore::Register);
            }
        }
        self.attend(phone);
    }

    fn all_speak(&mut self, phone: usize) {
        let sessions: Vec<SessionId> = self.phones[phone].lines.keys().copied().collect();
        for session in sessions {
            self.speaks(phone, session);
        }
    }

    pub fn chore_later(&mut self, phone: usize, wait: Duration, chore: Chore) {
        let life = self.phones[phone].life;
        self.later(wait, Thing::Phone(phone, life, chore));
    }

    /// The registrar answered, or nobody did.
    fn registered(&mut self, phone: usize, status: u16, expires: Option<u32>) {
        if self.evening && self.whole.on && !self.closing {
            let wait = if status < 300 { u64::from(WHOLE_EVENING) / 2 } else { 10 };
            return self.chore_later(phone, Duration::from_secs(wait), Chore::Register);
        }
        if !self.phones[phone].registration.wanted || self.evening {
            return;
        }
        let granted = expires.filter(|_| status < 300).map(u64::from);
        let wait = match granted {
            // Some forget in time, and are gone for a while.
            Some(seconds) if self.dice.permille(30) => {
                self.dice.ms(seconds * 1_000, seconds * 1_000 + 30_000)
            }
            Some(seconds) => self.dice.ms(seconds * 400, seconds * 800),
            None => self.dice.ms(2_000, 15_000),
        };
        self.chore_later(phone, wait, Chore::Register);
    }

    /// Everybody hangs up; nothing is lost on the wire from now on.
    pub fn good_night(&mut self) {
        self.say(|| "evening".into());
        self.evening = true;
        self.carriers.all_well(self.now);
        self.whole_evening();
        for phone in 0..self.phones.len() {
            if self.phones[phone].deaf_until > self.now {
                self.phones[phone].deaf_until = self.now;
                self.all_speak(phone);
            }
            let lines: Vec<(SessionId, Stage)> =
                self.phones[phone].lines.iter().map(|(id, line)| (*id, line.stage)).collect();
            for (session, stage) in lines {
                let wait = self.dice.ms(0, 30_000);
                // Who only rings is left to the house.
                let deed = if stage == Stage::Ringing { Deed::Ring(180) } else { Deed::HangUp };
                self.plan(phone, session, wait, deed);
            }
        }
    }
}

fn line_address(line: &Line) -> SocketAddr {
    line.local.address
}
