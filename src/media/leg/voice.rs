//! What a leg's voice goes through before others hear it: its level is aligned, it is fit to the room's rates, and where keys come
//! as sound they are found and taken out. And what it hears, fit to its codec.

use audio::FRAME;
use audio::align::Aligner;
use audio::codec::{Encoder, WIDE};
use audio::g711::{self, Law};
use audio::inband::{Detector, Strip};
use audio::polyphase::{Down, Up};

use crate::room::Ear;

/// Of the frames that are passed on as they came each fourth is listened to.
const LISTENED: u8 = 4;

/// One leg's; what each frame needs stands first.
#[repr(C)]
pub(super) struct Voice {
    aligner: Aligner,
    /// Of a leg without telephone events.
    keys: Option<Box<Keys>>,
    /// Frames that were passed on since one was listened to.
    passed: u8,
    /// Its codec has 16 kHz.
    wide: bool,
    up: Up,
    down: Down,
}

/// Costs one frame of delay.
#[derive(Default)]
struct Keys {
    detector: Detector,
    sounding: bool,
    narrow: Strip,
    wide: Strip,
}

impl Voice {
    /// Of a wide leg or a narrow one, with keys in its sound or without.
    pub(super) fn new(wide: bool, keys: bool) -> Self {
        Self {
            aligner: Aligner::default(),
            passed: 0,
            wide,
            up: Up::default(),
            down: Down::default(),
            keys: keys.then(Box::default),
        }
    }

    /// Another agreement: the level stays known.
    pub(super) fn change(&mut self, wide: bool, keys: bool) {
        self.wide = wide;
        if self.keys.is_some() != keys {
            self.keys = keys.then(Box::default);
        }
    }

    /// It looks for keys, holds a frame back for that, and wants every one.
    pub(super) fn holds(&self) -> bool {
        self.keys.is_some()
    }

    /// Its frames may be passed on as they came: nobody wants every one of them, and its level is right.
    pub(super) fn is_plain(&self) -> bool {
        self.keys.is_none() && self.aligner.is_idle()
    }

    /// A frame is passed on as it came. Of G.722 nothing is learned: it can't be decoded out of its order.
    pub(super) fn passed(&mut self, law: Option<Law>, payload: &[u8; FRAME]) {
        self.passed = self.passed.saturating_add(1);
        if let Some(law) = law.filter(|_| self.passed >= LISTENED) {
            self.passed = 0;
            let mut frame = [0; FRAME];
            g711::decode(law, payload, &mut frame);
            self.aligner.learn(&frame);
        }
    }

    /// A frame at the leg's own rate, at the beginning of `sound`, to one of 8 kHz and, where it is wanted, one of 16. The key that
    /// became certain in it.
    pub(super) fn shape(
        &mut self,
        sound: &mut [i16; WIDE],
        voice: &mut [i16; FRAME],
        mut wide: Option<&mut [i16; WIDE]>,
    ) -> Option<char> {
        let (frame, _) = sound.split_at_mut(if self.wide { WIDE } else { FRAME });
        self.aligner.frame(frame, self.keys.as_ref().is_some_and(|keys| keys.sounding));
        if self.wide {
            self.down.frame(sound, voice);
            if let Some(wide) = wide.as_deref_mut() {
                *wide = *sound;
            }
        } else {
            for (voice, sample) in voice.iter_mut().zip(frame) {
                *voice = *sample;
            }
            if let Some(wide) = wide.as_deref_mut() {
                self.up.frame(voice, wide);
            }
        }
        let keys = self.keys.as_mut()?;
        let heard = keys.detector.frame(voice);
        keys.sounding = heard.sounding;
        keys.narrow.frame(voice, heard.sounding);
        if let Some(wide) = wide {
            keys.wide.frame(wide, heard.sounding);
        }
        heard.key
    }
}

/// Fits what is heard to a codec.
#[derive(Default)]
pub(super) struct Fit {
    up: Up,
    down: Down,
}

impl Fit {
    /// Writes the payload.
    pub(super) fn encode(&mut self, ear: Ear<'_>, encoder: &mut Encoder, payload: &mut [u8; FRAME]) {
        let mut frame = [0; FRAME];
        let ear = match ear {
            Ear::Silence => &frame,
            Ear::Said(playing) => {
                playing.frame(&mut frame);
                &frame
            }
            Ear::Sound(sound) => sound,
            Ear::Wide(sound) if encoder.codec().rate() == 16_000 => {
                // What was heard before it came on 16 kHz is not to come again.
                self.up = Up::default();
                return encoder.encode(sound, payload);
            }
            // A re-INVITE made it narrow in this very tick.
            Ear::Wide(sound) => {
                self.down.frame(sound, &mut frame);
                &frame
            }
            Ear::Coded(bytes) => {
                *payload = *bytes;
                return;
            }
        };
        if encoder.codec().rate() == 8_000 {
            return encoder.encode(ear, payload);
        }
        let mut wide = [0; WIDE];
        self.up.frame(ear, &mut wide);
        encoder.encode(&wide, payload);
    }
}
