//! `hotline keys`: the master key's versions and the data keys of the recordings; renewing them while the house runs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use vault::machine::{System, key_file};
use vault::{Locker, Masters, Month, VaultError};

use crate::command::text::{pad, print};
use crate::command::tongue::say;
use crate::command::{CommandError, Tongue, check};
use crate::sound;

/// What `hotline keys` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// What to do with them.
    #[command(subcommand)]
    pub deed: Deed,
}

/// What can be done with keys.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Deed {
    /// List the versions of the master key, and the data keys of the recordings
    List(List),
    /// Renew the master key and wrap the data keys by it; calls and recordings go on
    Rotate(Rotate),
}

/// What `hotline keys list` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct List {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// What `hotline keys rotate` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Rotate {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
    /// A new data key for the recordings of this month instead, used at once
    #[arg(long, conflicts_with = "retire")]
    pub data: bool,
    /// Take the older versions of the master key out of the key file: copies of the data keys from before don't open any more
    #[arg(long)]
    pub retire: bool,
}

/// Does it. The exit code: 0.
///
/// # Errors
/// [`CommandError::Faults`] of the configuration, [`CommandError::Keys`].
pub fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let config = match &arguments.deed {
        Deed::List(asked) => &asked.config,
        Deed::Rotate(asked) => &asked.config,
    };
    let checked = config::load(config).map_err(|faults| check::tell(&faults, tongue))?;
    let (file, locker) = (sound::key_file(&checked.settings), sound::locker(&checked.settings));
    let told = match arguments.deed {
        Deed::List(_) => listed(&file, &locker, tongue),
        Deed::Rotate(Rotate { data: true, .. }) => another(&locker, this_month(), tongue),
        Deed::Rotate(Rotate { retire: true, .. }) => retired(&file, &locker, tongue),
        Deed::Rotate(_) => rotated(&file, &locker, tongue),
    };
    print(&told?)
}

fn this_month() -> Month {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Month::of_utc_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn masters(file: &Path) -> Result<Masters, VaultError> {
    key_file::load(file)?.ok_or(VaultError::BadKeyFile("it is not there: the first `hotline serve` makes it"))
}

fn listed(file: &Path, locker: &Locker, tongue: Tongue) -> Result<String, VaultError> {
    let masters = masters(file)?;
    let versions: Vec<String> = masters.versions().map(|version| version.to_string()).collect();
    let (path, versions) = (file.display(), versions.join(" "));
    let mut out =
        say!(tongue, "主密钥 {path}，版本：{versions}\n", "Master key {path}, versions: {versions}\n");
    let kept = locker.kept()?;
    if kept.is_empty() {
        out.push_str(tongue.pick("录音还没有数据密钥。\n", "There are no data keys of recordings yet.\n"));
        return Ok(out);
    }
    let head = tongue
        .pick(["月份", "序号", "编号", "算法", "主密钥版本"], ["month", "no", "id", "algorithm", "master"]);
    let widths = [9, 6, 18, 13, 0];
    let mut line = |cells: [&str; 5]| {
        let row: String = cells.iter().zip(widths).map(|(cell, width)| pad(cell, width)).collect();
        let _ = writeln!(out, "{}", row.trim_end());
    };
    line(head);
    for kept in kept {
        let key = &kept.key;
        let (scope, no, id) = (key.scope.to_string(), key.generation.to_string(), key.id.to_string());
        line([&scope, &no, &id, key.algorithm.word(), &kept.master.to_string()]);
    }
    Ok(out)
}

/// The new version is on disk before anything is wrapped by it; what a crash leaves unwrapped opens by the old one.
fn rotated(file: &Path, locker: &Locker, tongue: Tongue) -> Result<String, VaultError> {
    let renewed = masters(file)?.renewed(&System::new())?;
    key_file::save(file, &renewed)?;
    let (version, count, path) = (renewed.newest(), locker.rewrap()?, file.display());
    Ok(say!(
        tongue,
        "主密钥已更新为版本 {version}，{count} 个数据密钥已重新包裹；通话和录音照常。请立即备份 {path}。\n",
        "The master key is at version {version}, {count} data keys are wrapped by it; calls and recordings go on. Back up {path} now.\n"
    ))
}

fn another(locker: &Locker, month: Month, tongue: Tongue) -> Result<String, VaultError> {
    let id = locker.renew(month)?;
    Ok(say!(
        tongue,
        "{month} 的录音从现在起用数据密钥 {id}；以前的录音照常可听。\n",
        "Recordings of {month} are sealed by data key {id} from now on; those of before stay readable.\n"
    ))
}

/// Nothing is taken out while a data key needs it.
fn retired(file: &Path, locker: &Locker, tongue: Tongue) -> Result<String, VaultError> {
    let count = locker.rewrap()?;
    let retired = masters(file)?.retired();
    key_file::save(file, &retired)?;
    let (version, path) = (retired.newest(), file.display());
    Ok(say!(
        tongue,
        "{count} 个数据密钥已重新包裹；主密钥只剩版本 {version}。请备份 {path}，旧的备份随旧数据密钥一起保存或销毁。\n",
        "{count} data keys were wrapped anew; the master key has version {version} only. Back up {path}; keep or destroy older copies of it together with copies of the data keys of that time.\n"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::{self, File};
    use std::io::{Read, Write};

    use vault::Algorithm;

    use super::*;

    #[test]
    fn keys_are_listed_renewed_and_retired_beside_a_house_that_records() {
        let folder = tempfile::tempdir().unwrap();
        let (file, base) = (folder.path().join("hotline.key"), folder.path().join("recordings"));
        let locker = || Locker::new(file.clone(), &base, Some(Algorithm::Sm4Gcm));
        assert!(listed(&file, &locker(), Tongue::En).unwrap_err().to_string().contains("not there"));
        fs::write(&file, [7; 32]).unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert!(listed(&file, &locker(), Tongue::Zh).unwrap().contains("还没有数据密钥"));

        // The house, which runs all the time.
        let house = locker();
        let day = base.join("2026-11-30");
        fs::create_dir_all(&day).unwrap();
        let record = |name: &str| {
            let path = day.join(name);
            let mut blocks = house.blocks(&path, File::create(&path).unwrap()).unwrap();
            blocks.write_all(name.as_bytes()).unwrap();
            blocks.finish().unwrap();
        };
        let heard = |locker: &Locker, name: &str| {
            let mut text = String::new();
            locker.open(&day.join(name)).unwrap().read_to_string(&mut text).unwrap();
            text
        };
        record("a");
        assert!(rotated(&file, &locker(), Tongue::En).unwrap().contains("version 2, 1 data keys"));
        record("b");
        assert!(another(&locker(), Month::new(2026, 11).unwrap(), Tongue::Zh).unwrap().contains("2026-11"));
        record("c");
        let keys = [1, 2].map(|no| house.kept().unwrap().get(no - 1).unwrap().key.id);
        let list = listed(&file, &locker(), Tongue::En).unwrap();
        assert!(
            list.contains("versions: 1 2\n") && keys.iter().all(|id| list.contains(&id.to_string())),
            "{list}"
        );
        assert!(list.contains("2026-11  2     ") && list.contains("sm4-gcm      2\n"), "{list}");
        assert!(retired(&file, &locker(), Tongue::En).unwrap().contains("version 2 only"));
        record("d");
        for name in ["a", "b", "c", "d"] {
            assert_eq!((heard(&house, name), heard(&locker(), name)), (name.to_owned(), name.to_owned()));
        }
        assert_eq!(masters(&file).unwrap().versions().collect::<Vec<_>>(), [2]);
    }
}
