//! Every kind of fault: told where it stands, in both languages, all at once.

use super::{House, shown};

/// What is written wrongly: file, what stands there, what is put instead, what the fault says.
type Row = (&'static str, &'static str, &'static str, &'static str);

const WRONG: &[Row] = &[
    ("hotline.toml", "node = \"hotline-1\"", "node = \"Hot Line\"", "\"Hot Line\" is no value for \"node\""),
    (
        "hotline.toml",
        "refuse_strangers = false",
        "refuse_stranger = false",
        "Did you mean \"refuse_strangers\"?",
    ),
    (
        "hotline.toml",
        "refuse_strangers = false",
        "refuse_strangers = \"no\"",
        "is of the wrong type (string)",
    ),
    ("hotline.toml", "digest = \"both\"", "digest = \"sha1\"", "Write one of: both, md5, sha-256"),
    ("hotline.toml", "calls_per_second = 20", "calls_per_second = 0", "0 is out of range"),
    ("hotline.toml", "t1_ms = 500", "t1_ms = -500", "-500 is out of range"),
    ("hotline.toml", "udp = [\"127.0.0.1:5060\"]", "udp = [\"127.0.0.1\"]", "is no value for \"udp\""),
    (
        "hotline.toml",
        "udp = [\"127.0.0.1:5060\"]",
        "udp = [\"127.0.0.1:20001\"]",
        "lies in the range of RTP ports",
    ),
    ("hotline.toml", "dns = []", "dns = [\"ns.example.com\"]", "is no value for \"dns\""),
    ("hotline.toml", "dns = []", "dns = [\"0.0.0.0\"]", "is no value for \"dns\""),
    ("hotline.toml", "phone_nets = [\"127.0.0.0/8\"]", "phone_nets = [\"0.0.0.0/0\"]", "the whole internet"),
    (
        "hotline.toml",
        "phone_nets = [\"127.0.0.0/8\"]",
        "phone_nets = [\"127.0.0.0/33\"]",
        "is no value for \"phone_nets\"",
    ),
    ("hotline.toml", "bind = \"127.0.0.1:8089\"", "bind = \"0.0.0.0:8089\"", "is not on loopback"),
    ("hotline.toml", "bind = \"127.0.0.1:8089\"", "bind = \"127.0.0.1:5060\"", "used twice"),
    (
        "hotline.toml",
        "https = []",
        "https = [\"127.0.0.1:8443\"]",
        "\"https\" listens with TLS, and there is no",
    ),
    ("hotline.toml", "https = []", "https = [\"127.0.0.1:8089\"]", "used twice"),
    ("hotline.toml", "https = []", "https = [\"0.0.0.0:8443\"]", "hosts names nobody"),
    ("hotline.toml", "hosts = []", "hosts = [\"a b\"]", "is no value for \"hosts\""),
    ("hotline.toml", "hosts = []", "hosts = [\"a.example:8443\"]", "is no value for \"hosts\""),
    ("hotline.toml", "hosts = []", "hosts = [\"-a.example\"]", "is no value for \"hosts\""),
    ("hotline.toml", "idle_minutes = 15", "idle_minutes = 0", "idle_minutes"),
    ("hotline.toml", "last_port = 23999", "last_port = 20999", "suffice for 500 legs"),
    ("hotline.toml", "last_port = 23999", "last_port = 19999", "\"first_port\" is not less than"),
    ("hotline.toml", "lost_after = 10", "lost_after = 60", "not less than \"limits.media_lost_hang_up\""),
    ("hotline.toml", "advertised = \"127.0.0.1\"", "advertised = \"0.0.0.0\"", "\"advertised\" is missing"),
    ("hotline.toml", "\"{text}\"]", "\"text\"]", "has no {text}"),
    ("hotline.toml", "dir = \"prompts\"", "dir = \"sounds\"", "can't be read"),
    ("hotline.toml", "free_guesses = 3", "free_guesses = 10", "\"free_guesses\" is not less than"),
    ("hotline.toml", "scanners = []", "scanners = [\"x\"]", "is no value for \"scanners\""),
    ("hotline.toml", "lock = 900", "lock = 0", "0 is out of range"),
    ("routing.toml", "per_minute = 60", "per_minute = 0", "0 is out of range"),
    ("routing.toml", "stop = true", "stop = 1", "is of the wrong type"),
    (
        "routing.toml",
        "allowed_outside = []",
        "allowed_outside = [\"*\"]",
        "is no value for \"allowed_outside\"",
    ),
    (
        "routing.toml",
        "allowed_outside = []",
        "allowed_outside = [\"05*\"]",
        "is no value for \"allowed_outside\"",
    ),
    (
        "routing.toml",
        "allowed_outside = []",
        "allowed_outside = [\"0*5351\"]",
        "is no value for \"allowed_outside\"",
    ),
    ("hotline.toml", "[api]", "[api", "TOML syntax"),
    ("trunks.toml", "# [[trunk]]", "[[trunk]]", "\"name\" is missing"),
    ("routing.toml", "allowed_outside = []", "allowed_outside = [\"05356123456\"]", "needs a trunk"),
    ("routing.toml", "unit_access = []", "unit_access = [\"12\"]", "is no value for \"unit_access\""),
    ("routing.toml", "unit_access = []", "unit_access = [\"89000\"]", "is listed twice"),
    ("routing.toml", "key = 4, service = 122", "key = 3, service = 120", "is listed twice"),
    ("routing.toml", "key = 4, service = 122", "key = 4, service = 120", "Write one of: 122"),
    ("routing.toml", "numbers = [\"89000\"", "numbers = [\"8900O\"", "is no value for \"numbers\""),
    ("routing.toml", "numbers = [\"89000\"", "numbers = [\"053589000\"", "listed twice"),
    ("menus.toml", "root = \"root\"", "root = \"first\"", "there is no menu \"first\""),
    ("menus.toml", "profile = \"direct\"", "profile = \"fast\"", "Write one of: direct, menu"),
    (
        "menus.toml",
        "opening = [\"P01\", \"P02\"]",
        "opening = [\"P01\", \"P99\"]",
        "the prompt P99 is not in",
    ),
    ("menus.toml", "then = [\"P05\", \"P03\"]", "then = [\"P10\"]", "has slots to fill"),
    ("menus.toml", "night = \"22:00-06:00\"", "night = \"22-6\"", "is no value for \"night\""),
    ("menus.toml", "music_after = 8", "music_after = 20", "\"music_after\" is not less than"),
    ("menus.toml", "2 = \"menu desk\"", "2 = \"menu desks\"", "there is no menu \"desks\""),
    ("menus.toml", "1 = \"menu progress\"", "1 = \"call progress\"", "is no value for \"1\""),
    ("menus.toml", "9 = \"repeat\"", "A = \"repeat\"", "\"A\" is no value for \"keys\""),
    ("menus.toml", "9 = \"repeat\"", "9 = \"reach_desk\"", "makes no sense here"),
    (
        "menus.toml",
        "language en, queue en",
        "language en, queue english",
        "no operator has the skill \"english\"",
    ),
    ("menus.toml", "then = \"tell_progress\"", "then = \"reach_desk\"", "makes no sense here"),
    ("menus.toml", "min = 12", "min = 13", "\"min\" is not less than \"max\""),
    (
        "menus.toml",
        "[menu.desk.digits.instead]\n0 = ",
        "[menu.desk.digits.instead]\n\"#\" = ",
        "conflicts with the digits",
    ),
    ("menus.toml", "say = [\"P30\"]", "say = []", "\"say\" is missing or empty"),
    ("menus.toml", "[menu.desk.digits]", "[menu.desk.keys]", "is no value for \"keys\""),
    ("units.toml", "code = \"FGJ\"", "code = \"ZFB\"", "the unit \"ZFB\" is listed twice"),
    ("units.toml", "contacts = [\"3002\"]", "contacts = [\"3999\"]", "there is no staff number \"3999\""),
    ("units.toml", "contacts = [\"3002\"]", "contacts = []", "\"contacts\" is missing or empty"),
    ("staff.toml", "no = \"1002\"", "no = \"1001\"", "the staff number \"1001\" is listed twice"),
    ("staff.toml", "phone = \"op2\"", "phone = \"op1\"", "the phone \"op1\" is listed twice"),
    ("staff.toml", "phone = \"op2\"", "number = \"13800000000\"", "needs a trunk"),
    ("staff.toml", "phone = \"op2\"", "line = 2", "exactly one of \"phone\" and \"number\""),
    ("staff.toml", "unit = \"ZFB\"", "unit = \"ZFX\"", "there is no unit \"ZFX\""),
    ("staff.toml", "role = \"lead\"", "role = \"boss\"", "Write one of: operator, desk, liaison, lead"),
    ("desks.toml", "no = \"002\"", "no = \"001\"", "the desk \"001\" is listed twice"),
    ("desks.toml", "no = \"002\"", "no = \"2\"", "\"2\" is no value for \"no\""),
    ("desks.toml", "members = [\"2004\"]", "members = [\"9999\"]", "there is no staff number \"9999\""),
    ("desks.toml", "unit = \"ZFB\"", "unit = \"ABC\"", "there is no unit \"ABC\""),
    ("services.toml", "desks = [\"001\"]", "desks = [\"999\"]", "there is no desk \"999\""),
    ("services.toml", "desks = [\"001\"]", "desks = [\"1\"]", "\"1\" is no value for \"desks\""),
    ("services.toml", "code = \"ZFB-002\"", "code = \"ZFB-001\"", "is listed twice"),
    ("promises.toml", "within_minutes = 60", "within_minutes = 4", "4 is out of range"),
    ("promises.toml", "warn_minutes = 8", "warn_minutes = 10", "\"warn_minutes\" is not less than"),
    ("promises.toml", "tries = 3", "tries = \"three\"", "is of the wrong type"),
    ("promises.toml", "work_days = 5", "work_day = 5", "Did you mean \"work_days\"?"),
    ("promises.toml", "morning = \"09:00\"", "morning = \"9 am\"", "is no value for \"morning\""),
    ("promises.toml", "morning = \"09:00\"", "morning = \"12:30\"", "\"morning\" is not less than \"12:00\""),
    (
        "promises.toml",
        "afternoon = \"14:00\"",
        "afternoon = \"11:00\"",
        "\"12:00\" is not less than \"afternoon\"",
    ),
    ("promises.toml", "quiet = \"21:00-08:00\"", "quiet = \"21:00\"", "is no value for \"quiet\""),
    ("promises.toml", "hours = \"00:00-24:00\"", "hours = \"22:00-06:00\"", "is no value for \"hours\""),
    (
        "outputs.toml",
        "url = \"off\"",
        "url = \"sms.example.org\"",
        "\"sms.example.org\" is no value for \"url\"",
    ),
    ("outputs.toml", "on = false", "on = \"no\"", "is of the wrong type"),
    ("outputs.toml", "format = \"json\"", "format = \"yaml\"", "Write one of: json, form, xml"),
    ("outputs.toml", "\"{text}\"", "\"{txt}\"", "has no {text}"),
    ("outputs.toml", "issuer = ", "isuer = ", "Did you mean \"issuer\"?"),
    ("promises.toml", "on = true", "on = \"yes\"", "is of the wrong type"),
    ("operators.toml", "staff = \"1002\"", "staff = \"1001\"", "the operator \"1001\" is listed twice"),
    ("operators.toml", "skills = [\"general\"]", "skills = []", "\"skills\" is missing or empty"),
    ("operators.toml", "shift_leads = [\"1009\"", "shift_leads = [\"2001\"", "there is no operator \"2001\""),
    ("calendar/hours.toml", "zone = \"Asia/Shanghai\"", "zone = \"Asia/Yantai\"", "is no value for \"zone\""),
    ("calendar/hours.toml", "\"13:30-17:00\"", "\"11:30-17:00\"", "08:30-12:00 and 11:30-17:00 overlap"),
    ("calendar/hours.toml", "\"13:30-17:00\"", "\"17:00-13:30\"", "is no value for \"weekdays\""),
    ("calendar/hours.toml", "place = \"unit ZFJ\"", "place = \"unit XYZ\"", "there is no unit \"XYZ\""),
    ("calendar/hours.toml", "place = \"unit ZFJ\"", "place = \"ZFJ\"", "is no value for \"place\""),
    (
        "calendar/hours.toml",
        "season = \"06-01..09-30\"",
        "season = \"06-31..09-30\"",
        "is no value for \"season\"",
    ),
    ("calendar/2026.json", "\"2026-01-02\"", "\"2026-02-30\"", "is not a date"),
    ("calendar/2026.json", "\"isOffDay\": false", "\"isOffDay\": 0", "can't be read"),
];

#[test]
fn each_fault_is_told_where_it_stands_and_what_to_do() {
    for (file, from, to, says) in WRONG {
        let house = House::new();
        let line = house.edit(file, from, to);
        let faults = house.faults();
        let near = |f: &&crate::Fault| f.file == *file && f.line.abs_diff(line) <= 1;
        let told = |f: &&crate::Fault| format!("{}. {}", f.en, f.fix_en).contains(says);
        let found = faults.iter().filter(near).find(told);
        let found = found.unwrap_or_else(|| panic!("{file}:{line} {to}: no {says:?} in\n{}", shown(&faults)));
        assert!(!found.zh.is_empty() && !found.fix_zh.is_empty() && !found.fix_en.is_empty());
    }
}

#[test]
fn each_fault_of_a_trunk_is_told_where_it_stands() {
    let rows = [
        ("proxy = \"sip:sbc.example.com;lr\"", "is no value for \"proxy\""),
        ("proxy = \"sips:sbc.example.com\"\ntransport = \"udp\"", "contradict each other"),
        ("proxy = \"sip:sbc.example.com;transport=tls\"\ntransport = \"tcp\"", "contradict each other"),
        ("transport = \"sctp\"", "Write one of: udp, tcp, tls"),
        ("order = 101", "101 is out of range"),
        ("weight = 0", "0 is out of range"),
        ("register = true", "\"proxy\" is missing"),
        ("proxy = \"192.0.2.1\"\nregister = true", "\"user\" is missing"),
        ("digest = true", "\"user\" is missing"),
        ("expires = 59", "59 is out of range"),
        ("qualify = 4", "Write 5 to 3600"),
        ("calls_per_second = 0", "0 is out of range"),
        ("certificate = \"not a name\"", "is no value for \"certificate\""),
        ("codecs = []", "\"codecs\" is missing"),
        ("codecs = [\"g729\"]", "a codec: pcma, pcmu or g722"),
        ("codecs = [\"pcma\", \"pcma\"]", "the codec is listed twice"),
        ("dtmf = \"inband\"", "Write one of: auto, rfc4733, info"),
        ("form = \"international\"", "Write one of: as-is, e164, national, local"),
        ("in_add = \"++86\"", "at most 8 digits"),
        ("identity = \"rpid\"", "Write one of: from, p-asserted, both"),
        ("prack = \"yes\"", "Write one of: off, supported, required"),
        ("min_se = 5", "5 is out of range"),
        ("session_timer = 100\nmin_se = 120", "\"min_se\" is not less than \"session_timer\""),
        ("advertised = \"0.0.0.0\"", "\"advertised\" is missing"),
        ("media = \"dtls\"", "Write one of: clear, srtp"),
    ];
    for (written, says) in rows {
        let house = House::new();
        house.append(
            "trunks.toml",
            &format!("[[trunk]]\nname = \"a\"\nnets = [\"10.9.0.0/16\"]\n{written}\n"),
        );
        let faults = house.faults();
        let lines = house.read("trunks.toml").lines().count();
        let there = |f: &&crate::Fault| f.file == "trunks.toml" && (lines - 1..=lines).contains(&f.line);
        let said = |f: &crate::Fault| format!("{}. {}", f.en, f.fix_en).contains(says);
        let found = faults.iter().filter(there).any(said) && faults.len() <= 2;
        assert!(found, "{written}: {}", shown(&faults));
    }
    let house = House::new();
    let row = |n: usize| format!("[[trunk]]\nname = \"t{n}\"\nnets = [\"10.9.0.0/16\"]\n");
    house.append("trunks.toml", &(0..101).map(row).collect::<String>());
    assert!(house.faults()[0].en.contains("more than 100 trunks"), "{}", shown(&house.faults()));
}

#[test]
fn sound_is_encrypted_where_signalling_is_unless_the_trunk_says_clear() {
    let encrypted = |written: &str| {
        let house = House::new();
        house.append("trunks.toml", &format!("[[trunk]]\nname = \"a\"\n{written}\n"));
        house.load().unwrap_or_else(|f| panic!("{}", shown(&f))).settings.trunks[0].srtp
    };
    assert!(encrypted("proxy = \"sip:sbc.example.com;transport=tls\""));
    assert!(encrypted("proxy = \"sips:sbc.example.com\""));
    assert!(encrypted("proxy = \"sbc.example.com\"\ntransport = \"tls\""));
    assert!(!encrypted("proxy = \"sbc.example.com\""));
    assert!(!encrypted("proxy = \"sips:sbc.example.com\"\nmedia = \"clear\""));
    assert!(encrypted("proxy = \"192.0.2.1\"\nmedia = \"srtp\""));
}

#[test]
fn telephone_numbers_are_masked_as_faults_of_a_reload_reach_the_log() {
    let house = House::new();
    house.edit("staff.toml", "phone = \"op2\"", "number = \"13812345678\"");
    house.edit("staff.toml", "phone = \"op3\"", "number = \"13812345678\"");
    house.edit("staff.toml", "phone = \"op4\"", "number = \"1381234567O\"");
    house.edit("routing.toml", "allowed_outside = []", "allowed_outside = [\"13812345678\"]");
    let text = shown(&house.faults());
    assert!(text.contains("138****5678") && !text.contains("1381234"), "{text}");
}

#[test]
fn a_single_key_can_t_be_the_first_digit_of_an_entry_of_one() {
    let house = House::new();
    house.edit("menus.toml", "field = \"desk\"\nmin = 3", "field = \"desk\"\nmin = 1");
    let faults = house.faults();
    assert!(faults.len() == 1 && faults[0].en.contains("the key \"0\" conflicts"), "{}", shown(&faults));
}

#[test]
fn all_faults_come_at_once_and_nothing_else_does() {
    let house = House::new();
    let wrong: &[Row] = &[
        ("hotline.toml", "calls_per_second = 20", "calls_per_second = 0", ""),
        ("hotline.toml", "lost_after = 10", "lost_afterwards = 10", ""),
        ("routing.toml", "max_calls = 500", "max_calls = \"many\"", ""),
        ("routing.toml", "retry_after = 30", "retry_after = 99999", ""),
        ("menus.toml", "2 = \"menu desk\"", "2 = \"menu desks\"", ""),
        ("menus.toml", "[menu.desk]", "[menu.desk]\nextra = 1", ""),
        ("units.toml", "contacts = [\"3002\"]", "contacts = [\"3999\"]", ""),
        ("staff.toml", "phone = \"op2\"", "phone = \"Op 2\"", ""),
        ("desks.toml", "unit = \"ZFB\"", "unit = \"ABC\"", ""),
        ("services.toml", "desks = [\"002\", \"003\"]", "desks = [\"999\"]", ""),
        ("operators.toml", "skills = [\"general\"]", "skill = [\"general\"]", ""),
        ("calendar/hours.toml", "makeup_as = \"monday\"", "makeup_as = \"someday\"", ""),
        ("calendar/2025.json", "\"2025-01-01\"", "\"2025-13-01\"", ""),
    ];
    let lines: Vec<(&str, usize)> =
        wrong.iter().map(|(file, from, to, _)| (*file, house.edit(file, from, to))).collect();
    let faults = house.faults();
    for (file, line) in &lines {
        let near = faults.iter().any(|f| f.file == *file && f.line.abs_diff(*line) <= 1);
        assert!(near, "{file}:{line} is not told in\n{}", shown(&faults));
    }
    // Each makes one fault; the menu that lost its key, and the operator whose key was misspelt, a second one.
    assert_eq!(faults.len(), wrong.len() + 2, "{}", shown(&faults));
    assert!(
        faults.is_sorted_by_key(|f| (
            crate::files::FILES.iter().position(|n| *n == f.file).unwrap_or(99),
            f.line
        ))
    );
}

#[test]
fn a_position_counts_characters_from_one() {
    let house = House::new();
    house.write("operators.toml", "# 话务员\noperator = [ { staff = \"1001\", skills = [\"通\"] } ]\n");
    let faults = house.faults();
    let fault = faults.iter().find(|f| f.file == "operators.toml" && f.en.contains('通')).unwrap();
    assert_eq!((fault.line, fault.column), (2, 42), "{fault}");
    assert!(fault.to_string().starts_with("operators.toml:2:42: "));
}

#[test]
fn missing_files_and_an_empty_folder_are_told_by_name() {
    let house = House::new();
    std::fs::remove_file(house.path("desks.toml")).unwrap();
    for year in [2024, 2025, 2026] {
        std::fs::remove_file(house.path(&format!("calendar/{year}.json"))).unwrap();
    }
    let faults = house.faults();
    assert!(
        faults.iter().any(|f| f.file == "desks.toml" && f.en.contains("can't be read")),
        "{}",
        shown(&faults)
    );
    assert!(faults.iter().any(|f| f.en.contains("no holiday file")));
    assert_eq!(faults.len(), 2, "what leans on the missing file is not blamed:\n{}", shown(&faults));
    let nothing = crate::load(std::path::Path::new("/nonexistent/sip-config")).unwrap_err();
    assert!(nothing.len() >= crate::files::FILES.len());
}

#[test]
fn open_to_the_network_needs_to_say_to_whom() {
    let house = House::new();
    house.edit("hotline.toml", "udp = [\"127.0.0.1:5060\"]", "udp = [\"10.1.2.3:5060\"]");
    assert!(house.load().is_ok(), "with phone_nets it is fine");
    house.edit("hotline.toml", "phone_nets = [\"127.0.0.0/8\"]", "phone_nets = []");
    let faults = house.faults();
    assert!(faults.len() == 1 && faults[0].en.contains("no phone network or trunk"), "{}", shown(&faults));
    house.append("trunks.toml", "[[trunk]]\nname = \"a\"\nnets = [\"10.9.0.0/16\"]\n");
    assert!(house.load().is_ok(), "a trunk is somebody too");
}

#[test]
fn missing_recordings_are_told() {
    let house = House::new();
    let own = house.folder.path().join("own");
    super::copy(&super::repository().join("prompts"), &own);
    house.edit("hotline.toml", "dir = \"prompts\"", "dir = \"own\"");
    assert!(house.load().is_ok());
    std::fs::remove_file(own.join("en/P32-2.wav")).unwrap();
    let parts = std::fs::read_to_string(own.join("parts.tsv")).unwrap();
    std::fs::write(
        own.join("parts.tsv"),
        parts.replace("P01\ten\tP01\n", "").replace("{emg}", "{emergency}"),
    )
    .unwrap();
    let faults = house.faults();
    for says in ["en/P32-2.wav is missing", "P01 is not in", "no slot {emergency}"] {
        assert!(faults.iter().any(|f| f.en.contains(says)), "{says}:\n{}", shown(&faults));
    }
}

#[test]
fn tls_and_websocket_are_whole_and_safe_or_told() {
    let good = House::new();
    good.listens_with_tls();
    let settings = good.load().unwrap_or_else(|f| panic!("{}", shown(&f))).settings.sip.encrypted;
    assert_eq!((settings.tls.len(), settings.ws.len(), settings.wss.len()), (1, 1, 1));
    assert!(settings.origin_absent && settings.origins == ["https://a.example.org"]);
    let rows: &[(&str, &str, &str)] = &[
        ("certificate = \"tls.pem\"\n", "", "\"tls\" listens with TLS, and there is no certificate"),
        ("certificate = \"tls.pem\"\n", "", "\"wss\" listens with TLS, and there is no certificate"),
        ("key = \"tls.pem\"\n", "", "\"key\" is missing"),
        ("ca = \"tls.pem\"", "ca = \"gone.pem\"", "gone.pem can't be read"),
        ("key = \"tls.pem\"", "key = \"gone.pem\"", "gone.pem can't be read"),
        (
            "key = \"tls.pem\"",
            "key = \"sip-config/hotline.toml\"",
            "anybody on this machine can read the private key",
        ),
        ("ws = [\"127.0.0.1:5062\"]", "ws = [\"192.0.2.1:5062\"]", "is not encrypted and not on loopback"),
        ("ws = [\"127.0.0.1:5062\"]", "ws = [\"127.0.0.1:5061\"]", "used twice"),
        ("ws = [\"127.0.0.1:5062\"]", "ws = [\"127.0.0.1:8089\"]", "used twice"),
        ("tls = [\"127.0.0.1:5061\"]", "tls = [\"127.0.0.1:5060\"]", "used twice"),
        ("tls = [\"127.0.0.1:5061\"]", "tls = [\"127.0.0.1:20100\"]", "RTP ports"),
        ("[\"https://a.example.org\", \"none\"]", "[]", "no page may open it"),
        ("\"https://a.example.org\"", "\"*\"", "\"*\" is no value for \"origins\""),
        ("\"https://a.example.org\"", "\"https://a.example.org/page\"", "is no value for \"origins\""),
        (
            "client_certificates = \"required\"",
            "client_certificates = \"yes\"",
            "Write one of: none, asked, required",
        ),
    ];
    for (from, to, says) in rows {
        let house = House::new();
        house.listens_with_tls();
        let line = house.edit("hotline.toml", from, to);
        let faults = house.faults();
        let near = |f: &&crate::Fault| {
            f.file == "hotline.toml" && (f.line.abs_diff(line) <= 20 || *says == "used twice")
        };
        let told = faults.iter().filter(near).any(|f| format!("{}. {}", f.en, f.fix_en).contains(says));
        assert!(told, "{to}: no {says:?} in\n{}", shown(&faults));
    }
    let house = House::new();
    house.edit("hotline.toml", "client_certificates = \"none\"", "client_certificates = \"asked\"");
    assert!(shown(&house.faults()).contains("certificates are asked for, but TLS is not listened on"));
}

#[test]
fn one_quote_that_is_left_open_is_a_few_faults_and_not_hundreds() {
    let house = House::new();
    let line = house.edit("desks.toml", "name = \"政务公开窗口\"", "name = \"政务公开窗口");
    let faults = house.faults();
    let own: Vec<_> = faults.iter().filter(|f| f.file == "desks.toml").collect();
    assert_eq!(own.first().map(|f| f.line), Some(line), "{}", shown(&faults));
    assert!(own.len() <= 15, "{} faults:\n{}", own.len(), shown(&faults));
}
