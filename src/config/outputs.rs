//! outputs.toml: what leaves the house by itself: events to subscribers, short messages, the public's view of cases.

use crate::fault::Faults;
use crate::known::Known;
use crate::problem::{Kind, What};
use crate::rules;
use crate::sheet::Table;
use crate::words;

/// Most subscribers; each has a task of its own.
const MOST_WEBHOOKS: usize = 20;

/// What leaves the house.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outputs {
    /// Who signs the monthly notices: the name at their head.
    pub issuer: String,
    /// The public may read cases by Open311; `None`: it may not.
    pub open311: Option<Open311>,
    /// Who hears of events, in the order of the file.
    pub webhooks: Vec<Webhook>,
    /// The gateway of short messages; `None`: none are sent.
    pub sms: Option<Sms>,
}

/// Open311 GeoReport v2.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open311 {
    /// `jurisdiction_id`: a domain that stands for the district.
    pub jurisdiction: String,
    /// Whom developers ask.
    pub contact: String,
}

/// A subscriber. Its secret is `webhook.NAME` in the file of secrets, made at the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Where events are posted: http or https.
    pub url: String,
    /// Which events: whole types, or beginnings with `*` behind them; none: all.
    pub types: Vec<String>,
}

/// How the body of a request is written, and so how what is filled in is escaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    /// application/json
    Json,
    /// application/x-www-form-urlencoded
    Form,
    /// text/xml
    Xml,
}

/// The gateway of short messages. `{number}`, `{text}` and `{secret}` are filled in: the secret is `sms` in the file of secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sms {
    /// Where messages are posted: http or https.
    pub url: String,
    /// How the body is written.
    pub format: Body,
    /// The body.
    pub body: String,
    /// The value of the header `Authorization`; `None`: none is sent.
    pub authorization: Option<String>,
    /// The sender's name before each text.
    pub sender: String,
    /// Sent when a case is opened: number and query code.
    pub opened: bool,
    /// Sent when the day of a case changes.
    pub changed: bool,
    /// Sent when the unit has reported that it is done.
    pub result: bool,
}

impl Sms {
    /// Whether the file of secrets must hold `sms`.
    pub(crate) fn needs_secret(&self) -> bool {
        [Some(&self.body), self.authorization.as_ref()]
            .into_iter()
            .flatten()
            .any(|text| text.contains("{secret}"))
    }
}

const FORMATS: &[(&str, Body)] = &[("json", Body::Json), ("form", Body::Form), ("xml", Body::Xml)];

/// Reads outputs.toml.
pub(crate) fn outputs(root: Table<'_>, faults: &Faults) -> Outputs {
    let notice = root.section("notice");
    let issuer = notice.parsed("issuer", Kind::PersonName, words::person);
    notice.done();
    let open311 = open311(root.section("open311"));
    let webhooks = webhooks(&root, faults);
    let sms = sms(root.section("sms"));
    root.done();
    Outputs {
        issuer: issuer.map_or_else(|| "市民服务热线".to_owned(), |i| i.value), open311, webhooks, sms
    }
}

fn open311(table: Table<'_>) -> Option<Open311> {
    let on = table.flag("on", false);
    let jurisdiction = table.parsed("jurisdiction", Kind::Domain, domain).map(|j| j.value);
    let contact = table.text_or("contact", "");
    table.done();
    on.then(|| Open311 { jurisdiction: jurisdiction.unwrap_or_default(), contact })
}

fn domain(text: &str) -> Option<String> {
    crate::line::is_domain(text).then(|| text.to_ascii_lowercase())
}

fn webhooks(root: &Table<'_>, faults: &Faults) -> Vec<Webhook> {
    let mut names: Known<String, ()> = Known::from(What::Webhook, root);
    let mut webhooks = Vec::new();
    for (i, row) in root.tables("webhook").into_iter().enumerate() {
        if i >= MOST_WEBHOOKS {
            row.blame("name", rules::webhooks_many(MOST_WEBHOOKS));
            break;
        }
        let name = row.need_parsed("name", Kind::Name, words::name);
        let url = row.need_parsed("url", Kind::Url, url);
        let types =
            row.all_parsed("types", Kind::EventType, event_type).into_iter().map(|t| t.value).collect();
        if let (Some(name), Some(url)) = (name, url) {
            names.insert(faults, Some((&name, name.value.clone())), Some(()));
            webhooks.push(Webhook { name: name.value, url: url.value, types });
        }
        row.done();
    }
    webhooks
}

fn sms(table: Table<'_>) -> Option<Sms> {
    let url = table.parsed("url", Kind::UrlOrOff, url_or_off);
    let format = table.word("format", FORMATS, Body::Json);
    let on = matches!(url, Some(crate::fault::At { value: Some(_), .. }));
    let body = table.need_if("body", on);
    if let Some(body) = &body {
        for place in ["{number}", "{text}"].into_iter().filter(|place| !body.value.contains(place)) {
            table.blame_at(body.spot, rules::template_lacks(place));
        }
    }
    let header = |text: &str| text.bytes().all(|b| (b' '..=b'~').contains(&b)).then(|| text.to_owned());
    let authorization = table.parsed("authorization", Kind::HeaderValue, header).map(|a| a.value);
    let sender = table.parsed("sender", Kind::PersonName, words::person).map(|s| s.value).unwrap_or_default();
    let (opened, changed, result) =
        (table.flag("opened", true), table.flag("changed", true), table.flag("result", true));
    table.done();
    let url = url.and_then(|url| url.value)?;
    let body = body.map(|body| body.value).unwrap_or_default();
    Some(Sms { url, format, body, authorization, sender, opened, changed, result })
}

fn url_or_off(text: &str) -> Option<Option<String>> {
    if text == "off" { Some(None) } else { url(text).map(Some) }
}

/// `http://` or `https://`, a host, perhaps a port, a path: no user, no fragment, nothing that is not ASCII.
fn url(text: &str) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host_fits = match inner {
        Some(six) => six.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        }
    };
    let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let path_fits =
        path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'"' | b'<' | b'>' | b'\\'));
    (text.len() <= 1_000 && host_fits && port_fits && path_fits).then(|| text.to_owned())
}

/// `hotline.case.moved`, `hotline.case.*`.
fn event_type(text: &str) -> Option<String> {
    let bare = text.strip_suffix('*').unwrap_or(text);
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_');
    (text.len() <= 100 && !text.is_empty() && bare.bytes().all(fine)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{event_type, url};

    #[test]
    fn an_address_has_a_scheme_a_host_and_no_secrets() {
        for good in
            ["https://a.example.org/hook?x=1", "http://127.0.0.1:8080", "http://[::1]:80/", "https://a_b"]
        {
            assert!(url(good).is_some(), "{good}");
        }
        for bad in [
            "ftp://a/",
            "https://",
            "https://user:pw@a/",
            "https://a:0/",
            "https://a/#x",
            "https://a /",
            "https://例/",
            "http://[x]/",
            "https://a:b/",
        ] {
            assert!(url(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn types_are_whole_or_beginnings() {
        assert!(event_type("hotline.case.moved").is_some() && event_type("hotline.*").is_some());
        assert!(event_type("*").is_some() && event_type("").is_none() && event_type("a*b").is_none());
    }
}
