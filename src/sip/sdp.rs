//! Offer and answer (RFC 3264) over sdp-types: one audio stream, clear or encrypted, one codec and telephone-event, hold.

use std::net::{IpAddr, SocketAddr};

mod codec;
mod crypto;
mod look;
mod web;

pub use codec::Codec;
use codec::agree;
use crypto::Offered;
pub use crypto::{CryptoKey, Encryption, Keys, Secrets, Shield, Suite};
pub use look::{Format, Look, look};
pub use web::{Fingerprint, Home, Ice, Web, is_web};

/// Largest body that is looked at, bytes.
const MOST_BYTES: usize = 16_384;
/// Most m-lines of an offer; more is refused.
const MOST_MEDIA: usize = 16;

/// Which way sound flows, seen from us.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// From us only.
    SendOnly,
    /// To us only.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    fn attribute(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    fn read(name: &str) -> Option<Self> {
        [Self::SendRecv, Self::SendOnly, Self::RecvOnly, Self::Inactive]
            .into_iter()
            .find(|d| d.attribute() == name)
    }

    /// The same seen from the other end.
    pub fn mirrored(self) -> Self {
        match self {
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            Self::SendRecv | Self::Inactive => self,
        }
    }

    /// What remains when both this and the other are wished (RFC 3264 section 6.1).
    pub fn and(self, other: Self) -> Self {
        match (self.sends() && other.sends(), self.receives() && other.receives()) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// Whether we send.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether we receive.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

/// Our end of the stream, and the numbers of our session description.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Local {
    /// Address for RTP, as the far end can reach it.
    pub address: SocketAddr,
    /// Session id of the o= line; the same for the whole dialog.
    pub id: u64,
    /// Version of the o= line; one more with each description (RFC 3264 section 8).
    pub version: u64,
}

/// What was agreed on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreed {
    /// Where the far end wants its RTP.
    pub remote: SocketAddr,
    /// Codec, both ways.
    pub codec: Codec,
    /// Payload type under which the codec travels (as the offer numbered it).
    pub payload_type: u8,
    /// Further formats that the far end's answer agreed on, one for each codec: it may change to one of them without another
    /// word (RFC 3264 section 6.1). Empty after an answer of ours, which names one codec.
    pub also: Vec<(u8, Codec)>,
    /// Payload type of telephone-event, when both can (RFC 4733).
    pub dtmf: Option<u8>,
    /// Direction, seen from us.
    pub direction: Direction,
    /// Packet time that the far end prefers, ms, 10 to 60.
    pub ptime: u8,
    /// The keys of an encrypted stream.
    pub srtp: Option<Box<Keys>>,
    /// What a browser's stream needs besides; `remote` says nothing then.
    pub web: Option<Box<Web>>,
    /// RTP profile, as the m-line names it: `RTP/AVP`, `RTP/SAVP`, ...
    pub profile: String,
}

/// Why a description can't be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SdpFault {
    /// Not SDP at all: 400.
    #[error("the body is no session description: look at the far end's SDP")]
    Malformed,
    /// No audio stream that we can take: 488.
    #[error("no plain RTP audio stream is offered: enable RTP/AVP audio at the far end")]
    NoAudio,
    /// No codec in common: 488 with Warning 305.
    #[error(
        "no codec in common: enable G.711 A-law at the far end, or one of the codecs that are allowed for it here"
    )]
    NoCodec,
    /// Clear sound on a leg that must be encrypted: 488.
    #[error(
        "the sound would not be encrypted: enable SRTP (SDES) at the far end, or write media = \"clear\" for the trunk"
    )]
    NotEncrypted,
    /// Encryption by nothing that we know: 488.
    #[error("no way of encryption in common: enable AES_CM_128_HMAC_SHA1_80 with SDES at the far end")]
    NoSuite,
    /// Encrypted sound on a leg that must be clear: 488.
    #[error("the sound would be encrypted but this trunk is marked clear: write media = \"srtp\" for it")]
    Encrypted,
    /// A browser's leg without all of ICE, DTLS-SRTP with a SHA-256 fingerprint, and RTCP beside its RTP: 488.
    #[error("no WebRTC audio: call with a phone in a browser, or register over UDP, TCP or TLS")]
    NotWeb,
}

impl SdpFault {
    /// The status to refuse with.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::NoAudio
            | Self::NoCodec
            | Self::NotEncrypted
            | Self::NoSuite
            | Self::Encrypted
            | Self::NotWeb => 488,
        }
    }

    /// The Warning header's text (RFC 3261 section 20.43).
    pub fn warning(self) -> &'static str {
        match self {
            Self::Malformed => "399 hotline \"Session description is malformed\"",
            Self::NoAudio => "304 hotline \"Media type not available: plain RTP audio wanted\"",
            Self::NoCodec => "305 hotline \"Incompatible media format: no codec in common\"",
            Self::NotEncrypted => "399 hotline \"Encrypted sound wanted: RTP/SAVP with a=crypto\"",
            Self::NoSuite => "399 hotline \"No way of encryption in common: AES_CM_128_HMAC_SHA1_80 wanted\"",
            Self::Encrypted => "399 hotline \"Clear sound wanted: RTP/AVP\"",
            Self::NotWeb => "399 hotline \"WebRTC audio wanted: UDP/TLS/RTP/SAVPF with ICE and rtcp-mux\"",
        }
    }
}

/// One audio m-line as read.
struct Audio {
    remote: SocketAddr,
    formats: Vec<u8>,
    maps: Vec<(u8, String)>,
    direction: Direction,
    ptime: u8,
    profile: String,
    offered: Offered,
}

/// Writes an offer with these codecs, best first, and telephone-event 101; encrypted when the shield requires it.
pub fn offer(local: Local, codecs: &[Codec], direction: Direction, shield: &Shield) -> Vec<u8> {
    if let Some((end, secret)) = shield.web() {
        return web::offer(local, codecs, direction, end, secret);
    }
    let mut text = preamble(local);
    let (types, maps) = codec::offered(codecs);
    let (profile, crypto) = shield.offered();
    text.push_str(&format!("m=audio {} {profile} {types} 101\r\n{crypto}{maps}", local.address.port()));
    text.push_str("a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n");
    text.push_str(&format!("a={}\r\n", direction.attribute()));
    text.into_bytes()
}

/// Answers an offer: the first usable audio line is taken, an encrypted one before a clear one; every other line is refused
/// with port 0 in its place. Of the codecs that are allowed here the answer names one: the first in the far end's order (RFC 3264
/// section 6.1). `wish` is the direction that we would like; the answer is what remains of it.
/// [`Shield::commit`] takes down what was agreed on, once the answer is on its way.
///
/// # Errors
/// [`SdpFault`], with the status to refuse with.
pub fn answer(
    offer: &[u8],
    local: Local,
    codecs: &[Codec],
    wish: Direction,
    shield: &Shield,
) -> Result<(Vec<u8>, Agreed), SdpFault> {
    if let Some((end, secret)) = shield.web() {
        return web::answer(offer, local, codecs, wish, (end, secret));
    }
    let session = read(offer)?;
    let mut chosen: Option<(usize, Agreed, Option<u32>)> = None;
    let mut fault = SdpFault::NoAudio;
    for (i, media) in session.medias.iter().enumerate() {
        let Some(audio) = audio(&session, media) else { continue };
        if chosen.is_some() && !audio.offered.is_encrypted() {
            continue;
        }
        match take(&audio, codecs, wish, shield) {
            Ok((agreed, tag)) => {
                let encrypted = tag.is_some();
                if encrypted || chosen.is_none() {
                    chosen = Some((i, agreed, tag));
                }
                if encrypted {
                    break;
                }
            }
            Err(why) => fault = why,
        }
    }
    let (index, agreed, tag) = chosen.ok_or(fault)?;
    let mut text = preamble(local);
    for (i, media) in session.medias.iter().enumerate() {
        if i == index {
            text.push_str(&answer_line(local, &agreed, tag));
        } else {
            text.push_str(&format!("m={} 0 {} {}\r\n", media.media, media.proto, media.fmt));
        }
    }
    Ok((text.into_bytes(), agreed))
}

/// Answers a later offer of the same session. As [`answer`]; besides, an offer that takes its stream out by port 0 (RFC 3264
/// section 8.2), as some phones hold, is taken: nothing flows until the stream is offered anew.
///
/// # Errors
/// [`SdpFault`], with the status to refuse with; the session goes on as before.
pub fn answer_again(
    offer: &[u8],
    local: Local,
    codecs: &[Codec],
    wish: Direction,
    before: Option<&Agreed>,
    shield: &Shield,
) -> Result<(Vec<u8>, Agreed), SdpFault> {
    match (answer(offer, local, codecs, wish, shield), before) {
        (Err(SdpFault::NoAudio), Some(before)) => paused(offer, local, before).ok_or(SdpFault::NoAudio),
        (other, _) => other,
    }
}

/// The answer to an offer whose audio has port 0; `None` when it is of another kind.
fn paused(offer: &[u8], local: Local, before: &Agreed) -> Option<(Vec<u8>, Agreed)> {
    let session = read(offer).ok()?;
    let plain = |m: &&sdp_types::Media| {
        m.media == "audio" && (m.proto.starts_with("RTP/AVP") || m.proto.starts_with("RTP/SAVP"))
    };
    let mut lines = session.medias.iter().filter(plain);
    (lines.clone().count() > 0 && lines.all(|m| m.port == 0)).then(|| {
        let mut text = preamble(local);
        for media in &session.medias {
            text.push_str(&format!("m={} 0 {} {}\r\n", media.media, media.proto, media.fmt));
        }
        (text.into_bytes(), Agreed { direction: Direction::Inactive, ..before.clone() })
    })
}

/// What one audio line comes to, and the tag of its `a=crypto` line that is taken.
fn take(
    audio: &Audio,
    codecs: &[Codec],
    wish: Direction,
    shield: &Shield,
) -> Result<(Agreed, Option<u32>), SdpFault> {
    let keys = shield.answered(&audio.offered)?;
    let agreed = agree(audio, codecs, audio.direction.mirrored().and(wish)).ok_or(SdpFault::NoCodec)?;
    let (tag, keys) = keys.unzip();
    Ok((Agreed { srtp: keys.map(Box::new), also: Vec::new(), ..agreed }, tag))
}

/// Reads the far end's answer to our offer of these codecs. One that names several of them is taken by its first.
///
/// # Errors
/// [`SdpFault`]: end the call.
pub fn accept(
    answer: &[u8],
    codecs: &[Codec],
    offered: Direction,
    shield: &Shield,
) -> Result<Agreed, SdpFault> {
    if let Some((end, secret)) = shield.web() {
        return web::accept(answer, codecs, offered, end, secret);
    }
    let session = read(answer)?;
    let media = session.medias.first().ok_or(SdpFault::NoAudio)?;
    let audio = audio(&session, media).ok_or(SdpFault::NoAudio)?;
    let keys = shield.accepted(&audio.offered)?;
    let agreed = agree(&audio, codecs, audio.direction.mirrored().and(offered)).ok_or(SdpFault::NoCodec)?;
    Ok(Agreed { srtp: keys.map(Box::new), ..agreed })
}

/// The direction of a description's audio, seen from us, without agreeing on anything: to tell hold from retrieval.
pub fn direction(description: &[u8]) -> Option<Direction> {
    let session = read(description).ok()?;
    session.medias.iter().find_map(|m| audio(&session, m)).map(|a| a.direction.mirrored())
}

fn preamble(local: Local) -> String {
    let ip = local.address.ip();
    let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
    let Local { id, version, .. } = local;
    format!(
        "v=0\r\no=hotline {id} {version} IN {family} {ip}\r\ns=hotline\r\nc=IN {family} {ip}\r\nt=0 0\r\n"
    )
}

fn answer_line(local: Local, agreed: &Agreed, tag: Option<u32>) -> String {
    let (pt, name) = (agreed.payload_type, agreed.codec.name());
    let mut text = format!("m=audio {} {} {pt}", local.address.port(), agreed.profile);
    if let Some(dtmf) = agreed.dtmf {
        text.push_str(&format!(" {dtmf}"));
    }
    text.push_str("\r\n");
    if let (Some(tag), Some(keys)) = (tag, &agreed.srtp) {
        text.push_str(&crypto::line(tag, &keys.ours));
    }
    text.push_str(&format!("a=rtpmap:{pt} {name}/8000\r\n"));
    if let Some(dtmf) = agreed.dtmf {
        text.push_str(&format!("a=rtpmap:{dtmf} telephone-event/8000\r\na=fmtp:{dtmf} 0-15\r\n"));
    }
    text.push_str(&format!("a=ptime:20\r\na={}\r\n", agreed.direction.attribute()));
    text
}

fn read(bytes: &[u8]) -> Result<sdp_types::Session, SdpFault> {
    if bytes.len() > MOST_BYTES {
        return Err(SdpFault::Malformed);
    }
    let session = sdp_types::Session::parse(&plain_origin(bytes)).map_err(|_| SdpFault::Malformed)?;
    if session.medias.len() > MOST_MEDIA { Err(SdpFault::NoAudio) } else { Ok(session) }
}

/// The o= line's numbers are text of any length (RFC 8866 section 5.2) but the library holds u64: as nothing here
/// needs them, the line is replaced by a plain one.
fn plain_origin(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().saturating_add(32));
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b"o=") {
            out.extend_from_slice(b"o=- 0 0 IN IP4 0.0.0.0\r\n");
        } else {
            out.extend_from_slice(line);
        }
    }
    out
}

/// Takes an m-line apart when it is RTP audio, clear or encrypted, that is not refused.
fn audio(session: &sdp_types::Session, media: &sdp_types::Media) -> Option<Audio> {
    let known = matches!(media.proto.as_str(), "RTP/AVP" | "RTP/AVPF" | "RTP/SAVP" | "RTP/SAVPF");
    if media.media != "audio" || !known || media.port == 0 {
        return None;
    }
    let connection = media.connections.first().or(session.connection.as_ref())?;
    let ip: IpAddr = connection.connection_address.split('/').next()?.trim().parse().ok()?;
    let attribute =
        |name: &str| media.attributes.iter().find(|a| a.attribute == name).and_then(|a| a.value.as_deref());
    // RFC 2543 hold: the address 0.0.0.0 means that the far end wants nothing (RFC 3264 section 8.4).
    let direction = match stated(session, media) {
        d if ip.is_unspecified() => d.and(Direction::SendOnly),
        d => d,
    };
    let ptime = attribute("ptime")
        .and_then(|p| p.trim().parse().ok())
        .filter(|p| (10..=60).contains(p))
        .unwrap_or(20);
    Some(Audio {
        remote: SocketAddr::new(ip, media.port),
        formats: numbers(media),
        maps: maps(media),
        direction,
        ptime,
        profile: media.proto.clone(),
        offered: Offered::read(
            &media.proto,
            media.attributes.iter().filter(|a| a.attribute == "crypto").filter_map(|a| a.value.as_deref()),
        ),
    })
}

/// The direction that is written with the stream or above all of them, seen from the far end.
fn stated(session: &sdp_types::Session, media: &sdp_types::Media) -> Direction {
    let mut written = media.attributes.iter().chain(&session.attributes);
    written.find_map(|a| Direction::read(&a.attribute)).unwrap_or(Direction::SendRecv)
}

/// The payload types of an m-line, in its order.
fn numbers(media: &sdp_types::Media) -> Vec<u8> {
    let numbers = media.fmt.split_ascii_whitespace().filter_map(|f| f.parse().ok());
    numbers.filter(|f| *f < 128).collect()
}

/// Its rtpmap lines, names in upper case.
fn maps(media: &sdp_types::Media) -> Vec<(u8, String)> {
    let lines = media.attributes.iter().filter(|a| a.attribute == "rtpmap");
    let maps = lines.filter_map(|a| {
        let (pt, name) = a.value.as_deref()?.split_once(' ')?;
        Some((pt.trim().parse().ok()?, name.trim().to_ascii_uppercase()))
    });
    maps.collect()
}
