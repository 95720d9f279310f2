//! `hotline drain`: a running house takes no new calls and ends with its last one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use handover::contract::{Answer, Ask, Status};
use handover::{HandoverError, knock};
use tokio::time::timeout;

use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, Tongue, check};

/// The house answers within this.
const ANSWER: Duration = Duration::from_secs(10);
/// Between two looks whether it still runs.
const LOOK: Duration = Duration::from_millis(500);

/// What `hotline drain` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Take new calls again, and do not end
    #[arg(long)]
    pub off: bool,
    /// Return only when the house has ended
    #[arg(long, conflicts_with = "off")]
    pub wait: bool,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// Tells the house that runs by this configuration, and says how it is then.
///
/// # Errors
/// [`CommandError::Faults`], [`CommandError::Handover`] when no house runs.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let checked = check::load(&arguments.config, tongue)?;
    let socket = checked.settings.control.socket;
    let status = ask(&socket, &Ask::Drain(!arguments.off), ANSWER).await?;
    let Status { pid, calls, .. } = status;
    if arguments.off {
        return print(&say!(
            tongue,
            "进程 {pid} 恢复接收新来电。\n",
            "process {pid} takes new calls again.\n"
        ));
    }
    let code = print(&say!(
        tongue,
        "进程 {pid} 不再接新来电（503），还有 {calls} 通电话；最后一通结束后自动退出。hotline drain --off 可撤销。\n",
        "process {pid} takes no new calls (503); {calls} go on, and it ends with the last. hotline drain --off takes this back.\n",
    ))?;
    if arguments.wait {
        over(&socket, pid).await;
    }
    Ok(code)
}

/// Waits until this process has ended, or is ending, or another life is at the socket.
async fn over(socket: &Path, pid: u32) {
    while ask(socket, &Ask::Status, ANSWER).await.is_ok_and(|status| status.pid == pid) {
        tokio::time::sleep(LOOK).await;
    }
}

/// Asks the house at this socket something, and waits for how it is then.
///
/// # Errors
/// [`HandoverError`].
pub(crate) async fn ask(socket: &Path, ask: &Ask, within: Duration) -> Result<Status, HandoverError> {
    let mut house = knock(socket).await?;
    house.say(ask).await?;
    match timeout(within, house.receive()).await.map_err(|_| HandoverError::Silent)??.head {
        Answer::Status(status) => Ok(status),
        Answer::Refused { zh, en } => Err(HandoverError::Refused { zh, en }),
        Answer::Offer(_) => Err(HandoverError::Strange("an offer that nobody asked for".to_owned())),
    }
}
