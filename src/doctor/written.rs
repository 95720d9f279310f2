//! What trunks.toml says of the trunk, as far as it can be tried.

use sip::sdp::Codec;
use sip::{Reliable, Transport};
use std::net::IpAddr;

/// By which way keys are to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keys {
    /// By the first that brings one.
    Auto,
    /// Named telephone events in RTP (RFC 4733).
    Rfc4733,
    /// SIP INFO.
    Info,
}

/// How numbers are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// As they are.
    AsIs,
    /// `+` and country code.
    E164,
    /// With the area code.
    National,
    /// Without the own area code.
    Local,
}

impl Form {
    /// As trunks.toml writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::AsIs => "as-is",
            Self::E164 => "e164",
            Self::National => "national",
            Self::Local => "local",
        }
    }
}

/// The settings of a trunk. No passwords are in here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// `proxy`, as a SIP URI; `None`: it only brings calls.
    pub proxy: Option<String>,
    /// Host of `proxy`, brackets included.
    pub host: String,
    /// Port of `proxy`, where one is written.
    pub port: Option<u16>,
    /// Transport, where one is written.
    pub transport: Option<Transport>,
    /// Networks are written from which it may call.
    pub nets: bool,
    /// `digest`: its INVITEs must answer our challenge.
    pub digest: bool,
    /// `certificate`.
    pub certificate: Option<String>,
    /// `user`.
    pub user: Option<String>,
    /// There is a password for it.
    pub password: bool,
    /// `register`.
    pub register: bool,
    /// `expires`, seconds.
    pub expires: u32,
    /// `advertised`.
    pub advertised: Option<IpAddr>,
    /// `codecs`.
    pub codecs: Vec<Codec>,
    /// `dtmf`.
    pub dtmf: Keys,
    /// `form`.
    pub form: Form,
    /// `early_media`.
    pub early_media: bool,
    /// `prack`.
    pub prack: Reliable,
    /// `session_timer`, seconds; 0: none.
    pub session_timer: u32,
    /// `min_se`, seconds.
    pub min_se: u32,
    /// `media = "srtp"`.
    pub srtp: bool,
}

impl Written {
    /// A trunk of which nothing but the name is written.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            proxy: None,
            host: String::new(),
            port: None,
            transport: None,
            nets: false,
            digest: false,
            certificate: None,
            user: None,
            password: false,
            register: false,
            expires: 3600,
            advertised: None,
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            dtmf: Keys::Auto,
            form: Form::AsIs,
            early_media: true,
            prack: Reliable::Supported,
            session_timer: 1800,
            min_se: 90,
            srtp: false,
        }
    }
}
