//! Descriptions of browsers (WebRTC, RFC 8829): DTLS-SRTP (RFC 5763, RFC 5764), ICE as its lite end (RFC 8445 section 2.5, RFC
//! 8839), one bundled audio stream (RFC 8843) with RTCP beside its RTP (RFC 5761).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use sdp_types::{Media, Session};
use zeroize::Zeroizing;

use super::codec::{self, Codec, agree};
use super::crypto::{Offered, Shield, encode, hash};
use super::{Agreed, Audio, Direction, Local, SdpFault, maps, numbers, read, stated};

/// Profiles of DTLS-SRTP (RFC 5764 section 8).
const PROFILES: [&str; 2] = ["UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"];
/// Longest fragment and password of ICE, characters (RFC 8839 section 5.4), and the shortest.
const FRAGMENT: std::ops::RangeInclusive<usize> = 4..=256;
const PASSWORD: std::ops::RangeInclusive<usize> = 22..=256;
/// Most fingerprints of one description that are looked at.
const MOST_PRINTS: usize = 8;
/// Priority of our first host candidate (RFC 8445 section 5.1.2.1).
const PRIORITY: u32 = (126 << 24) | (65_535 << 8) | 255;

/// What the house says of itself in each of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Home {
    /// SHA-256 of our certificate.
    pub fingerprint: Fingerprint,
    /// Where we are reached over UDP, the best first. At least one.
    pub candidates: Vec<SocketAddr>,
}

/// SHA-256 of a certificate (RFC 8122 section 5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// From the value of `a=fingerprint`; `None`: it is none, or of another algorithm.
    fn read(value: &str) -> Option<Self> {
        let (algorithm, bytes) = value.trim().split_once(' ')?;
        let mut print = [0; 32];
        let mut pairs = bytes.trim().split(':');
        for byte in &mut print {
            let pair = pairs.next().filter(|p| p.len() == 2)?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        (algorithm.eq_ignore_ascii_case("sha-256") && pairs.next().is_none()).then_some(Self(print))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> = self.0.iter().map(|byte| format!("{byte:02X}")).collect();
        write!(f, "sha-256 {}", pairs.join(":"))
    }
}

/// The credentials of one end's connectivity checks. `Debug` shows stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Ice {
    /// Names this end of the leg in each check.
    pub fragment: String,
    /// Signs the checks.
    pub password: Zeroizing<String>,
}

impl fmt::Debug for Ice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ice({} ***)", self.fragment)
    }
}

/// What both ends agreed on beside codec and direction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Web {
    /// Our credentials.
    pub ours: Ice,
    /// Theirs.
    pub theirs: Ice,
    /// The certificates, one of which they must show.
    pub fingerprints: Vec<Fingerprint>,
    /// We begin the handshake (RFC 8842 section 5).
    pub client: bool,
    /// Name of the m-line.
    mid: String,
    /// How often our credentials were changed.
    round: u32,
}

/// A leg's side: what it says of itself, and what was agreed on.
#[derive(Debug)]
pub(super) struct End {
    home: Arc<Home>,
    round: u32,
    agreed: Option<Web>,
}

impl End {
    pub(super) fn new(home: Arc<Home>) -> Self {
        Self { home, round: 0, agreed: None }
    }

    pub(super) fn commit(&mut self, web: &Web) {
        self.round = web.round;
        self.agreed = Some(web.clone());
    }

    /// Our credentials of this round.
    pub(super) fn ice(&self, secret: &[u8; 32]) -> Ice {
        credentials(secret, self.round)
    }
}

fn credentials(secret: &[u8; 32], round: u32) -> Ice {
    let text = |purpose: &[u8], length: usize| {
        let bytes = hash(secret, purpose, round.into());
        encode(bytes.get(..length).unwrap_or_default())
    };
    Ice { fragment: text(b"ice fragment", 6), password: Zeroizing::new(text(b"ice password", 18)) }
}

/// Whether this is a browser's description: an audio stream with DTLS-SRTP.
pub fn is_web(description: &[u8]) -> bool {
    read(description).is_ok_and(|session| session.medias.iter().any(is_audio))
}

fn is_audio(media: &Media) -> bool {
    media.media == "audio" && PROFILES.contains(&media.proto.as_str())
}

/// Our offer; each end may begin the handshake.
pub(super) fn offer(
    local: Local,
    codecs: &[Codec],
    direction: Direction,
    end: &End,
    secret: &[u8; 32],
) -> Vec<u8> {
    let mid = end.agreed.as_ref().map_or("0", |web| &web.mid);
    let (types, mut maps) = codec::offered(codecs);
    maps.push_str("a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n");
    let line = OurLine {
        profile: PROFILES.first().copied().unwrap_or_default(),
        formats: format!("{types} 101"),
        maps,
        setup: "actpass",
        mid,
        direction,
    };
    let mut text = preamble(local, Some(mid));
    text.push_str(&line.print(&end.home, &end.ice(secret)));
    text.into_bytes()
}

/// Our answer, and what it comes to: the first usable audio stream is taken, every other line is refused.
pub(super) fn answer(
    offer: &[u8],
    local: Local,
    codecs: &[Codec],
    wish: Direction,
    (end, secret): (&End, &[u8; 32]),
) -> Result<(Vec<u8>, Agreed), SdpFault> {
    let session = read(offer)?;
    let mut fault = SdpFault::NotWeb;
    let mut chosen = None;
    for (i, media) in session.medias.iter().enumerate().filter(|(_, m)| is_audio(m)) {
        match take(&session, media, codecs, wish) {
            Ok((agreed, theirs)) => {
                chosen = Some((i, media, (Agreed { also: Vec::new(), ..agreed }, theirs)));
                break;
            }
            Err(why) => fault = why,
        }
    }
    let (index, media, (agreed, theirs)) = chosen.ok_or(fault)?;
    let web = theirs.meet(end, secret)?;
    let mid = web.mid.clone();
    let bundled = !mid.is_empty() && is_bundled(&session, &mid);
    let mut text = preamble(local, bundled.then_some(&*mid));
    for (i, other) in session.medias.iter().enumerate() {
        if i == index {
            let line = answer_line(media, &agreed, &web);
            text.push_str(&line.print(&end.home, &web.ours));
        } else {
            text.push_str(&format!("m={} 0 {} {}\r\n", other.media, other.proto, other.fmt));
        }
    }
    Ok((text.into_bytes(), Agreed { web: Some(Box::new(web)), ..agreed }))
}

fn answer_line<'a>(media: &'a Media, agreed: &Agreed, web: &'a Web) -> OurLine<'a> {
    let (pt, name) = (agreed.payload_type, agreed.codec.name());
    let mut formats = pt.to_string();
    let mut maps = format!("a=rtpmap:{pt} {name}/8000\r\n");
    if let Some(dtmf) = agreed.dtmf {
        formats.push_str(&format!(" {dtmf}"));
        maps.push_str(&format!("a=rtpmap:{dtmf} telephone-event/8000\r\na=fmtp:{dtmf} 0-15\r\n"));
    }
    let setup = if web.client { "active" } else { "passive" };
    OurLine { profile: &media.proto, formats, maps, setup, mid: &web.mid, direction: agreed.direction }
}

/// What their answer to our offer comes to.
pub(super) fn accept(
    answer: &[u8],
    codecs: &[Codec],
    offered: Direction,
    end: &End,
    secret: &[u8; 32],
) -> Result<Agreed, SdpFault> {
    let session = read(answer)?;
    let media = session.medias.first().filter(|m| is_audio(m)).ok_or(SdpFault::NotWeb)?;
    let (agreed, theirs) = take(&session, media, codecs, offered)?;
    // The answer must choose a side (RFC 8842 section 5.3).
    let client = match theirs.setup {
        Setup::Active => false,
        Setup::Passive => true,
        Setup::Either => return Err(SdpFault::NotWeb),
    };
    let web = theirs.agreed(end.ice(secret), client, end.round);
    Ok(Agreed { web: Some(Box::new(web)), ..agreed })
}

/// Who begins the handshake, as the far end says (RFC 4145 section 4).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Setup {
    Active,
    Passive,
    Either,
}

/// Their half.
struct Theirs {
    ice: Ice,
    fingerprints: Vec<Fingerprint>,
    setup: Setup,
    mid: String,
}

impl Theirs {
    /// Our half of an answer. Other credentials of theirs are a restart of ICE: ours change too (RFC 8839 section 4.4.1.1.1). The
    /// handshake is done once: only another certificate, or a side that can't be kept, begins a new one (RFC 8842 section 4).
    fn meet(self, end: &End, secret: &[u8; 32]) -> Result<Web, SdpFault> {
        let before = end.agreed.as_ref();
        let restarts = before.is_some_and(|b| b.theirs != self.ice);
        let round = end.round.saturating_add(restarts.into());
        let kept = before.filter(|b| b.fingerprints == self.fingerprints).map(|b| b.client);
        let client = match (self.setup, kept) {
            (Setup::Active, _) => false,
            (Setup::Passive, _) => true,
            (Setup::Either, Some(client)) => client,
            // RFC 5763 section 5: the answerer had better begin, it can do so at once.
            (Setup::Either, None) => true,
        };
        Ok(self.agreed(credentials(secret, round), client, round))
    }

    fn agreed(self, ours: Ice, client: bool, round: u32) -> Web {
        let Self { ice: theirs, fingerprints, mid, .. } = self;
        Web { ours, theirs, fingerprints, client, mid, round }
    }
}

/// What one audio line comes to.
fn take(
    session: &Session,
    media: &Media,
    codecs: &[Codec],
    wish: Direction,
) -> Result<(Agreed, Theirs), SdpFault> {
    if media.port == 0 {
        return Err(SdpFault::NoAudio);
    }
    let theirs = theirs(session, media)?;
    let audio = Audio {
        remote: SocketAddr::new(IpAddr::from([0; 4]), 0),
        formats: numbers(media),
        maps: maps(media),
        direction: stated(session, media),
        ptime: 20,
        profile: media.proto.clone(),
        offered: Offered::read("", std::iter::empty()),
    };
    let agreed = agree(&audio, codecs, audio.direction.mirrored().and(wish)).ok_or(SdpFault::NoCodec)?;
    Ok((agreed, theirs))
}

fn theirs(session: &Session, media: &Media) -> Result<Theirs, SdpFault> {
    // Each may stand with the stream or above all of them (RFC 8839 section 5.4, RFC 5763 section 5).
    let all = |name: &'static str| {
        let named = move |a: &&sdp_types::Attribute| a.attribute == name;
        let lines = media.attributes.iter().filter(named).chain(session.attributes.iter().filter(named));
        lines.map(|a| a.value.as_deref().unwrap_or_default().trim())
    };
    let one = |name| all(name).next();
    let fragment = one("ice-ufrag").filter(|t| FRAGMENT.contains(&t.len()) && is_ice(t));
    let password = one("ice-pwd").filter(|t| PASSWORD.contains(&t.len()) && is_ice(t));
    let (Some(fragment), Some(password)) = (fragment, password) else { return Err(SdpFault::NotWeb) };
    let fingerprints: Vec<_> = all("fingerprint").take(MOST_PRINTS).filter_map(Fingerprint::read).collect();
    let setup = match one("setup") {
        Some("active") => Setup::Active,
        Some("passive") => Setup::Passive,
        Some("actpass") | None => Setup::Either,
        Some(_) => return Err(SdpFault::NotWeb),
    };
    // Without RTCP beside its RTP there would have to be a second port.
    if fingerprints.is_empty() || one("rtcp-mux").is_none() {
        return Err(SdpFault::NotWeb);
    }
    let ice = Ice { fragment: fragment.to_owned(), password: Zeroizing::new(password.to_owned()) };
    let mid = one("mid").filter(|m| m.len() <= 64).unwrap_or_default().to_owned();
    Ok(Theirs { ice, fingerprints, setup, mid })
}

fn is_ice(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'=' | b'_'))
}

fn is_bundled(session: &Session, mid: &str) -> bool {
    let groups = session.attributes.iter().filter(|a| a.attribute == "group");
    let mut groups = groups.filter_map(|a| a.value.as_deref());
    groups.any(|g| g.starts_with("BUNDLE") && g.split_ascii_whitespace().skip(1).any(|m| m == mid))
}

fn preamble(local: Local, bundle: Option<&str>) -> String {
    let mut text = super::preamble(local);
    text.push_str("a=ice-lite\r\n");
    if let Some(mid) = bundle {
        text.push_str(&format!("a=group:BUNDLE {mid}\r\n"));
    }
    text
}

/// Our audio line.
struct OurLine<'a> {
    profile: &'a str,
    formats: String,
    maps: String,
    setup: &'static str,
    mid: &'a str,
    direction: Direction,
}

impl OurLine<'_> {
    fn print(&self, home: &Home, ice: &Ice) -> String {
        let first = home.candidates.first();
        let (ip, port) = first.map_or((IpAddr::from([0; 4]), 9), |at| (at.ip(), at.port()));
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        let mut text = format!("m=audio {port} {} {}\r\nc=IN {family} {ip}\r\n", self.profile, self.formats);
        if !self.mid.is_empty() {
            text.push_str(&format!("a=mid:{}\r\n", self.mid));
        }
        text.push_str(&format!("a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n", ice.fragment, *ice.password));
        for (n, at) in (1u32..).zip(&home.candidates) {
            let priority = PRIORITY.saturating_sub(n.saturating_sub(1) << 8);
            let (ip, port) = (at.ip(), at.port());
            text.push_str(&format!("a=candidate:{n} 1 UDP {priority} {ip} {port} typ host\r\n"));
        }
        text.push_str(&format!("a=end-of-candidates\r\na=fingerprint:{}\r\n", home.fingerprint));
        text.push_str(&format!("a=setup:{}\r\na=rtcp-mux\r\n{}a=ptime:20\r\n", self.setup, self.maps));
        text.push_str(&format!("a={}\r\n", self.direction.attribute()));
        if self.direction.sends() {
            text.push_str("a=msid:hotline hotline\r\n");
        }
        text
    }
}

impl Shield {
    /// Whether the leg is a browser's.
    pub fn is_web(&self) -> bool {
        self.web().is_some()
    }

    /// Our credentials as our next offer names them; `None`: the leg is no browser's.
    pub fn ice(&self) -> Option<Ice> {
        self.web().map(|(end, secret)| end.ice(secret))
    }
}
