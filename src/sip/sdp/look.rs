//! What a description says of its audio, for whoever wants to be told: nothing is agreed on here.

use std::net::SocketAddr;

use super::{Direction, audio, read};

/// One format of an audio stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Format {
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// `PCMA/8000`, in upper case; of a static type without rtpmap, as RFC 3551 names it; else empty.
    pub name: String,
}

/// The first audio stream of a description.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Look {
    /// Where its sender wants RTP.
    pub remote: SocketAddr,
    /// In the order of the m-line.
    pub formats: Vec<Format>,
    /// Packet time, ms, where it is written.
    pub ptime: Option<u32>,
    /// Direction, seen from us.
    pub direction: Direction,
    /// RTP profile: `RTP/AVP`, `RTP/SAVP`, ...
    pub profile: String,
}

impl Look {
    /// Whether the stream is encrypted by SRTP.
    pub fn is_encrypted(&self) -> bool {
        self.profile.starts_with("RTP/SAVP")
    }
}

/// Looks at a description; `None` when it is none, or has no audio stream by RTP that is not refused.
pub fn look(description: &[u8]) -> Option<Look> {
    let session = read(description).ok()?;
    session.medias.iter().find_map(|media| {
        let audio = audio(&session, media)?;
        let name = |pt: u8| {
            let mapped = audio.maps.iter().find(|(p, _)| *p == pt).map(|(_, name)| name.clone());
            mapped.unwrap_or_else(|| usual(pt).to_owned())
        };
        let formats = audio.formats.iter().map(|pt| Format { payload_type: *pt, name: name(*pt) }).collect();
        let ptime = media.attributes.iter().find(|a| a.attribute == "ptime");
        Some(Look {
            remote: audio.remote,
            formats,
            ptime: ptime.and_then(|a| a.value.as_deref()?.trim().parse().ok()),
            direction: audio.direction.mirrored(),
            profile: audio.profile,
        })
    })
}

/// Static payload types that carriers use (RFC 3551 table 4).
fn usual(payload_type: u8) -> &'static str {
    match payload_type {
        0 => "PCMU/8000",
        3 => "GSM/8000",
        4 => "G723/8000",
        8 => "PCMA/8000",
        9 => "G722/8000",
        13 => "CN/8000",
        15 => "G728/8000",
        18 => "G729/8000",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_seen_as_it_is_written() {
        let text = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n\
            m=audio 4000 RTP/SAVP 18 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\na=sendonly\r\n";
        let seen = look(text.as_bytes());
        let format = |payload_type, name: &str| Format { payload_type, name: name.to_owned() };
        let expected = Look {
            remote: ([192, 0, 2, 7], 4000).into(),
            formats: vec![
                format(18, "G729/8000"),
                format(8, "PCMA/8000"),
                format(101, "TELEPHONE-EVENT/8000"),
            ],
            ptime: Some(30),
            direction: Direction::RecvOnly,
            profile: "RTP/SAVP".to_owned(),
        };
        assert!(expected.is_encrypted());
        assert_eq!(seen, Some(expected));
        assert_eq!(look(b"nonsense"), None);
        assert_eq!(look(text.replace("m=audio 4000", "m=audio 0").as_bytes()), None);
    }
}
