//! The arguments of the phone as values: account, password, what is said and keyed.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::phone::{Account, Dial, Transport};

use super::Arguments;
use super::deeds::{Deed, deeds};
use crate::command::CommandError;

/// What the phone sends.
#[derive(Clone, Debug)]
pub(crate) enum Voice {
    /// Silence.
    Silence,
    /// A tone, hertz.
    Tone(u32),
    /// Sound once, 8 kHz.
    Sound(Arc<[i16]>),
}

/// Everything that a call needs.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub account: Account,
    pub dial: Option<Dial>,
    pub deeds: Vec<Deed>,
    /// Keys go by SIP INFO.
    pub info: bool,
    pub voice: Voice,
    pub record: Option<PathBuf>,
    pub length: Option<Duration>,
}

/// Reads files and resolves the server.
///
/// # Errors
/// [`CommandError::Argument`], [`CommandError::File`], [`CommandError::Secrets`].
pub(crate) async fn setup(arguments: &Arguments) -> Result<Setup, CommandError> {
    let server = resolve(&arguments.server).await?;
    let bind = match arguments.bind {
        Some(bind) => bind,
        None => toward(server)?,
    };
    let account = Account {
        realm: arguments.domain.clone(),
        transport: if arguments.tcp { Transport::Tcp } else { Transport::Udp },
        bind,
        ..Account::new(&arguments.user, &password(arguments)?, server)
    };
    let dial = arguments.call.as_deref().map(|number| match &arguments.caller {
        Some(caller) => Dial::to(number).caller(caller),
        None => Dial::to(number),
    });
    let digits = arguments.digits.as_deref().unwrap_or_default();
    let deeds = deeds(digits).map_err(|(zh, en)| CommandError::argument("--digits", zh, en))?;
    let (info, record, length) = (arguments.info, arguments.record.clone(), arguments.length);
    Ok(Setup { account, dial, deeds, info, voice: voice(arguments)?, record, length })
}

async fn resolve(server: &str) -> Result<SocketAddr, CommandError> {
    let found = tokio::net::lookup_host(server).await.ok().and_then(|all| {
        let all: Vec<SocketAddr> = all.collect();
        all.iter().find(|a| a.is_ipv4()).or(all.first()).copied()
    });
    found.ok_or_else(|| {
        CommandError::argument(
            "--server",
            format!("找不到 {server:?}：请写 127.0.0.1:5060 或 名称:端口"),
            format!("{server:?} is not found: write 127.0.0.1:5060 or name:port"),
        )
    })
}

/// The address of this machine from which the server is reached. No packet is sent for it.
fn toward(server: SocketAddr) -> Result<IpAddr, CommandError> {
    let any: SocketAddr = if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any)?;
    socket.connect(server)?;
    Ok(socket.local_addr()?.ip())
}

fn password(arguments: &Arguments) -> Result<String, CommandError> {
    if let Some(path) = &arguments.password_file {
        let text = read(path)?;
        let text = String::from_utf8_lossy(&text).lines().next().unwrap_or_default().trim().to_owned();
        if text.is_empty() {
            return Err(CommandError::argument(
                "--password-file",
                "第一行是空的：请把密码写在第一行",
                "its first line is empty: write the password there",
            ));
        }
        return Ok(text);
    }
    let Some(path) = &arguments.secrets else { return Ok(String::new()) };
    if !path.is_file() {
        read(path)?;
    }
    // Nobody is to be given a password here: nothing is filled in, nothing written.
    let secrets = config::secrets::ensure(path, [], |_| Ok(()))?;
    let user = &arguments.user;
    secrets.get(user).map(str::to_owned).ok_or_else(|| {
        CommandError::argument(
            "--secrets",
            format!("文件里没有 {user} 的密码：请核对 --user"),
            format!("the file has no password for {user}: check --user"),
        )
    })
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|source| CommandError::File { path: path.to_owned(), source })
}

fn voice(arguments: &Arguments) -> Result<Voice, CommandError> {
    if let Some(hertz) = arguments.tone {
        return Ok(Voice::Tone(hertz));
    }
    let Some(path) = &arguments.play else { return Ok(Voice::Silence) };
    let samples = audio::wav::read(&read(path)?).map_err(|error| {
        let (path, error) = (path.display(), error.to_string());
        CommandError::argument("--play", format!("{path}：{error}"), format!("{path}: {error}"))
    })?;
    Ok(Voice::Sound(samples.into()))
}

/// Where the `n`-th call (from 0) is recorded: `heard.wav`, then `heard-2.wav`.
pub(crate) fn numbered(path: &Path, n: usize) -> PathBuf {
    if n == 0 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{stem}-{}{end}", n + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_calls_are_recorded_beside_the_first() {
        let path = Path::new("/tmp/heard.wav");
        assert_eq!(numbered(path, 0), path);
        assert_eq!(numbered(path, 1), Path::new("/tmp/heard-2.wav"));
        assert_eq!(numbered(Path::new("heard"), 2), Path::new("heard-3"));
    }
}
