//! The only door to rtc-srtp: packets of one leg encrypted and authenticated (RFC 3711, RFC 7714), in the buffer they lie in.
//!
//! What the library leaves open is closed here: it keeps a state for every source that a forged packet names, lets the
//! first forged packet of a source set the replay window, takes SRTCP without encryption flag as authentic, and knows no
//! MKI. It gives each packet back in a buffer of its own (one small allocation that is freed in the same tick).

use std::fmt;
use std::time::Duration;

use rtc_srtp::context::Context;
use rtc_srtp::crypto::providers::RingCrypto;
use rtc_srtp::option::{ContextOption, srtcp_replay_protection, srtp_replay_protection};
use rtc_srtp::protection_profile::ProtectionProfile;

use crate::keys::{MasterKey, Srtp, Suite};

/// Most bytes by which a packet of ours grows: SRTCP index and tag (RFC 3711 section 3.4, RFC 7714 section 9).
pub const TAIL: usize = 20;
/// Packets that may come late and still be new (RFC 3711 section 3.3.2).
const WINDOW: usize = 64;
/// Most sources that one key may name, of RTP and of RTCP each. When full: packets of a further one are refused.
const MOST_SOURCES: usize = 64;
/// So many packets of unknown sources may fail before what the library noted of them is thrown away.
const MOST_TRIALS: u32 = 32;
/// After a change of keys packets under the old one are still on their way.
const GRACE: Duration = Duration::from_secs(2);
/// The longest a stream's roll-over counter is followed over a change of keys: three days at 50 packets a second.
const MOST_ROLLS: u64 = 200;
/// Of SRTCP: not encrypted when it is missing. Nothing here agrees to that.
const ENCRYPTED: u8 = 0x80;

/// Whether a packet is RTCP (RFC 5761 section 4): the second byte tells, encrypted or not.
pub fn is_report(packet: &[u8]) -> bool {
    matches!(packet, [first, 192..=223, ..] if first >> 6 == 2)
}

/// Both directions of one leg.
pub struct Guard {
    keys: Srtp,
    /// `None`: the library refused the key. Then nothing leaves.
    outward: Option<Context>,
    /// `None`: the library refused the key. Then nothing comes in.
    inward: Option<Inward>,
    /// Until when what was encrypted under the key before is still taken.
    before: Option<(Inward, Duration)>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guard({:?})", self.keys)
    }
}

impl Guard {
    /// With these keys.
    pub fn new(keys: &Srtp) -> Self {
        let (outward, inward) = (context(&keys.send), Inward::new(&keys.receive, None));
        Self { keys: keys.clone(), outward, inward, before: None }
    }

    /// Other keys, or the same: a direction whose key is unchanged goes on as it was. True: what is sent has another key,
    /// and must begin as another source, for a roll-over counter starts at 0 with a source only (RFC 3711 section 3.3.1).
    pub fn update(&mut self, keys: &Srtp, now: Duration) -> bool {
        let renewed = keys.send != self.keys.send;
        if renewed {
            self.outward = context(&keys.send);
        }
        if keys.receive != self.keys.receive {
            let old = self.inward.take();
            self.inward = Inward::new(&keys.receive, old.as_ref());
            self.before = old.map(|old| (old, now.saturating_add(GRACE)));
        }
        self.keys = keys.clone();
        renewed
    }

    /// Encrypts the first `length` bytes of `packet`, an RTP packet with [`TAIL`] bytes of room behind it; the new length.
    pub fn protect(&mut self, packet: &mut [u8], length: usize) -> Option<usize> {
        let sealed = self.outward.as_mut()?.encrypt_rtp(packet.get(..length)?).ok()?;
        put_back(&sealed, packet)
    }

    /// The same for RTCP.
    pub fn protect_report(&mut self, packet: &mut [u8], length: usize) -> Option<usize> {
        let sealed = self.outward.as_mut()?.encrypt_rtcp(packet.get(..length)?).ok()?;
        put_back(&sealed, packet)
    }

    /// Authenticates and decrypts an RTP packet; the length of what remains. `None`: forged, repeated or too old.
    pub fn unprotect(&mut self, packet: &mut [u8], now: Duration) -> Option<usize> {
        self.open(packet, now, Inward::rtp)
    }

    /// The same for RTCP.
    pub fn unprotect_report(&mut self, packet: &mut [u8], now: Duration) -> Option<usize> {
        self.open(packet, now, Inward::rtcp)
    }

    fn open(
        &mut self,
        packet: &mut [u8],
        now: Duration,
        by: fn(&mut Inward, &mut [u8]) -> Option<usize>,
    ) -> Option<usize> {
        if let Some(length) = self.inward.as_mut().and_then(|inward| by(inward, packet)) {
            return Some(length);
        }
        let (before, until) = self.before.as_mut()?;
        if now > *until {
            self.before = None;
            return None;
        }
        by(before, packet)
    }
}

/// One source and the highest packet of it that was authentic.
struct Source {
    ssrc: u32,
    index: u64,
}

/// What comes in under one key.
struct Inward {
    key: MasterKey,
    /// Sees packets of known sources only.
    context: Context,
    rtp: Vec<Source>,
    rtcp: Vec<u32>,
    /// Tries packets of unknown sources, and remembers nothing that counts.
    trial: Context,
    trials: u32,
    /// A source of the key before whose roll-over counter goes on (RFC 3711 section 3.3.1).
    follows: Option<(u32, Context)>,
}

/// What a packet of an unknown source shows.
enum Met {
    /// It is authentic.
    Known,
    /// It may go on with the count of the key before.
    Followed,
    /// It is forged, or one source too many.
    Nobody,
}

impl Inward {
    fn new(key: &MasterKey, before: Option<&Self>) -> Option<Self> {
        let follows = before.and_then(|b| b.rtp.last()).and_then(|last| {
            let rolls = last.index >> 16;
            let so_far = (1..=MOST_ROLLS).contains(&rolls);
            so_far.then(|| walked(key, last)).flatten().map(|context| (last.ssrc, context))
        });
        Some(Self {
            key: key.clone(),
            context: context(key)?,
            rtp: Vec::with_capacity(MOST_SOURCES),
            rtcp: Vec::with_capacity(MOST_SOURCES),
            trial: trial(key)?,
            trials: 0,
            follows,
        })
    }

    fn rtp(&mut self, packet: &mut [u8]) -> Option<usize> {
        let length = self.without_mki(packet, tag_of_rtp(self.key.suite()))?;
        let bytes = packet.get(..length)?;
        let (ssrc, sequence) = head_of_rtp(bytes)?;
        if !self.rtp.iter().any(|s| s.ssrc == ssrc) {
            match self.meet(ssrc, sequence, bytes) {
                Met::Known => {}
                Met::Followed => return self.follow(ssrc, sequence, packet, length),
                Met::Nobody => {
                    self.failed();
                    return None;
                }
            }
        }
        let plain = self.context.decrypt_rtp(bytes).ok()?;
        // The source that spoke last stands last.
        if let Some(at) = self.rtp.iter().position(|s| s.ssrc == ssrc) {
            if let Some(source) = self.rtp.get_mut(at) {
                source.index = source.index.max(index_of(source.index, sequence));
            }
            self.rtp.get_mut(at..).unwrap_or_default().rotate_left(1);
        }
        put_back(&plain, packet)
    }

    /// A source that has not spoken under this key becomes known by a packet that is authentic.
    fn meet(&mut self, ssrc: u32, sequence: u16, bytes: &[u8]) -> Met {
        if self.rtp.len() >= MOST_SOURCES {
            return Met::Nobody;
        }
        if self.trial.decrypt_rtp(bytes).is_ok() {
            self.rtp.push(Source { ssrc, index: sequence.into() });
            return Met::Known;
        }
        if self.follows.as_ref().is_some_and(|(followed, _)| *followed == ssrc) {
            Met::Followed
        } else {
            Met::Nobody
        }
    }

    /// Perhaps a source whose roll-over counter went on over the change of keys. A forged packet moves nothing there.
    fn follow(&mut self, ssrc: u32, sequence: u16, packet: &mut [u8], length: usize) -> Option<usize> {
        let plain = self.follows.as_mut().and_then(|(_, context)| {
            let plain = context.decrypt_rtp(packet.get(..length)?).ok()?;
            put_back(&plain, packet)
        });
        if plain.is_none() {
            self.failed();
            return None;
        }
        let (_, context) = self.follows.take()?;
        self.context = context;
        self.rtp.clear();
        self.rtcp.clear();
        self.rtp.push(Source { ssrc, index: sequence.into() });
        plain
    }

    fn rtcp(&mut self, packet: &mut [u8]) -> Option<usize> {
        let suite = self.key.suite();
        let length = self.without_mki(packet, tag_of_rtcp(suite))?;
        let bytes = packet.get(..length)?;
        let flag = bytes.len().checked_sub(4 + tag_of_rtcp(suite)).and_then(|at| bytes.get(at))?;
        let ssrc = u32::from_be_bytes(*bytes.get(4..)?.first_chunk()?);
        if !is_report(bytes) || flag & ENCRYPTED == 0 {
            return None;
        }
        if !self.rtcp.contains(&ssrc) {
            if self.rtcp.len() >= MOST_SOURCES {
                return None;
            }
            if self.trial.decrypt_rtcp(bytes).is_err() {
                self.failed();
                return None;
            }
            self.rtcp.push(ssrc);
        }
        let plain = self.context.decrypt_rtcp(bytes).ok()?;
        put_back(&plain, packet)
    }

    /// Forgets what the library noted of sources that were none.
    fn failed(&mut self) {
        self.trials += 1;
        if self.trials >= MOST_TRIALS
            && let Some(fresh) = trial(&self.key)
        {
            (self.trial, self.trials) = (fresh, 0);
        }
    }

    /// Cuts the key's identifier out: it stands before the tag, in GCM (whose tag counts as 0 here) at the end.
    fn without_mki(&self, packet: &mut [u8], tag: usize) -> Option<usize> {
        let rest = packet.len().checked_sub(self.key.mki())?;
        packet.copy_within(packet.len().checked_sub(tag)?.., rest.checked_sub(tag)?);
        Some(rest)
    }
}

fn put_back(bytes: &[u8], packet: &mut [u8]) -> Option<usize> {
    packet.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(bytes.len())
}

fn head_of_rtp(bytes: &[u8]) -> Option<(u32, u16)> {
    let [flags, _, s0, s1, _, _, _, _, c0, c1, c2, c3] = *bytes.first_chunk()?;
    (flags >> 6 == 2).then(|| (u32::from_be_bytes([c0, c1, c2, c3]), u16::from_be_bytes([s0, s1])))
}

/// The index of a packet, guessed from the highest one (RFC 3711 section 3.3.1).
fn index_of(highest: u64, sequence: u16) -> u64 {
    let step = sequence.wrapping_sub(highest as u16) as i16;
    highest.saturating_add_signed(step.into())
}

/// Bytes behind the ciphertext of RTP. GCM's are part of it.
fn tag_of_rtp(suite: Suite) -> usize {
    match suite {
        Suite::AesCm128Sha80 => 10,
        Suite::AesCm128Sha32 => 4,
        Suite::AesGcm128 | Suite::AesGcm256 => 0,
    }
}

/// Bytes behind the index of SRTCP: 80 bits also where RTP has 32 (RFC 4568 section 6.2.2).
fn tag_of_rtcp(suite: Suite) -> usize {
    match suite {
        Suite::AesCm128Sha80 | Suite::AesCm128Sha32 => 10,
        Suite::AesGcm128 | Suite::AesGcm256 => 0,
    }
}

fn context(key: &MasterKey) -> Option<Context> {
    with(key, Some(srtp_replay_protection(WINDOW)), Some(srtcp_replay_protection(WINDOW)))
}

/// Without replay window: the first packet of a source, were it forged, would set where the window stands.
fn trial(key: &MasterKey) -> Option<Context> {
    with(key, None, None)
}

fn with(key: &MasterKey, rtp: Option<ContextOption>, rtcp: Option<ContextOption>) -> Option<Context> {
    let profile = match key.suite() {
        Suite::AesCm128Sha80 => ProtectionProfile::Aes128CmHmacSha1_80,
        Suite::AesCm128Sha32 => ProtectionProfile::Aes128CmHmacSha1_32,
        Suite::AesGcm128 => ProtectionProfile::AeadAes128Gcm,
        Suite::AesGcm256 => ProtectionProfile::AeadAes256Gcm,
    };
    let (master, salt) = key.reveal();
    Context::new(master, salt, profile, rtp, rtcp, &RingCrypto).ok()
}

/// A context that stands where a source's stream stands. The library has no other way to set a roll-over counter than to
/// be shown packets: so it gets some, far apart, that never were on the wire.
fn walked(key: &MasterKey, to: &Source) -> Option<Context> {
    /// Less than half a round, so that each step is taken for one forward.
    const STEP: u64 = 30_000;
    let (mut seal, mut open) = (context(key)?, context(key)?);
    let last = to.index.checked_sub(2 * WINDOW as u64)?;
    let mut at = last % STEP;
    loop {
        let [c0, c1, c2, c3] = to.ssrc.to_be_bytes();
        let [s0, s1] = (at as u16).to_be_bytes();
        let shown = [0x80, 0, s0, s1, 0, 0, 0, 0, c0, c1, c2, c3, 0];
        open.decrypt_rtp(&seal.encrypt_rtp(&shown).ok()?).ok()?;
        if at >= last {
            return Some(open);
        }
        at += STEP;
    }
}
