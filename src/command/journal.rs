//! `hotline journal verify | replay`: looks through the journal in front of the case store, or brings what it holds into it.

use std::path::PathBuf;

use store::{JournalLook, Replayed, Store, StoreError};

use crate::command::text::print;
use crate::command::tongue::say;
use crate::command::{CommandError, FAILED, Tongue, check};
use crate::record;

/// What `hotline journal` takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Arguments {
    /// What to do with it.
    #[command(subcommand)]
    pub deed: Deed,
}

/// What can be done with the journal.
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Deed {
    /// Look through it beside a house that runs: whether each record is whole, and how many are not in the case store yet
    Verify(Place),
    /// Bring what it holds into the case store while no house runs, as each start does
    Replay(Place),
}

/// Where it is.
#[derive(clap::Args, Clone, Debug)]
pub struct Place {
    /// Folder of the configuration
    #[arg(long, value_name = "DIR", default_value = "sip-config")]
    pub config: PathBuf,
}

/// Does it. The exit code: 0 when everything is as it was written, else 1.
///
/// # Errors
/// [`CommandError::Faults`] of the configuration, [`CommandError::Start`] for what store and journal say.
pub async fn run(arguments: Arguments, tongue: Tongue) -> Result<u8, CommandError> {
    let (Deed::Verify(place) | Deed::Replay(place)) = &arguments.deed;
    let checked = config::load(&place.config).map_err(|faults| check::tell(&faults, tongue))?;
    let settings = record::settings(&checked.settings)?;
    let away = |why: StoreError| CommandError::Start(why.into());
    let (words, sound) = match arguments.deed {
        Deed::Verify(_) => {
            let store = Store::look(settings).map_err(away)?;
            let found = store.look_journal().await.map_err(away)?;
            store.close().await;
            (looked(&found, tongue), found.iter().all(JournalLook::is_sound))
        }
        Deed::Replay(_) => {
            let replayed = Store::replay(settings).await.map_err(away)?;
            (brought(&replayed, tongue), replayed.words.is_empty())
        }
    };
    print(&words)?;
    Ok(if sound { 0 } else { FAILED })
}

fn brought(replayed: &Replayed, tongue: Tongue) -> String {
    let Replayed { records, words } = replayed;
    let first = say!(
        tongue,
        "已把 {records} 条记录补入工单库。\n",
        "{records} records were brought into the case store.\n"
    );
    words.iter().fold(first, |all, line| all + line + "\n")
}

fn looked(found: &[JournalLook], tongue: Tongue) -> String {
    if found.is_empty() {
        return tongue
            .pick("还没有日志：第一次启动时生成。\n", "There is no journal yet: the first start makes it.\n")
            .to_owned();
    }
    found.iter().map(|look| folder(look, tongue)).collect()
}

fn folder(look: &JournalLook, tongue: Tongue) -> String {
    let JournalLook { folder, taken, records, behind, damaged, unreadable, foreign, reserve } = look;
    let (folder, mib) = (folder.display(), reserve >> 20);
    let used = match (taken, tongue) {
        (true, Tongue::Zh) => "，正在使用",
        (true, Tongue::En) => ", in use",
        (false, _) => "",
    };
    let waiting = match behind {
        Some(behind) => {
            say!(tongue, "{behind} 条待补入工单库", "{behind} of them are not in the case store yet")
        }
        None => tongue
            .pick(
                "工单库读不到，不知补入了多少",
                "how many are in the case store is not known: it can't be asked",
            )
            .to_owned(),
    };
    let mut words = say!(
        tongue,
        "{folder}{used}：{records} 条记录，{waiting}；预留 {mib} MiB。\n",
        "{folder}{used}: {records} records, {waiting}; {mib} MiB in reserve.\n"
    );
    for (from, to) in damaged {
        words += &say!(
            tongue,
            "  第 {from} 至 {to} 条在磁盘上损坏，已丢失：请检查这块磁盘。\n",
            "  records {from} to {to} are damaged on the disk, and lost: see to that disk.\n"
        );
    }
    if *unreadable > 0 {
        words += &say!(
            tongue,
            "  {unreadable} 条打不开：密钥不对、被改动，或由别的版本写入。\n",
            "  {unreadable} records don't open: another key, changed, or written by another version.\n"
        );
    }
    for name in foreign {
        words += &say!(
            tongue,
            "  {name} 属于另一份日志：请移走。\n",
            "  {name} is of another journal: move it away.\n"
        );
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> JournalLook {
        JournalLook {
            folder: PathBuf::from("data/journal/1"),
            taken: true,
            records: 41,
            behind: Some(7),
            damaged: Vec::new(),
            unreadable: 0,
            foreign: Vec::new(),
            reserve: 64 << 20,
        }
    }

    #[test]
    fn a_sound_journal_is_one_line() {
        let (zh, en) = (folder(&look(), Tongue::Zh), folder(&look(), Tongue::En));
        assert_eq!(
            en,
            "data/journal/1, in use: 41 records, 7 of them are not in the case store yet; 64 MiB in reserve.\n"
        );
        assert_eq!(zh, "data/journal/1，正在使用：41 条记录，7 条待补入工单库；预留 64 MiB。\n");
        assert!(look().is_sound());
    }

    #[test]
    fn each_fault_has_a_line_of_its_own() {
        let bad = JournalLook {
            behind: None,
            damaged: vec![(3, 5)],
            unreadable: 2,
            foreign: vec!["x.journal".to_owned()],
            ..look()
        };
        let (zh, en) = (folder(&bad, Tongue::Zh), folder(&bad, Tongue::En));
        assert_eq!((zh.lines().count(), en.lines().count()), (4, 4), "{zh}{en}");
        assert!(
            en.contains("records 3 to 5") && en.contains("2 records don't open") && en.contains("x.journal")
        );
        assert!(zh.contains("第 3 至 5 条") && !bad.is_sound());
    }
}
