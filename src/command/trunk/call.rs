//! The test call: an INVITE as the house sends it, two seconds of sound, and a proper end.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use config::Checked;
use doctor::{Called, Form, log};
use sip::sdp::{self, Direction, Local, Secrets, Shield};
use sip::{Event, Flow, Message, Method, SessionId};
use switchboard::contract::{self, Trunk};
use switchboard::numbers::{self, Place};
use switchboard::outward::{self, Ourselves};

use super::line::Line;
use super::probe::Probe;
use crate::command::CommandError;

/// So long it may ring.
const RING: Duration = Duration::from_secs(30);
/// Without any sign of life, not even 100, it is given up after so long.
const UNHEARD: Duration = Duration::from_secs(8);
/// So long the sound is listened to.
const TALK: Duration = Duration::from_secs(2);
/// So long the answers to CANCEL and BYE are waited for.
const LAST: Duration = Duration::from_secs(4);
/// The token of the session.
const TOKEN: u64 = 1;

/// A call under way.
struct Test<'p> {
    probe: &'p mut Probe,
    session: SessionId,
    line: Line,
    local: Local,
    shield: Shield,
    codecs: &'p [sdp::Codec],
    unusable: Option<String>,
}

/// Calls. `None`: there is nothing to call with, which the configuration's check has told.
///
/// # Errors
/// No port for sound.
pub(super) async fn make(
    probe: &mut Probe,
    checked: &Checked,
    trunk: &Trunk,
    number: &str,
    way: Flow,
    seed: &[u8; 32],
) -> Result<Option<Called>, CommandError> {
    let settings = &checked.settings;
    let [a, b, c, d, ..] = *seed;
    let ssrc = u32::from_be_bytes([a, b, c, d]);
    let line = Line::open(settings.media.address, settings.media.ports, ssrc).await?;
    let ours = trunk.advertised.unwrap_or(settings.media.advertised);
    let local = Local { address: SocketAddr::new(ours, line.port), id: ssrc.into(), version: 1 };
    let wanted = outward::encryption(way.transport.secure(), Some(trunk));
    let shield = Secrets::new(seed).shield(wanted);
    let offer = sdp::offer(local, &trunk.codecs, Direction::SendRecv, &shield);
    let place = Place { country: settings.place.country.clone(), area: settings.place.area.clone() };
    let own = checked.plan.numbers.first().map(|n| &**n);
    let ourselves = Ourselves { realm: &settings.sip.realm, number: own, place: &place };
    let Some(invite) = outward::invite(ourselves, trunk, number, way, offer, TOKEN) else { return Ok(None) };
    let now = probe.now();
    let Ok(session) = probe.stack.invite(now, invite) else { return Ok(None) };
    let mut test = Test { probe, session, line, local, shield, codecs: &trunk.codecs, unusable: None };
    if test.ring().await {
        test.talk().await;
    }
    test.probe.tidied();
    let called = log::called(&test.probe.take_log());
    Ok(called.map(|called| Called {
        number: number.to_owned(),
        forms: forms(number, trunk, &place),
        unusable: test.unusable,
        sound: Some(test.line.sound()).filter(|_| called.bye.is_some() || called.answer.is_some()),
        ..called
    }))
}

/// How the number is written in each form, by the same trunk.
fn forms(number: &str, trunk: &Trunk, place: &Place) -> Vec<(Form, String)> {
    let all = [
        (Form::AsIs, contract::Form::AsIs),
        (Form::E164, contract::Form::E164),
        (Form::National, contract::Form::National),
        (Form::Local, contract::Form::Local),
    ];
    let write = |form| numbers::write(number, &Trunk { form, ..trunk.clone() }, place);
    all.into_iter().map(|(told, form)| (told, write(form))).collect()
}

impl Test<'_> {
    /// Waits for the answer; whether there is one to talk to. Whoever is not reached in time is not rung any longer.
    async fn ring(&mut self) -> bool {
        let began = Instant::now();
        let mut by = began + UNHEARD;
        let mut dropped = false;
        loop {
            match self.probe.next(by).await {
                Some(Event::Progress { body, .. }) if !body.is_empty() => {
                    if let Ok(agreed) = sdp::accept(&body, self.codecs, Direction::SendRecv, &self.shield) {
                        self.line.agree(agreed);
                    }
                }
                Some(Event::Answered { .. }) if dropped => {
                    // It crossed our CANCEL.
                    self.hang_up().await;
                    return false;
                }
                Some(Event::Answered { body, .. }) => {
                    self.line.answered();
                    match sdp::accept(&body, self.codecs, Direction::SendRecv, &self.shield) {
                        Ok(agreed) => self.line.agree(agreed),
                        Err(why) => self.unusable = Some(why.to_string()),
                    }
                    return true;
                }
                Some(Event::Failed { .. } | Event::Ended { .. }) => return false,
                Some(_) => {}
                None if dropped => return false,
                None if by < began + RING && self.is_heard() && !self.probe.is_stopped() => {
                    by = began + RING;
                }
                None => {
                    dropped = true;
                    by = Instant::now() + LAST;
                    self.probe.tidy_up();
                    let now = self.probe.now();
                    self.probe.stack.hang_up(now, self.session, None);
                }
            }
        }
    }

    fn is_heard(&self) -> bool {
        self.probe.stack.is_heard(self.session)
    }

    /// Listens for two seconds, and ends it, unless the far end does first.
    async fn talk(&mut self) {
        let by = Instant::now() + TALK;
        while let Some(event) = self.probe.next(by).await {
            match event {
                Event::Ended { .. } => return,
                Event::Reoffer { offer, .. } => self.reoffered(offer.as_deref()),
                _ => {}
            }
        }
        self.hang_up().await;
    }

    /// Some far ends settle on one codec right after the answer.
    fn reoffered(&mut self, offer: Option<&[u8]>) {
        self.local.version = self.local.version.saturating_add(1);
        let answer = match offer {
            Some(offer) => sdp::answer(offer, self.local, self.codecs, Direction::SendRecv, &self.shield),
            None => Err(sdp::SdpFault::NoAudio),
        };
        let answer = match answer {
            Ok((body, agreed)) => {
                self.line.agree(agreed);
                Ok(body)
            }
            Err(why) => Err(why.status()),
        };
        let now = self.probe.now();
        // The session may have ended meanwhile.
        let _ = self.probe.stack.answer_reoffer(now, self.session, answer);
    }

    async fn hang_up(&mut self) {
        self.probe.tidy_up();
        let now = self.probe.now();
        self.probe.stack.hang_up(now, self.session, None);
        let by = Instant::now() + LAST;
        self.probe
            .until(by, |log| {
                log.iter().any(|entry| match &entry.message {
                    Message::Response(response) => {
                        let bye = response.headers.cseq().is_some_and(|(_, method)| method == Method::Bye);
                        !entry.ours && bye && response.status >= 200
                    }
                    Message::Request(_) => false,
                })
            })
            .await;
    }
}
