//! No setting exists that nothing reads: every key of every file, changed alone, changes what is loaded.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{House, shown};
use crate::Checked;
use crate::files::FILES;

/// The sample with everything that it leaves out.
fn full() -> House {
    let house = House::new();
    house.edit("hotline.toml", "scanners = []", "scanners = [\"evildial\"]");
    house.edit("hotline.toml", "first_callers = []", "first_callers = [\"05350110\"]");
    house.append(
        "trunks.toml",
        "[[trunk]]\nname = \"a\"\nnets = [\"10.9.0.0/16\"]\nproxy = \"10.9.0.1:5060\"\ntransport = \"udp\"\n\
         channels = 30\ntrusted = true\ncaller = \"053589000\"\nstrip = \"0\"\nadd = \"9\"\n",
    );
    house.edit("hotline.toml", "https = []", "https = [\"127.0.0.1:8443\"]");
    house.edit("hotline.toml", "hosts = []", "hosts = [\"hotline.example.org\"]");
    house.edit(
        "hotline.toml",
        "phone_codecs = [\"g722\", \"pcma\", \"pcmu\"]",
        "phone_codecs = [\"g722\", \"pcma\"]",
    );
    house.edit("hotline.toml", "dns = []", "dns = [\"127.0.0.1:5353\"]");
    house.edit("routing.toml", "unit_access = []", "unit_access = [\"8900010\"]");
    house.edit("routing.toml", "allowed_outside = []", "allowed_outside = [\"05356123456\"]");
    house.edit("routing.toml", "phone = \"emergency-122\"", "number = \"122\"");
    house.edit("staff.toml", "phone = \"op8\"", "number = \"05356000000\"");
    // Rows that nobody refers to, so that their names can change alone; a menu from which the first can be reached.
    let last =
        |file, row: &str| house.write(file, &house.read(file).replace("\n]\n", &format!("\n{row}]\n")));
    last("staff.toml", "{ no = \"9001\", phone = \"x\" },");
    last("units.toml", "{ code = \"X\", name = \"x\", contacts = [\"3001\"] },");
    last("desks.toml", "{ no = \"999\", name = \"x\", unit = \"FGJ\", members = [\"2001\"] },");
    house.edit(
        "outputs.toml",
        "url = \"off\"",
        "url = \"https://sms.example.org/send\"\nauthorization = \"Basic x\"\nsender = \"热线\"",
    );
    house.edit(
        "outputs.toml",
        "on = false",
        "on = true\njurisdiction = \"a.example.org\"\ncontact = \"89000\"",
    );
    house.append(
        "outputs.toml",
        "[[webhook]]\nname = \"a\"\nurl = \"https://a.example.org\"\ntypes = [\"hotline.case.moved\"]\n",
    );
    house.listens_with_tls();
    let desk = house.read("menus.toml").replace("then = \"reach_desk\"", "then = \"menu root\"");
    house.write("menus.toml", &desk);
    house.append(
        "calendar/hours.toml",
        "[[pattern]]\nplace = \"desk 009\"\nfrom = \"2026-01-01\"\nuntil = \"2026-12-31\"\nmonday = [\"09:00-10:00\"]\n\
         tuesday = [\"09:00-10:00\"]\nwednesday = [\"09:00-10:00\"]\nthursday = [\"09:00-10:00\"]\n\
         friday = [\"09:00-10:00\"]\nsaturday = [\"09:00-10:00\"]\nsunday = [\"09:00-10:00\"]\n\
         [[change]]\nplace = \"desk 037\"\nfrom = \"2026-12-03\"\nuntil = \"2026-12-04\"\nspan = \"14:00-17:00\"\n\
         open = false\nreason = \"停电检修\"\n",
    );
    house
}

/// The same with a trunk that says all it can; its password is there for the names that it is given.
fn full_of_trunks() -> House {
    let house = full();
    house.edit(
        "trunks.toml",
        "add = \"9\"\n",
        "add = \"9\"\nin_strip = \"1\"\nin_add = \"+8\"\nform = \"national\"\nidentity = \"from\"\n\
         order = 2\nweight = 20\nregister = false\nexpires = 600\nqualify = 60\ncalls_per_second = 5\n\
         digest = false\ncertificate = \"sbc.example.com\"\nuser = \"0535\"\ncodecs = [\"pcma\"]\ndtmf = \"auto\"\n\
         media = \"clear\"\nadvertised = \"203.0.113.9\"\nearly_media = true\nprack = \"supported\"\n\
         session_timer = 1200\nmin_se = 120\n",
    );
    house.edit("hotline.toml", "secrets = \"data/secrets.toml\"", "secrets = \"secrets.toml\"");
    let path = house.folder.path().join("secrets.toml");
    crate::secrets::ensure(&path, ["trunk.a", "trunk.tcp"], super::secrets::counting()).unwrap();
    house
}

/// A value and where it stands.
struct Leaf {
    span: std::ops::Range<usize>,
    kind: &'static str,
}

/// The values of each key, by its path; names of the admin's choice and places in lists don't count.
fn leaves(text: &str) -> BTreeMap<String, Vec<Leaf>> {
    let table = DeTable::parse(text).unwrap();
    let mut found = BTreeMap::new();
    walk("", table.get_ref(), &mut found);
    found
}

fn walk(path: &str, table: &DeTable<'_>, found: &mut BTreeMap<String, Vec<Leaf>>) {
    for (key, value) in table {
        let free = matches!(path, ".menu" | ".menu.*.keys" | ".menu.*.digits.instead");
        let key: &str = if free { "*" } else { key.get_ref() };
        value_at(&format!("{path}.{key}"), value, found);
    }
}

fn value_at(path: &str, value: &Spanned<DeValue<'_>>, found: &mut BTreeMap<String, Vec<Leaf>>) {
    match value.get_ref() {
        DeValue::Table(table) => walk(path, table, found),
        DeValue::Array(list) => list.iter().for_each(|v| value_at(path, v, found)),
        leaf => {
            let kind = leaf.type_str();
            found.entry(path.to_owned()).or_default().push(Leaf { span: value.span(), kind });
        }
    }
}

/// Texts of every kind that some key may take.
const TEXTS: &[&str] = &[
    "hotline-2",
    "127.0.0.1:5071",
    "127.0.0.2",
    "10.8.0.0/16",
    "10.9.0.1:5070",
    "prompts/../prompts",
    "{text}{voice}{file}",
    "sip-config/../tls.pem",
    "asked",
    "https://b.example.org",
    "tcp",
    "md5",
    "flac",
    "sm4-gcm",
    "menu",
    "agency",
    "all",
    "lead",
    "2091",
    "1010",
    "1008",
    "002",
    "149",
    "998",
    "FGJ",
    "P04",
    "P06",
    "21:00-05:00",
    "10:00",
    "15:00",
    "general",
    "en",
    "queue en",
    "message",
    "repeat",
    "call_back_number",
    "query_code",
    "desk",
    "progress",
    "ZFB",
    "ZZZ-1",
    "Asia/Tokyo",
    "working_hours",
    "tuesday",
    "05-01..08-31",
    "2026-12-01",
    "2026-12-30",
    "15:00-16:00",
    "18:00-19:00",
    "05356999999",
    "053589999",
    "both",
    "e164",
    "pcmu",
    "info",
    "srtp",
    "off",
    "8",
    "87",
    "0536",
    "desk 149",
    "required",
    "unit-x",
    "form",
    "{number} {text}",
];

fn others(leaf: &Leaf, now: &str) -> Vec<String> {
    match leaf.kind {
        "integer" => {
            let n: i64 = now.parse().unwrap();
            [n + 1, n - 1, n + 2, n * 2].iter().map(ToString::to_string).collect()
        }
        "boolean" => vec![if now == "true" { "false".into() } else { "true".into() }],
        _ => {
            let bare = now.trim_matches('"');
            let more = [format!("{bare}x"), format!("{bare}1")];
            TEXTS
                .iter()
                .map(|t| (*t).to_owned())
                .chain(more)
                .filter(|t| t != bare)
                .map(|t| format!("{t:?}"))
                .collect()
        }
    }
}

/// Key and service of an emergency line can only change together; their faults prove that they are read.
const TOGETHER: &[&str] = &[".emergency.key", ".emergency.service"];

fn without_version(mut checked: Checked) -> Checked {
    checked.plan.version = "".into();
    checked.files = crate::FileSet::default();
    checked
}

#[test]
fn every_key_has_a_reader() {
    let mut tried = 0;
    let mut unread = Vec::new();
    for file in FILES {
        let house = if *file == *"trunks.toml" { full_of_trunks() } else { full() };
        let before = without_version(house.load().unwrap_or_else(|f| panic!("{}", shown(&f))));
        let text = house.read(file);
        for (path, leaves) in leaves(&text) {
            tried += 1;
            let takes = |leaf: &Leaf, other: &String| {
                house.write(file, &format!("{}{other}{}", &text[..leaf.span.start], &text[leaf.span.end..]));
                match house.load() {
                    Ok(after) => without_version(after) != before,
                    Err(_) => TOGETHER.contains(&path.as_str()),
                }
            };
            // The first or the last of them: what others refer to can't change alone.
            let read = leaves.iter().take(1).chain(leaves.last()).any(|leaf| {
                let now = &text[leaf.span.clone()];
                others(leaf, now).iter().any(|other| takes(leaf, other))
            });
            if !read {
                unread.push(format!("{file}{path}"));
            }
            house.write(file, &text);
        }
    }
    assert!(
        unread.is_empty(),
        "no other value of these is loaded and makes a difference:\n{}",
        unread.join("\n")
    );
    assert!(tried > 120, "only {tried} keys were tried");
}

#[test]
fn a_trunk_with_a_user_is_read_too() {
    let house = full();
    house.edit("trunks.toml", "channels = 30\n", "channels = 30\nuser = \"0535\"\n");
    house.edit("hotline.toml", "secrets = \"data/secrets.toml\"", "secrets = \"secrets.toml\"");
    let path = house.folder.path().join("secrets.toml");
    assert!(house.faults().iter().any(|f| f.en.contains("no password for it")));
    crate::secrets::ensure(&path, ["trunk.a"], super::secrets::counting()).unwrap();
    assert_eq!(house.load().unwrap().settings.trunks[0].user.as_deref(), Some("0535"));
}
