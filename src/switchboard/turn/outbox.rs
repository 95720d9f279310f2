//! From the core to the world: each action becomes orders to the SIP machine, the media threads and the store.

use call::action::{Action, Background, Group, Hearers, Play, Recording, Refusal, Ring, SeatRole};
use call::cause::{Cause, Reason, Side};
use call::event::LegEvent;
use call::ids::{Address, CallId, Lang};
use call::{LegId, Now};
use media::Command;
use media::command::{self as sound, PlayTag, RecordingSpec};
use sip::sdp::{Encryption, SdpFault};
use sip::{Host, Invite, NameAddr, SessionId, Target, Transport, Uri};

use super::Turn;
use super::legs::{Leg, State};
use super::signal::Refused;
use super::sound::{line, room};
use super::trunks::Outgoing;
use crate::contract::Output;
use crate::outward::encryption;

impl Turn {
    /// Does one thing to the world.
    pub(super) fn perform(&mut self, now: Now, action: Action) {
        match action {
            Action::Record(record) => self.record(record),
            Action::Ringing(leg) => self.ring_back(now, leg),
            Action::Answer(leg) => self.answer(now, leg),
            Action::Refuse(leg, cause, retry_after) => self.refuse(now, leg, cause, retry_after),
            Action::Ring(ring) => self.ring(now, ring),
            Action::HangUp(leg, cause) => self.hang_up(now, leg, cause),
            Action::Transferred(leg, news) => self.tell_transfer(now, leg, news),
            Action::Find(call, question) => self.out.push_back(Output::Find(call, question)),
            Action::Reply(request, reply) => {
                if reply == Err(Refusal::NotAllowed) {
                    self.denied(now);
                }
                self.out.push_back(Output::Reply(request, reply));
            }
            in_room => self.in_room(now, in_room),
        }
    }

    fn in_room(&mut self, now: Now, action: Action) {
        let (call, command) = match action {
            Action::OpenRoom(call) => (call, self.open_room(now, call)),
            Action::Seat(call, leg, role, group) => (
                call,
                Command::Seat {
                    room: room(call),
                    leg: line(leg),
                    track: role.word(),
                    group: group_of(group),
                    record_alone: role != SeatRole::Citizen,
                },
            ),
            Action::Move(call, leg, group) => {
                (call, Command::Move { room: room(call), leg: line(leg), group: group_of(group) })
            }
            Action::Mute(call, leg, on) => (call, Command::Mute { room: room(call), leg: line(leg), on }),
            Action::Unseat(call, leg) => (call, Command::Unseat { room: room(call), leg: line(leg) }),
            Action::CloseRoom(call) => (call, Command::CloseRoom { room: room(call) }),
            Action::Play(play) => (play.call, self.play(now, &play)),
            Action::StopPlay(call, play) => {
                (call, Command::StopPlay { room: room(call), play: PlayTag(play.0) })
            }
            Action::Background(call, leg, what) => {
                let sound = match what {
                    Background::Silence => sound::Background::Silence,
                    Background::Music => sound::Background::Music,
                    Background::RingBack => sound::Background::RingBack,
                };
                (call, Command::Background { room: room(call), leg: line(leg), sound })
            }
            Action::Recording(call, what) => {
                let what = match what {
                    Recording::Start => sound::Recording::Start,
                    Recording::Pause => sound::Recording::Pause,
                    Recording::Resume => sound::Recording::Resume,
                };
                (call, Command::Recording { room: room(call), what })
            }
            Action::TakeMessage { call, leg, max, silence } => {
                (call, Command::TakeMessage { room: room(call), leg: line(leg), max, silence })
            }
            Action::StopMessage(call, leg) => {
                (call, Command::StopMessage { room: room(call), leg: line(leg) })
            }
            Action::DiscardMessage(call, leg) => {
                self.discarded(now, leg);
                (call, Command::DiscardMessage { room: room(call), leg: line(leg) })
            }
            // Done above; no room is concerned.
            Action::Record(_)
            | Action::Ringing(_)
            | Action::Answer(_)
            | Action::Refuse(..)
            | Action::Ring(_)
            | Action::HangUp(..)
            | Action::Transferred(..)
            | Action::Find(..)
            | Action::Reply(..) => return,
        };
        self.send_to_room(call, command);
    }

    fn send_to_room(&mut self, call: CallId, command: Command) {
        if let Some(thread) = self.rooms.get(&call) {
            self.out.push_back(Output::Media(*thread, command));
        }
    }

    fn open_room(&self, now: Now, call: CallId) -> Command {
        let day = self.setup.plan.calendar.zone.date(now.utc_ms).to_string();
        let spec = RecordingSpec { folder: self.setup.recordings.join(day), stem: call.to_string() };
        Command::OpenRoom { room: room(call), recording: Some(spec) }
    }

    fn play(&self, now: Now, play: &Play) -> Command {
        let to = match play.to {
            Hearers::Seat(leg) => sound::Hearers::Seat(line(leg)),
            Hearers::Main => sound::Hearers::Main,
            Hearers::Private => sound::Hearers::Private,
        };
        let sounds = (self.setup.speak)(now.utc_ms, play.lang, &play.say);
        Command::Play { room: room(play.call), play: PlayTag(play.play.0), to, sounds }
    }

    /// 180, or 183 with our description where the caller asks for early media. A session that is gone has told its end
    /// already, here and in all that follows.
    fn ring_back(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let session = leg.session;
        // What can't be agreed on is refused when it is to be answered.
        let body = if leg.early { leg.description().unwrap_or_default() } else { Vec::new() };
        if body.is_empty() {
            let _ = self.stack.progress(now.mono, session, 180, body);
            return;
        }
        leg.described = Some(body.clone());
        self.place(id);
        let _ = self.stack.progress(now.mono, session, 183, body);
    }

    fn answer(&mut self, now: Now, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let body = match leg.described.take().map_or_else(|| leg.description(), Ok) {
            Ok(body) => body,
            // The same offer was answered when it came; were it not so, the far end would hear why.
            Err(fault) => return self.refuse_as(now, id, fault.status(), &[warning(fault)]),
        };
        leg.state = State::Up;
        let (session, hold) = (leg.session, leg.hold_changed());
        self.place(id);
        // A session that is gone has told its end already.
        let _ = self.stack.accept(now.mono, session, body);
        if hold == Some(true) {
            self.raise(id, LegEvent::Hold);
        }
    }

    fn refuse(&mut self, now: Now, id: LegId, cause: Cause, retry_after: Option<u32>) {
        let mut headers = vec![("Reason", reason(cause))];
        if let Some(seconds) = retry_after {
            headers.push(("Retry-After", seconds.to_string()));
        }
        if cause.reason == Reason::NoCodec {
            let fault = self.legs.get(&id).and_then(|l| l.fault);
            headers.push(warning(fault.unwrap_or(SdpFault::NoCodec)));
        }
        if let Some(leg) = self.legs.get(&id) {
            let session = leg.session;
            self.probed(now, session, cause);
        }
        self.refuse_as(now, id, cause.sip_status(), &headers);
    }

    fn refuse_as(&mut self, now: Now, id: LegId, status: u16, headers: &[(&str, String)]) {
        let offer = self.legs.get_mut(&id).and_then(|l| l.offer.take()).filter(|_| status == NO_CODEC);
        let description = offer.as_deref().unwrap_or_default();
        self.signalled(now, id, Refused { status, description, ..Refused::default() });
        if let Some(leg) = self.release(now, id) {
            let _ = self.stack.reject(now.mono, leg.session, status, headers);
        }
    }

    /// Calls somebody. What goes wrong at once is told as the leg's failure, like what goes wrong later.
    fn ring(&mut self, now: Now, ring: Ring) {
        if let Err(cause) = self.try_ring(now, &ring) {
            self.raise(ring.leg, LegEvent::Failed(cause));
        }
    }

    fn try_ring(&mut self, now: Now, ring: &Ring) -> Result<(), Cause> {
        let house = |reason| Cause::new(Side::House, reason);
        let thread = self.rooms.get(&ring.call).copied().ok_or(house(Reason::Cancelled))?;
        if !self.may_sit(ring) {
            return Err(house(Reason::Overload));
        }
        let browser = self.is_browser(&ring.to);
        let port = match browser {
            Some(_) => self.ports.take_inside(thread, now.mono),
            None => self.ports.take(thread, now.mono),
        };
        let port = port.ok_or(house(Reason::Overload))?;
        let out = match &ring.to {
            Address::Phone(_) => None,
            Address::Number(number) => match self.allowed_out(now, ring, number) {
                Ok(out) => Some(Box::new(out)),
                Err(cause) => {
                    self.ports.give_back(port, now.mono);
                    return Err(cause);
                }
            },
        };
        let local = self.local(now, port);
        let wanted = self.wanted_out(ring, out.as_deref());
        let shield = match browser {
            Some(home) => self.secrets.web(home),
            None => self.secrets.shield(wanted),
        };
        let mut leg = Leg::new(ring.call, SessionId(0), ring.seat, State::Calling, port, local, shield);
        (leg.trunk, leg.outgoing) = (out.as_ref().map(|out| out.trunk.clone()), out.clone());
        leg.phone = match &ring.to {
            Address::Phone(user) => Some(user.clone()),
            Address::Number(_) => None,
        };
        leg.codecs = self.codecs_in(ring.call, ring.leg, leg.trunk.as_deref());
        if let Some(trunk) = out.as_ref().and_then(|out| self.trunk(&out.trunk)) {
            leg.speak_with(trunk);
        }
        let offer = leg.our_offer();
        let invite = match (&ring.to, &out) {
            (_, Some(out)) => self.trunk_invite(out, ring.leg, offer).ok_or(sip::SipError::BreaksLine),
            (Address::Phone(user), None) => Ok(self.phone_invite(ring, user, offer)),
            (Address::Number(_), None) => Err(sip::SipError::Unreachable),
        };
        match invite.and_then(|invite| self.stack.invite(now.mono, invite)) {
            Ok(session) => {
                leg.session = session;
                self.patience.extend(out.map(|out| (out.until, ring.leg)));
                self.legs.insert(ring.leg, leg);
                self.introduce(ring.leg);
                self.signalling(now, ring.leg);
                Ok(())
            }
            Err(error) => {
                self.ports.give_back(port, now.mono);
                if let Some(out) = out {
                    self.channel_back(&out.trunk);
                }
                Err(match error {
                    sip::SipError::Unreachable => Cause::new(Side::Callee, Reason::Absent),
                    sip::SipError::Full => house(Reason::Overload),
                    sip::SipError::BreaksLine | sip::SipError::NoSession | sip::SipError::WrongState => {
                        house(Reason::Invalid)
                    }
                })
            }
        }
    }

    /// Whether a call of ours must be encrypted.
    fn wanted_out(&self, ring: &Ring, out: Option<&Outgoing>) -> Encryption {
        match (out, &ring.to) {
            (Some(out), _) => encryption(out.secure(), self.trunk(&out.trunk)),
            (None, Address::Phone(user)) => {
                encryption(self.stack.transport_of(user.as_ref()).is_some_and(Transport::secure), None)
            }
            (None, Address::Number(_)) => Encryption::Required,
        }
    }

    /// The INVITE to a phone: the case number or the caller's last digits go to desk phones in the display name and in
    /// User-to-User (RFC 7433), never personal data.
    fn phone_invite(&self, ring: &Ring, user: &str, offer: Vec<u8>) -> Invite {
        let number = self.setup.plan.numbers.first().cloned().unwrap_or_else(|| "hotline".into());
        let host = Host::parse(&self.setup.sip.realm);
        let host =
            host.unwrap_or_else(|| Host::parse("hotline.invalid").unwrap_or(Host::Name(String::new())));
        let mut from = NameAddr::new(Uri::sip(&number, host, None));
        let mut headers = Vec::new();
        if !ring.display.is_empty() {
            from.display = match ring.lang {
                Lang::Zh => ring.display.to_string(),
                Lang::En => format!("{} (EN)", ring.display),
            };
            let hex: String = ring.display.bytes().map(|b| format!("{b:02x}")).collect();
            headers.push(("User-to-User".to_owned(), format!("{hex};encoding=hex")));
        }
        Invite {
            to: Target::User(user.to_owned()),
            from,
            headers,
            offer: Some(offer),
            credentials: None,
            policy: None,
            token: ring.leg.0,
        }
    }

    /// Ends a leg whatever its state. One of ours that is not answered yet stays known until its end is told: the answer
    /// may cross the CANCEL.
    fn hang_up(&mut self, now: Now, id: LegId, cause: Cause) {
        let Some(leg) = self.legs.get(&id) else { return };
        let why = if self.was_answered_elsewhere(leg, cause) { ELSEWHERE.to_owned() } else { reason(cause) };
        let (session, state) = (leg.session, leg.state);
        match state {
            State::Offered => return self.refuse(now, id, cause, None),
            State::Calling => {
                if let Some(leg) = self.legs.get_mut(&id) {
                    leg.state = State::Cancelling;
                }
            }
            State::Cancelling => {}
            State::Up => {
                self.release(now, id);
            }
        }
        self.stack.hang_up(now.mono, session, Some(why));
    }

    /// Several phones rang and another one was answered (RFC 3326 section 2).
    fn was_answered_elsewhere(&self, leg: &Leg, cause: Cause) -> bool {
        let same = |l: &&Leg| l.call == leg.call && l.seat == leg.seat && l.state == State::Up;
        leg.state == State::Calling
            && cause.reason == Reason::Cancelled
            && self.legs.values().any(|l| same(&l))
    }
}

/// Another phone took the call (RFC 3326 section 2).
pub(super) const ELSEWHERE: &str = "SIP;cause=200;text=\"Call completed elsewhere\"";
/// With this status the far end's codecs were the reason (RFC 3261 section 21.4.26).
const NO_CODEC: u16 = 488;

/// The Warning header of a description that can't be used.
pub(super) fn warning(fault: SdpFault) -> (&'static str, String) {
    ("Warning", fault.warning().to_owned())
}

/// The Reason header (RFC 3326) with the Q.850 value of a verdict.
pub(super) fn reason(cause: Cause) -> String {
    format!("Q.850;cause={};text=\"{}\"", cause.q850(), cause.word())
}

fn group_of(group: Group) -> sound::Group {
    match group {
        Group::Main => sound::Group::Main,
        Group::Private => sound::Group::Private,
        Group::Alone => sound::Group::Alone,
        Group::Beside(who) => sound::Group::Beside(who.map(line)),
    }
}
