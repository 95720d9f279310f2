//! Digest authentication, both ends (RFC 7616, RFC 8760): SHA-256 first, MD5 for older phones, nonces that carry their own proof.

use std::collections::VecDeque;
use std::time::Duration;

use md5::Md5;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::method::Method;
use crate::text;

/// Digest algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Algorithm {
    /// Preferred (RFC 8760).
    Sha256,
    /// For phones that know nothing else.
    Md5,
}

impl Algorithm {
    /// As written in the header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    fn read(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Md5),
            Some(a) if a.eq_ignore_ascii_case("MD5") => Some(Self::Md5),
            Some(a) if a.eq_ignore_ascii_case("SHA-256") => Some(Self::Sha256),
            Some(_) => None,
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).filter_map(|n| char::from_digit(n.into(), 16)).collect()
}

/// The user name that an Authorization value claims.
pub fn claimed(value: &str) -> Option<String> {
    let params = parameters(value)?;
    text::find(&params, "username").flatten().map(str::to_owned)
}

/// The parameters of a `Digest ...` header value.
fn parameters(value: &str) -> Option<Vec<text::Param>> {
    let rest = value
        .trim()
        .get(..7)
        .filter(|s| s.eq_ignore_ascii_case("digest "))
        .and_then(|_| value.trim().get(7..))?;
    text::pieces(rest, b',')
        .filter(|piece| *piece != Some(""))
        .map(|piece| {
            let (name, value) = piece?.split_once('=')?;
            let value = value.trim();
            let value = match text::quoted(value) {
                Some((inside, _)) => inside.into_owned(),
                None if value.starts_with('"') => return None,
                None => value.to_owned(),
            };
            Some((name.trim().to_owned(), Some(value)))
        })
        .collect()
}

/// What a challenge says of itself, whether or not we can answer it: for whoever wants to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asks {
    /// As written; MD5 where nothing is.
    pub algorithm: String,
    /// As written; empty where nothing is.
    pub qop: String,
    /// Whose passwords are asked for.
    pub realm: String,
}

impl Asks {
    /// Reads WWW-Authenticate or Proxy-Authenticate; `None` when it is no digest.
    pub fn parse(value: &str) -> Option<Self> {
        let params = parameters(value)?;
        let get = |name: &str| text::find(&params, name).flatten().map(str::to_owned);
        Some(Self {
            algorithm: get("algorithm").unwrap_or_else(|| "MD5".to_owned()),
            qop: get("qop").unwrap_or_default(),
            realm: get("realm").unwrap_or_default(),
        })
    }

    /// Whether we can answer it.
    pub fn is_known(&self) -> bool {
        Algorithm::read(Some(&self.algorithm)).is_some()
    }
}

/// A challenge as a client reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    qop: bool,
}

impl Challenge {
    /// Reads WWW-Authenticate or Proxy-Authenticate; `None` when it is no digest of a known algorithm.
    pub fn parse(value: &str) -> Option<Self> {
        let params = parameters(value)?;
        let get = |name: &str| text::find(&params, name).flatten();
        Some(Self {
            realm: get("realm")?.to_owned(),
            nonce: get("nonce")?.to_owned(),
            opaque: get("opaque").map(str::to_owned),
            algorithm: Algorithm::read(get("algorithm"))?,
            qop: get("qop").is_some_and(|q| q.split(',').any(|v| v.trim() == "auth")),
        })
    }

    /// The better of two challenges: SHA-256 before MD5.
    pub fn better(self, other: Self) -> Self {
        if self.algorithm == Algorithm::Sha256 { self } else { other }
    }

    /// The Authorization value that answers it. `count` counts the uses of this nonce from 1.
    pub fn answer(
        &self,
        user: &str,
        password: &str,
        method: &Method,
        uri: &str,
        cnonce: &str,
        count: u32,
    ) -> String {
        let ha1 = self.algorithm.hash(&format!("{user}:{}:{password}", self.realm));
        let ha2 = self.algorithm.hash(&format!("{method}:{uri}"));
        let nc = format!("{count:08x}");
        let response = if self.qop {
            self.algorithm.hash(&format!("{ha1}:{}:{nc}:{cnonce}:auth:{ha2}", self.nonce))
        } else {
            self.algorithm.hash(&format!("{ha1}:{}:{ha2}", self.nonce))
        };
        let mut value = format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{}\", response=\"{response}\", algorithm={}",
            escape(user),
            escape(&self.realm),
            escape(&self.nonce),
            escape(uri),
            self.algorithm.as_str()
        );
        if self.qop {
            value.push_str(&format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\""));
        }
        if let Some(opaque) = &self.opaque {
            value.push_str(&format!(", opaque=\"{}\"", escape(opaque)));
        }
        value
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// What a check of credentials came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Right.
    Good,
    /// The nonce is too old or was counted before: challenge again with stale=true, no password prompt.
    Stale,
    /// Wrong, malformed or for another realm: challenge again.
    Bad,
}

/// How many nonces' counters are remembered at once. When full, the oldest is forgotten and its user is challenged
/// once more.
const MOST_NONCES: usize = 4096;
/// How long a nonce is good.
const NONCE_LIFE: Duration = Duration::from_secs(600);

/// The server's nonces: each is `time:serial:proof` with proof = SHA-256(secret, time, serial), so that a challenge
/// costs no memory; only nonces that were used rightly have a counter window.
#[derive(Debug)]
pub struct Nonces {
    secret: [u8; 32],
    serial: u64,
    used: VecDeque<Window>,
}

/// Which counts of one nonce were seen: the highest, and a bit for each of the 63 below it.
#[derive(Debug)]
struct Window {
    nonce: String,
    highest: u32,
    seen: u64,
}

impl Nonces {
    /// With an unguessable secret.
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret, serial: 0, used: VecDeque::new() }
    }

    /// The WWW-Authenticate values for these algorithms, best first (RFC 8760 section 2.3).
    pub fn challenge(
        &mut self,
        now: Duration,
        realm: &str,
        stale: bool,
        offered: &[Algorithm],
    ) -> Vec<String> {
        self.serial = self.serial.wrapping_add(1);
        let nonce = self.nonce(now.as_secs(), self.serial);
        let stale = if stale { ", stale=true" } else { "" };
        let value = |a: &Algorithm| {
            let name = a.as_str();
            format!(
                "Digest realm=\"{}\", nonce=\"{nonce}\", algorithm={name}, qop=\"auth\"{stale}",
                escape(realm)
            )
        };
        offered.iter().map(value).collect()
    }

    fn nonce(&self, seconds: u64, serial: u64) -> String {
        let mut hash = Sha256::new();
        hash.update(self.secret);
        hash.update(seconds.to_be_bytes());
        hash.update(serial.to_be_bytes());
        let proof = hex(&hash.finalize());
        format!("{seconds:x}-{serial:x}-{}", proof.get(..32).unwrap_or_default())
    }

    fn issued(&self, nonce: &str) -> Option<Duration> {
        let mut parts = nonce.splitn(3, '-');
        let seconds = u64::from_str_radix(parts.next()?, 16).ok()?;
        let serial = u64::from_str_radix(parts.next()?, 16).ok()?;
        let right = self.nonce(seconds, serial);
        bool::from(right.as_bytes().ct_eq(nonce.as_bytes())).then(|| Duration::from_secs(seconds))
    }

    /// Checks an Authorization value; one of an algorithm that was not offered is bad. `password` is asked for the user
    /// name that the value claims.
    pub fn check<'p>(
        &mut self,
        now: Duration,
        value: &str,
        (realm, offered): (&str, &[Algorithm]),
        method: &Method,
        password: impl FnOnce(&str) -> Option<&'p str>,
    ) -> (Verdict, Option<String>) {
        match self.check_inner(now, value, (realm, offered), method, password) {
            Some((verdict, user)) => (verdict, Some(user)),
            None => (Verdict::Bad, None),
        }
    }

    fn check_inner<'p>(
        &mut self,
        now: Duration,
        value: &str,
        (realm, offered): (&str, &[Algorithm]),
        method: &Method,
        password: impl FnOnce(&str) -> Option<&'p str>,
    ) -> Option<(Verdict, String)> {
        let params = parameters(value)?;
        let get = |name: &str| text::find(&params, name).flatten();
        let (user, nonce, uri, response) = (get("username")?, get("nonce")?, get("uri")?, get("response")?);
        if get("realm")? != realm {
            return None;
        }
        let algorithm = Algorithm::read(get("algorithm")).filter(|a| offered.contains(a))?;
        // An unknown user costs the same work and is answered alike: nobody learns here who exists.
        let known = password(user);
        let secret = known.unwrap_or("nobody's");
        let ha1 = algorithm.hash(&format!("{user}:{realm}:{secret}"));
        let ha2 = algorithm.hash(&format!("{method}:{uri}"));
        let (nc, cnonce) = (get("nc")?, get("cnonce")?);
        if get("qop") != Some("auth") {
            return None;
        }
        let right = algorithm.hash(&format!("{ha1}:{nonce}:{nc}:{cnonce}:auth:{ha2}"));
        let same = bool::from(right.as_bytes().ct_eq(response.to_ascii_lowercase().as_bytes()));
        if !same || known.is_none() {
            return None;
        }
        let count = u32::from_str_radix(nc, 16).ok()?;
        let fresh = self.issued(nonce).is_some_and(|at| now < at.saturating_add(NONCE_LIFE));
        let verdict = if fresh && self.count(nonce, count) { Verdict::Good } else { Verdict::Stale };
        Some((verdict, user.to_owned()))
    }

    /// Accepts each count of a nonce once; counts may come out of order by up to 63 (packets overtake each other).
    fn count(&mut self, nonce: &str, count: u32) -> bool {
        let Some(window) = self.used.iter_mut().find(|w| w.nonce == nonce) else {
            if self.used.len() >= MOST_NONCES {
                self.used.pop_front();
            }
            self.used.push_back(Window { nonce: nonce.to_owned(), highest: count, seen: 1 });
            return true;
        };
        if count > window.highest {
            let step = count.saturating_sub(window.highest);
            window.seen = window.seen.checked_shl(step).unwrap_or(0) | 1;
            window.highest = count;
            return true;
        }
        let bit = 1u64.checked_shl(window.highest.saturating_sub(count)).unwrap_or(0);
        if bit == 0 || window.seen & bit != 0 {
            return false;
        }
        window.seen |= bit;
        true
    }
}
