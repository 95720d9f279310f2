//! The recorder as a model: recordings and voice messages.

use std::time::Duration;

use media::Event;
use media::command::{FileKind, Leg, MessageEnd, RecordedFile, Recording, RecordingSpec, Room};

use super::chance::Chance;
use super::sound::{Due, RECORDER, Sense, Sound, wants};

/// A message that is being taken.
#[derive(Debug)]
pub struct Message {
    pub leg: Leg,
    pub number: u64,
    began: Duration,
    /// The citizen speaks so long.
    speaks: Duration,
}

impl Sound {
    pub fn record(&mut self, thread: u16, room: Room, what: Recording) -> Sense {
        let chamber = self.chamber(thread, room)?;
        let fits = match what {
            Recording::Start => chamber.recording.is_none() && chamber.spec.is_some(),
            Recording::Pause => chamber.recording == Some(true),
            Recording::Resume => chamber.recording == Some(false),
        };
        chamber.recording = Some(what != Recording::Pause);
        wants(fits, || format!("{what:?} does not fit the recording's state"))
    }

    pub fn take_message(
        &mut self,
        now: Duration,
        thread: u16,
        dice: &mut Chance,
        (room, leg): (Room, Leg),
        max: Duration,
        silence: Duration,
    ) -> Sense {
        self.messages += 1;
        let number = self.messages;
        let alive = self.line(thread, leg)?.alive;
        let chamber = self.chamber(thread, room)?;
        wants(chamber.seats.contains_key(&leg), || format!("a message of {leg:?}, which has no seat"))?;
        wants(chamber.message.is_none(), || "two messages at once".into())?;
        let speaks = if alive && dice.permille(800) { dice.ms(500, 25_000) } else { Duration::ZERO };
        chamber.message = Some(Message { leg, number, began: now, speaks });
        let silent = now + speaks + silence;
        let end =
            if silent < now + max { (silent, MessageEnd::Silence) } else { (now + max, MessageEnd::Full) };
        self.due_at(end.0, Due::Message(room, number, end.1));
        Ok(())
    }

    pub fn end_message(&mut self, now: Duration, dice: &mut Chance, room: Room, ended: MessageEnd) {
        let Some(chamber) = self.rooms.get_mut(&room) else { return };
        let Some(message) = chamber.message.take() else { return };
        let spoken = message.speaks.min(now.saturating_sub(message.began));
        let length_ms = u32::try_from(spoken.as_millis()).unwrap();
        let spec = chamber.spec.as_ref().filter(|_| length_ms > 0 && dice.permille(980));
        let file = spec.map(|spec| file(FileKind::Message, spec, &format!("-message-{}", message.number)));
        let leg = message.leg;
        self.tell(now, RECORDER, dice, Event::MessageTaken { room, leg, length_ms, ended, file });
    }
}

pub fn file(kind: FileKind, spec: &RecordingSpec, tail: &str) -> RecordedFile {
    RecordedFile {
        kind,
        path: spec.folder.join(format!("{}{tail}.wav", spec.stem)),
        sha256: [0; 32],
        bytes: 44,
        duration_ms: 1,
        tracks: Vec::new(),
    }
}
