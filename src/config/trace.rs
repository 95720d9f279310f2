//! hotline.toml, [trace]: what is kept of the SIP messages, for how long, and where else they go.

use std::path::Path;

use crate::problem::Kind;
use crate::settings::Trace;
use crate::sheet::Table;

/// Nothing of this kind.
const OFF: &str = "off";

/// Reads the section. Relative paths start at `base`.
pub(crate) fn trace(table: Table<'_>, base: &Path) -> Trace {
    let pcap = table.text_or("pcap", OFF);
    let hep = table.parsed("hep", Kind::HostPort, host_port).and_then(|hep| hep.value);
    let trace = Trace {
        folder: base.join(table.text_or("folder", "data/trace")),
        days: u16::try_from(table.number32("days", 0..=365, 7)).unwrap_or(u16::MAX),
        most_bytes: table.number("most_mib", 128..=1_000_000, 4_096) << 20,
        pcap: (pcap != OFF).then(|| base.join(pcap)),
        hep,
        hep_id: table.number32("hep_id", 0..=u32::MAX, 2_001),
    };
    table.done();
    trace
}

/// `off`, or a host's name or address and a port.
fn host_port(text: &str) -> Option<Option<String>> {
    if text == OFF {
        return Some(None);
    }
    let (host, port) = text.rsplit_once(':')?;
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let fits = match bare {
        Some(six) => six.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
            !host.is_empty() && host.len() <= 253 && host.bytes().all(name)
        }
    };
    let port = port.parse::<u16>().is_ok_and(|port| port > 0);
    (fits && port).then(|| Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::host_port;

    #[test]
    fn a_server_has_a_host_and_a_port() {
        for good in ["homer.example.com:9060", "192.0.2.1:1", "[2001:db8::1]:9060"] {
            assert_eq!(host_port(good), Some(Some(good.to_owned())));
        }
        assert_eq!(host_port("off"), Some(None));
        for bad in ["", "homer", "homer:0", ":9060", "[x]:1", "a b:1", "homer:65536", "2001:db8::1:9060"] {
            assert_eq!(host_port(bad), None, "{bad}");
        }
    }
}
