//! `hotline keys`: the master key's versions and all data keys; renewing them while the house runs; what was destroyed, proved.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use store::Store;
use store::protected::{KeyLine, Proof};
use vault::machine::{System, key_file};
use vault::{Class, Locker, Masters, Month, VaultError};

use crate::command::privacy::{Beside, day};
use crate::command::text::{pad, print};
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue};
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
    /// List the versions of the master key, and all data keys
    List(List),
    /// Renew the master key and wrap the data keys by it; calls and recordings go on
    Rotate(Rotate),
    /// List what was destroyed, and prove it: the chain holds, and no key is in the store, beside the recordings or in the key file
    Proof(List),
}

/// What `hotline keys list` and `hotline keys proof` take.
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

/// Does it, beside a house that runs. The exit code: 0; 1 when a proof does not hold.
///
/// # Errors
/// [`CommandError::Faults`] of the configuration, [`CommandError::Keys`], [`CommandError::Start`] with the store's words.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let config = match &arguments.deed {
        Deed::List(asked) | Deed::Proof(asked) => &asked.config,
        Deed::Rotate(asked) => &asked.config,
    };
    let beside = Beside::open(config, tongue)?;
    let (file, locker) = (sound::key_file(&beside.settings), sound::locker(&beside.settings));
    let told = match arguments.deed {
        Deed::List(_) => {
            let of_store = beside.store.data_keys().await.map_err(Beside::away)?;
            listed(&file, &of_store, &locker, tongue)?
        }
        Deed::Rotate(Rotate { data: true, .. }) => {
            beside.note("key.renewed", "recordings", "").await?;
            another(&locker, this_month(), tongue)?
        }
        Deed::Rotate(Rotate { retire: true, .. }) => {
            beside.note("master.retired", "", "").await?;
            retired(&file, &beside.store, &locker, tongue).await?
        }
        Deed::Rotate(_) => {
            beside.note("master.renewed", "", "").await?;
            rotated(&file, &beside.store, &locker, tongue).await?
        }
        Deed::Proof(_) => {
            let (proof, left) = (beside.store.proof().await.map_err(Beside::away)?, locker.kept()?);
            let left: Vec<u64> = left.iter().map(|kept| kept.key.id.0).collect();
            let (holds, told) = proved(&proof, &left, tongue);
            print(&told)?;
            return Ok(if holds { 0 } else { FAILED });
        }
    };
    print(&told)
}

fn this_month() -> Month {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Month::of_utc_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn masters(file: &Path) -> Result<Masters, VaultError> {
    key_file::load(file)?.ok_or(VaultError::BadKeyFile("it is not there: the first `hotline serve` makes it"))
}

fn listed(file: &Path, of_store: &[KeyLine], locker: &Locker, tongue: Tongue) -> Result<String, VaultError> {
    let masters = masters(file)?;
    let versions: Vec<String> = masters.versions().map(|version| version.to_string()).collect();
    let (path, versions) = (file.display(), versions.join(" "));
    let mut out =
        say!(tongue, "主密钥 {path}，版本：{versions}\n", "Master key {path}, versions: {versions}\n");
    let head = tongue.pick(
        ["类别", "范围", "序号", "编号", "算法", "主密钥版本"],
        ["class", "scope", "no", "id", "algorithm", "master"],
    );
    let widths = [15, 9, 6, 18, 13, 0];
    let mut line = |cells: [&str; 6]| {
        let row: String = cells.iter().zip(widths).map(|(cell, width)| pad(cell, width)).collect();
        let _ = writeln!(out, "{}", row.trim_end());
    };
    line(head);
    for KeyLine { wrapped, .. } in of_store {
        let (scope, no, id) =
            (wrapped.scope.to_string(), wrapped.generation.to_string(), wrapped.id.to_string());
        let (class, master) = (class(wrapped.class, tongue), wrapped.master.to_string());
        line([class, &scope, &no, &id, wrapped.algorithm.word(), &master]);
    }
    for kept in locker.kept()? {
        let key = &kept.key;
        let (scope, no, id) = (key.scope.to_string(), key.generation.to_string(), key.id.to_string());
        line([class(key.class, tongue), &scope, &no, &id, key.algorithm.word(), &kept.master.to_string()]);
    }
    Ok(out)
}

/// What a key seals, in a word.
fn class(class: Class, tongue: Tongue) -> &'static str {
    let zh = match class {
        Class::Number => "号码",
        Class::Name => "姓名",
        Class::Case => "工单文字",
        Class::Staff => "工作人员",
        Class::Recording => "录音",
        Class::Configuration => "配置",
    };
    tongue.pick(zh, class.word())
}

/// Whether everything that is said to be destroyed is, and the words of it. `left`: the keys beside the recordings.
fn proved(proof: &Proof, left: &[u64], tongue: Tongue) -> (bool, String) {
    let mut out = String::new();
    for stone in &proof.stones {
        let (no, at, class, scope) = (stone.no, day(stone.at), class(stone.class, tongue), stone.scope);
        let (id, print, values, why) = (stone.key, &stone.fingerprint, stone.values, &stone.why);
        let _ = writeln!(out, "{no}  {at}  {class}  {scope}  {id}  {print}  {values}  {why}");
    }
    let count = proof.stones.len();
    if let Some(no) = proof.broken {
        out.push_str(&say!(
            tongue,
            "证明链在第 {no} 条断开：该条被改动或删除。\n",
            "The proofs are broken at {no}: one was changed or taken out.\n"
        ));
    }
    let risen = proof.stones.iter().map(|stone| stone.key).filter(|key| left.contains(&key.0));
    for key in proof.undead.iter().copied().chain(risen) {
        out.push_str(&say!(
            tongue,
            "数据密钥 {key} 声明已销毁，却仍在。\n",
            "Data key {key} is said to be destroyed and is there.\n"
        ));
    }
    for no in &proof.waiting {
        out.push_str(&say!(
            tongue,
            "第 {no} 条的秘密还在密钥文件里：下一次每日清理会取出。\n",
            "The secret of {no} is in the key file still: the next daily round takes it out.\n"
        ));
    }
    let holds = proof.holds() && !proof.stones.iter().any(|stone| left.contains(&stone.key.0));
    if holds {
        out.push_str(&say!(
            tongue,
            "{count} 条销毁证明全部成立：密钥不在库中、不在录音旁，也无法再由密钥文件得出。\n",
            "All {count} proofs hold: no such key is in the store or beside the recordings, and none can be had from the key file.\n"
        ));
    }
    (holds, out)
}

/// The new version is on disk before anything is wrapped by it; what a crash leaves unwrapped opens by the old one.
async fn rotated(
    file: &Path,
    store: &Store,
    locker: &Locker,
    tongue: Tongue,
) -> Result<String, CommandError> {
    let renewed = key_file::change(file, |masters| masters.renewed(&System::new()))?;
    let of_store = store.rewrap_keys().await.map_err(Beside::away)?;
    let (version, count, path) = (renewed.newest(), of_store + locker.rewrap()?, file.display());
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
async fn retired(
    file: &Path,
    store: &Store,
    locker: &Locker,
    tongue: Tongue,
) -> Result<String, CommandError> {
    let count = store.rewrap_keys().await.map_err(Beside::away)? + locker.rewrap()?;
    let retired = key_file::change(file, |masters| Ok(masters.retired()))?;
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

    #[tokio::test]
    async fn keys_are_listed_renewed_and_retired_beside_a_house_that_records() {
        let folder = tempfile::tempdir().unwrap();
        let (file, base) = (folder.path().join("hotline.key"), folder.path().join("recordings"));
        let locker = || Locker::new(file.clone(), &base, Some(Algorithm::Sm4Gcm));
        assert!(listed(&file, &[], &locker(), Tongue::En).unwrap_err().to_string().contains("not there"));
        fs::write(&file, [7; 32]).unwrap();
        fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        assert_eq!(listed(&file, &[], &locker(), Tongue::Zh).unwrap().lines().count(), 2, "no key yet");
        // The store's first opening wraps nothing by the secret from which hashes come.
        let at = store::Settings::beside(folder.path().join("hotline.db"), "hotline-1");
        let (store, _) = Store::open(at, 1_796_083_200_000).await.unwrap();
        assert_eq!(masters(&file).unwrap().versions().collect::<Vec<_>>(), [1, 2]);

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
        let told = rotated(&file, &store, &locker(), Tongue::En).await.unwrap();
        assert!(told.contains("version 3, 9 data keys"), "{told}");
        record("b");
        assert!(another(&locker(), Month::new(2026, 11).unwrap(), Tongue::Zh).unwrap().contains("2026-11"));
        record("c");
        let keys = [1, 2].map(|no| house.kept().unwrap().get(no - 1).unwrap().key.id);
        let of_store = store.data_keys().await.unwrap();
        let list = listed(&file, &of_store, &locker(), Tongue::En).unwrap();
        assert!(
            list.contains("versions: 1 2 3\n") && keys.iter().all(|id| list.contains(&id.to_string())),
            "{list}"
        );
        assert!(list.contains("2026-11  2     ") && list.contains("sm4-gcm      3\n"), "{list}");
        assert!(list.contains("number         2026-12  1 ") && list.contains("aes-256-gcm  3\n"), "{list}");
        assert!(retired(&file, &store, &locker(), Tongue::En).await.unwrap().contains("version 3 only"));
        let (holds, told) = proved(&store.proof().await.unwrap(), &[], Tongue::En);
        assert!(holds && told.contains("All 0 proofs hold"), "{told}");
        record("d");
        for name in ["a", "b", "c", "d"] {
            assert_eq!((heard(&house, name), heard(&locker(), name)), (name.to_owned(), name.to_owned()));
        }
        assert_eq!(masters(&file).unwrap().versions().collect::<Vec<_>>(), [3]);
    }
}
