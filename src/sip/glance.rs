//! A look at a session description, for people: where its sound goes, in which codecs, encrypted or not. Agrees on nothing.

/// Most formats that are told.
const MOST_CODECS: usize = 12;
/// Longest word that is taken from a description.
const LONGEST: usize = 45;

/// What the first audio line of a description says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Glance {
    /// Address for the sound, as written.
    pub address: String,
    /// Its port; 0: refused.
    pub port: u16,
    /// Names of the codecs in their order, without telephone-event: `PCMA`, `G729`, `opus`.
    pub codecs: Vec<String>,
    /// Payload type of telephone-event (RFC 4733).
    pub keys: Option<u8>,
    /// `sendrecv`, `sendonly`, `recvonly` or `inactive`.
    pub direction: &'static str,
    /// Secure RTP is offered or answered (RFC 3711 by SDES or DTLS).
    pub encrypted: bool,
    /// Packet time, ms.
    pub ptime: Option<u16>,
}

/// Looks at a body; `None`: no audio line in it.
pub fn glance(body: &[u8]) -> Option<Glance> {
    let text = String::from_utf8_lossy(body.get(..body.len().min(16_384)).unwrap_or_default());
    let mut found = Glance { direction: "sendrecv", ..Glance::default() };
    let (mut formats, mut maps) = (Vec::new(), Vec::new());
    let (mut inside, mut seen) = (false, false);
    for line in text.lines().map(str::trim_end) {
        if let Some(media) = line.strip_prefix("m=") {
            inside = !seen && media.starts_with("audio ");
            if inside {
                seen = true;
                let mut words = media.split_ascii_whitespace().skip(1);
                found.port =
                    words.next().and_then(|p| p.split('/').next()).and_then(|p| p.parse().ok()).unwrap_or(0);
                found.encrypted = words.next().is_some_and(|proto| proto.contains("SAVP"));
                formats = words.take(64).map(str::to_owned).collect();
            }
        } else if inside || !seen {
            attribute(line, &mut found, &mut maps);
        }
    }
    if !seen {
        return None;
    }
    for format in formats {
        let name = maps.iter().find(|(pt, _)| *pt == format).map(|(_, name)| name.as_str());
        let name = name.or_else(|| usual(&format)).unwrap_or(&format).to_owned();
        if name.eq_ignore_ascii_case("telephone-event") {
            found.keys = found.keys.or_else(|| format.parse().ok());
        } else if found.codecs.len() < MOST_CODECS {
            found.codecs.push(name);
        }
    }
    Some(found)
}

fn attribute(line: &str, found: &mut Glance, maps: &mut Vec<(String, String)>) {
    if let Some(connection) = line.strip_prefix("c=") {
        let address = connection.split_ascii_whitespace().nth(2).unwrap_or_default();
        found.address = clean(address.split('/').next().unwrap_or_default());
    } else if let Some(map) = line.strip_prefix("a=rtpmap:") {
        if let Some((format, name)) = map.split_once(' ') {
            maps.push((format.trim().to_owned(), clean(name.trim().split('/').next().unwrap_or_default())));
        }
    } else if let Some(ptime) = line.strip_prefix("a=ptime:") {
        found.ptime = ptime.trim().parse().ok();
    } else if let Some(attribute) = line.strip_prefix("a=") {
        const DIRECTIONS: [&str; 4] = ["sendrecv", "sendonly", "recvonly", "inactive"];
        if let Some(direction) = DIRECTIONS.into_iter().find(|d| *d == attribute.trim()) {
            found.direction = direction;
        }
    }
}

/// Static payload types that are given without a name (RFC 3551 table 4).
fn usual(format: &str) -> Option<&'static str> {
    Some(match format {
        "0" => "PCMU",
        "3" => "GSM",
        "4" => "G723",
        "8" => "PCMA",
        "9" => "G722",
        "13" => "CN",
        "15" => "G728",
        "18" => "G729",
        _ => return None,
    })
}

/// A word without anything that a terminal or a log would take for more than a word.
fn clean(word: &str) -> String {
    let good = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_' | '+');
    word.chars().filter(good).take(LONGEST).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::glance;

    #[test]
    fn a_description_is_told_in_a_few_words() {
        let offer = b"v=0\r\no=- 1 1 IN IP4 9.9.9.9\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=video 9 RTP/AVP 99\r\nc=IN IP4 9.9.9.9\r\n\
            m=audio 4000 RTP/SAVP 18 8 96 101\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n\
            a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:xyz\r\na=sendonly\r\na=ptime:30\r\n";
        let seen = glance(offer).unwrap();
        assert_eq!(
            (seen.port, seen.direction, seen.keys, seen.ptime),
            (4000, "sendonly", Some(101), Some(30))
        );
        assert_eq!(seen.codecs, ["G729", "PCMA", "opus"]);
        assert!(seen.encrypted);
        let seen =
            glance(b"v=0\nc=IN IP6 2001:db8::9\nm=audio 0 RTP/AVP 0\nm=audio 7 RTP/AVP 8\na=inactive\n")
                .unwrap();
        assert_eq!((seen.address.as_str(), seen.port, seen.direction), ("2001:db8::9", 0, "sendrecv"));
        assert_eq!(seen.codecs, ["PCMU"], "the first audio line is the one");
        assert_eq!(glance(b"hello"), None);
    }

    #[test]
    fn nothing_in_it_reaches_a_terminal_as_more_than_a_word() {
        let seen = glance(b"c=IN IP4 \x1b[2J1.2.3.4\nm=audio 1 RTP/AVP 97\na=rtpmap:97 \x1b]0;x\x07/8000\n")
            .unwrap();
        assert_eq!((seen.address.as_str(), &seen.codecs[..]), ("2J1.2.3.4", &["0x".to_owned()][..]));
    }
}
