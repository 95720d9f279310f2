//! Which number was dialled first, when a call was diverted to ours: History-Info (RFC 7044), else Diversion (RFC 5806).

use call::ids::Pii;
use sip::Headers;

use crate::numbers;

/// Entries that are looked at; more than a chain of diversions has. What stands behind them is passed over.
const MOST_ENTRIES: usize = 20;

/// The number that was dialled first, in our form by `read`. Empty where the call came straight to `ours`, or where it shall
/// not be known: a Privacy of `history` or `header` (RFC 7044 section 10.1), `privacy=full` or `name` of a Diversion.
///
/// Only what a trusted trunk says is worth reading.
pub fn dialled_first(headers: &Headers, ours: &str, read: impl Fn(&str) -> Option<String>) -> Pii {
    let hidden = |token: &str| matches!(token.to_ascii_lowercase().as_str(), "history" | "header");
    if headers.get("Privacy").is_some_and(|p| p.split(';').map(str::trim).any(hidden)) {
        return Pii::default();
    }
    let first = history(headers).or_else(|| diversion(headers));
    let number = first.and_then(|raw| read(&raw)).filter(|number| number != ours);
    Pii::new(number.unwrap_or_default())
}

/// The oldest entry, if it has a successor: a lone one is the call itself. An entry that is to be kept private says so in its
/// own URI (RFC 7044 section 10.1.2).
fn history(headers: &Headers) -> Option<String> {
    let entries = headers.addresses("History-Info");
    let first = entries.first().filter(|_| entries.len() > 1 && entries.len() <= MOST_ENTRIES)?;
    let private = first.uri.headers.as_ref().is_some_and(|h| h.to_ascii_lowercase().contains("privacy="));
    numbers::of_uri(&first.uri).filter(|_| !private)
}

/// The lowest entry: each diversion put its own above the others (RFC 5806 section 5.2).
fn diversion(headers: &Headers) -> Option<String> {
    let entries = headers.addresses("Diversion");
    let first = entries.last().filter(|_| entries.len() <= MOST_ENTRIES)?;
    let privacy = first.params.iter().find(|(name, _)| name.eq_ignore_ascii_case("privacy"));
    let value = privacy.and_then(|(_, value)| value.as_deref()).unwrap_or("off");
    let hidden = !value.trim_matches('"').eq_ignore_ascii_case("off");
    numbers::of_uri(&first.uri).filter(|_| !hidden)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn dialled(lines: &str) -> String {
        let text = format!(
            "INVITE sip:89000@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\n\
             To: <sip:89000@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:a@h>\r\n{lines}Content-Length: 0\r\n\r\n"
        );
        let Ok(sip::Message::Request(request)) = sip::parse(text.as_bytes(), sip::Wire::Datagram) else {
            panic!("not read: {text}");
        };
        let place = numbers::Place { country: "86".into(), area: "0535".into() };
        dialled_first(&request.headers, "89000", |raw| numbers::normalise(raw, &place)).reveal().to_owned()
    }

    #[test]
    fn the_lowest_diversion_and_the_oldest_history_name_what_was_dialled_first() {
        for (lines, first) in [
            ("", ""),
            ("Diversion: <tel:+865356200000>;reason=unconditional\r\n", "05356200000"),
            (
                "Diversion: <sip:6200001@h>;reason=no-answer, <sip:6200000@h;user=phone>;reason=user-busy\r\n",
                "05356200000",
            ),
            ("Diversion: <sip:6200001@h>\r\nDiversion: <sip:6200000@h>;privacy=off\r\n", "05356200000"),
            (
                "History-Info: <sip:6200000@h>;index=1, <sip:89000@h;cause=302>;index=1.1;mp=1\r\n",
                "05356200000",
            ),
            // History-Info says more than Diversion.
            (
                "Diversion: <sip:6200009@h>\r\nHistory-Info: <sip:6200000@h>;index=1,<sip:89000@h>;index=1.1\r\n",
                "05356200000",
            ),
            // The call itself is no diversion.
            ("History-Info: <sip:89000@h>;index=1\r\n", ""),
            ("History-Info: <sip:89000@h>;index=1, <sip:89000@10.0.0.1>;index=1.1\r\n", ""),
        ] {
            assert_eq!(dialled(lines), first, "{lines}");
        }
    }

    #[test]
    fn what_shall_not_be_known_and_what_makes_no_sense_is_nothing() {
        let many = format!("Diversion: {}<sip:6200000@h>\r\n", "<sip:6200001@h>,".repeat(MOST_ENTRIES));
        for lines in [
            "Diversion: <sip:6200000@h>;privacy=full\r\n",
            "Diversion: <sip:6200000@h>;privacy=\"name\"\r\n",
            "Privacy: history\r\nHistory-Info: <sip:6200000@h>;index=1, <sip:89000@h>;index=1.1\r\n",
            "Privacy: id; Header\r\nDiversion: <sip:6200000@h>\r\n",
            "History-Info: <sip:6200000@h?Privacy=history>;index=1, <sip:89000@h>;index=1.1\r\n",
            "Diversion: <sip:anonymous@anonymous.invalid>\r\n",
            "Diversion: nonsense\r\n",
            "Diversion:\r\n",
            &many,
        ] {
            assert_eq!(dialled(lines), "", "{lines}");
        }
    }
}
