//! Between the rooms of the core and the media threads: what they tell, and how a leg's stream and port come and go.

use std::path::Path;

use audio::emodel::{self, Talk};
use browser::Order;
use call::event::{LegEvent, Message, MessageEnd};
use call::heard::Announced;
use call::ids::{CallId, PlayId};
use call::{Event, LegId, Now};
use media::command::{self as sound, FileKind, RecordedFile, Room};
use media::{Command, Port};
use sip::sdp::Agreed;
use store::{Course, Entry, LegSound, Packets, RecordingKind, RecordingRow, Reports, Span};

use super::Turn;
use super::browsers::there;
use super::legs::{Closing, KeyWay, Leg, listens};
use crate::contract::{Notice, Output};

/// A leg by media's name.
pub(super) fn line(leg: LegId) -> sound::Leg {
    sound::Leg(leg.0)
}

/// A call's room by media's name.
pub(super) fn room(call: CallId) -> Room {
    Room(call.0)
}

impl Turn {
    /// Something that the media threads tell.
    pub(super) fn heard(&mut self, now: Now, event: media::Event) {
        match event {
            media::Event::Digit { leg, key, by } => {
                let way = match by {
                    sound::KeyIn::Events => KeyWay::Rtp,
                    sound::KeyIn::Sound => KeyWay::Sound,
                };
                self.keyed(now, LegId(leg.0), key.0, way);
            }
            media::Event::FirstPacket { leg } => {
                if let Some(leg) = self.legs.get(&LegId(leg.0)) {
                    self.ports.heard(leg.port);
                }
            }
            media::Event::MediaLost { leg } => self.leg(now, leg, LegEvent::MediaLost),
            media::Event::MediaBack { leg } => self.leg(now, leg, LegEvent::MediaBack),
            media::Event::LegClosed { leg, stats, course } => self.closed(now, LegId(leg.0), stats, &course),
            media::Event::PlayDone { room, play } => {
                self.hotline.handle(now, Event::PlayDone(CallId(room.0), PlayId(play.0)));
            }
            media::Event::MessageTaken { room, leg, length_ms, ended, file } => {
                if let Some(file) = file {
                    self.keep(now, CallId(room.0), Some(LegId(leg.0)), file);
                }
                let ended = match ended {
                    sound::MessageEnd::Stopped => MessageEnd::Stopped,
                    sound::MessageEnd::Full => MessageEnd::Full,
                    sound::MessageEnd::Silence => MessageEnd::Silence,
                };
                self.hotline.handle(now, Event::MessageTaken(LegId(leg.0), Message { length_ms, ended }));
            }
            media::Event::RecordingClosed { room, files } => {
                for file in files {
                    self.keep(now, CallId(room.0), None, file);
                }
            }
            media::Event::Compressed { call, file } => {
                if let Some(call) = CallId::parse(&call) {
                    self.keep(now, call, None, file);
                }
            }
            media::Event::Trouble(trouble) => {
                self.counts.troubles += 1;
                if let sound::Trouble::NotRecorded { room, why } = &trouble {
                    self.hotline.handle(now, Event::NotRecorded(CallId(room.0), why.word()));
                }
                self.notice(Notice::Trouble(trouble));
            }
        }
    }

    fn leg(&mut self, now: Now, leg: sound::Leg, event: LegEvent) {
        self.hotline.handle(now, Event::Leg(LegId(leg.0), event));
    }

    /// A file is complete on disk: its row.
    fn keep(&mut self, now: Now, call: CallId, leg: Option<LegId>, file: RecordedFile) {
        let began = now.utc_ms.saturating_sub_unsigned(file.duration_ms);
        let row = recording_row(call, leg, &file, &self.setup.recordings, began);
        if row.kind == RecordingKind::Voicemail
            && self.rooms.contains_key(&call)
            && let Some(leg) = leg
        {
            self.messages.insert(leg, row.clone());
        }
        self.out.push_back(Output::Store(Entry::Recording(Box::new(row))));
    }

    /// The citizen threw the message away: its row says so.
    pub(super) fn discarded(&mut self, now: Now, leg: LegId) {
        if let Some(row) = self.messages.remove(&leg) {
            let row = RecordingRow { purged_at: Some(now.utc_ms), ..row };
            self.out.push_back(Output::Store(Entry::Recording(Box::new(row))));
        }
    }

    /// The stream of a leg begins, or follows what is agreed on now.
    pub(super) fn place(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        self.ports.face(leg.port, leg.agreed.as_ref().and_then(listens));
        let (thread, command) = (leg.port.thread, leg.stream(line(id)));
        self.out.push_back(Output::Media(thread, command));
        self.introduce(id);
    }

    /// Whether the far end of a leg would listen where that of another leg on the same port does: nobody could tell their
    /// packets apart.
    pub(super) fn clashes(&self, id: LegId, agreed: &Agreed) -> bool {
        let port = self.legs.get(&id).map(|leg| leg.port);
        port.zip(listens(agreed)).is_some_and(|(port, remote)| self.ports.clashes(port, remote))
    }

    /// Another port of the leg's thread, where it does not clash. `None`: there is none.
    pub(super) fn apart(&mut self, now: Now, id: LegId, agreed: &Agreed) -> Option<Port> {
        let thread = self.legs.get(&id)?.port.thread;
        self.ports.take_facing(thread, listens(agreed), now.mono)
    }

    /// The stream of a leg goes on behind another port of its thread. The one before is free at once: a thread takes its orders
    /// one after the other, so that whoever gets the port next comes after this.
    pub(super) fn rehouse(&mut self, now: Now, id: LegId, port: Port) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.met.take().is_some() {
            self.out.push_back(Output::Browser(Order::Close { leg: there(id, leg.time) }));
            leg.time = leg.time.wrapping_add(1);
        }
        let before = std::mem::replace(&mut leg.port, port);
        let command = match leg.stream(line(id)) {
            Command::Update { leg, media } => Command::Rehouse { leg, port, media },
            first => first,
        };
        self.out.push_back(Output::Media(port.thread, command));
        self.ports.face(port, leg.agreed.as_ref().and_then(listens));
        self.ports.give_back(before, now.mono);
        self.introduce(id);
    }

    /// A leg is over: its stream is closed; the port goes back when the media thread has said so.
    pub(super) fn release(&mut self, now: Now, id: LegId) -> Option<Leg> {
        let leg = self.legs.remove(&id)?;
        if let Some(trunk) = &leg.trunk {
            self.channel_back(trunk);
        }
        if leg.met.is_some() {
            self.out.push_back(Output::Browser(Order::Close { leg: there(id, leg.time) }));
        }
        if leg.open {
            let codec = leg.codec();
            let announced = Announced::of(leg.agreed.as_ref().map(|agreed| agreed.remote.ip()));
            let closing = Closing { call: leg.call, port: leg.port, codec, keys: leg.keys, announced };
            self.closing.insert(id, closing);
            self.out.push_back(Output::Media(leg.port.thread, Command::Close { leg: line(id) }));
        } else {
            self.ports.give_back(leg.port, now.mono);
        }
        Some(leg)
    }

    fn closed(&mut self, now: Now, id: LegId, stats: sound::LegStats, course: &media::course::Course) {
        let Some(closing) = self.closing.remove(&id) else { return };
        self.ports.give_back(closing.port, now.mono);
        let row = LegSound {
            call: closing.call,
            leg: id,
            codec: closing.codec.into(),
            dtmf_mode: closing.keys.map_or("", KeyWay::word).into(),
            loss_ratio: stats.loss_ratio,
            jitter_ms: stats.jitter_ms,
            mos: score(&stats),
            packets: Some(Packets {
                received: stats.received,
                silent: stats.silent,
                sent: stats.sent,
                announced: closing.announced.word().into(),
            }),
            course: spans(course),
            reports: Reports {
                burst_ratio: (stats.received > 0).then_some(stats.burst_ratio),
                round_trip_ms: stats.round_trip_ms,
                far_loss: stats.far_loss_ratio,
                far_mos: stats.far_mos,
            },
        };
        self.out.push_back(Output::Store(Entry::LegSound(Box::new(row))));
    }
}

/// How a leg sounded in all; `None` when nothing came.
fn score(stats: &sound::LegStats) -> Option<f32> {
    let late = stats.late as f32 / stats.received.max(1) as f32;
    let unheard = stats.loss_ratio + (1.0 - stats.loss_ratio) * late.min(1.0);
    let talk = Talk {
        loss: unheard,
        burst: stats.burst_ratio,
        jitter_ms: stats.jitter_ms,
        round_trip_ms: stats.round_trip_ms,
    };
    (stats.received > 0).then(|| emodel::score(&talk))
}

/// The same over time, as it is stored.
fn spans(course: &media::course::Course) -> Option<Course> {
    // The casts saturate; all are far below that.
    let span = |sample: &media::course::Sample| Span {
        loss: sample.loss_ratio().map_or(0, |loss| (loss * 10_000.0).round() as u16),
        jitter: (sample.jitter_ms() * 16.0).round() as u16,
        mos: sample
            .unheard_ratio()
            .map_or(0, |unheard| (emodel::estimate(unheard, sample.jitter_ms()) * 100.0).round() as u16),
    };
    let spans: Vec<Span> = course.samples.iter().map(span).collect();
    let (begun, span_ms) = (course.begun_utc_ms, course.span_ms);
    (!spans.is_empty()).then_some(Course { begun, span_ms, spans })
}

/// The row of a recording that is complete on disk; `base` is the folder of all recordings, `began` UTC ms.
pub fn recording_row(
    call: CallId,
    leg: Option<LegId>,
    file: &RecordedFile,
    base: &Path,
    began: i64,
) -> RecordingRow {
    let kind = match file.kind {
        FileKind::Main => RecordingKind::Mix,
        FileKind::Private => RecordingKind::Private,
        FileKind::Message => RecordingKind::Voicemail,
    };
    // The row keeps the name with which it began; its codec says what the file is now.
    let is_flac = file.path.extension().is_some_and(|ending| ending == "flac");
    let named = if is_flac { file.path.with_extension("wav") } else { file.path.clone() };
    let path = named.strip_prefix(base).unwrap_or(&named);
    RecordingRow {
        call,
        leg,
        kind,
        path: path.to_string_lossy().into_owned(),
        codec: if is_flac { "flac" } else { "pcm_s16le" }.to_owned(),
        started_at: began,
        duration_ms: Some(file.duration_ms),
        bytes: Some(file.bytes),
        sha256: Some(file.sha256.iter().map(|byte| format!("{byte:02x}")).collect()),
        key_id: None,
        retain_until: None,
        legal_hold: false,
        purged_at: None,
    }
}

#[cfg(test)]
mod tests {
    use media::course;

    use super::*;

    #[test]
    fn a_leg_is_judged_by_what_nobody_heard() {
        let stats = |received, late| sound::LegStats { received, late, jitter_ms: 2.0, ..Default::default() };
        assert_eq!(score(&stats(0, 0)), None, "nothing came");
        let [good, late] = [stats(1_000, 0), stats(1_000, 50)].map(|stats| score(&stats).unwrap_or_default());
        assert!(good > 4.3 && (1.9..2.4).contains(&late), "{good} {late}");
        let lost = sound::LegStats { loss_ratio: 0.05, ..stats(950, 0) };
        assert!(
            (score(&lost).unwrap_or_default() - late).abs() < 0.05,
            "lost or late is the same to the ear"
        );
    }

    #[test]
    fn a_file_that_became_flac_has_the_row_that_it_had() {
        let file = |name: &str| RecordedFile {
            kind: FileKind::Main,
            path: format!("/rec/2026-10-10/{name}").into(),
            sha256: [7; 32],
            bytes: 9,
            duration_ms: 20,
            tracks: Vec::new(),
        };
        let row = |name: &str| recording_row(CallId(1), None, &file(name), Path::new("/rec"), 0);
        let (before, after) = (row("A.wav"), row("A.flac"));
        assert_eq!((before.path.as_str(), before.codec.as_str()), ("2026-10-10/A.wav", "pcm_s16le"));
        assert_eq!((after.path.as_str(), after.codec.as_str()), ("2026-10-10/A.wav", "flac"));
        assert_eq!([before.file(), after.file()], ["2026-10-10/A.wav", "2026-10-10/A.flac"]);
    }

    #[test]
    fn a_course_is_stored_span_by_span() {
        let sample = |expected, lost| course::Sample { expected, lost, late: 0, jitter: 40 };
        let samples = vec![sample(250, 0), sample(0, 0), sample(250, 5)];
        let given = course::Course { begun_utc_ms: 7, span_ms: 5_000, samples };
        let stored = spans(&given).unwrap_or_default();
        assert_eq!((stored.begun, stored.span_ms), (7, 5_000));
        let values: Vec<_> = stored.spans.iter().map(|span| (span.loss, span.jitter)).collect();
        assert_eq!(values, [(0, 40), (0, 40), (200, 40)]);
        let scores: Vec<_> = stored.spans.iter().map(|span| span.mos).collect();
        assert!(matches!(scores.as_slice(), [430..450, 0, 280..330]), "{scores:?}");
        assert_eq!(spans(&course::Course::default()), None, "too short for a sample");
    }
}
