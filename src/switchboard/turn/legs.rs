//! One leg as the switchboard has it: its SIP session, its port, and what both ends agreed on.

use std::net::SocketAddr;

use call::action::SeatRole;
use call::heard::Announced;
use call::ids::{CallId, Name};
use media::command::{Codec, Stream};
use media::keys::{self, MasterKey, Srtp};
use media::{Command, Port};
use sip::SessionId;
use sip::sdp::{self, Agreed, Direction, Local, SdpFault, Shield, Suite};

use super::trunks::Outgoing;
use crate::contract::{Dtmf, Trunk};

/// How far a leg is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Their INVITE waits for our answer.
    Offered,
    /// Our INVITE waits for theirs.
    Calling,
    /// Taken back by us; the answer may cross.
    Cancelling,
    /// Both ends are in the dialog.
    Up,
}

/// By which way a phone sends its keys. The first that brings one is taken; a phone that sends each key both ways is
/// heard once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KeyWay {
    /// RFC 4733.
    Rtp,
    /// SIP INFO.
    Info,
    /// Tones in the sound, where telephone events were not agreed on.
    Sound,
}

impl KeyWay {
    /// The one that a trunk is known to take; `None`: the first that brings a key.
    fn of(dtmf: Dtmf) -> Option<Self> {
        match dtmf {
            Dtmf::Auto => None,
            Dtmf::Rfc4733 => Some(Self::Rtp),
            Dtmf::Info => Some(Self::Info),
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Rtp => "rfc4733",
            Self::Info => "info",
            Self::Sound => "inband",
        }
    }

    /// A key came by `way` on a leg that had keys by `before`: the way that counts from now on, `None` when this key was heard
    /// already. Telephone events and tones in the sound are never looked for together: what is agreed on decides between them.
    pub(super) fn after(before: Option<Self>, way: Self) -> Option<Self> {
        match (before, way) {
            (None, way) | (Some(Self::Rtp | Self::Sound), way @ (Self::Rtp | Self::Sound)) => Some(way),
            (Some(before), way) => (before == way).then_some(way),
        }
    }
}

/// One leg.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) call: CallId,
    pub(super) session: SessionId,
    /// Of its INVITE.
    pub(super) sip_call_id: Name,
    pub(super) seat: SeatRole,
    pub(super) state: State,
    pub(super) port: Port,
    /// The trunk that it takes a channel of.
    pub(super) trunk: Option<Name>,
    /// The user of the phone, when it is one of the house.
    pub(super) phone: Option<Name>,
    /// The way of a call to the world.
    pub(super) outgoing: Option<Box<Outgoing>>,
    /// What it may speak: what we offer, best first, and what an answer of ours may name.
    pub(super) codecs: Vec<sdp::Codec>,
    /// Our end as session descriptions name it.
    pub(super) local: Local,
    /// Their offer, until it is answered.
    pub(super) offer: Option<Vec<u8>>,
    pub(super) agreed: Option<Agreed>,
    /// Whether its sound is encrypted, and by which keys.
    pub(super) shield: Shield,
    /// Why their offer can't be answered.
    pub(super) fault: Option<SdpFault>,
    /// They put us on hold.
    pub(super) held: bool,
    pub(super) keys: Option<KeyWay>,
    /// The caller asks for early media, and its trunk may have it: it is rung with our description.
    pub(super) early: bool,
    /// That description, which the answer repeats.
    pub(super) described: Option<Vec<u8>>,
    /// 180 was told.
    pub(super) ringing: bool,
    /// The media thread has it.
    pub(super) open: bool,
    /// What the hub of the browsers knows of the far end, once it was asked to answer its checks.
    pub(super) met: Option<Met>,
    /// How many names the hub has had for it before.
    pub(super) time: u16,
}

/// What the hub of the browsers was told.
#[derive(Debug)]
pub(super) enum Met {
    /// Our half.
    Ours,
    /// Both halves.
    Both(Box<sdp::Web>),
}

/// A leg that is over; its media thread still closes it.
#[derive(Debug)]
pub(super) struct Closing {
    pub(super) call: CallId,
    pub(super) port: Port,
    pub(super) codec: &'static str,
    pub(super) keys: Option<KeyWay>,
    /// What kind of address the far end announced last.
    pub(super) announced: Announced,
}

impl Leg {
    /// A leg of which nothing but its session is known.
    pub(super) fn new(
        call: CallId,
        session: SessionId,
        seat: SeatRole,
        state: State,
        port: Port,
        local: Local,
        shield: Shield,
    ) -> Self {
        Self {
            call,
            session,
            sip_call_id: "".into(),
            seat,
            state,
            port,
            trunk: None,
            phone: None,
            outgoing: None,
            codecs: Vec::new(),
            local,
            offer: None,
            agreed: None,
            shield,
            fault: None,
            held: false,
            keys: None,
            early: false,
            described: None,
            ringing: false,
            open: false,
            met: None,
            time: 0,
        }
    }

    /// Speaks with a trunk as it wants it: our address, by which way its keys come.
    pub(super) fn speak_with(&mut self, trunk: &Trunk) {
        self.keys = KeyWay::of(trunk.dtmf);
        if let Some(ip) = trunk.advertised {
            self.local.address.set_ip(ip);
        }
    }

    /// Our next description: each has a higher version (RFC 3264 section 8).
    pub(super) fn describe(&mut self) -> Local {
        self.local.version = self.local.version.saturating_add(1);
        self.local
    }

    /// Our offer.
    pub(super) fn our_offer(&mut self) -> Vec<u8> {
        let codecs = self.codecs.clone();
        sdp::offer(self.describe(), &codecs, Direction::SendRecv, &self.shield)
    }

    /// Our answer to an offer of theirs, and what it comes to. [`Leg::agree`] takes it down.
    pub(super) fn answer_to(&mut self, offer: &[u8]) -> Result<(Vec<u8>, Agreed), SdpFault> {
        let local = self.describe();
        sdp::answer(offer, local, &self.codecs, Direction::SendRecv, &self.shield)
    }

    /// Our answer to a later offer of theirs.
    pub(super) fn answer_again(&mut self, offer: &[u8]) -> Result<(Vec<u8>, Agreed), SdpFault> {
        let local = self.describe();
        let before = self.agreed.as_ref();
        sdp::answer_again(offer, local, &self.codecs, Direction::SendRecv, before, &self.shield)
    }

    /// Their answer to our offer.
    pub(super) fn accept(&self, answer: &[u8]) -> Result<Agreed, SdpFault> {
        sdp::accept(answer, &self.codecs, Direction::SendRecv, &self.shield)
    }

    /// Both ends agree on this from now on.
    pub(super) fn agree(&mut self, agreed: Agreed) {
        self.shield.commit(&agreed);
        self.agreed = Some(agreed);
    }

    /// What we say of ourselves to their first INVITE: the answer to its offer, or an offer.
    pub(super) fn description(&mut self) -> Result<Vec<u8>, sdp::SdpFault> {
        let Some(offer) = self.offer.take() else { return Ok(self.our_offer()) };
        let (body, agreed) = self.answer_to(&offer)?;
        self.agree(agreed);
        Ok(body)
    }

    /// The order that begins the stream, or the one that changes it.
    pub(super) fn stream(&mut self, leg: media::command::Leg) -> Command {
        let agreed = self.agreed.as_ref();
        let media = if self.shield.is_web() { inside(agreed) } else { stream(agreed) };
        if std::mem::replace(&mut self.open, true) {
            Command::Update { leg, media }
        } else {
            Command::Open { leg, port: self.port, media }
        }
    }

    /// Whether their hold began (`Some(true)`) or ended with what is agreed on now. Held is who may not be sent to
    /// (RFC 3264 section 8.4).
    pub(super) fn hold_changed(&mut self) -> Option<bool> {
        let held = self.agreed.as_ref().is_some_and(|a| !a.direction.sends());
        (std::mem::replace(&mut self.held, held) != held).then_some(held)
    }

    pub(super) fn codec(&self) -> &'static str {
        self.agreed.as_ref().map_or("", |a| a.codec.name())
    }
}

/// A browser's packets come and go through the hub, which knows from whom they are; RTCP goes beside its RTP.
fn inside(agreed: Option<&Agreed>) -> Stream {
    let media = stream(agreed);
    Stream { remote: agreed.and(Some(media::INSIDE)), rtcp_mux: true, ..media }
}

/// What the media thread needs to know. Until the far end has described itself nothing is sent and nothing expected.
fn stream(agreed: Option<&Agreed>) -> Stream {
    let keyless = |a: &Agreed| a.srtp.is_some() && a.srtp.as_deref().and_then(srtp).is_none();
    let Some(agreed) = agreed.filter(|a| !keyless(a)) else {
        return Stream {
            remote: None,
            rtcp_mux: false,
            codec: Codec::Pcma,
            payload_type: 8,
            also: Vec::new(),
            dtmf: None,
            send: false,
            receive: false,
            srtp: None,
        };
    };
    Stream {
        remote: listens(agreed),
        rtcp_mux: false,
        codec: spoken(agreed.codec),
        payload_type: agreed.payload_type,
        also: agreed.also.iter().map(|(payload_type, codec)| (*payload_type, spoken(*codec))).collect(),
        dtmf: agreed.dtmf,
        send: agreed.direction.sends(),
        receive: agreed.direction.receives(),
        srtp: agreed.srtp.as_deref().and_then(srtp),
    }
}

/// A codec as the media threads name it.
fn spoken(codec: sdp::Codec) -> Codec {
    match codec {
        sdp::Codec::Pcma => Codec::Pcma,
        sdp::Codec::Pcmu => Codec::Pcmu,
        sdp::Codec::G722 => Codec::G722,
    }
}

/// Where the far end says that it listens; `None` when it does not say so.
pub(super) fn listens(agreed: &Agreed) -> Option<SocketAddr> {
    Some(agreed.remote).filter(|to| !to.ip().is_unspecified() && to.port() != 0)
}

/// The keys as the media threads want them; `None` if they did not fit their suites: then there is no sound rather than a
/// clear one.
fn srtp(agreed: &sdp::Keys) -> Option<Box<Srtp>> {
    let key = |key: &sdp::CryptoKey| {
        let suite = match key.suite {
            Suite::AesCm128Sha80 => keys::Suite::AesCm128Sha80,
            Suite::AesCm128Sha32 => keys::Suite::AesCm128Sha32,
            Suite::AesGcm128 => keys::Suite::AesGcm128,
            Suite::AesGcm256 => keys::Suite::AesGcm256,
        };
        MasterKey::new(suite, key.reveal(), key.mki)
    };
    Some(Box::new(Srtp { send: key(&agreed.ours)?, receive: key(&agreed.theirs)? }))
}

#[cfg(test)]
mod tests {
    use super::KeyWay::{Info, Rtp, Sound};
    use super::*;

    #[test]
    fn a_key_that_comes_by_two_ways_counts_once() {
        assert_eq!(KeyWay::after(None, Sound), Some(Sound));
        assert_eq!((KeyWay::after(Some(Info), Rtp), KeyWay::after(Some(Info), Sound)), (None, None));
        assert_eq!((KeyWay::after(Some(Rtp), Info), KeyWay::after(Some(Sound), Info)), (None, None));
        let trunk = KeyWay::of(Dtmf::Rfc4733);
        assert_eq!(
            KeyWay::after(trunk, Sound),
            Some(Sound),
            "the trunk said otherwise, its offer had no events"
        );
        assert_eq!(KeyWay::after(Some(Sound), Rtp), Some(Rtp), "agreed on later");
        assert_eq!([Rtp, Info, Sound].map(KeyWay::word), ["rfc4733", "info", "inband"]);
    }
}
