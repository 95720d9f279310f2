//! The command line: what each subcommand takes, in which language it speaks, and with which exit code it ends.

pub mod audit;
pub mod check;
pub mod demo;
pub mod drain;
mod error;
mod help;
pub mod hold;
pub mod journal;
pub mod keys;
pub mod knowledge;
pub mod phone;
pub mod privacy;
pub mod rehearse;
pub mod route;
pub mod serve;
mod text;
mod tongue;
pub mod trace;
pub mod trunk;
pub mod upgrade;
pub mod user;
pub mod versions;

use std::ffi::OsString;
use std::future::Future;
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches};

pub use error::{CommandError, FAILED, USAGE};
pub use tongue::Tongue;

/// The telephony of a public-service hotline: one number, 24 h, citizen, operator and window desk in one call
#[derive(clap::Parser, Clone, Debug)]
#[command(name = "hotline", version, disable_help_subcommand = true)]
pub struct Cli {
    /// Language of what is told [default: Chinese when LC_ALL, LC_MESSAGES or LANG begins with zh]
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    pub lang: Option<Tongue>,
    /// What is logged to stderr, as `info` or `warn,sip=debug` [default: HOTLINE_LOG, else info for serve, warn otherwise]
    #[arg(long, global = true, value_name = "FILTER")]
    pub log: Option<String>,
    /// Log as JSON, one object a line
    #[arg(long, global = true)]
    pub log_json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The subcommands.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Command {
    /// Answer calls by the configuration
    Serve(serve::Arguments),
    /// Take no new calls and end with the last one
    Drain(drain::Arguments),
    /// Go on in a new process of the program that lies there now, without a dropped call
    Upgrade(upgrade::Arguments),
    /// Check the configuration and tell every fault at once
    Check(check::Arguments),
    /// Tell which path a call takes at a moment, and why
    Route(route::Arguments),
    /// Prove that each path ends at a person or a call-back
    Rehearse(rehearse::Arguments),
    /// Versions of the configuration: list, compare, bring back
    Config(versions::Arguments),
    /// A small SIP phone: register, call or answer, keys, sound, figures
    Phone(phone::Arguments),
    /// Show the SIP ladder of a call
    Trace(trace::Arguments),
    /// Look after a trunk: the doctor tries what it claims
    Trunk(trunk::Arguments),
    /// Prove that nothing that was written down was changed afterwards
    Audit(audit::Arguments),
    /// The journal in front of the case store: look through it, bring what it holds into the store
    Journal(journal::Arguments),
    /// Master key and data keys: list them, renew them, prove what was destroyed
    Keys(keys::Arguments),
    /// Legal holds: what must not be erased
    Hold(hold::Arguments),
    /// What the store has of a citizen: tell it, erase it
    Privacy(privacy::Arguments),
    /// Accounts: list them, make one, reset one that is locked out
    User(user::Arguments),
    /// Look after the information base: take files in, set synonyms, search
    Knowledge(knowledge::Arguments),
    /// Play a three-way call on this machine: citizen, operator, window; leaves record, recording and picture
    Demo(demo::Arguments),
}

impl Cli {
    /// Reads the arguments, the program's name first.
    ///
    /// # Errors
    /// What clap wants to be shown: help and version among them. [`clap::Error::exit_code`] says how to end.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let arguments: Vec<OsString> = arguments.into_iter().collect();
        let mut command = help::in_tongue(Self::command(), help::wanted(&arguments));
        let matches = command.try_get_matches_from_mut(arguments)?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }

    /// The language of everything that is told.
    pub fn tongue(&self) -> Tongue {
        self.lang.unwrap_or_else(Tongue::of_environment)
    }

    /// The help page of the program itself.
    pub fn help(&self) -> String {
        help::in_tongue(Self::command(), self.tongue()).render_help().to_string()
    }

    /// What is logged unless somebody says otherwise.
    pub fn log_filter(&self) -> String {
        // DTLS warns of each extension of each browser that it does not know.
        let serves = matches!(self.command, Some(Command::Serve(_)));
        let usual = if serves { "info,rtc_dtls=error" } else { "warn" };
        let asked = self.log.clone().or_else(|| std::env::var("HOTLINE_LOG").ok());
        asked.filter(|filter| !filter.is_empty()).unwrap_or_else(|| usual.to_owned())
    }
}

/// Does what was asked for; what it tells goes to stdout. The exit code.
///
/// # Errors
/// [`CommandError`]; its words and exit code are for the caller.
pub fn run(cli: Cli) -> Result<u8, CommandError> {
    let tongue = cli.tongue();
    match cli.command {
        None => text::print(&cli.help()),
        Some(Command::Check(ref arguments)) => check::run(arguments, tongue),
        Some(Command::Route(ref arguments)) => route::run(arguments, tongue),
        Some(Command::Rehearse(ref arguments)) => rehearse::run(arguments, tongue),
        Some(Command::Upgrade(arguments)) => on_runtime(upgrade::run(arguments, tongue)),
        Some(Command::Drain(arguments)) => on_runtime(drain::run(arguments, tongue)),
        Some(Command::Audit(arguments)) => on_runtime(audit::run(arguments, tongue)),
        Some(Command::Journal(arguments)) => on_runtime(journal::run(arguments, tongue)),
        Some(Command::Keys(arguments)) => on_runtime(keys::run(arguments, tongue)),
        Some(Command::Hold(arguments)) => on_runtime(hold::run(arguments, tongue)),
        Some(Command::Privacy(arguments)) => on_runtime(privacy::run(arguments, tongue)),
        Some(Command::Config(arguments)) => on_runtime(versions::run(arguments, tongue)),
        Some(Command::Phone(arguments)) => on_runtime(phone::run(arguments, tongue)),
        Some(Command::Trace(arguments)) => on_runtime(trace::run(arguments, tongue)),
        Some(Command::Knowledge(arguments)) => on_runtime(knowledge::run(arguments, tongue)),
        Some(Command::Trunk(arguments)) => on_runtime(trunk::run(arguments, tongue)),
        Some(Command::Serve(arguments)) => serve::start(arguments, tongue),
        Some(Command::User(arguments)) => on_runtime(user::run(arguments, tongue)),
        Some(Command::Demo(arguments)) => on_runtime(demo::run(arguments, tongue)),
    }
}

/// How long what still runs in the background may take when a command has ended.
const LAST_WORK: Duration = Duration::from_secs(5);

fn on_runtime<T>(work: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    // What was wanted is done: nobody waits for a thread that hangs.
    runtime.shutdown_timeout(LAST_WORK);
    done
}
