//! The sending half of a leg: sound, keys and reports.

use std::net::SocketAddr;
use std::time::Duration;

use audio::FRAME;
use audio::g711::{self, Law};
use audio::{dtmf, rtcp, rtp};

use super::{Body, Clock, MOST_KEYS};
use crate::command::Digits;
use crate::line::{Channel, Line};
use crate::room::Ear;
use crate::srtp;

/// Chores between two RTCP reports: 5 s (RFC 3550 section 6.2).
pub(super) const REPORT_CHORES: u64 = 25;
/// Between two keys that we send.
const KEY_GAP_TICKS: u64 = 4;

impl Body {
    /// Sends what it hears in this tick: a key when one is due, else the sound.
    /// A law: what is said is not ready for packets of it yet, and nothing was sent.
    pub(crate) fn hear(&mut self, clock: Clock, line: &mut impl Line, ear: Ear<'_>) -> Option<Law> {
        let timestamp = self.timestamp;
        let Some(to) = self.latched.or(self.media.remote).filter(|_| self.media.send) else {
            self.timestamp = timestamp.wrapping_add(FRAME as u32);
            return None;
        };
        let mut payload = [0; FRAME];
        match (ear, self.law()) {
            (Ear::Silence, Some(law)) => payload.fill(g711::compress(law, 0)),
            (Ear::Said(playing), Some(law)) if !playing.coded(law, &mut payload) => return Some(law),
            (Ear::Said(_), Some(_)) => {}
            (Ear::Coded(bytes), _) => payload = *bytes,
            _ => self.fit.encode(ear, &mut self.encoder, &mut payload),
        }
        self.timestamp = timestamp.wrapping_add(FRAME as u32);
        self.begin_key(clock, timestamp);
        let mut packet = rtp::Packet {
            marker: std::mem::take(&mut self.marker),
            payload_type: self.media.payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
            payload: &payload,
        };
        let key = self.sending.as_mut().and_then(|s| s.next(FRAME as u16).map(|said| (s.timestamp, said)));
        let mut bytes = [0; rtp::HEADER + FRAME + srtp::TAIL];
        let length = match (key, self.media.dtmf) {
            (Some((begun, said)), Some(payload_type)) => {
                (packet.marker, packet.timestamp) = (said.first, begun);
                (packet.payload_type, packet.payload) = (payload_type, &said.payload);
                rtp::write(&packet, &mut bytes)
            }
            (None, _) | (_, None) => {
                if self.sending.take().is_some() {
                    self.pause_until = clock.tick + KEY_GAP_TICKS;
                }
                rtp::write(&packet, &mut bytes)
            }
        };
        self.sequence = self.sequence.wrapping_add(1);
        let length = match &mut self.guard {
            None => length,
            // Never in clear; what can't be encrypted is lost.
            Some(guard) => guard.protect(&mut bytes, length).unwrap_or_default(),
        };
        let bytes = bytes.get(..length).filter(|b| !b.is_empty())?;
        self.packets = self.packets.wrapping_add(1);
        line.send(self.port.socket, Channel::Rtp, to, bytes);
        None
    }

    fn begin_key(&mut self, clock: Clock, timestamp: u32) {
        if self.sending.is_none()
            && clock.tick >= self.pause_until
            && let Some((key, length)) = self.to_send.pop_front()
        {
            self.sending = dtmf::Sender::new(key, timestamp, length);
        }
    }

    /// Keys to send, each held so long. Without an agreed event type they can't be sent.
    pub(crate) fn send_keys(&mut self, digits: &Digits, hold: Duration) {
        let samples = u16::try_from(hold.as_millis() * 8).unwrap_or(u16::MAX);
        for key in digits.reveal().chars() {
            // An order, not a tick: it may allocate.
            if self.to_send.len() < MOST_KEYS && self.media.dtmf.is_some() {
                self.to_send.push_back((key, samples));
            }
        }
    }

    /// The RTCP report when it is due.
    pub(crate) fn send_report(&mut self, clock: Clock, line: &mut impl Line) {
        if self.chores < REPORT_CHORES || !self.has_turn(clock) {
            return;
        }
        self.chores = 0;
        let Some(to) = self.latched.or(self.media.remote) else { return };
        let sent = rtcp::Sent {
            ssrc: self.ssrc,
            utc_ms: clock.utc_ms,
            timestamp: self.timestamp,
            packets: self.packets,
            octets: self.packets.wrapping_mul(FRAME as u32),
            echo: self.far.echo(clock),
            voip: Some(self.sounds()),
        };
        let mut bytes = [0; rtcp::LONGEST + srtp::TAIL];
        let length = rtcp::write(&sent, &mut self.counter, &mut bytes);
        let length = match &mut self.guard {
            None => length,
            Some(guard) => guard.protect_report(&mut bytes, length).unwrap_or_default(),
        };
        let Some(bytes) = bytes.get(..length).filter(|b| !b.is_empty()) else { return };
        if self.media.rtcp_mux {
            return line.send(self.port.socket, Channel::Rtp, to, bytes);
        }
        if let Some(port) = to.port().checked_add(1) {
            line.send(self.port.socket, Channel::Rtcp, SocketAddr::new(to.ip(), port), bytes);
        }
    }
}
