//! `hotline upgrade`: a running house goes on in a new process of the program that lies there now, without a dropped call.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use handover::contract::{Ask, Status};

use crate::command::drain::ask;
use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, Tongue, check};

/// The next life is there within this, or the running one says why not.
const BIRTH: Duration = Duration::from_secs(150);
/// Its control socket is there soon after.
const DOOR: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// What `hotline upgrade` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// Asks the house that runs by this configuration, waits until its next life takes the calls, and says so.
///
/// # Errors
/// [`CommandError::Faults`], [`CommandError::Handover`]: nothing was changed then.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let checked = check::load(&arguments.config, tongue)?;
    let socket = checked.settings.control.socket;
    let before = ask(&socket, &Ask::Upgrade, BIRTH).await?;
    let deadline = Instant::now() + DOOR;
    let after = loop {
        match ask(&socket, &Ask::Status, DOOR).await {
            Ok(after) if after.pid != before.pid => break after,
            Ok(_) | Err(_) if Instant::now() < deadline => tokio::time::sleep(LOOK).await,
            Ok(after) => break after,
            Err(error) => return Err(error.into()),
        }
    };
    let (Status { pid: old, calls, .. }, Status { pid: new, .. }) = (before, after);
    print(&say!(
        tongue,
        "进程 {new} 已接管全部新来电；进程 {old} 还有 {calls} 通电话，最后一通结束后自动退出。\n",
        "process {new} takes all new calls; process {old} had {calls}, and ends with the last of them.\n",
    ))
}
