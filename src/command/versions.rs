//! `hotline config`: versions of the configuration in the case store, what differs from them, and going back to one.

use std::path::{Path, PathBuf};

use config::FileSet;
use config::draft::{DraftError, Signed, Workbench};
use config::edit::differences;
use store::{Store, VersionLine};

use crate::command::text::{pad, print};
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue, check};
use crate::record;

/// What `hotline config` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// What to do with it.
    #[command(subcommand)]
    pub deed: Deed,
}

/// What can be done with versions.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Deed {
    /// List the versions, newest first
    Versions(Versions),
    /// Show how the files, or the draft, differ from a version
    Diff(Diff),
    /// Put a version's files back; SIGHUP takes them into use
    Restore(Restore),
}

/// What `hotline config versions` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Versions {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
    /// The case store [default: as hotline.toml says, else data/hotline.db beside the folder]
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
}

/// What `hotline config diff` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Diff {
    /// The version's number [default: the newest]
    #[arg(value_name = "VERSION")]
    pub version: Option<i64>,
    /// The draft that was begun at a screen, instead of the files
    #[arg(long)]
    pub draft: bool,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
    /// The case store [default: as hotline.toml says, else data/hotline.db beside the folder]
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
}

/// What `hotline config restore` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Restore {
    /// The version's number
    #[arg(value_name = "VERSION")]
    pub version: i64,
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
    /// The case store [default: as hotline.toml says, else data/hotline.db beside the folder]
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
}

/// Does it. The exit code: 0; of `diff` 1 when something differs.
///
/// # Errors
/// [`CommandError::Argument`] for a version that is not there, [`CommandError::Start`] for what the store says,
/// [`CommandError::Draft`].
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    match arguments.deed {
        Deed::Versions(asked) => {
            let store = look(&asked.config, asked.store)?;
            let versions = store.config_versions().await.map_err(away)?;
            print(&listed(&versions, tongue))
        }
        Deed::Diff(asked) => {
            let store = look(&asked.config, asked.store)?;
            let newest = store.config_versions().await.map_err(away)?.first().map(|v| v.id);
            let id = asked.version.or(newest).unwrap_or(0);
            let version = files(&store, id).await?;
            let bench = Workbench::at(asked.config);
            let draft =
                if asked.draft { Some(bench.draft()?.ok_or(DraftError::NoDraft)?.files) } else { None };
            let diff = differences(&version, &draft.unwrap_or_else(|| bench.files()));
            let text: String = diff.iter().map(|d| d.unified.as_str()).collect();
            print(&text).map(|_| if diff.is_empty() { 0 } else { FAILED })
        }
        Deed::Restore(asked) => {
            let store = look(&asked.config, asked.store)?;
            let version = files(&store, asked.version).await?;
            let (bench, _) = Workbench::open(&asked.config)?;
            let id = asked.version;
            let signed = Signed { author: "sip-config".to_owned(), comment: format!("version {id}") };
            if let Err(faults) = bench.check(&version) {
                return Err(check::tell(&faults, tongue));
            }
            bench.restore(&version, &signed)?;
            print(&say!(
                tongue,
                "文件已恢复为版本 {id}；向运行中的 hotline serve 发 SIGHUP 即启用。\n",
                "The files are those of version {id} again; SIGHUP to the running `hotline serve` takes them into use.\n"
            ))
        }
    }
}

/// The store beside a running house, also when the files have faults: then it is where it usually is.
fn look(dir: &Path, file: Option<PathBuf>) -> Result<Store, CommandError> {
    let settings = config::load(dir).ok().map(|checked| checked.settings);
    let beside = || dir.canonicalize().ok().and_then(|d| Some(d.parent()?.join("data/hotline.db")));
    let place = match (file, settings) {
        (None, Some(settings)) => record::settings(&settings)?,
        (file, settings) => {
            let node = settings.map_or("hotline-1".to_owned(), |s| s.node);
            store::Settings::beside(file.or_else(beside).unwrap_or_default(), node)
        }
    };
    Store::look(place).map_err(away)
}

fn away(why: store::StoreError) -> CommandError {
    CommandError::Start(why.into())
}

async fn files(store: &Store, id: i64) -> Result<FileSet, CommandError> {
    let mut files = FileSet::default();
    let texts = store.config_version(id).await.map_err(away)?.map(|(_, texts)| texts).unwrap_or_default();
    texts.into_iter().for_each(|(name, text)| files.set(name, text));
    if files == FileSet::default() {
        return Err(CommandError::argument(
            "VERSION",
            format!("没有版本 {id}，或当时没有保存文件；hotline config versions 列出全部版本"),
            format!(
                "there is no version {id}, or its files were not kept: `hotline config versions` lists all"
            ),
        ));
    }
    Ok(files)
}

fn listed(versions: &[VersionLine], tongue: Tongue) -> String {
    if versions.is_empty() {
        return tongue
            .pick(
                "还没有版本：启动一次 hotline serve 就有。\n",
                "No versions yet: the first `hotline serve` makes one.\n",
            )
            .to_owned();
    }
    let zone = calendar::Zone::default();
    let line = |v: &VersionLine| {
        let (date, millis) = zone.civil(v.at);
        let (hour, minute) = (millis / 3_600_000, millis / 60_000 % 60);
        let hash = v.hash.get(..12).unwrap_or(&v.hash);
        let at = format!("{date} {hour:02}:{minute:02}");
        format!("{:>5}  {at}  {hash}  {} {}", v.id, pad(&v.author, 16), v.comment).trim_end().to_owned()
            + "\n"
    };
    versions.iter().map(line).collect()
}
