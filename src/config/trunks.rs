//! trunks.toml: the lines to the world.

use crate::fault::Faults;
use crate::known::Known;
use crate::line::is_domain;
use crate::net::Net;
use crate::problem::{Kind, Problem, What};
use crate::rules;
use crate::settings::{Codec, Dtmf, Form, Identity, Prack, Proxy, Transport, Trunk};
use crate::sheet::Table;
use crate::words;

const TRANSPORTS: &[(&str, Option<Transport>)] =
    &[("udp", Some(Transport::Udp)), ("tcp", Some(Transport::Tcp)), ("tls", Some(Transport::Tls))];
const IDENTITIES: &[(&str, Identity)] =
    &[("from", Identity::From), ("p-asserted", Identity::Asserted), ("both", Identity::Both)];
const FORMS: &[(&str, Form)] =
    &[("as-is", Form::AsIs), ("e164", Form::E164), ("national", Form::National), ("local", Form::Local)];
const KEYS: &[(&str, Dtmf)] = &[("auto", Dtmf::Auto), ("rfc4733", Dtmf::Rfc4733), ("info", Dtmf::Info)];
const PRACKS: &[(&str, Prack)] =
    &[("off", Prack::Off), ("supported", Prack::Supported), ("required", Prack::Required)];
const MEDIA: &[(&str, bool)] = &[("clear", false), ("srtp", true)];

/// Most trunks; more would make no sense of one house.
const MOST_TRUNKS: usize = 100;
/// Shortest time between two questions whether a trunk is there, seconds.
const QUALIFY_LEAST: u64 = 5;
/// Shortest session interval, seconds. RFC 4028 section 5 allows 90 and more; less is for a laboratory, which can't wait so
/// long for a refresh.
const MIN_SE: u64 = 6;

/// Reads trunks.toml, in the order of the file.
pub(crate) fn trunks(root: Table<'_>, faults: &Faults) -> Vec<Trunk> {
    let mut names: Known<String, ()> = Known::from(What::Trunk, &root);
    let mut trunks = Vec::new();
    for (i, row) in root.tables("trunk").into_iter().enumerate() {
        if i >= MOST_TRUNKS {
            row.blame("name", rules::trunks_many(MOST_TRUNKS));
            break;
        }
        let name = row.need_parsed("name", Kind::Name, words::name);
        let mut trunk = Trunk::named(name.as_ref().map(|n| n.value.as_str()).unwrap_or_default());
        way(&row, &mut trunk);
        numbers(&row, &mut trunk);
        sound(&row, &mut trunk);
        sessions(&row, &mut trunk);
        together(&row, &trunk);
        if let Some(name) = name {
            names.insert(faults, Some((&name, name.value.clone())), Some(()));
            trunks.push(trunk);
        }
        row.done();
    }
    root.done();
    trunks
}

/// Who it is, and the way to it.
fn way(row: &Table<'_>, trunk: &mut Trunk) {
    trunk.nets = nets(row, "nets");
    trunk.digest = row.flag("digest", trunk.digest);
    let domain = |text: &str| is_domain(text).then(|| text.to_ascii_lowercase());
    trunk.certificate = row.parsed("certificate", Kind::Domain, domain).map(|c| c.value);
    trunk.proxy = row.parsed("proxy", Kind::Proxy, Proxy::parse).map(|p| p.value);
    let transport = row.word("transport", TRANSPORTS, None);
    if let (Some(proxy), Some(transport)) = (&mut trunk.proxy, transport) {
        let other = proxy.transport.is_some_and(|written| written != transport);
        if other || (proxy.sips && transport != Transport::Tls) {
            row.blame("transport", rules::transports_differ(&proxy.uri(), transport.word()));
        }
        proxy.transport = Some(transport);
    }
    trunk.user = row.text("user").map(|u| u.value);
    trunk.order = row.number32("order", 0..=100, trunk.order);
    trunk.weight = row.number32("weight", 1..=1000, trunk.weight);
    trunk.register = row.flag("register", trunk.register);
    trunk.expires = row.seconds("expires", 60..=86_400, trunk.expires);
    trunk.qualify = row.seconds("qualify", 0..=3600, trunk.qualify);
    trunk.channels = row.number32("channels", 1..=10_000, trunk.channels);
    if row.has("calls_per_second") {
        trunk.calls_per_second = Some(row.number32("calls_per_second", 1..=10_000, 1));
    }
}

/// How it writes numbers, and whom it believes.
fn numbers(row: &Table<'_>, trunk: &mut Trunk) {
    trunk.trusted = row.flag("trusted", trunk.trusted);
    trunk.caller = row.parsed("caller", Kind::Telephone, words::telephone).map(|c| c.value.into());
    trunk.identity = row.word("identity", IDENTITIES, trunk.identity);
    trunk.form = row.word("form", FORMS, trunk.form);
    let prefix = |key| row.parsed(key, Kind::Prefix, words::prefix).map_or(String::new(), |p| p.value);
    (trunk.strip, trunk.add) = (prefix("strip"), prefix("add"));
    (trunk.in_strip, trunk.in_add) = (prefix("in_strip"), prefix("in_add"));
}

fn sound(row: &Table<'_>, trunk: &mut Trunk) {
    if let Some(codecs) = codecs(row, "codecs") {
        trunk.codecs = codecs;
    }
    trunk.dtmf = row.word("dtmf", KEYS, trunk.dtmf);
    trunk.srtp = row.word("media", MEDIA, trunk.proxy.as_ref().is_some_and(Proxy::is_encrypted));
    trunk.advertised = row.parsed("advertised", Kind::Ip, |text| text.parse().ok()).map(|ip| ip.value);
}

fn sessions(row: &Table<'_>, trunk: &mut Trunk) {
    trunk.early_media = row.flag("early_media", trunk.early_media);
    trunk.prack = row.word("prack", PRACKS, trunk.prack);
    trunk.session_timer = row.seconds("session_timer", 0..=86_400, trunk.session_timer);
    trunk.min_se = row.seconds("min_se", MIN_SE..=3600, trunk.min_se);
}

/// What only makes sense with something else.
fn together(row: &Table<'_>, trunk: &Trunk) {
    let known = !trunk.nets.is_empty() || trunk.digest || trunk.certificate.is_some();
    if !known && trunk.proxy.is_none() && !row.has("proxy") {
        row.blame("nets", Problem::missing("nets"));
    }
    // Strangers are not asked for a digest: who may answer the challenge comes from somewhere known.
    if trunk.digest && trunk.nets.is_empty() && !row.has("nets") {
        row.blame("digest", Problem::missing("nets"));
    }
    if trunk.register && trunk.proxy.is_none() && !row.has("proxy") {
        row.blame("register", Problem::missing("proxy"));
    }
    for (key, on) in [("register", trunk.register), ("digest", trunk.digest)] {
        if on && trunk.user.is_none() && !row.has("user") {
            row.blame(key, Problem::missing("user"));
        }
    }
    let asks = trunk.qualify.as_secs();
    if (1..QUALIFY_LEAST).contains(&asks) {
        row.blame("qualify", Problem::range("qualify", &asks.to_string(), QUALIFY_LEAST, 3600));
    }
    if !trunk.session_timer.is_zero() && trunk.session_timer < trunk.min_se {
        row.blame("session_timer", Problem::order("min_se", "session_timer"));
    }
    if trunk.advertised.is_some_and(|ip| ip.is_unspecified()) {
        row.blame("advertised", Problem::missing("advertised"));
    }
}

/// Codecs, best first; `None`: none are written.
pub(crate) fn codecs(table: &Table<'_>, key: &'static str) -> Option<Vec<Codec>> {
    if !table.has(key) {
        return None;
    }
    let codec = |text: &str| match text {
        "pcma" => Some(Codec::Pcma),
        "pcmu" => Some(Codec::Pcmu),
        "g722" => Some(Codec::G722),
        _ => None,
    };
    let (found, mut codecs) = (table.all_parsed(key, Kind::Codec, codec), Vec::new());
    for codec in &found {
        if codecs.contains(&codec.value) {
            table.blame_at(codec.spot, rules::codec_twice());
        } else {
            codecs.push(codec.value);
        }
    }
    if found.is_empty() {
        table.blame(key, Problem::missing(key));
    }
    Some(codecs)
}

/// Networks that are somebody's own.
pub(crate) fn nets(table: &Table<'_>, key: &'static str) -> Vec<Net> {
    let nets = table.all_parsed(key, Kind::Net, Net::parse);
    for net in nets.iter().filter(|n| n.value.is_everybody()) {
        table.blame_at(net.spot, rules::open_to_all(&net.value.to_string()));
    }
    nets.into_iter().map(|n| n.value).collect()
}
