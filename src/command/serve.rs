//! `hotline serve`: answers calls by the configuration until it is told to stop.

use std::env;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use config::Checked;
use config::draft::{Signed, Workbench};
use sip::Transport;
use supervise::{Child, Teller, Word};
use switchboard::Clock;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::backstage::by_hand;
use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, Tongue, check, on_runtime};
use crate::heart::Heart;
use crate::start::{self, House};
use crate::upgrade::{Steward, Taking, steward};

/// What `hotline serve` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
    /// Try it: pages let everybody in without a password as people of the sample, on loopback alone
    #[arg(long)]
    pub trial: bool,
    /// Go on where the running house is: it ends its calls, this process takes the new ones. Without one a usual start
    #[arg(long, conflicts_with = "trial")]
    pub take_over: bool,
    /// Without the parent process that starts the house again after a crash
    #[arg(long)]
    pub alone: bool,
}

/// What makes a start one without a parent of its own.
const ALONE: &str = "--alone";

/// A parent process starts the house, and again when it has crashed; a trial, and what was told to, is the house itself.
///
/// # Errors
/// As [`run`]; [`CommandError::System`].
pub fn start(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    if arguments.alone || arguments.trial {
        return on_runtime(run(arguments, tongue)).map(|()| 0);
    }
    let given = env::args_os().skip(1).chain([ALONE.into()]);
    Ok(supervise::run(Child { program: env::current_exe()?, arguments: given.collect() })?)
}

/// Runs until SIGTERM or SIGINT, or, after `hotline drain`, until the last call has ended. SIGHUP reads the configuration
/// again: all of it, or nothing when it has a fault. SIGUSR2 lets the program that lies there now take over.
///
/// # Errors
/// [`CommandError::Unfit`], [`CommandError::Start`]; [`CommandError::Stands`] when its control loop ends by itself.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<(), CommandError> {
    let teller = Teller::of_environment()?;
    // Nobody may watch, or no more.
    let _ = teller.say(Word::Begins);
    let taking = taking(&arguments, tongue).await?;
    let signed = if taking.is_some() { by_hand() } else { finish_publication(&arguments)? };
    let checked = check::load(&arguments.config, tongue).map_err(CommandError::unfit)?;
    let (mut stop, mut hang_up) = (Stop::new()?, signal(SignalKind::hangup())?);
    let mut successor = signal(SignalKind::user_defined2())?;
    let (config, clock) = (checked.clone(), Clock::system());
    let house = match taking {
        Some(taking) => start::start_after(config, clock, taking).await?,
        None => start::start_signed(config, clock, arguments.trial, signed).await?,
    };
    // First of all: it answers calls by now, and a crash before this word counts as a start that came to nothing.
    let mut heart = Heart::start(house.handle.clone(), teller);
    let mut steward = match Steward::open(&house, &checked.settings.control.socket) {
        Ok(steward) => steward,
        Err(error) => {
            heart.stop();
            house.stop().await;
            return Err(error.into());
        }
    };
    print(&(welcome(&checked, &house, tongue) + &way_in(&house, tongue)))?;
    loop {
        tokio::select! {
            _ = hang_up.recv() => reload(&house, &arguments, tongue).await,
            _ = successor.recv() => steward.upgrade(),
            over = steward.next(&house) => if over { break },
            () = stop.wanted() => break,
            () = heart.stands_still() => return Err(CommandError::Stands),
        }
    }
    let most = checked.settings.control.last_calls;
    if say_goodbye(&house, most, tongue)? {
        tokio::select! {
            () = steward::over(&house, house.handle.lives()) => {}
            () = tokio::time::sleep(most) => {}
            () = stop.wanted() => {}
        }
    }
    heart.stop();
    house.stop().await;
    Ok(())
}

/// The running house, when this one is to take over from it and there is one.
async fn taking(arguments: &Arguments, tongue: Tongue) -> Result<Option<Taking>, CommandError> {
    if !arguments.take_over {
        return Ok(None);
    }
    let checked = check::load(&arguments.config, tongue).map_err(CommandError::unfit)?;
    let socket = checked.settings.control.socket;
    Ok(Taking::begin(&socket).await?)
}

/// What a crash cut in the middle of a publication is finished or undone; who signed it.
fn finish_publication(arguments: &Arguments) -> Result<Signed, CommandError> {
    if !arguments.config.is_dir() {
        // The check says so, in words.
        return Ok(by_hand());
    }
    let (_, finished) = Workbench::open(&arguments.config)?;
    if let Some(Signed { author, .. }) = &finished {
        tracing::warn!(author, "a publication of the configuration that a crash had cut was finished");
    }
    Ok(finished.unwrap_or_else(by_hand))
}

/// SIGTERM and SIGINT.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn new() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn wanted(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn reload(house: &House, arguments: &Arguments, tongue: Tongue) {
    // The faults were told on stderr; calls go on by the configuration that was there.
    let done = match check::load(&arguments.config, tongue) {
        Ok(checked) => house.reload(checked).await.map_err(CommandError::from),
        Err(faults) => Err(faults),
    };
    match done {
        Ok(()) => tracing::info!("the configuration was read again and is in use for new calls"),
        Err(error) => {
            let why = error.words(tongue);
            tracing::error!(why, "nothing was reloaded: the configuration before stays in use");
        }
    }
}

/// Takes no new calls any more. Whether some still go on.
fn say_goodbye(house: &House, most: Duration, tongue: Tongue) -> Result<bool, CommandError> {
    let calls = house.handle.gauges().calls.load(Ordering::Relaxed);
    if calls == 0 || house.handle.drain(true).is_err() {
        return Ok(false);
    }
    let seconds = most.as_secs();
    print(&say!(
        tongue,
        "还有 {calls} 通电话，等它们结束（最多 {seconds} 秒）；再按一次 Ctrl-C 立即结束。\n",
        "{calls} calls go on; waiting for their end ({seconds} s at most). Press Ctrl-C again to end them now.\n",
    ))?;
    Ok(true)
}

/// How somebody gets into the pages while nobody has an account.
fn way_in(house: &House, tongue: Tongue) -> String {
    let http = house.http;
    let mut text = String::new();
    if let Some(token) = &house.trial {
        let token = token.reveal();
        text.push_str(&say!(
            tongue,
            "\n试用页面（不用密码，只限本机）：\n  http://{http}/?trial={token}\n",
            "\nTo try the pages, without a password, on this machine alone:\n  http://{http}/?trial={token}\n",
        ));
    }
    if let Some(first) = &house.first {
        let (token, file) = (first.token.reveal(), first.file.display());
        text.push_str(&say!(
            tongue,
            "\n首次设置管理员（地址只能用一次；令牌也在 {file}）：\n  http://{http}/?setup={token}#/setup\n",
            "\nTo make the first admin (the address is good once; its token is in {file} too):\n  http://{http}/?setup={token}#/setup\n",
        ));
    }
    text
}

/// Where everything is, and how to dial it.
fn welcome(checked: &Checked, house: &House, tongue: Tongue) -> String {
    let settings = &checked.settings;
    let list = |addresses: &[std::net::SocketAddr]| {
        let words: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        words.join(", ")
    };
    let others = house.listening.iter().filter(|(by, _)| !matches!(by, Transport::Udp | Transport::Tcp));
    let others: String = others.map(|(by, at)| format!("   {} {at}", by.as_str())).collect();
    let encrypted: String = house.https.iter().map(|at| format!("   https://{at}/")).collect();
    let (udp, tcp, http) = (list(&house.udp), list(&house.tcp), house.http);
    let (secrets, token) = (settings.secrets.display(), settings.api.token.display());
    let number = checked.plan.numbers.first().map_or("", |n| &**n);
    let proxy = house.udp.first().or(house.tcp.first()).map(ToString::to_string).unwrap_or_default();
    let citizen = settings.phones.iter().find(|p| p.staff.is_none()).map_or("", |p| p.user.as_str());
    let operator = checked.plan.operators.first().map(|o| format!("{:?}", o.address)).unwrap_or_default();
    let operator = operator.trim_start_matches("phone ").to_owned();
    say!(
        tongue,
        "热线 {number} 已开通。按 Ctrl-C 停止，SIGHUP 重新载入配置。\n\
         \n  SIP   UDP {udp}   TCP {tcp}{others}\n  HTTP  http://{http}/{encrypted}   令牌：{token}\n\
         \n用软电话试拨：注册用户 {citizen}，服务器 {proxy}，密码见 {secrets}，然后拨 {number}。\n\
         再注册一部 {operator} 就有话务员接听；没有话务员在线时转语音留言。\n",
        "hotline {number} is open. Ctrl-C stops it, SIGHUP reads the configuration again.\n\
         \n  SIP   UDP {udp}   TCP {tcp}{others}\n  HTTP  http://{http}/{encrypted}   token: {token}\n\
         \nTo try it with a softphone: register as {citizen} at {proxy}, password in {secrets}, and dial {number}.\n\
         Register a second one as {operator} to have an operator; with nobody on duty you reach the voice mail.\n",
    )
}
