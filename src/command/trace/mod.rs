//! `hotline trace`: the SIP ladder of a call, from the messages that were kept.

mod ladder;
mod look;
mod render;
#[cfg(test)]
mod tests;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use config::Settings;
use trace::{mask, pcap};

use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue, check};

/// What `hotline trace` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// The call: its id (26 characters), a case number (12 digits), or a SIP Call-ID
    #[arg(value_name = "CALL")]
    pub call: String,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
    /// Whole messages instead of the ladder
    #[arg(long)]
    pub raw: bool,
    /// Write the messages to a capture file that Wireshark opens
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
    /// Show numbers in full; who looked is noted in the case store
    #[arg(long)]
    pub unmask: bool,
}

/// Tells the ladder on stdout. The exit code: 0, or 1 when nothing is known of the call.
///
/// # Errors
/// [`CommandError::Faults`] of the configuration; what keeps the store, the trace or the capture file from being used.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let checked = check::load(&arguments.config, tongue)?;
    match report(&checked.settings, &arguments, now_ms(), tongue).await? {
        Some(text) => print(&text),
        None => {
            let (call, days) = (&arguments.call, checked.settings.trace.days);
            let text = say!(
                tongue,
                "没有 {call} 的任何记录：请核对编号；信令只保留 {days} 天（hotline.toml 的 [trace]）。\n",
                "nothing is known of {call}: check it; messages are kept for {days} days ([trace] in hotline.toml).\n"
            );
            print(&text).map(|_| FAILED)
        }
    }
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What is told of a call; `None` when nothing is known of it. `now` is UTC ms.
///
/// # Errors
/// As [`run`].
pub async fn report(
    settings: &Settings,
    arguments: &Arguments,
    now: i64,
    tongue: Tongue,
) -> Result<Option<String>, CommandError> {
    let Some(mut seen) = look::look(settings, &arguments.call, now).await? else { return Ok(None) };
    if arguments.unmask {
        look::note(&seen, now, &who(), &what(arguments)).await?;
    } else {
        mask::mask(&mut seen.found.messages);
    }
    let mut text = if arguments.raw { render::raw(&seen, tongue) } else { render::ladder(&seen, tongue) };
    if let Some(path) = &arguments.pcap {
        let count = seen.found.messages.len();
        write(path, &pcap::file(&seen.found.messages))?;
        let path = path.display();
        text.push_str(&say!(
            tongue,
            "已写入 {path}：{count} 条消息。\n",
            "{path}: {count} messages written.\n"
        ));
    }
    Ok(Some(text))
}

/// For its owner's eyes: it holds who called whom.
fn write(path: &PathBuf, bytes: &[u8]) -> Result<(), CommandError> {
    let fail = |source| CommandError::File { path: path.clone(), source };
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(fail)
}

/// Whoever runs this, as the system knows them.
fn who() -> String {
    let name =
        ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    format!("cli:{}", name.as_deref().unwrap_or("unknown"))
}

fn what(arguments: &Arguments) -> String {
    let shown = if arguments.raw { "raw" } else { "ladder" };
    format!("unmask {shown}{}", if arguments.pcap.is_some() { " pcap" } else { "" })
}
