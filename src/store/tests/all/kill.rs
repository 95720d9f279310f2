//! A process that is killed in the middle: what it told is there, and every call has one record.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use call::CallId;
use store::{Server, Settings, Store, StoreAt, Told};

use crate::common::{NOW, folder, life, open, path, writer};

/// Set for the process that is to be killed: the store's file, and on a server the database's address.
const VICTIM: &str = "HOTLINE_STORE_VICTIM";
const VICTIM_URL: &str = "HOTLINE_STORE_VICTIM_URL";
/// Calls that go on at once.
const AT_ONCE: u32 = 20;
/// Killed after so many acknowledged calls, once each.
const MOMENTS: [usize; 6] = [1, 7, 40, 41, 90, 173];

/// The victim: writes calls without end, 20 at a time in turn, and says on its output what is on disk.
#[test]
fn victim() {
    let Ok(path) = std::env::var(VICTIM) else { return };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut settings = Settings::beside(PathBuf::from(path), "hotline-1");
        if let Ok(url) = std::env::var(VICTIM_URL) {
            settings.at = StoreAt::Server(Server::new(url, None));
        }
        let (store, _) = Store::open(settings, NOW).await.unwrap();
        let first = u32::try_from(store.counts().await.unwrap().calls).unwrap();
        let (writer, mut told) = writer(&store);
        for block in 0.. {
            let from = first + 1 + block * AT_ONCE;
            let mut lives: Vec<_> = (from..from + AT_ONCE).map(|n| life(n).into_iter()).collect();
            let mut acknowledged = 0;
            while lives.iter().map(ExactSizeIterator::len).sum::<usize>() > 0 {
                for entry in lives.iter_mut().filter_map(Iterator::next) {
                    writer.write(entry).unwrap();
                }
            }
            while acknowledged < AT_ONCE {
                if let Some(Told::OnDisk(call)) = told.recv().await {
                    println!("on disk {call}");
                    std::io::stdout().flush().unwrap();
                    acknowledged += 1;
                }
            }
        }
    });
}

#[test]
fn what_was_told_survives_a_kill() {
    let folder = folder();
    let path = path(&folder);
    let mut told: BTreeSet<CallId> = BTreeSet::new();
    for enough in MOMENTS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::victim", "--nocapture"])
            .env(VICTIM, &path)
            .envs(folder.url().map(|url| (VICTIM_URL, url)))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut heard = 0;
        while heard < enough {
            let line = lines.next().unwrap().unwrap();
            if let Some(call) = line.strip_prefix("on disk ") {
                told.insert(CallId::parse(call).unwrap());
                heard += 1;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it said before it died counts too.
        for line in lines.map_while(Result::ok) {
            told.extend(line.strip_prefix("on disk ").and_then(CallId::parse));
        }
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (store, opened) = open(&folder).await;
            assert_eq!(store.verify().await.unwrap(), []);
            let counts = store.counts().await.unwrap();
            assert_eq!((counts.open_calls, counts.final_events), (0, counts.calls));
            assert!(opened.interrupted.len() + opened.completed.len() <= AT_ONCE as usize * 20);
            for call in &told {
                assert!(store.call(*call).await.unwrap().is_some(), "{call} was told to be on disk");
            }
        });
    }
    assert!(told.len() > 300);
}
