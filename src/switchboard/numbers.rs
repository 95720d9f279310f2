//! Telephone numbers as people dial and networks send them, brought to one form; the raw form is kept beside it.

use call::event::Caller;
use call::ids::Pii;

use crate::contract::{Form, Trunk};

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
    let mut parts = raw.split(';');
    let raw = parts.next().unwrap_or_default();
    let context = parts.find_map(|part| part.strip_prefix("phone-context=+"));
    let global = context.filter(|_| !raw.contains('+'));
    let international = raw.trim_start().starts_with('+') || global.is_some();
    let digits: String = global
        .unwrap_or_default()
        .chars()
        .chain(raw.chars())
        .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '+'))
        .collect();
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

/// A number as a trunk brings it: what it puts before is cut, what it leaves out is added; the raw form stays as it was.
pub fn read(raw: &str, trunk: &Trunk, place: &Place) -> Option<String> {
    let rest = raw.strip_prefix(trunk.in_strip.as_str()).unwrap_or(raw);
    normalise(&format!("{}{rest}", trunk.in_add), place)
}

/// A number as a trunk wants it dialled: in its form, then cut, then added to.
pub fn write(number: &str, trunk: &Trunk, place: &Place) -> String {
    let formed = in_form(number, trunk.form, place);
    let rest = formed.strip_prefix(trunk.strip.as_str()).unwrap_or(&formed);
    format!("{}{rest}", trunk.add)
}

/// Our own number as a trunk wants it shown: in its form. What is put before a number to dial it is no part of it.
pub fn write_own(number: &str, trunk: &Trunk, place: &Place) -> String {
    in_form(number, trunk.form, place)
}

/// A number in another form. Short ones (110, 12345) are the same in each: they belong to no area.
fn in_form(number: &str, form: Form, place: &Place) -> String {
    let known = matches!(form, Form::E164 | Form::National | Form::Local);
    let national = normalise(number, place).filter(|n| known && n.trim_start_matches('+').len() > 6);
    let Some(national) = national else { return number.to_owned() };
    let abroad = national.strip_prefix('+');
    match (form, abroad) {
        (Form::AsIs, _) => number.to_owned(),
        (Form::E164, Some(_)) => national,
        (Form::E164, None) => {
            format!("+{}{}", place.country, national.strip_prefix('0').unwrap_or(&national))
        }
        (Form::National | Form::Local, Some(digits)) => format!("00{digits}"),
        (Form::National, None) => national,
        (Form::Local, None) => {
            let own = Some(place.area.as_str()).filter(|area| !area.is_empty());
            let rest = own.and_then(|area| national.strip_prefix(area));
            rest.map_or(national.clone(), str::to_owned)
        }
    }
}

/// The number of a `sip:` or `tel:` URI, with the `phone-context` (RFC 3966 section 5.1.5) that makes a local one global.
pub fn of_uri(uri: &sip::Uri) -> Option<String> {
    let number = uri.user_plain().filter(|user| !user.is_empty())?;
    Some(match uri.param("phone-context").flatten() {
        Some(context) => format!("{number};phone-context={context}"),
        None => number,
    })
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
    /// The same of P-Asserted-Identity (RFC 3325): it may name a `sip:` and a `tel:` URI.
    pub asserted: &'a [String],
    /// The same of P-Preferred-Identity: what the far end would like to be asserted, for want of anything better.
    pub preferred: Option<&'a str>,
    /// The Privacy header (RFC 3323).
    pub privacy: Option<&'a str>,
    /// The source is a trusted trunk: only then is the asserted identity believed (RFC 3325 section 5).
    pub trusted: bool,
}

/// Decides who calls. An asserted identity wins over From; privacy hides it from screens but the hotline, as the
/// called party, shows and calls back only what it may. `critical` asks for no privacy by itself, it only says that what
/// the others ask for must be granted (RFC 3323 section 4.2).
pub fn identify(claim: Claim<'_>, read: impl Fn(&str) -> Option<String>) -> Caller {
    let mut asks = claim.privacy.unwrap_or_default().split([';', ',']).map(str::trim);
    let private = asks.any(|v| ["id", "user", "header"].iter().any(|w| v.eq_ignore_ascii_case(w)));
    let numbered = claim.asserted.iter().find(|a| read(a).is_some()).or(claim.asserted.first());
    let asserted = numbered.map(String::as_str).or(claim.preferred).filter(|_| claim.trusted);
    let stated = asserted.or(claim.from).unwrap_or_default();
    let anonymous = stated.is_empty() || stated.eq_ignore_ascii_case("anonymous");
    let withheld = private || anonymous;
    let number = if withheld { None } else { read(stated) };
    Caller {
        raw: Pii::new(stated),
        number: Pii::new(number.unwrap_or_default()),
        withheld,
        ..Caller::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn place() -> Place {
        Place { country: "86".into(), area: "0535".into() }
    }

    fn read_here(raw: &str) -> Option<String> {
        normalise(raw, &place())
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
        let asserted = ["exchange".to_owned(), "+8613800000000".to_owned()];
        let claim = Claim { from: Some("13900000000"), asserted: &asserted, ..Claim::default() };
        let trusted = identify(Claim { trusted: true, ..claim }, read_here);
        assert_eq!(trusted.number.reveal(), "13800000000", "the one of the two that is a number");
        assert_eq!(identify(claim, read_here).number.reveal(), "13900000000");
        let preferred = Claim { asserted: &[], preferred: Some("13700000000"), ..claim };
        assert_eq!(identify(preferred, read_here).number.reveal(), "13900000000");
        let trusted = identify(Claim { trusted: true, ..preferred }, read_here);
        assert_eq!(trusted.number.reveal(), "13700000000");
    }

    #[test]
    fn privacy_and_anonymous_withhold_the_number() {
        for (privacy, withheld) in [
            ("id", true),
            ("id;critical", true),
            ("user", true),
            ("header; session", true),
            ("none", false),
            ("critical", false),
            ("session", false),
        ] {
            let claim = Claim { from: Some("13900000000"), privacy: Some(privacy), ..Claim::default() };
            let caller = identify(claim, read_here);
            assert_eq!(
                (caller.withheld, caller.number.reveal().is_empty()),
                (withheld, withheld),
                "{privacy}"
            );
            assert_eq!(caller.raw.reveal(), "13900000000", "the raw form is kept");
        }
        let anonymous = identify(Claim { from: Some("Anonymous"), ..Claim::default() }, read_here);
        assert!(anonymous.withheld);
    }

    #[test]
    fn a_phone_context_makes_a_local_number_a_global_one() {
        for (uri, number) in [
            ("tel:1234567;phone-context=+86535", Some("05351234567")),
            ("tel:1234567;phone-context=+86-10", Some("0101234567")),
            ("tel:+8613800000000", Some("13800000000")),
            ("tel:7042;phone-context=example.com", Some("7042")),
            ("tel:2079460000;phone-context=+44", Some("+442079460000")),
            ("sip:1234567;phone-context=+86535@example.com;user=phone", Some("05351234567")),
            ("sip:+8653589000@example.com", Some("053589000")),
            ("sip:example.com", None),
        ] {
            let uri = sip::Uri::parse(uri).unwrap();
            let read = of_uri(&uri).and_then(|raw| normalise(&raw, &place()));
            assert_eq!(read.as_deref(), number, "{uri}");
        }
    }

    #[test]
    fn a_trunk_gets_numbers_in_its_own_form() {
        let trunk = |form, strip: &str, add: &str| Trunk {
            form,
            strip: strip.into(),
            add: add.into(),
            ..Trunk::named("t")
        };
        let rows = [
            ("13800000000", "13800000000", "+8613800000000", "13800000000", "13800000000"),
            ("05351234567", "05351234567", "+865351234567", "05351234567", "1234567"),
            ("01088888888", "01088888888", "+861088888888", "01088888888", "01088888888"),
            ("+442079460000", "+442079460000", "+442079460000", "00442079460000", "00442079460000"),
            ("1234567", "1234567", "+865351234567", "05351234567", "1234567"),
            ("053589000", "053589000", "+8653589000", "053589000", "89000"),
            ("110", "110", "110", "110", "110"),
            ("12345", "12345", "12345", "12345", "12345"),
        ];
        for (number, as_is, e164, national, local) in rows {
            for (form, wanted) in
                [(Form::AsIs, as_is), (Form::E164, e164), (Form::National, national), (Form::Local, local)]
            {
                let trunk = trunk(form, "", "");
                assert_eq!(write(number, &trunk, &place()), wanted, "{number} {form:?}");
                assert_eq!(write_own(number, &trunk, &place()), wanted, "{number} {form:?}");
                if number.len() > 7 {
                    assert_eq!(
                        normalise(wanted, &place()).as_deref(),
                        normalise(number, &place())
                            .as_deref()
                            .filter(|_| wanted != "89000")
                            .or(Some("89000"))
                    );
                }
            }
        }
        let prefixed = trunk(Form::E164, "+86", "9");
        assert_eq!(write("13800000000", &prefixed, &place()), "913800000000");
        assert_eq!(write_own("053589000", &prefixed, &place()), "+8653589000");
        assert_eq!(write("13800000000", &trunk(Form::AsIs, "0", "0"), &place()), "013800000000");
    }

    #[test]
    fn what_a_trunk_puts_before_a_number_is_cut_and_what_it_leaves_out_is_added() {
        let trunk = |strip: &str, add: &str| Trunk {
            in_strip: strip.into(),
            in_add: add.into(),
            ..Trunk::named("t")
        };
        let read = |raw, strip, add| read(raw, &trunk(strip, add), &place());
        assert_eq!(read("913800000000", "9", "").as_deref(), Some("13800000000"));
        assert_eq!(read("1088888888", "", "0").as_deref(), Some("01088888888"));
        assert_eq!(read("8613800000000", "", "+").as_deref(), Some("13800000000"));
        assert_eq!(read("5351234567", "", "+86").as_deref(), Some("05351234567"));
        assert_eq!(read("alice", "9", ""), None);
    }
}
