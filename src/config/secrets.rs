//! Passwords of phones and trunks and the access token: made at the first start, kept outside git, for the owner's eyes.
//!
//! The file is TOML, one line a user: `"op1" = "..."`. A trunk's password comes from the carrier and is written by the
//! admin as `"trunk.NAME"`. [`ensure`] adds what is missing and leaves everything else as it is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::fault::{Faults, Spot, Text};
use crate::problem::{Kind, Problem};
use crate::rules;
use crate::settings::{Outputs, Trunk};
use crate::sheet;

/// Letters and digits that can't be taken for each other: 32, so that a random byte picks evenly.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// 20 characters of 5 bits.
const PASSWORD_LENGTH: usize = 20;
/// 40 characters of 5 bits.
const TOKEN_LENGTH: usize = 40;
/// What a secret for signatures begins with.
const SIGNING: &str = "whsec_";
/// 32 characters of 5 bits.
const SIGNING_LENGTH: usize = 32;
/// Shorter ones are refused, also those that an admin writes.
const SHORTEST: usize = 12;
const HEADING: &str = "# 话机密码，首次启动时生成；只供管理员本人查看，不要提交到 git。\n\
    # Passwords of the phones, made at the first start. For the admin only; never commit this file.\n";

/// Why secrets could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The file or its folder can't be read or written.
    #[error("{path}: {source}: let this program read and write it, or name another in hotline.toml")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{path} is no list of passwords ({what}): mend it, or move it away and let it be made anew")]
    Content {
        /// Which.
        path: PathBuf,
        /// What is wrong; never a password.
        what: String,
    },
}

/// Passwords by user. `Debug` shows how many.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// The password of a phone's user, or of a trunk as `trunk.NAME`.
    pub fn get(&self, user: &str) -> Option<&str> {
        self.0.get(user).map(String::as_str)
    }
}

/// Reads the secrets and makes a password for every user that has none. `fill` must fill its argument with bytes of
/// the operating system's random source. The file is replaced as a whole, mode 0600.
pub fn ensure<'a>(
    path: &Path,
    users: impl IntoIterator<Item = &'a str>,
    mut fill: impl FnMut(&mut [u8]) -> io::Result<()>,
) -> Result<Secrets, SecretsError> {
    let fail = |source| SecretsError::Io { path: path.to_owned(), source };
    let mut text = read(path).map_err(fail)?;
    let mut secrets = entries(&text)
        .map_err(|what| SecretsError::Content { path: path.to_owned(), what })?
        .into_iter()
        .collect::<BTreeMap<_, _>>();
    let mut added = false;
    for user in users {
        if !secrets.contains_key(user) {
            let password = random(PASSWORD_LENGTH, &mut fill).map_err(fail)?;
            if text.is_empty() {
                text.push_str(HEADING);
            } else if !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&format!("{user:?} = {password:?}\n"));
            secrets.insert(user.to_owned(), password);
            added = true;
        }
    }
    if added {
        replace(path, &text).map_err(fail)?;
    }
    Ok(Secrets(secrets))
}

/// Makes a secret for every subscriber that has none: `webhook.NAME`, in the form of Standard Webhooks. Reads all as [`ensure`] does.
///
/// # Errors
/// As [`ensure`].
pub fn ensure_webhooks<'a>(
    path: &Path,
    names: impl IntoIterator<Item = &'a str>,
    mut fill: impl FnMut(&mut [u8]) -> io::Result<()>,
) -> Result<Secrets, SecretsError> {
    let fail = |source| SecretsError::Io { path: path.to_owned(), source };
    let Secrets(mut secrets) = ensure(path, [], &mut fill)?;
    let mut text = read(path).map_err(fail)?;
    let before = secrets.len();
    for name in names {
        let user = format!("webhook.{name}");
        if let Entry::Vacant(free) = secrets.entry(user) {
            // The alphabet is one of base64 too: 32 characters are 24 bytes there.
            let secret = format!("{SIGNING}{}", random(SIGNING_LENGTH, &mut fill).map_err(fail)?);
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&format!("{:?} = {secret:?}\n", free.key()));
            free.insert(secret);
        }
    }
    if secrets.len() > before {
        replace(path, &text).map_err(fail)?;
    }
    Ok(Secrets(secrets))
}

/// Reads the access token, or makes one. A file with less than 12 characters is refused.
pub fn ensure_token(
    path: &Path,
    mut fill: impl FnMut(&mut [u8]) -> io::Result<()>,
) -> Result<String, SecretsError> {
    let fail = |source| SecretsError::Io { path: path.to_owned(), source };
    let token = read(path).map_err(fail)?.trim().to_owned();
    if token.is_empty() {
        let token = random(TOKEN_LENGTH, &mut fill).map_err(fail)?;
        replace(path, &format!("{token}\n")).map_err(fail)?;
        return Ok(token);
    }
    if token.len() < SHORTEST {
        let what = format!("a token has at least {SHORTEST} characters");
        return Err(SecretsError::Content { path: path.to_owned(), what });
    }
    Ok(token)
}

fn random(length: usize, fill: &mut impl FnMut(&mut [u8]) -> io::Result<()>) -> io::Result<String> {
    let mut bytes = vec![0; length];
    fill(&mut bytes)?;
    let letter = |byte: &u8| ALPHABET.get(usize::from(byte & 31)).copied().map_or('a', char::from);
    Ok(bytes.iter().map(letter).collect())
}

/// What isn't there reads as nothing.
fn read(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        other => other,
    }
}

/// Writes beside, then renames, so that a crash leaves the old or the new file and never half of one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    // A file left over from a crash keeps the mode that it had.
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// Users and passwords; the error never quotes the text, which would be a secret.
fn entries(text: &str) -> Result<Vec<(String, String)>, String> {
    let table = DeTable::parse(text).map_err(|e| e.message().to_owned())?;
    let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<toml::de::DeValue<'_>>)| {
        let user: &std::borrow::Cow<'_, str> = key.get_ref();
        let password = value.get_ref().as_str().ok_or_else(|| format!("{user:?} has no text"))?;
        Ok((user.to_string(), password.to_owned()))
    };
    table.get_ref().iter().map(entry).collect()
}

/// Checks the file where it is there: readable by its owner alone, no password that can be guessed, one for each trunk
/// that needs one. Its text takes index `file` among the files.
pub(crate) fn check(
    path: &Path,
    file: usize,
    (trunks, outputs): (&[Trunk], &Outputs),
    faults: &Faults,
) -> Option<Text> {
    let start = Spot { file, byte: 0 };
    let name = path.display().to_string();
    let needed: Vec<&Trunk> = trunks.iter().filter(|t| t.user.is_some()).collect();
    let there = fs::metadata(path);
    let sms = outputs.sms.as_ref().is_some_and(crate::settings::Sms::needs_secret);
    if there.is_err() && needed.is_empty() && !sms {
        return None;
    }
    if there.is_ok_and(|m| m.permissions().mode() & 0o077 != 0) {
        faults.add(start, rules::secret_readable(&name));
    }
    let text = match read(path) {
        Ok(text) => Text { file, name, text },
        Err(e) => {
            faults.add(start, Problem::file(&e.to_string()));
            return Some(Text { file, name, text: String::new() });
        }
    };
    let content = sheet::parse(&text, faults);
    let mut users = Vec::new();
    for (key, value) in content.get_ref() {
        let user: &str = key.get_ref();
        let spot = Spot { file, byte: value.span().start };
        match value.get_ref().as_str() {
            Some("") => faults.add(spot, rules::no_password(user)),
            Some(_) if is_given(user, trunks) => {}
            Some(secret) if user.starts_with("webhook.") => {
                if !is_signing(secret) {
                    faults.add(spot, rules::webhook_secret(user));
                }
            }
            Some(password) if weak(user, password) => faults.add(spot, rules::weak_password(user)),
            Some(_) => {}
            None => faults.add(spot, Problem::wrong_type(user, Kind::Text, value.get_ref().type_str())),
        }
        users.push(user.to_owned());
    }
    for trunk in needed.iter().filter(|t| !users.contains(&format!("trunk.{}", t.name))) {
        faults.add(start, rules::trunk_password(&trunk.name, &text.name));
    }
    if sms && !users.iter().any(|user| user == "sms") {
        faults.add(start, rules::sms_secret(&text.name));
    }
    drop(content);
    Some(text)
}

/// Chosen by somebody else, who decides how good it is: the carrier where we prove ourselves by it, Homer. Where a trunk proves
/// itself to us, it opens the way into the house.
fn is_given(user: &str, trunks: &[Trunk]) -> bool {
    matches!(user, "trace.hep" | "sms")
        || trunks.iter().any(|t| !t.digest && user.strip_prefix("trunk.") == Some(&*t.name))
}

/// Short, of one character, a well-known default, or holding the user's own name.
fn weak(user: &str, password: &str) -> bool {
    const DEFAULTS: [&str; 8] =
        ["password", "changeme", "default", "hotline", "123456", "qwerty", "admin", "secret"];
    let lower = password.to_lowercase();
    let one = password.chars().next().is_none_or(|first| password.chars().all(|c| c == first));
    password.chars().count() < SHORTEST
        || one
        || lower.contains(&user.to_lowercase())
        || DEFAULTS.iter().any(|d| lower.contains(d))
}

/// `whsec_` and base64 of 24 to 64 bytes.
fn is_signing(text: &str) -> bool {
    let base = text.strip_prefix(SIGNING).unwrap_or_default().trim_end_matches('=');
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
    (32..=86).contains(&base.len()) && base.bytes().all(fits)
}
