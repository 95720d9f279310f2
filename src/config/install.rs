//! hotline.toml: this installation's addresses, ports, folders and files.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::browser::browser;
use crate::console::console;
use crate::encrypted::encrypted;
use crate::fault::{At, Spot};
use crate::guard::guard;
use crate::problem::{Kind, Problem};
use crate::retention::retention;
use crate::rules;
use crate::settings::{
    After, Api, Browser, Codec, Control, Digest, Guard, Journal, Media, Prompts, Recording, Retention, Seal,
    Sip, Trace,
};
use crate::sheet::Table;
use crate::store::{StorePlace, store};
use crate::trace::trace;
use crate::trunks::{codecs, nets};
use crate::words;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SIP_PORT: u16 = 5060;
const DNS_PORT: u16 = 53;
const DIGESTS: &[(&str, Digest)] =
    &[("both", Digest::Both), ("md5", Digest::Md5), ("sha-256", Digest::Sha256)];
/// A call in progress has a citizen, an operator and a desk.
const LEGS_A_CALL: u32 = 3;

/// hotline.toml as read.
pub(crate) struct Install {
    pub node: String,
    pub sip: Sip,
    pub listening: Vec<At<SocketAddr>>,
    pub test_phones: Vec<At<String>>,
    pub media: Media,
    pub browser: Option<Browser>,
    pub ports_spot: Spot,
    pub lost_spot: Spot,
    pub store: StorePlace,
    pub journal: Journal,
    pub recordings: PathBuf,
    pub recording: Recording,
    pub api: Api,
    pub control: Control,
    pub prompts: Prompts,
    pub prompts_spot: Spot,
    pub trace: Trace,
    pub retention: Retention,
    pub secrets: PathBuf,
    pub guard: Guard,
}

/// Reads hotline.toml. Relative paths start at `base`.
pub(crate) fn install(root: Table<'_>, base: &Path) -> Install {
    let node = root.parsed("node", Kind::Name, words::name).map_or("hotline-1".to_owned(), |n| n.value);
    let path = |table: &Table<'_>, key, default: &str| base.join(table.text_or(key, default));
    let secrets = path(&root, "secrets", "data/secrets.toml");
    let store = store(&root, base);
    let recordings = path(&root, "recordings", "data/recordings");
    let sip_table = root.section("sip");
    let test_phones = sip_table.all_parsed("test_phones", Kind::Name, words::name);
    let (sip, listening) = sip(sip_table, base);
    let media_table = root.section("media");
    let ports_spot = media_table.spot_of("last_port");
    let lost_spot = media_table.spot_of("lost_after");
    let media = media(media_table, &listening);
    let browser = browser(root.section("browser"), &media, &sip.udp);
    let (first, last) = media.ports;
    let streams = [&sip.tcp, &sip.encrypted.tls, &sip.encrypted.ws, &sip.encrypted.wss];
    let taken = |own: SocketAddr| {
        streams.into_iter().flatten().any(|at| clash(*at, own)) || (first..=last).contains(&own.port())
    };
    let api = console(root.section("api"), base, sip.encrypted.certificate.is_some(), taken);
    let control = control(root.section("control"), base);
    let guard = guard(root.section("guard"));
    let table = root.section("prompts");
    let prompts_spot = table.spot_of("dir");
    let prompts = prompts(table, base);
    let trace = trace(root.section("trace"), base);
    let recording = recording(root.section("recording"));
    let journal = journal(root.section("journal"), base);
    let retention = retention(root.section("retention"));
    root.done();
    Install {
        node,
        sip,
        listening,
        test_phones,
        media,
        browser,
        ports_spot,
        lost_spot,
        store,
        journal,
        recordings,
        recording,
        api,
        control,
        prompts,
        prompts_spot,
        trace,
        retention,
        secrets,
        guard,
    }
}

fn sip(table: Table<'_>, base: &Path) -> (Sip, Vec<At<SocketAddr>>) {
    let listen = |key| {
        let mut found: Vec<At<SocketAddr>> = table.all_parsed(key, Kind::Socket, |text| text.parse().ok());
        if !table.has(key) && matches!(key, "udp" | "tcp") {
            let value = SocketAddr::new(LOOPBACK, SIP_PORT);
            found.push(At { value, spot: table.spot() });
        }
        found
    };
    let apart = |list: &[At<SocketAddr>]| {
        for (i, at) in list.iter().enumerate() {
            if list.iter().take(i).any(|before| clash(before.value, at.value)) {
                table.blame_at(at.spot, rules::port_taken(&at.value.to_string()));
            }
        }
    };
    let (udp, tcp) = (listen("udp"), listen("tcp"));
    let (encrypted, others) = encrypted(&table, base, listen);
    let streams = [tcp.clone(), others].concat();
    apart(&udp);
    apart(&streams);
    if udp.is_empty() && streams.is_empty() {
        table.blame("udp", Problem::missing("udp"));
    }
    let millis = |key, range, default| Duration::from_millis(table.number(key, range, default));
    let bare = |list: &[At<SocketAddr>]| list.iter().map(|at| at.value).collect();
    let sip = Sip {
        udp: bare(&udp),
        tcp: bare(&tcp),
        dns: table.all_parsed("dns", Kind::Socket, name_server).into_iter().map(|at| at.value).collect(),
        encrypted,
        realm: table.parsed("realm", Kind::Name, words::name).map_or("hotline".to_owned(), |r| r.value),
        digest: table.word("digest", DIGESTS, Digest::Both),
        phone_nets: nets(&table, "phone_nets"),
        phone_codecs: codecs(&table, "phone_codecs")
            .unwrap_or_else(|| vec![Codec::G722, Codec::Pcma, Codec::Pcmu]),
        refuse_strangers: table.flag("refuse_strangers", false),
        t1: millis("t1_ms", 100..=2_000, 500),
        t2: millis("t2_ms", 1_000..=16_000, 4_000),
        t4: millis("t4_ms", 1_000..=30_000, 5_000),
        calls_per_second: table.number32("calls_per_second", 1..=10_000, 20),
    };
    if sip.t1 >= sip.t2 {
        table.blame("t1_ms", Problem::order("t1_ms", "t2_ms"));
    }
    table.done();
    (sip, [udp, streams].concat())
}

/// Address and port of a name server; port 53 where none is written.
fn name_server(text: &str) -> Option<SocketAddr> {
    let at = text.parse().ok().or_else(|| Some(SocketAddr::new(text.parse().ok()?, DNS_PORT)))?;
    Some(at).filter(|at| !at.ip().is_unspecified() && at.port() != 0)
}

fn media(table: Table<'_>, listening: &[At<SocketAddr>]) -> Media {
    let ip = |key| table.parsed(key, Kind::Ip, |text| text.parse::<IpAddr>().ok()).map(|ip| ip.value);
    let address = ip("address").unwrap_or(LOOPBACK);
    let advertised = ip("advertised").unwrap_or(address);
    if advertised.is_unspecified() {
        table.blame("advertised", Problem::missing("advertised"));
    }
    let port =
        |key, default: u32| u16::try_from(table.number32(key, 1024..=65_535, default)).unwrap_or(u16::MAX);
    let (first, last) = (port("first_port", 20_000), port("last_port", 23_999));
    if first >= last {
        table.blame("first_port", Problem::order("first_port", "last_port"));
    }
    for at in listening.iter().filter(|at| (first..=last).contains(&at.value.port())) {
        table.blame_at(at.spot, rules::port_taken(&at.value.to_string()));
    }
    let media = Media {
        address,
        advertised,
        ports: (first, last),
        legs_per_port: u16::try_from(table.number32("legs_per_port", 1..=64, 32)).unwrap_or(1),
        threads: table.number32("threads", 1..=64, 2),
        lost_after: table.seconds("lost_after", 2..=120, Duration::from_secs(10)),
    };
    table.done();
    media
}

fn recording(table: Table<'_>) -> Recording {
    let keep_free = u64::from(table.number32("keep_free_mib", 0..=1_000_000, 2_048)) << 20;
    let after = table.word("after", &[("wav", After::Wav), ("flac", After::Flac)], After::Wav);
    // A house of before is not surprised by files that other programs can't play: the shipped files say true.
    let encrypt = table.flag("encrypt", false);
    let ciphers = [("aes-256-gcm", Seal::Aes256Gcm), ("sm4-gcm", Seal::Sm4Gcm)];
    let cipher = table.word("cipher", &ciphers, Seal::Aes256Gcm);
    table.done();
    Recording { keep_free, after, seal: encrypt.then_some(cipher) }
}

fn journal(table: Table<'_>, base: &Path) -> Journal {
    let folder = base.join(table.text_or("folder", "data/journal"));
    let reserve_mib = u64::from(table.number32("reserve_mib", 8..=100_000, 64));
    table.done();
    Journal { folder, reserve_mib }
}

fn control(table: Table<'_>, base: &Path) -> Control {
    let socket = base.join(table.text_or("socket", "data/control.sock"));
    let last_calls = table.seconds("last_calls", 0..=86_400, Duration::from_secs(60));
    table.done();
    Control { socket, last_calls }
}

impl Install {
    /// Pairs of an even and an odd port, a pair for each leg.
    pub fn legs(&self) -> u64 {
        let (first, last) = (u64::from(self.media.ports.0), u64::from(self.media.ports.1));
        (last + 1).saturating_sub(first.next_multiple_of(2)) / 2
    }

    /// Whether the ports suffice for so many calls.
    pub fn carries(&self, calls: u32) -> bool {
        self.legs() >= u64::from(calls.saturating_mul(LEGS_A_CALL))
    }
}

fn prompts(table: Table<'_>, base: &Path) -> Prompts {
    let tts = table.texts("tts");
    if !tts.is_empty() {
        for name in ["{text}", "{voice}", "{file}"] {
            if !tts.iter().any(|word| word.value.contains(name)) {
                table.blame("tts", rules::tts_placeholder(name));
            }
        }
    }
    let prompts = Prompts {
        dir: base.join(table.text_or("dir", "prompts")),
        tts: tts.into_iter().map(|word| word.value).collect(),
        voice_zh: table.text_or("voice_zh", "cmn"),
        voice_en: table.text_or("voice_en", "en"),
        cache: base.join(table.text_or("cache", "data/names")),
    };
    table.done();
    prompts
}

/// Whether two sockets of one protocol can't both be bound.
pub(crate) fn clash(a: SocketAddr, b: SocketAddr) -> bool {
    let same = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() == b.port() && a.port() != 0 && same
}
