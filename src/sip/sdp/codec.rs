//! The codecs that this house speaks, how descriptions name them, and which of them two ends come to.

use super::{Agreed, Audio, Direction};

/// A codec that this house speaks. The RTP clock is 8 kHz for each of them, so that one telephone-event goes with all.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Codec {
    /// G.711 A-law, 8 kHz, static payload type 8 (RFC 3551).
    Pcma,
    /// G.711 mu-law, 8 kHz, static payload type 0.
    Pcmu,
    /// G.722 at 64 kbit/s, static payload type 9. It is sampled at 16 kHz but written `G722/8000` (RFC 3551 section 4.5.2).
    G722,
}

impl Codec {
    /// Each of them; in the order of the network: its own A-law first.
    pub const ALL: [Self; 3] = [Self::Pcma, Self::Pcmu, Self::G722];

    /// Static payload type (RFC 3551 table 4).
    pub fn static_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
            Self::G722 => 9,
        }
    }

    /// Encoding name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
            Self::G722 => "G722",
        }
    }

    /// Sound up to 7 kHz instead of 3.4 kHz.
    pub fn is_wide(self) -> bool {
        matches!(self, Self::G722)
    }

    /// By its rtpmap, in upper case; without one by its static type. A map counts more than the number.
    fn of(payload_type: u8, map: Option<&str>) -> Option<Self> {
        let Some(map) = map else { return Self::ALL.into_iter().find(|c| c.static_type() == payload_type) };
        let (name, clock) = map.split_once('/')?;
        let mono = matches!(clock, "8000" | "8000/1");
        Self::ALL.into_iter().find(|c| mono && c.name() == name)
    }
}

/// The payload types and rtpmap lines of an offer.
pub(super) fn offered(codecs: &[Codec]) -> (String, String) {
    let types: Vec<String> = codecs.iter().map(|c| c.static_type().to_string()).collect();
    let maps = codecs.iter().map(|c| format!("a=rtpmap:{} {}/8000\r\n", c.static_type(), c.name())).collect();
    (types.join(" "), maps)
}

/// The far end's first format that is allowed, and those of its further ones in which it may send without another word;
/// telephone-event at the same clock beside it.
pub(super) fn agree(audio: &Audio, codecs: &[Codec], direction: Direction) -> Option<Agreed> {
    let named = |pt: u8| audio.maps.iter().find(|(p, _)| *p == pt).map(|(_, n)| n.as_str());
    let known = |pt: &u8| Codec::of(*pt, named(*pt)).filter(|c| codecs.contains(c)).map(|c| (*pt, c));
    let mut formats = audio.formats.iter().filter_map(known);
    let (payload_type, codec) = formats.next()?;
    let mut also = Vec::new();
    for (pt, other) in formats {
        if other != codec && also.iter().all(|(_, c)| *c != other) {
            also.push((pt, other));
        }
    }
    let event =
        |pt: u8| named(pt).is_some_and(|n| matches!(n, "TELEPHONE-EVENT/8000" | "TELEPHONE-EVENT/8000/1"));
    let dtmf = audio.formats.iter().copied().find(|pt| event(*pt));
    Some(Agreed {
        remote: audio.remote,
        codec,
        payload_type,
        also,
        dtmf,
        direction,
        ptime: audio.ptime,
        srtp: None,
        web: None,
        profile: audio.profile.clone(),
    })
}
