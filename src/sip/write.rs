//! Numbers and addresses as messages hold them. Each message holds dozens, and `{}` takes several times as long.

use std::fmt::{self, Write};
use std::net::{IpAddr, SocketAddr};

/// A number in decimal digits.
pub(crate) fn number(out: &mut impl Write, n: impl itoa::Integer) -> fmt::Result {
    out.write_str(itoa::Buffer::new().format(n))
}

/// An address, bare.
pub(crate) fn ip(out: &mut impl Write, ip: IpAddr) -> fmt::Result {
    let IpAddr::V4(v4) = ip else { return write!(out, "{ip}") };
    let [a, b, c, d] = v4.octets();
    number(out, a)?;
    for octet in [b, c, d] {
        out.write_str(".")?;
        number(out, octet)?;
    }
    Ok(())
}

/// An address as a host is written: IPv6 in brackets.
pub(crate) fn host(out: &mut impl Write, address: IpAddr) -> fmt::Result {
    match address {
        IpAddr::V4(_) => ip(out, address),
        IpAddr::V6(v6) => write!(out, "[{v6}]"),
    }
}

/// Host and port.
pub(crate) fn socket(out: &mut impl Write, address: SocketAddr) -> fmt::Result {
    host(out, address.ip())?;
    out.write_str(":")?;
    number(out, address.port())
}
