//! Telephone numbers as people dial and networks send them, brought to one form; the raw form is kept beside it.

use call::event::Caller;
use call::ids::Pii;

/// Where the house stands: what completes a local number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Country code without `+`: `86`.
    pub country: String,
    /// Area code with its leading 0: `0535`.
    pub area: String,
}

/// Longest number that we keep, digits: ITU-T E.164 allows 15; a little more for prefixes.
const MOST_DIGITS: usize = 20;

/// Brings a dialled or calling number to the national form: `13800000000`, `05351234567`, `89000`, or `+` and
/// country code for foreign ones. `None` when it is not a number (an extension name, `anonymous`, nothing).
pub fn normalise(raw: &str, place: &Place) -> Option<String> {
    let raw = raw.split(';').next().unwrap_or_default();
    let international = raw.trim_start().starts_with('+');
    let digits: String = raw.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '+')).collect();
    if digits.is_empty() || digits.len() > MOST_DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let idd = digits.strip_prefix("00");
    let abroad = if international { Some(digits.as_str()) } else { idd.filter(|rest| rest.len() > 7) };
    match abroad {
        Some(e164) => Some(match e164.strip_prefix(place.country.as_str()) {
            Some(national) => complete(national, place, true),
            None => format!("+{e164}"),
        }),
        None => Some(complete(&digits, place, false)),
    }
}

/// Completes a number inside the country. After a country code the area code comes without its 0.
fn complete(digits: &str, place: &Place, after_country: bool) -> String {
    let bare = digits.strip_prefix('0').unwrap_or(digits);
    if is_mobile(bare) {
        return bare.to_owned();
    }
    if digits.starts_with('0') {
        return digits.to_owned();
    }
    // Short numbers of the own area come with its code too: +86 535 89000.
    let own_area = !place.area.is_empty() && digits.starts_with(place.area.trim_start_matches('0'));
    if after_country && (digits.len() >= 9 || own_area) {
        return format!("0{digits}");
    }
    if matches!(digits.len(), 7 | 8) {
        return format!("{}{digits}", place.area);
    }
    digits.to_owned()
}

/// A mainland mobile: 11 digits, 1 then 3 to 9.
fn is_mobile(digits: &str) -> bool {
    let mut chars = digits.bytes();
    digits.len() == 11 && chars.next() == Some(b'1') && matches!(chars.next(), Some(b'3'..=b'9'))
}

/// What an INVITE says about who calls, header values already taken apart.
#[derive(Clone, Copy, Default, Debug)]
pub struct Claim<'a> {
    /// User part of From, or the number of a `tel:` URI.
    pub from: Option<&'a str>,
    /// The same of P-Asserted-Identity (RFC 3325).
    pub asserted: Option<&'a str>,
    /// The Privacy header (RFC 3323).
    pub privacy: Option<&'a str>,
    /// The source is a trusted trunk: only then is the asserted identity believed (RFC 3325 section 5).
    pub trusted: bool,
}

/// Decides who calls. An asserted identity wins over From; privacy hides it from screens but the hotline, as the
/// called party, shows and calls back only what it may.
pub fn identify(claim: Claim<'_>, place: &Place) -> Caller {
    let private = claim.privacy.is_some_and(|p| {
        p.split([';', ',']).any(|v| matches!(v.trim(), "id" | "user" | "header" | "critical"))
    });
    let stated = if claim.trusted { claim.asserted.or(claim.from) } else { claim.from };
    let stated = stated.unwrap_or_default();
    let anonymous = stated.is_empty() || stated.eq_ignore_ascii_case("anonymous");
    let withheld = private || anonymous;
    let number = if withheld { None } else { normalise(stated, place) };
    Caller { raw: Pii::new(stated), number: Pii::new(number.unwrap_or_default()), withheld }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn place() -> Place {
        Place { country: "86".into(), area: "0535".into() }
    }

    #[test]
    fn numbers_of_every_kind_come_to_one_form() {
        let rows = [
            ("13800000000", Some("13800000000")),
            ("013800000000", Some("13800000000")),
            ("+8613800000000", Some("13800000000")),
            ("008613800000000", Some("13800000000")),
            ("+86 138-0000-0000", Some("13800000000")),
            ("1234567", Some("05351234567")),
            ("05351234567", Some("05351234567")),
            ("+865351234567", Some("05351234567")),
            ("+8605351234567", Some("05351234567")),
            ("+8653589000", Some("053589000")),
            ("008653589000", Some("053589000")),
            ("53589000", Some("053553589000")),
            ("01088888888", Some("01088888888")),
            ("+861088888888", Some("01088888888")),
            ("89000", Some("89000")),
            ("110", Some("110")),
            ("+442079460000", Some("+442079460000")),
            ("00442079460000", Some("+442079460000")),
            ("1234567;phone-context=+86535", Some("05351234567")),
            ("alice", None),
            ("", None),
            ("123456789012345678901", None),
            ("13800000000%0d%0a", None),
        ];
        for (raw, expected) in rows {
            assert_eq!(normalise(raw, &place()).as_deref(), expected, "{raw}");
        }
    }

    #[test]
    fn an_asserted_identity_is_believed_only_from_a_trusted_trunk() {
        let claim = Claim { from: Some("13900000000"), asserted: Some("+8613800000000"), ..Claim::default() };
        let trusted = identify(Claim { trusted: true, ..claim }, &place());
        assert_eq!(trusted.number.reveal(), "13800000000");
        assert_eq!(identify(claim, &place()).number.reveal(), "13900000000");
    }

    #[test]
    fn privacy_and_anonymous_withhold_the_number() {
        let private = identify(
            Claim { from: Some("13900000000"), privacy: Some("id;critical"), ..Claim::default() },
            &place(),
        );
        assert!(private.withheld && private.number.reveal().is_empty());
        let anonymous = identify(Claim { from: Some("Anonymous"), ..Claim::default() }, &place());
        assert!(anonymous.withheld);
        let open = identify(
            Claim { from: Some("13900000000"), privacy: Some("none"), ..Claim::default() },
            &place(),
        );
        assert!(!open.withheld);
    }
}
