//! SDES (RFC 4568): `a=crypto` lines, the keys in them, and what one leg wants and has of them.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::web::{End, Home};
use super::{Agreed, SdpFault};

/// Most `a=crypto` lines of an m-line that are looked at; further ones are as good as unknown.
const MOST_LINES: usize = 32;
/// Longest master key identifier, bytes (RFC 4568 section 6.1).
const LONGEST_MKI: u8 = 128;

/// How packets are encrypted and authenticated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80` (RFC 4568 section 6.2.1).
    AesCm128Sha80,
    /// `AES_CM_128_HMAC_SHA1_32` (RFC 4568 section 6.2.2).
    AesCm128Sha32,
    /// `AEAD_AES_128_GCM` (RFC 7714 section 14.1).
    AesGcm128,
    /// `AEAD_AES_256_GCM` (RFC 7714 section 14.1).
    AesGcm256,
}

impl Suite {
    /// In the order in which we offer them: first what every phone knows, last the one with the short tag.
    pub const OFFERED: [Self; 4] =
        [Self::AesCm128Sha80, Self::AesGcm256, Self::AesGcm128, Self::AesCm128Sha32];

    /// As written in SDP.
    pub fn name(self) -> &'static str {
        match self {
            Self::AesCm128Sha80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128Sha32 => "AES_CM_128_HMAC_SHA1_32",
            Self::AesGcm128 => "AEAD_AES_128_GCM",
            Self::AesGcm256 => "AEAD_AES_256_GCM",
        }
    }

    /// Length of master key and salt together, bytes.
    pub fn length(self) -> usize {
        match self {
            Self::AesCm128Sha80 | Self::AesCm128Sha32 => 30,
            Self::AesGcm128 => 28,
            Self::AesGcm256 => 44,
        }
    }
}

/// Master key and salt of one direction. `Debug` shows stars; its memory is wiped.
#[derive(Clone, PartialEq, Eq)]
pub struct CryptoKey {
    /// How it is used.
    pub suite: Suite,
    /// Length of the identifier that each packet carries, bytes, 0..=128 (RFC 3711 section 3.1).
    pub mki: u8,
    bytes: Zeroizing<Vec<u8>>,
}

impl CryptoKey {
    /// Key, then salt: for the cipher only.
    pub fn reveal(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for CryptoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ***", self.suite.name())
    }
}

/// The keys of a leg.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keys {
    /// Of what we send.
    pub ours: CryptoKey,
    /// Of what the far end sends.
    pub theirs: CryptoKey,
    /// How often ours were changed.
    round: u32,
}

/// Whether a leg's sound is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encryption {
    /// It must be: anything else is refused.
    Required,
    /// It must not be.
    Clear,
    /// As the far end offers; ours are clear.
    Either,
}

/// Secrets for [`Shield`]s that nobody can foresee, from the injected seed.
pub struct Secrets {
    seed: Zeroizing<[u8; 32]>,
    count: u64,
}

impl Secrets {
    /// From 32 random bytes.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self { seed: Zeroizing::new(*seed), count: 0 }
    }

    /// The shield of one more leg.
    pub fn shield(&mut self, encryption: Encryption) -> Shield {
        self.count = self.count.wrapping_add(1);
        let secret = hash(&self.seed, b"srtp of a leg", self.count);
        Shield { encryption, secret, round: 0, theirs: None, profile: None, web: None }
    }

    /// The shield of one more leg to a browser: DTLS-SRTP and nothing else.
    pub fn web(&mut self, home: Arc<Home>) -> Shield {
        Shield { web: Some(Box::new(End::new(home))), ..self.shield(Encryption::Required) }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(***)")
    }
}

/// One leg's side of SDES: what it wants, and the keys that it has.
pub struct Shield {
    encryption: Encryption,
    secret: Zeroizing<[u8; 32]>,
    round: u32,
    theirs: Option<CryptoKey>,
    /// The profile that was agreed on: re-offers keep to it.
    profile: Option<String>,
    /// The far end is a browser: its keys come by DTLS and are nobody's business here.
    web: Option<Box<End>>,
}

impl fmt::Debug for Shield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ***", self.encryption)
    }
}

impl Shield {
    /// Of a leg that is always clear.
    pub fn clear() -> Self {
        Secrets::new(&[0; 32]).shield(Encryption::Clear)
    }

    /// What it wants. Once a leg was encrypted it is [`Encryption::Required`].
    pub fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// Whether the leg is encrypted now.
    pub fn is_encrypted(&self) -> bool {
        self.theirs.is_some() || self.web.is_some()
    }

    /// A browser's leg, and the secret of which its credentials are made.
    pub(super) fn web(&self) -> Option<(&End, &[u8; 32])> {
        self.web.as_deref().map(|end| (end, &*self.secret))
    }

    /// Takes down what was agreed on: from then on the leg stays encrypted, re-offers carry the same keys, and those of the
    /// far end are known again.
    pub fn commit(&mut self, agreed: &Agreed) {
        if let (Some(end), Some(web)) = (&mut self.web, &agreed.web) {
            end.commit(web);
        }
        let Some(keys) = &agreed.srtp else { return };
        self.encryption = Encryption::Required;
        self.round = keys.round;
        self.theirs = Some(keys.theirs.clone());
        self.profile = Some(agreed.profile.clone());
    }

    /// The profile of our offer, and its `a=crypto` lines; the suite that is in use comes first.
    pub(super) fn offered(&self) -> (&str, String) {
        match self.encryption {
            Encryption::Clear | Encryption::Either => ("RTP/AVP", String::new()),
            Encryption::Required => {
                let lines = self.tagged().map(|(tag, suite)| line(tag, &self.key(suite, self.round)));
                (self.profile.as_deref().unwrap_or("RTP/SAVP"), lines.collect())
            }
        }
    }

    fn tagged(&self) -> impl Iterator<Item = (u32, Suite)> {
        let used = self.theirs.as_ref().map(|k| k.suite);
        let others = Suite::OFFERED.into_iter().filter(move |s| Some(*s) != used);
        (1..).zip(used.into_iter().chain(others))
    }

    /// Our half of an answer to these lines: the offerer's first that we know. When the far end's key is another one than
    /// before, ours changes too, so that both directions begin anew. `None`: the stream is clear.
    ///
    /// # Errors
    /// What is offered is not what this leg wants.
    pub(super) fn answered(&self, offered: &Offered) -> Result<Option<(u32, Keys)>, SdpFault> {
        match (self.encryption, offered.lines.first()) {
            (Encryption::Required | Encryption::Either, Some(theirs)) => {
                let changed = self.theirs.as_ref().is_some_and(|before| *before != theirs.key);
                let round = self.round.saturating_add(changed.into());
                let ours = self.key(theirs.key.suite, round);
                Ok(Some((theirs.tag, Keys { ours, theirs: theirs.key.clone(), round })))
            }
            (Encryption::Clear, _) if offered.secure => Err(SdpFault::Encrypted),
            (_, None) if offered.secure => Err(SdpFault::NoSuite),
            (Encryption::Required, None) => Err(SdpFault::NotEncrypted),
            (Encryption::Clear, _) | (Encryption::Either, None) => Ok(None),
        }
    }

    /// What an answer to our offer came to. It must name one of our lines (RFC 4568 section 5.1.3).
    ///
    /// # Errors
    /// [`SdpFault::NotEncrypted`], [`SdpFault::NoSuite`], [`SdpFault::Encrypted`].
    pub(super) fn accepted(&self, answer: &Offered) -> Result<Option<Keys>, SdpFault> {
        match self.encryption {
            Encryption::Clear | Encryption::Either if answer.secure => Err(SdpFault::Encrypted),
            Encryption::Clear | Encryption::Either => Ok(None),
            Encryption::Required => {
                let ours = |line: &Line| self.tagged().any(|(t, s)| t == line.tag && s == line.key.suite);
                match answer.lines.as_slice() {
                    [line] if ours(line) => {
                        let ours = self.key(line.key.suite, self.round);
                        Ok(Some(Keys { ours, theirs: line.key.clone(), round: self.round }))
                    }
                    [] if !answer.secure => Err(SdpFault::NotEncrypted),
                    _ => Err(SdpFault::NoSuite),
                }
            }
        }
    }

    /// Each suite has a key of its own, and another one in each round.
    fn key(&self, suite: Suite, round: u32) -> CryptoKey {
        let purpose = suite.name().as_bytes();
        let mut bytes = Zeroizing::new(Vec::with_capacity(64));
        for half in 0..2u64 {
            bytes.extend_from_slice(&*hash(&self.secret, purpose, u64::from(round) << 1 | half));
        }
        bytes.truncate(suite.length());
        CryptoKey { suite, mki: 0, bytes }
    }
}

pub(super) fn hash(secret: &[u8; 32], purpose: &[u8], count: u64) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha256::new();
    hash.update(secret);
    hash.update(purpose);
    hash.update(count.to_be_bytes());
    Zeroizing::new(hash.finalize().into())
}

/// One `a=crypto` line that can be used.
pub(super) struct Line {
    tag: u32,
    key: CryptoKey,
}

/// What an m-line says about encryption.
pub(super) struct Offered {
    /// Its profile is RTP/SAVP or RTP/SAVPF. With RTP/AVP the lines are an offer all the same (RFC 8643).
    secure: bool,
    lines: Vec<Line>,
}

impl Offered {
    /// From the values of its `a=crypto` attributes. What is not known is passed over (RFC 4568 section 5.1.2).
    pub(super) fn read<'a>(profile: &str, values: impl Iterator<Item = &'a str>) -> Self {
        let secure = profile.starts_with("RTP/SAVP");
        Self { secure, lines: values.take(MOST_LINES).filter_map(read).collect() }
    }

    /// Whether it can be encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        !self.lines.is_empty()
    }
}

/// Writes one `a=crypto` line.
pub(super) fn line(tag: u32, key: &CryptoKey) -> String {
    format!("a=crypto:{tag} {} inline:{}\r\n", key.suite.name(), encode(&key.bytes))
}

/// `tag suite inline:key[|lifetime][|MKI:length] [session parameters]` (RFC 4568 section 9.1). `None` when anything in it
/// is not known: it must then not be used.
fn read(value: &str) -> Option<Line> {
    let mut words = value.split_ascii_whitespace();
    let tag = words.next().filter(|t| t.len() <= 9 && t.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    let name = words.next()?;
    let suite = Suite::OFFERED.into_iter().find(|s| s.name().eq_ignore_ascii_case(name))?;
    // Several keys, told apart by their MKI, are separated by `;`: nothing here changes between them.
    let (method, key) = words.next()?.split_once(':')?;
    if !method.eq_ignore_ascii_case("inline") || key.contains(';') || !words.all(is_harmless) {
        return None;
    }
    let mut parts = key.split('|');
    let bytes = decode(parts.next()?).filter(|b| b.len() == suite.length())?;
    let mut mki = 0;
    for (i, part) in parts.enumerate() {
        match part.split_once(':') {
            None if i == 0 && is_lifetime(part) => {}
            Some((value, length)) if mki == 0 && value.bytes().all(|b| b.is_ascii_digit()) => {
                mki = length.parse().ok().filter(|l| (1..=LONGEST_MKI).contains(l))?;
            }
            None | Some(_) => return None,
        }
    }
    Some(Line { tag, key: CryptoKey { suite, mki, bytes } })
}

/// `2^n` or a number of packets, at most 2^48 (RFC 4568 section 6.1). The far end renews its own key in time.
fn is_lifetime(text: &str) -> bool {
    match text.strip_prefix("2^") {
        Some(power) => power.parse::<u8>().is_ok_and(|p| p <= 48),
        None => text.parse::<u64>().is_ok_and(|n| (1..=1 << 48).contains(&n)),
    }
}

/// Session parameters that ask nothing of us: a window hint, a key derivation rate of none, and what says by its first
/// character that it may be passed over (RFC 4568 section 6.3.7). Unencrypted or unauthenticated streams are not among them.
fn is_harmless(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    match name.to_ascii_uppercase().as_str() {
        "WSH" => value.parse::<u32>().is_ok(),
        "KDR" => value == "0",
        other => other.starts_with('-'),
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding (RFC 4648 section 4).
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4u32 {
            let digit = (group >> (18 - 6 * at) & 63) as usize;
            let written = usize::try_from(at).is_ok_and(|at| at <= chunk.len());
            let letter = ALPHABET.get(digit).filter(|_| written).copied().unwrap_or(b'=');
            text.push(char::from(letter));
        }
    }
    text
}

/// Some phones leave the padding away.
fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.trim_end_matches('=');
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut held, mut bits) = (0u32, 0u32);
    for letter in text.bytes() {
        let digit = ALPHABET.iter().position(|a| *a == letter)?;
        held = (held << 6 | u32::try_from(digit).ok()?) & 0xffff;
        bits = bits.saturating_add(6);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}
