//! The first set-up and the trial: the tokens that let somebody in before there is any account.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use access::Token;
use api::FirstAdmin;
use config::settings::Settings;
use store::Store;

use crate::start::StartError;

/// Name of the set-up token's file, beside the access token's.
const NAME: &str = "setup-token";

/// 256 bits of the operating system's random source.
pub(crate) fn draw() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    crate::start::random(&mut bytes)?;
    Ok(bytes)
}

/// What lets the first admin in while there is no account: the token of an earlier start, or a new one.
///
/// # Errors
/// The store's, or a file that can't be written.
pub(crate) async fn first_admin(
    store: &Store,
    settings: &Settings,
) -> Result<Option<FirstAdmin>, StartError> {
    let file = settings.api.token.with_file_name(NAME);
    if store.has_accounts().await? {
        return Ok(None);
    }
    let token = tokio::task::spawn_blocking({
        let file = file.clone();
        move || read_or_make(&file)
    });
    let token = token.await.map_err(io::Error::other)?;
    let token = token.map_err(|source| StartError::SetupToken { file: file.clone(), source })?;
    Ok(Some(FirstAdmin { token, file }))
}

fn read_or_make(file: &Path) -> io::Result<Token> {
    match fs::read_to_string(file) {
        Ok(text) => {
            if let Some(token) = Token::parse(text.trim()) {
                return Ok(token);
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let token = Token::new(draw()?);
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    // Whole under its name or not at all, and never readable by others on the way.
    let draft = file.with_extension("new");
    let _ = fs::remove_file(&draft);
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    writeln!(out, "{}", token.reveal())?;
    out.sync_all()?;
    fs::rename(&draft, file)?;
    Ok(token)
}

/// The addresses of a configuration that other machines can reach; a trial has none.
pub(crate) fn reachable(settings: &Settings) -> Vec<SocketAddr> {
    let (sip, encrypted) = (&settings.sip, &settings.sip.encrypted);
    let all = [&sip.udp, &sip.tcp, &encrypted.tls, &encrypted.ws, &encrypted.wss, &settings.api.https];
    all.into_iter().flatten().filter(|at| !at.ip().is_loopback()).copied().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_token_is_made_once_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data/setup-token");
        let token = read_or_make(&file).unwrap();
        assert!(read_or_make(&file).unwrap().is(&token));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "not a token").unwrap();
        assert!(!read_or_make(&file).unwrap().is(&token));
        let left: Vec<_> = fs::read_dir(folder.path().join("data")).unwrap().collect();
        assert_eq!(left.len(), 1, "no draft is left");
    }
}
