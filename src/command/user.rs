//! `hotline user`: accounts from the command line, for an admin who is locked out or whose phone with the codes is lost.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use access::{Password, Role, UserName};
use call::ids::Pii;
use store::{Account, AuditNote, Change, Hidden, Store};

use crate::command::text::{pad, print};
use crate::command::tongue::say;
use crate::command::{CommandError, Tongue, check};
use crate::first::draw;
use crate::record;
use crate::start::StartError;

/// What `hotline user` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub deed: Deed,
}

/// The deeds.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Deed {
    /// Tell all accounts
    List(ListArguments),
    /// Make an account; its password is asked, or read from stdin
    Add(AddArguments),
    /// Give an account a new password, take its second factor off, unlock it, end its sessions
    Reset(ResetArguments),
}

/// What `hotline user list` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct ListArguments {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// What `hotline user add` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct AddArguments {
    /// Name to sign in with: 2 to 32 small letters, digits and . - _
    pub name: String,
    /// operator, desk, supervisor, auditor or admin
    #[arg(long, value_name = "ROLE", default_value = "admin")]
    pub role: String,
    /// Staff number of staff.toml; operators and desks need one
    #[arg(long, value_name = "NUMBER")]
    pub staff: Option<String>,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// What `hotline user reset` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct ResetArguments {
    /// The account's name
    pub name: String,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// Does it, beside a house that runs or not. The first start of `hotline serve` must have made the store.
///
/// # Errors
/// [`CommandError::Argument`], [`CommandError::Faults`], [`CommandError::Start`] with the store's words.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    match arguments.deed {
        Deed::List(ListArguments { config }) => list(&config, tongue).await,
        Deed::Add(arguments) => add(arguments, tongue).await,
        Deed::Reset(arguments) => reset(arguments, tongue).await,
    }
}

/// The store of this configuration, and its staff numbers.
fn look(config: &Path, tongue: Tongue) -> Result<(Store, Vec<String>), CommandError> {
    let settings = check::load(config, tongue)?.settings;
    let staff = settings.staff.iter().map(|person| person.no.0.to_string()).collect();
    let store = Store::look(record::settings(&settings)?).map_err(StartError::from)?;
    Ok((store, staff))
}

async fn list(config: &Path, tongue: Tongue) -> Result<u8, CommandError> {
    let (store, _) = look(config, tongue)?;
    let mut text = String::new();
    for account in store.accounts().await.map_err(StartError::from)? {
        let staff = account.staff.unwrap_or_default();
        let locked = if account.locked { tongue.pick("已停用", "locked") } else { "" };
        let factor =
            if account.factor.is_some() { tongue.pick("有第二因素", "second factor") } else { "" };
        let row = [(account.name.as_str(), 34), (&account.role, 12), (&staff, 10), (factor, 14), (locked, 0)];
        let row: String = row.iter().map(|(word, columns)| pad(word, *columns)).collect();
        text.push_str(row.trim_end());
        text.push('\n');
    }
    if text.is_empty() {
        text = say!(tongue, "还没有账户。\n", "There is no account yet.\n");
    }
    print(&text)
}

async fn add(arguments: AddArguments, tongue: Tongue) -> Result<u8, CommandError> {
    let name = user_name(&arguments.name)?;
    let role = Role::parse(&arguments.role).filter(|role| Role::OF_ACCOUNTS.contains(role));
    let role = role.ok_or_else(|| {
        let words = Role::OF_ACCOUNTS.map(Role::word).join(", ");
        CommandError::argument("--role", format!("请写其中之一：{words}"), format!("write one of {words}"))
    })?;
    let (store, staff) = look(&arguments.config, tongue)?;
    let known = arguments.staff.as_ref().map_or(!role.needs_staff(), |no| staff.contains(no));
    if !known {
        let (zh, en) = ("请写 staff.toml 里的工号", "write a staff number of staff.toml");
        return Err(CommandError::argument("--staff", zh, en));
    }
    let password = hashed(&name, tongue)?;
    let now = now();
    let account = Account {
        name: name.as_str().to_owned(),
        shown: Pii::new(name.as_str()),
        role: role.word().to_owned(),
        staff: arguments.staff,
        password,
        password_at: now,
        must_change: true,
        factor: None,
        factor_step: None,
        locked: false,
        made_at: now,
        signed_in_at: None,
    };
    store.note(&line("user.added", &name, role.word())).await.map_err(StartError::from)?;
    if !store.add_account(&account).await.map_err(StartError::from)? {
        let (zh, en) = ("已有同名账户", "there is an account of this name already");
        return Err(CommandError::argument("NAME", zh, en));
    }
    print(&say!(
        tongue,
        "已建立账户 {name}；首次登录须修改密码。\n",
        "The account {name} is made; its password must be changed at the first sign-in.\n",
    ))
}

async fn reset(arguments: ResetArguments, tongue: Tongue) -> Result<u8, CommandError> {
    let name = user_name(&arguments.name)?;
    let (store, _) = look(&arguments.config, tongue)?;
    let known = store.account(name.as_str()).await.map_err(StartError::from)?.is_some();
    if !known {
        let (zh, en) =
            ("没有这个账户：见 hotline user list", "there is no such account: see `hotline user list`");
        return Err(CommandError::argument("NAME", zh, en));
    }
    let changes =
        [Change::GivenPassword(hashed(&name, tongue)?), Change::Factor(None), Change::Locked(false)];
    store.note(&line("user.reset", &name, "")).await.map_err(StartError::from)?;
    store.change_account(now(), name.as_str(), &changes).await.map_err(StartError::from)?;
    store.end_sittings(name.as_str(), None).await.map_err(StartError::from)?;
    print(&say!(
        tongue,
        "账户 {name} 已重置：新密码（登录后须修改），无第二因素，原有会话几秒内结束。\n",
        "The account {name} is reset: new password, to be changed at the next sign-in; no second factor; its sessions end within seconds.\n",
    ))
}

fn user_name(text: &str) -> Result<UserName, CommandError> {
    let zh = "用户名为 2 至 32 个小写字母、数字和 . - _，以字母或数字开头";
    UserName::parse(text).map_err(|why| CommandError::argument("NAME", zh, why.to_string()))
}

/// The hash of a password that was typed twice, or came by stdin.
fn hashed(name: &UserName, tongue: Tongue) -> Result<Hidden, CommandError> {
    let password = typed(tongue)?;
    let weak = |why: access::AccessError| {
        let zh = match why {
            access::AccessError::Weak(weakness) => weakness.zh(),
            other => other.to_string(),
        };
        CommandError::argument("password", zh, why.to_string())
    };
    password.judge(name).map_err(weak)?;
    let mut salt = [0; access::SALT_LENGTH];
    salt.iter_mut().zip(draw()?).for_each(|(salt, byte)| *salt = byte);
    access::hash(&password, salt).map(Hidden::new).map_err(weak)
}

fn typed(tongue: Tongue) -> Result<Password, CommandError> {
    if !io::stdin().is_terminal() {
        return line_of_stdin().map(Password::from);
    }
    let quiet = Quiet::new();
    let ask = |zh: &str, en: &str| {
        let mut out = io::stderr();
        write!(out, "{}", tongue.pick(zh, en))?;
        out.flush()?;
        let line = line_of_stdin();
        writeln!(out)?;
        line
    };
    let first = ask("新密码：", "New password: ")?;
    let second = ask("再输一次：", "Once more: ")?;
    drop(quiet);
    if first != second {
        let (zh, en) = ("两次输入不同", "the two were not the same");
        return Err(CommandError::argument("password", zh, en));
    }
    Ok(Password::from(first))
}

fn line_of_stdin() -> Result<String, CommandError> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A terminal that does not show what is typed, until this is dropped.
struct Quiet;

impl Quiet {
    fn new() -> Self {
        Self::echo("-echo");
        Self
    }

    /// Without `stty` the password is seen while it is typed; it is taken all the same.
    fn echo(word: &str) {
        let _ = Command::new("stty").arg(word).stdin(Stdio::inherit()).stderr(Stdio::null()).status();
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        Self::echo("echo");
    }
}

fn line(what: &str, name: &UserName, detail: &str) -> AuditNote {
    AuditNote {
        at: now(),
        who: "command-line".into(),
        role: Role::Admin.word().into(),
        what: what.into(),
        target: name.as_str().into(),
        source: "localhost".into(),
        detail: detail.into(),
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
