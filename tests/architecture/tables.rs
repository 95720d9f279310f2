//! The rules as tables: who leans on whom, what is pure, which folder a foreign crate's door is in, how long things may be.

/// Who may lean on whom, inside the house. The root package may lean on all.
pub const ARROWS: &[(&str, &[&str])] = &[
    ("calendar", &[]),
    ("sip", &[]),
    ("audio", &[]),
    ("trunk", &[]),
    ("doctor", &["sip"]),
    ("call", &["calendar"]),
    ("promise", &["calendar"]),
    ("guard", &[]),
    ("handover", &["sip"]),
    ("journal", &[]),
    ("media", &["audio", "vault"]),
    ("store", &["call", "calendar", "journal", "knowledge", "promise", "vault"]),
    ("config", &["call", "calendar", "promise"]),
    ("clockwork", &["call", "calendar", "promise", "store", "switchboard"]),
    ("trace", &["sip"]),
    ("switchboard", &["call", "sip", "media", "audio", "store", "calendar"]),
    ("switchboard", &["guard", "trunk", "trace", "browser", "handover"]),
    ("access", &[]),
    ("knowledge", &[]),
    ("browser", &["media"]),
    ("rehearsal", &["call", "config", "calendar", "audio"]),
    // Tests only: they lean on what they simulate.
    ("simulator", &[]),
    ("supervise", &[]),
    ("api", &["switchboard", "store", "call", "access", "config", "knowledge", "rehearsal", "trace"]),
    ("api", &["promise", "papers", "clockwork", "vault"]),
    ("phone", &["sip", "audio", "media"]),
    ("papers", &[]),
    ("courier", &["store", "papers"]),
    ("vault", &[]),
];

/// Crates without clock, socket, file, thread, randomness or log.
pub const PURE: &[&str] = &[
    "calendar",
    "sip",
    "audio",
    "call",
    "guard",
    "trunk",
    "doctor",
    "access",
    "knowledge",
    "promise",
    "papers",
    "vault",
];

/// The part of a pure crate that touches the machine, apart from the rest.
pub const MACHINE: &str = "src/vault/machine/";

/// What a pure crate may draw from the world: data types and arithmetic only.
pub const PURE_DEPENDENCIES: &[(&str, &[&str])] = &[
    ("calendar", &["jiff", "thiserror"]),
    (
        "sip",
        &[
            "rsip",
            "sdp-types",
            "encoding_rs",
            "itoa",
            "memchr",
            "sha2",
            "md-5",
            "subtle",
            "thiserror",
            "zeroize",
        ],
    ),
    ("audio", &["hound", "thiserror"]),
    ("call", &["calendar"]),
    ("promise", &["calendar"]),
    ("guard", &[]),
    ("trunk", &[]),
    ("doctor", &["sip"]),
    ("access", &["argon2", "sha2", "subtle", "thiserror", "totp-rs", "zeroize"]),
    (
        "papers",
        &[
            "base64",
            "csv",
            "hmac",
            "jiff",
            "krilla",
            "quick-xml",
            "rust_xlsxwriter",
            "serde_json",
            "sha2",
            "skrifa",
            "thiserror",
        ],
    ),
    ("knowledge", &["csv", "encoding_rs", "jieba-rs", "pinyin", "serde_json", "thiserror"]),
    ("vault", &["aes-gcm", "ring", "sm4", "thiserror", "zeroize"]),
];

/// One door per foreign crate: the name in code, and the only folder that may say it.
pub const DOORS: &[(&str, &[&str])] = &[
    ("rsip", &["src/sip/"]),
    ("sdp_types", &["src/sip/"]),
    ("webrtc", &["src/browser/"]),
    ("rtc_crypto", &["src/browser/"]),
    ("rtc_dtls", &["src/browser/"]),
    ("rtc_shared", &["src/browser/"]),
    ("rtc_stun", &["src/browser/"]),
    ("rtc_srtp", &["src/media/srtp.rs"]),
    ("sqlx", &["src/store/"]),
    ("crc32c", &["src/journal/"]),
    ("hickory_resolver", &["src/switchboard/names.rs"]),
    ("rustix", &["src/handover/", "src/supervise/"]),
    ("axum", &["src/api/"]),
    ("hound", &["src/audio/", "src/media/", "src/phone/"]),
    ("flac_codec", &["src/media/flac.rs", "src/api/blackbox/", "src/salvage_tests.rs"]),
    ("toml", &["src/config/"]),
    ("toml_edit", &["src/config/"]),
    ("argon2", &["src/access/"]),
    ("aes_gcm", &["src/vault/cipher.rs"]),
    ("sm4", &["src/vault/cipher.rs"]),
    ("totp_rs", &["src/access/"]),
    ("jieba_rs", &["src/knowledge/"]),
    ("rust_embed", &["src/api/web/"]),
    ("prometheus_client", &["src/api/metrics/"]),
    ("krilla", &["src/papers/notice/"]),
    ("skrifa", &["src/papers/notice/"]),
    ("quick_xml", &["src/papers/open311/"]),
    ("rust_xlsxwriter", &["src/papers/"]),
    ("rustls", &["src/switchboard/wire/", "src/courier/tls.rs"]),
    ("tokio_rustls", &["src/switchboard/wire/", "src/courier/tls.rs"]),
    ("rustls_native_certs", &["src/switchboard/wire/", "src/courier/tls.rs"]),
    ("webpki", &["src/switchboard/wire/"]),
    ("tungstenite", &["src/switchboard/wire/"]),
];

/// What a pure crate must not name.
pub const IMPURE: &[&str] = &[
    "std::net::UdpSocket",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::fs",
    "std::thread",
    "std::env",
    "std::process",
    "Instant::now",
    "SystemTime",
    "tokio::",
    "tracing::",
    "println!",
    "eprintln!",
    "async fn",
];

pub const MOST_LINES: usize = 500;
pub const MOST_FUNCTION_LINES: usize = 70;
