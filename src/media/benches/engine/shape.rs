//! What is measured: kinds of rooms, who sits in them, what each seat must hear.

use std::time::Duration;

use audio::codec::Codec;

/// Tones of the seats and of the prompt, hertz: multiples of 50, so that each frame of 20 ms holds whole waves and none is
/// heard in another's place; none is near a key's (ITU-T Q.23).
pub const TONES: [f32; 3] = [600.0, 1_050.0, 1_550.0];
pub const PROMPT: f32 = 1_850.0;
/// Peak of each tone.
pub const PEAK: i16 = 5_000;
pub const TICK: Duration = Duration::from_millis(20);

/// A kind of room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// One seat that is told something; it speaks, as phones do.
    Prompt,
    /// Two seats of one codec.
    Two,
    /// Three seats.
    Three,
    /// Three seats, recorded.
    Recorded,
    /// Three seats of 16 kHz (G.722).
    Wide,
    /// Three seats, each encrypted (AES-CM-128, 80-bit tag).
    Secured,
    /// The floor: each packet comes back as it was sent.
    Echo,
    /// The floor with the work of a three-way: decoded, mixed, encoded.
    Mix,
}

impl Shape {
    /// Those that an engine is asked for, in the order of the report.
    pub const ENGINE: [Self; 6] =
        [Self::Prompt, Self::Two, Self::Three, Self::Recorded, Self::Wide, Self::Secured];

    pub fn seats(self) -> usize {
        match self {
            Self::Prompt => 1,
            Self::Two => 2,
            Self::Three | Self::Recorded | Self::Wide | Self::Secured | Self::Echo | Self::Mix => 3,
        }
    }

    /// Its name in orders and in the history.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Two => "two-seat",
            Self::Three => "three-way",
            Self::Recorded => "three-way-recorded",
            Self::Wide => "three-way-wideband",
            Self::Secured => "three-way-srtp",
            Self::Echo => "echo",
            Self::Mix => "mix",
        }
    }

    pub fn of(name: &str) -> Self {
        let all = [Self::Echo, Self::Mix];
        *Self::ENGINE.iter().chain(&all).find(|s| s.name() == name).expect("a kind of room")
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Prompt => "(a) a prompt is playing",
            Self::Two => "(b) two seats, one codec",
            Self::Three => "(c) three-way",
            Self::Recorded => "(d) three-way, recorded",
            Self::Wide => "(e) three-way, wideband (G.722)",
            Self::Secured => "(f) three-way, encrypted (SRTP)",
            Self::Echo => "each packet sent back",
            Self::Mix => "the same, decoded, mixed, encoded",
        }
    }

    pub fn codec(self) -> Codec {
        if self == Self::Wide { Codec::G722 } else { Codec::Pcma }
    }

    /// CPU milliseconds a leg-second that are aimed at.
    pub fn target(self) -> Option<f64> {
        match self {
            Self::Prompt | Self::Two => Some(0.33),
            Self::Three => Some(0.36),
            Self::Recorded | Self::Wide | Self::Secured | Self::Echo | Self::Mix => None,
        }
    }

    /// The tones that a seat must hear.
    pub fn heard(self, seat: usize) -> Vec<f32> {
        let others = TONES.iter().enumerate().take(self.seats()).filter(|(at, _)| *at != seat);
        match self {
            Self::Prompt => vec![PROMPT],
            Self::Echo => vec![TONES[seat]],
            // Whoever comes next to each other is mixed there, of whatever room.
            Self::Mix => Vec::new(),
            Self::Two | Self::Three | Self::Recorded | Self::Wide | Self::Secured => {
                others.map(|(_, tone)| *tone).collect()
            }
        }
    }

    /// The tones that it must not hear.
    pub fn unheard(self, seat: usize) -> Vec<f32> {
        let heard = self.heard(seat);
        if self == Self::Mix {
            return heard;
        }
        TONES.into_iter().chain([PROMPT]).filter(|tone| !heard.contains(tone)).collect()
    }
}

/// Which of the callers' sockets a leg's far end is: in each hundred legs every socket once, in an order of its own, so that
/// the seats of a room speak at unrelated moments.
pub fn socket_of(leg: usize, sockets: usize) -> usize {
    let (block, at) = (leg / sockets, leg % sockets);
    let mut order: Vec<usize> = (0..sockets).collect();
    let mut state = block as u64 + 1;
    for i in (1..sockets).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(i, (state >> 33) as usize % (i + 1));
    }
    order[at]
}
