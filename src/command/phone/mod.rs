//! `hotline phone`: a small SIP phone for tests and trunk checks. Registers, calls or answers, and tells how it went.

mod call;
mod deeds;
mod report;
mod setup;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ::phone::{Ear, Media, Phone, PhoneError};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue};
use report::{Registered, Report};
use setup::Setup;

/// What goes out last has this time to leave the socket.
const LINGER: Duration = Duration::from_millis(200);
/// Longest wait for the answer to a REGISTER that gives the registration back.
const PATIENCE: Duration = Duration::from_secs(2);

/// What `hotline phone` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Server to register with and to call through
    #[arg(long, value_name = "HOST:PORT")]
    pub server: String,
    /// User name of the phone; also the number that it calls from
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// File whose first line is the password; a password never stands on the command line
    #[arg(long, value_name = "FILE", conflicts_with = "secrets")]
    pub password_file: Option<PathBuf>,
    /// The hotline's own file of passwords: the line of --user is taken
    #[arg(long, value_name = "FILE")]
    pub secrets: Option<PathBuf>,
    /// Do not register: call or answer at once
    #[arg(long)]
    pub no_register: bool,
    /// Domain of the phone's address, as a carrier asks for [default: the server's address]
    #[arg(long, value_name = "NAME")]
    pub domain: Option<String>,
    /// SIP over TCP instead of UDP
    #[arg(long)]
    pub tcp: bool,
    /// Address of this machine for SIP and RTP [default: the one that leads to the server]
    #[arg(long, value_name = "IP")]
    pub bind: Option<IpAddr>,
    /// Number to call from instead of --user, as a trunk does
    #[arg(long, value_name = "NUMBER", requires = "call")]
    pub caller: Option<String>,
    /// Call this number, or sip:user@address:port
    #[arg(long, value_name = "NUMBER", conflicts_with = "answer")]
    pub call: Option<String>,
    /// Wait for calls and answer them, one after the other
    #[arg(long)]
    pub answer: bool,
    /// Keys to press once the call is up, with pauses: "wait 2s, 1, 0#"
    #[arg(long, value_name = "KEYS")]
    pub digits: Option<String>,
    /// Send the keys by SIP INFO instead of RFC 4733
    #[arg(long, requires = "digits")]
    pub info: bool,
    /// Play this WAV file once (16-bit PCM, 8 to 48 kHz)
    #[arg(long, value_name = "FILE", conflicts_with = "tone")]
    pub play: Option<PathBuf>,
    /// Send a tone of this frequency all the time, hertz
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(50..=3_500))]
    pub tone: Option<u32>,
    /// Write what is heard as WAV (8 kHz); further calls go to NAME-2.wav and so on
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// With --call: hang up so long after the answer. With --answer: wait for calls so long [default: until the far end hangs up, or Ctrl-C]
    #[arg(long = "for", id = "length", value_name = "TIME", value_parser = deeds::duration)]
    pub length: Option<Duration>,
    /// End after so many answered calls
    #[arg(long, value_name = "N", requires = "answer", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: Option<u32>,
    /// Add all figures of the RTP
    #[arg(long)]
    pub rtp_report: bool,
    /// At the end one JSON object with all figures
    #[arg(long)]
    pub json: bool,
}

/// Runs the phone. The exit code: 0 when what was asked for came about.
///
/// # Errors
/// [`CommandError`]: arguments, files, no socket. A refused registration or call is no error but a report.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let setup = setup::setup(&arguments).await?;
    let media = Media::start(Ear::Listening)?;
    let phone = Phone::start_with(setup.account.clone(), &media).await?;
    let stop = on_signal()?;
    let mut report = Report::new(phone.address());
    tell(format!("SIP {}", phone.address()));
    let good = work(&phone, &arguments, &setup, &stop, &mut report, tongue).await?;
    give_back(&phone, &report).await;
    let told = if arguments.json { report.json() } else { report.end(tongue) };
    print(&told)?;
    Ok(if good { 0 } else { FAILED })
}

/// Registers, then calls or answers. Whether all of it came about.
async fn work(
    phone: &Phone,
    arguments: &Arguments,
    setup: &Setup,
    stop: &CancellationToken,
    report: &mut Report,
    tongue: Tongue,
) -> Result<bool, CommandError> {
    if !arguments.no_register && !register(phone, stop, report, tongue).await {
        return Ok(false);
    }
    let show = |report: &Report| {
        if !arguments.json {
            let _ = print(&report.last(arguments.rtp_report, tongue));
        }
    };
    if let Some(dial) = &setup.dial {
        let told = call::outgoing(phone, dial.clone(), setup, stop).await?;
        let good = told.answered();
        report.calls.push(told);
        show(report);
        return Ok(good);
    }
    if !arguments.answer {
        return Ok(true);
    }
    let end = setup.length.map(|length| Instant::now() + length);
    while arguments.count.is_none_or(|count| report.answered() < count) {
        let Some(told) = call::incoming(phone, report.calls.len(), setup, end, stop).await? else { break };
        report.calls.push(told);
        show(report);
    }
    Ok(arguments.count.is_none_or(|count| report.answered() >= count))
}

async fn register(phone: &Phone, stop: &CancellationToken, report: &mut Report, tongue: Tongue) -> bool {
    let began = Instant::now();
    let answer = tokio::select! {
        answer = phone.register() => answer,
        () = stop.cancelled() => Err(PhoneError::Stopped),
    };
    let took = began.elapsed();
    match answer {
        Ok(granted) => {
            let (seconds, ms) = (granted.as_secs(), took.as_millis());
            tell(say!(
                tongue,
                "已注册 {seconds} 秒，用时 {ms} 毫秒",
                "registered for {seconds} s, in {ms} ms"
            ));
            report.registered = Some(Registered { took, granted });
            true
        }
        Err(error) => {
            tell(say!(tongue, "注册失败：{error}", "not registered: {error}"));
            report.fault = Some(error.to_string());
            false
        }
    }
}

/// Gives the registration back, and lets the last words leave the socket.
async fn give_back(phone: &Phone, report: &Report) {
    if report.registered.is_some() {
        // Best effort: else it runs out by itself.
        let _ = tokio::time::timeout(PATIENCE, phone.unregister()).await;
    }
    phone.stop();
    tokio::time::sleep(LINGER).await;
}

/// Progress goes to stderr: stdout belongs to the report.
fn tell(line: String) {
    eprintln!("{line}");
}

/// Ctrl-C or SIGTERM: hang up, give the registration back, report.
fn on_signal() -> Result<CancellationToken, CommandError> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let wish = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        wish.cancel();
    });
    Ok(stop)
}
