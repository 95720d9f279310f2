//! hotline.toml, [browser]: the one UDP port over which the phones of browsers are heard.

use std::net::{IpAddr, SocketAddr};

use crate::fault::At;
use crate::problem::{Kind, Problem};
use crate::rules;
use crate::settings::{Browser, Media};
use crate::sheet::Table;

/// No phones in browsers.
const OFF: &str = "off";
/// Legs of browsers at once, unless written.
const LEGS: u32 = 200;

/// Reads the section. `media` says what is told where nothing else is written; `datagrams` are SIP's own UDP addresses.
pub(crate) fn browser(table: Table<'_>, media: &Media, datagrams: &[SocketAddr]) -> Option<Browser> {
    let udp = table.parsed("udp", Kind::Socket, socket);
    let advertised = table.parsed("advertised", Kind::Ip, |text| text.parse::<IpAddr>().ok());
    let legs = u16::try_from(table.number32("legs", 1..=4_000, LEGS)).unwrap_or(u16::MAX);
    let browser = udp.and_then(|At { value, spot }| {
        let udp = value?;
        let (first, last) = media.ports;
        let taken = datagrams.iter().any(|at| at.port() == udp.port() && udp.port() != 0);
        if taken || (first..=last).contains(&udp.port()) {
            table.blame_at(spot, rules::port_taken(&udp.to_string()));
        }
        let advertised = advertised.map_or(media.advertised, |ip| ip.value);
        if advertised.is_unspecified() {
            table.blame("advertised", Problem::missing("advertised"));
        }
        Some(Browser { udp, advertised, legs })
    });
    table.done();
    browser
}

fn socket(text: &str) -> Option<Option<SocketAddr>> {
    if text == OFF { Some(None) } else { text.parse().ok().map(Some) }
}
