//! A network as it is written: `10.1.0.0/16`, `fd00::/8`, or a single address.

use std::fmt;
use std::net::IpAddr;

/// A network of addresses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Net {
    /// Any address in it.
    pub address: IpAddr,
    /// Leading bits that count, 0 to 32 or 128.
    pub prefix: u8,
}

impl Net {
    /// `None` when it is no network.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address.parse::<IpAddr>().ok()?, Some(prefix.parse::<u8>().ok()?)),
            None => (text.parse::<IpAddr>().ok()?, None),
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(most);
        (prefix <= most).then_some(Self { address, prefix })
    }

    /// So wide that it can't be somebody's own network: shorter than /8, for IPv6 than /16.
    pub(crate) fn is_everybody(self) -> bool {
        let least = if self.address.is_ipv4() { 8 } else { 16 };
        self.prefix < least
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
