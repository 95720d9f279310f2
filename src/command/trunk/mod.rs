//! `hotline trunk doctor`: tries what a trunk of trunks.toml claims, and says in words what it learnt and what to write.

mod call;
mod line;
mod probe;
mod steps;
mod told;

use std::path::PathBuf;

use config::secrets::{self, Secrets};
use config::{Checked, settings};
use doctor::{Form, Keys, Mark, Report, Written};
use switchboard::numbers;

use crate::command::text::print;
use crate::command::{CommandError, FAILED, Tongue, check};
use crate::start::random;

/// What `hotline trunk` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// What to do with it.
    #[command(subcommand)]
    pub deed: Deed,
}

/// What can be done with a trunk.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Deed {
    /// Try what a trunk claims, say what was learnt, and propose settings
    Doctor(Doctor),
}

/// What `hotline trunk doctor` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Doctor {
    /// The trunk, by its name in trunks.toml
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Make a test call to this number; say first to whoever answers that there will be two seconds of silence
    #[arg(long, value_name = "NUMBER")]
    pub call: Option<String>,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// Does it. The exit code: 0, or 1 when there is a fault.
///
/// # Errors
/// [`CommandError::Faults`] of the configuration, [`CommandError::Argument`] for a trunk or number that can't be tried,
/// and what keeps the sockets from being opened.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let Deed::Doctor(doctor) = arguments.deed;
    let checked = check::load(&doctor.config, tongue)?;
    let (written, report) = tried(&checked, &doctor.name, doctor.call.as_deref()).await?;
    print(&told::text(&written, &report, doctor.call.is_some(), tongue))?;
    Ok(if report.worst() == Mark::Fault { FAILED } else { 0 })
}

/// The same for a screen: what was found.
///
/// # Errors
/// As [`run`].
pub(crate) async fn examine(
    checked: &Checked,
    name: &str,
    number: Option<&str>,
) -> Result<Report, CommandError> {
    tried(checked, name, number).await.map(|(_, report)| report)
}

async fn tried(
    checked: &Checked,
    name: &str,
    number: Option<&str>,
) -> Result<(Written, Report), CommandError> {
    let Some(trunk) = checked.settings.trunks.iter().find(|t| t.name == name) else {
        return Err(unknown(name, &checked.settings));
    };
    if let Some(number) = number {
        may_be_called(number, checked)?;
    }
    // No phone's password is made here.
    let secrets = secrets::ensure(&checked.settings.secrets, [], random)?;
    let written = written(trunk, &secrets);
    let facts = steps::observe(checked, &secrets, &written, number).await?;
    let report = ::doctor::examine(&written, &facts);
    Ok((written, report))
}

fn unknown(name: &str, settings: &settings::Settings) -> CommandError {
    let all: Vec<&str> = settings.trunks.iter().map(|t| t.name.as_str()).collect();
    let all = all.join(", ");
    CommandError::argument(
        "NAME",
        format!("trunks.toml 里没有叫 {name} 的中继；有：{all}"),
        format!("trunks.toml has no trunk {name}; it has: {all}"),
    )
}

/// Whether a test may ring there: a telephone number, and never an emergency service.
fn may_be_called(number: &str, checked: &Checked) -> Result<(), CommandError> {
    let plain = number.strip_prefix('+').unwrap_or(number);
    if !(1..=20).contains(&plain.len()) || !plain.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CommandError::argument(
            "--call",
            "不是电话号码：请写数字，可带 +",
            "not a telephone number: write digits, with a + before them if you like",
        ));
    }
    let place = &checked.settings.place;
    let place = numbers::Place { country: place.country.clone(), area: place.area.clone() };
    let normal = numbers::normalise(number, &place).unwrap_or_else(|| plain.to_owned());
    let emergency = |short: u16| {
        let short = short.to_string();
        // With the area code it still rings there.
        plain == short || normal == short || normal == format!("{}{short}", place.area)
    };
    let listed = checked.plan.emergency.iter().map(|line| line.number);
    if listed.chain([110, 119, 120, 122, 112, 911]).any(emergency) {
        return Err(CommandError::argument(
            "--call",
            "不能试呼紧急电话：请写一个有人接的普通号码",
            "emergency services are not called for a test: write an ordinary number that somebody answers",
        ));
    }
    Ok(())
}

/// What trunks.toml says, as the doctor reads it.
fn written(trunk: &settings::Trunk, secrets: &Secrets) -> Written {
    Written {
        name: trunk.name.clone(),
        proxy: trunk.proxy.as_ref().map(settings::Proxy::uri),
        host: trunk.proxy.as_ref().map(|p| p.host.clone()).unwrap_or_default(),
        port: trunk.proxy.as_ref().and_then(|p| p.port),
        transport: trunk.proxy.as_ref().and_then(|p| p.transport).map(transport),
        nets: !trunk.nets.is_empty(),
        digest: trunk.digest,
        certificate: trunk.certificate.clone(),
        user: trunk.user.clone(),
        password: secrets.get(&format!("trunk.{}", trunk.name)).is_some_and(|p| !p.is_empty()),
        register: trunk.register,
        expires: seconds(trunk.expires),
        advertised: trunk.advertised,
        codecs: trunk.codecs.iter().map(crate::lines::codec).collect(),
        dtmf: match trunk.dtmf {
            settings::Dtmf::Auto => Keys::Auto,
            settings::Dtmf::Rfc4733 => Keys::Rfc4733,
            settings::Dtmf::Info => Keys::Info,
        },
        form: match trunk.form {
            settings::Form::AsIs => Form::AsIs,
            settings::Form::E164 => Form::E164,
            settings::Form::National => Form::National,
            settings::Form::Local => Form::Local,
        },
        early_media: trunk.early_media,
        prack: crate::lines::policy(trunk).prack,
        session_timer: seconds(trunk.session_timer),
        min_se: seconds(trunk.min_se),
        srtp: trunk.srtp,
    }
}

fn seconds(time: std::time::Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

fn transport(transport: settings::Transport) -> sip::Transport {
    match transport {
        settings::Transport::Udp => sip::Transport::Udp,
        settings::Transport::Tcp => sip::Transport::Tcp,
        settings::Transport::Tls => sip::Transport::Tls,
    }
}
