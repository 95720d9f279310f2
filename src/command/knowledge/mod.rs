//! `hotline knowledge`: takes files into the information base, sets its synonyms, and answers as the operators' screens do.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use config::Checked;
use config::draft::Signed;
use knowledge::import::{Encoding, Fault, Format, read};
use knowledge::{Synonyms, Why};
use store::{Store, StoreError};

use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue, check};
use crate::record;
use crate::start::{self, StartError};

/// What `hotline knowledge` takes.
#[derive(clap::Args, Clone, Debug)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub deed: Deed,
}

/// What can be done with the information base.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Deed {
    /// Take a file of entries in: CSV, JSON or Markdown; nothing is taken from a file with faults
    Import(Import),
    /// Take a file of synonyms in, in place of those that are there: one group a line
    Synonyms(Words),
    /// Search as the operators' screens do, and say why
    Search(Search),
}

/// What `hotline knowledge import` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Import {
    /// The file: .csv, .tsv, .json or .md
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Remove entries that the file does not have
    #[arg(long)]
    pub replace: bool,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Do nothing when the base has entries already
    #[arg(long)]
    pub if_empty: bool,
    /// How the characters are written: utf-8, or gb18030 as Excel in China saves CSV
    #[arg(long, value_name = "NAME", default_value = "utf-8")]
    pub encoding: String,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// What `hotline knowledge synonyms` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Words {
    /// The file: the words of a group apart by blanks
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Do nothing when there are synonyms already
    #[arg(long)]
    pub if_empty: bool,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// What `hotline knowledge search` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Search {
    /// Words, pinyin or its initials
    #[arg(value_name = "WORDS")]
    pub words: String,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// Does it and tells it on stdout. The exit code: 0, or 1 when nothing was taken or found.
///
/// # Errors
/// [`CommandError`].
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    match arguments.deed {
        Deed::Import(import) => take(import, tongue).await,
        Deed::Synonyms(words) => synonyms(words, tongue).await,
        Deed::Search(search) => look(search, tongue).await,
    }
}

async fn take(import: Import, tongue: Tongue) -> Result<u8, CommandError> {
    let (format, encoding) = kind(&import)?;
    let bytes = bytes(&import.file)?;
    let checked = check::load(&import.config, tongue)?;
    let store = store(&checked).await?;
    if import.if_empty && store.usage().await.map_err(StartError::from)?.entries > 0 {
        return Ok(0);
    }
    let codes = store.service_codes().await.map_err(StartError::from)?;
    let sheet = read(&bytes, format, encoding, &|code| codes.contains(code));
    if !sheet.faults.is_empty() {
        return print(&told(&sheet.faults, tongue)).map(|_| FAILED);
    }
    let done = store.import(now(), &who(), sheet.entries, import.replace, import.dry_run, &|_| {}).await;
    // One process imports once at a time.
    let done = done.map_err(StartError::from)?.unwrap_or_default();
    let (added, changed, removed, same) = (done.added, done.changed, done.removed, done.same);
    let text = if import.dry_run {
        say!(
            tongue,
            "将新增 {added} 条，更改 {changed} 条，删除 {removed} 条，不变 {same} 条；未写入。\n",
            "{added} would be added, {changed} changed, {removed} removed, {same} are the same; nothing was written.\n"
        )
    } else {
        say!(
            tongue,
            "新增 {added} 条，更改 {changed} 条，删除 {removed} 条，不变 {same} 条。\n",
            "{added} added, {changed} changed, {removed} removed, {same} were the same.\n"
        )
    };
    print(&text)
}

async fn synonyms(words: Words, tongue: Tongue) -> Result<u8, CommandError> {
    let text = String::from_utf8_lossy(&bytes(&words.file)?).into_owned();
    let synonyms =
        Synonyms::read(&text).map_err(|why| CommandError::argument("FILE", why.zh(), why.to_string()))?;
    let checked = check::load(&words.config, tongue)?;
    let store = store(&checked).await?;
    if words.if_empty && !store.synonyms().await.map_err(StartError::from)?.is_empty() {
        return Ok(0);
    }
    store.put_synonyms(&synonyms).await.map_err(StartError::from)?;
    let groups = synonyms.groups().len();
    print(&say!(tongue, "已写入 {groups} 组同义词。\n", "{groups} groups of synonyms were taken.\n"))
}

async fn look(search: Search, tongue: Tongue) -> Result<u8, CommandError> {
    let checked = check::load(&search.config, tongue)?;
    let store = store(&checked).await?;
    let hits = store.search(now(), &search.words, 10).await.map_err(StartError::from)?;
    if hits.is_empty() {
        return print(tongue.pick("没有找到。\n", "Nothing was found.\n")).map(|_| FAILED);
    }
    let why = |w: &Why| format!("{}={} {} {}", w.typed, w.found, w.how.word(), w.place.word());
    let line = |hit: &store::Hit| {
        let why = hit.why.iter().map(why).collect::<Vec<_>>().join(", ");
        let (service, desks) = (hit.service.as_deref().unwrap_or("-"), hit.desks.join(","));
        format!(
            "{:5.2}  {}  {service}  {desks}\n       {}\n       ({why})\n",
            hit.score, hit.title, hit.snippet
        )
    };
    print(&hits.iter().map(line).collect::<String>())
}

fn kind(import: &Import) -> Result<(Format, Encoding), CommandError> {
    let name = import.file.to_string_lossy();
    let format = Format::of_name(&name).ok_or_else(|| {
        CommandError::argument(
            "FILE",
            "文件须为 .csv、.tsv、.json 或 .md",
            "the file must be .csv, .tsv, .json or .md",
        )
    })?;
    let encoding = Encoding::of_name(&import.encoding).ok_or_else(|| {
        CommandError::argument("--encoding", "请写 utf-8 或 gb18030", "write utf-8 or gb18030")
    })?;
    Ok((format, encoding))
}

fn bytes(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|source| CommandError::File { path: path.to_owned(), source })
}

/// The store with the configuration's services in it: opened, or looked into beside a hotline that runs.
async fn store(checked: &Checked) -> Result<Store, CommandError> {
    let settings = record::settings(&checked.settings)?;
    match Store::open(settings.clone(), now()).await {
        Ok((store, _)) => {
            let signed = Signed { author: "sip-config".to_owned(), comment: String::new() };
            start::take_in(&store, checked, now(), signed).await.map_err(StartError::from)?;
            Ok(store)
        }
        Err(StoreError::InUse { .. } | StoreError::NodeInUse { .. }) => {
            Ok(Store::look(settings).map_err(StartError::from)?)
        }
        Err(other) => Err(StartError::from(other).into()),
    }
}

fn told(faults: &[Fault], tongue: Tongue) -> String {
    let line = |fault: &Fault| {
        let (row, words) = (fault.row, tongue.pick(&fault.zh, &fault.en));
        say!(tongue, "第 {row} 行：{words}\n", "row {row}: {words}\n")
    };
    let lines: String = faults.iter().map(line).collect();
    lines + tongue.pick("有错误，没有写入任何一条。\n", "Because of these faults nothing was written.\n")
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Whoever runs this, as the system knows them.
fn who() -> String {
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let name = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(set);
    format!("cli:{}", name.as_deref().unwrap_or("unknown"))
}
