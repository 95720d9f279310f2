//! Trunks and the guard from the checked configuration's terms to the switchboard's.

use std::net::IpAddr;

use config::Checked;
use config::secrets::Secrets;
use config::settings::{self, Settings};
use switchboard::contract::{Dtmf, Form, GuardSetup, Identity, Prack, Trunk};

/// All trunks of a configuration.
pub(crate) fn trunks(settings: &Settings, secrets: &Secrets) -> Vec<Trunk> {
    let general = settings.sip.calls_per_second;
    settings.trunks.iter().map(|t| trunk(t, general, credentials(t, secrets))).collect()
}

/// Trunks that must prove themselves by digest, and with what.
pub(crate) fn proofs(settings: &Settings, secrets: &Secrets) -> Vec<(String, sip::User)> {
    let asked = settings.trunks.iter().filter(|t| t.digest);
    asked.filter_map(|t| Some((t.name.clone(), credentials(t, secrets)?))).collect()
}

/// Networks of trunks that are told another address of ours.
pub(crate) fn advertised(settings: &Settings) -> Vec<(sip::Net, IpAddr)> {
    let told = settings.trunks.iter().filter_map(|t| Some((t, t.advertised?)));
    let net = |n: &config::Net| sip::Net { address: n.address, prefix: n.prefix };
    told.flat_map(|(t, ip)| t.nets.iter().map(move |n| (net(n), ip))).collect()
}

/// What the guard is told.
pub(crate) fn guard(checked: &Checked) -> GuardSetup {
    let (guard, out) = (&checked.settings.guard, checked.settings.outbound);
    GuardSetup {
        sources: guard::SourceSettings {
            scanners: guard.scanners.clone(),
            free: guard.free_guesses,
            guesses: guard.guesses,
            user_guesses: guard.user_guesses,
            probes: guard.probes,
            knocks: guard.knocks,
            window: guard.window,
            lock: guard.lock,
        },
        rates: guard::RateSettings { a_second: guard.messages_per_second },
        overload: guard::OverloadSettings {
            calls_a_second: guard.calls_per_second,
            retry_after: checked.plan.limits.retry_after,
        },
        outbound: guard::OutboundSettings {
            a_minute: out.per_minute,
            a_day: out.per_day,
            a_desk: out.per_desk,
            a_number: out.per_number,
            denied: out.denied,
            stop: out.stop,
        },
        first: guard.first_callers.clone(),
    }
}

/// The account that the carrier gave us.
fn credentials(trunk: &settings::Trunk, secrets: &Secrets) -> Option<sip::User> {
    let password = secrets.get(&format!("trunk.{}", trunk.name)).unwrap_or_default().to_owned();
    trunk.user.as_ref().map(|user| sip::User { name: user.clone(), password })
}

fn trunk(t: &settings::Trunk, general: u32, credentials: Option<sip::User>) -> Trunk {
    Trunk {
        name: t.name.as_str().into(),
        proxy: t.proxy.as_ref().and_then(|proxy| sip::Uri::parse(&proxy.uri())).map(Box::new),
        order: t.order,
        weight: t.weight,
        register: t.register,
        expires: t.expires,
        qualify: t.qualify,
        channels: t.channels,
        calls_per_second: t.calls_per_second.unwrap_or(general),
        trusted: t.trusted,
        caller: t.caller.clone(),
        identity: match t.identity {
            settings::Identity::From => Identity::From,
            settings::Identity::Asserted => Identity::Asserted,
            settings::Identity::Both => Identity::Both,
        },
        form: match t.form {
            settings::Form::AsIs => Form::AsIs,
            settings::Form::E164 => Form::E164,
            settings::Form::National => Form::National,
            settings::Form::Local => Form::Local,
        },
        strip: t.strip.clone(),
        add: t.add.clone(),
        in_strip: t.in_strip.clone(),
        in_add: t.in_add.clone(),
        codecs: t.codecs.iter().map(codec).collect(),
        dtmf: match t.dtmf {
            settings::Dtmf::Auto => Dtmf::Auto,
            settings::Dtmf::Rfc4733 => Dtmf::Rfc4733,
            settings::Dtmf::Info => Dtmf::Info,
        },
        early_media: t.early_media,
        prack: match t.prack {
            settings::Prack::Off => Prack::Off,
            settings::Prack::Supported => Prack::Supported,
            settings::Prack::Required => Prack::Required,
        },
        session_timer: t.session_timer,
        min_se: t.min_se,
        advertised: t.advertised,
        srtp: t.srtp,
        credentials,
    }
}

/// How its sessions are kept, for the SIP machine.
pub(crate) fn policy(t: &settings::Trunk) -> sip::Policy {
    trunk(t, 0, None).policy()
}

/// A codec in the terms of session descriptions.
pub(crate) fn codec(codec: &settings::Codec) -> sip::sdp::Codec {
    match codec {
        settings::Codec::Pcma => sip::sdp::Codec::Pcma,
        settings::Codec::Pcmu => sip::sdp::Codec::Pcmu,
        settings::Codec::G722 => sip::sdp::Codec::G722,
    }
}

/// What phones are offered, best first.
pub(crate) fn digests(digest: config::settings::Digest) -> Vec<sip::digest::Algorithm> {
    use config::settings::Digest;
    use sip::digest::Algorithm::{Md5, Sha256};
    match digest {
        Digest::Both => vec![Sha256, Md5],
        Digest::Md5 => vec![Md5],
        Digest::Sha256 => vec![Sha256],
    }
}
