//! What stood when the process died is found by the next one, and by a life beside it; nothing of it can be read in the files.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;

use sip::Flow;
use tempfile::TempDir;

use super::*;

fn standing(call: u64) -> Standing {
    Standing {
        call_id: format!("call-{call}"),
        local: "<sip:89000@h>;tag=ours".to_owned(),
        remote: "<sip:13800000000@town>;tag=theirs".to_owned(),
        number: 7,
        target: "sip:13800000000@192.0.2.9:5070".to_owned(),
        routes: Vec::new(),
        flow: Flow::udp("192.0.2.1:5060".parse().unwrap(), "192.0.2.9:5070".parse().unwrap()),
        pinned: false,
    }
}

fn place() -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().unwrap();
    let key = folder.path().join("hotline.key");
    key_file::save(&key, &Masters::first(&System::new()).unwrap()).unwrap();
    let dialogs = folder.path().join("dialogs");
    (folder, dialogs, key)
}

/// Tells the thread, and waits until it has taken all down.
async fn tell(dialogs: &Dialogs, news: Vec<News>) {
    let keep = dialogs.keep().unwrap();
    for one in news {
        assert!(keep(one));
    }
    assert_eq!(dialogs.adopt().await, []);
}

fn names(mut standing: Vec<Standing>) -> Vec<String> {
    standing.sort_by(|a, b| a.call_id.cmp(&b.call_id));
    standing.into_iter().map(|one| one.call_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stood_is_found_whole_and_sealed_and_what_ended_is_not() {
    let (_folder, place, key) = place();
    let (life, cut) = Dialogs::open(place.clone(), key.clone()).await;
    assert_eq!(cut, []);
    let stands = |call| (SessionId(call), Some(Box::new(standing(call))));
    let mut news: Vec<News> = (0..3_000).map(stands).collect();
    news.extend((0..2_998).map(|call| (SessionId(call), None)));
    for some in news.chunks(WAITING / 2) {
        tell(&life, some.to_vec()).await;
    }
    let mut files = 0;
    for file in fs::read_dir(place.join("0")).unwrap().flatten() {
        let bytes = fs::read(file.path()).unwrap();
        assert!(!bytes.windows(11).any(|some| some == b"13800000000"), "a number can be read on the disk");
        files += 1;
    }
    assert!(files < 8, "{files} files: what ended is not let go");
    life.close();
    let (life, cut) = Dialogs::open(place.clone(), key.clone()).await;
    assert_eq!(names(cut), ["call-2998", "call-2999"]);
    life.close();
    // The process died again before their BYE could be repeated: they are said again.
    let (life, cut) = Dialogs::open(place.clone(), key).await;
    assert_eq!(cut.len(), 2);
    life.close();
    // Another key opens nothing, and stops nobody.
    let other = place.with_file_name("other.key");
    key_file::save(&other, &Masters::first(&System::new()).unwrap()).unwrap();
    let (life, cut) = Dialogs::open(place, other).await;
    assert!(cut.is_empty() && life.keep().is_some());
    life.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lives_have_a_folder_each_and_the_living_one_takes_over_from_the_dead() {
    let (_folder, place, key) = place();
    let (first, _) = Dialogs::open(place.clone(), key.clone()).await;
    tell(&first, vec![(SessionId(1), Some(Box::new(standing(1))))]).await;
    let (second, cut) = Dialogs::open(place.clone(), key.clone()).await;
    assert_eq!(cut, [], "the first one lives");
    tell(&second, vec![(SessionId(1), Some(Box::new(standing(2))))]).await;
    first.close();
    assert_eq!(names(second.adopt().await), ["call-1"]);
    assert_eq!(second.adopt().await, [], "once");
    second.close();
    let (third, cut) = Dialogs::open(place, key).await;
    assert_eq!(names(cut), ["call-1", "call-2"]);
    third.close();
}

#[tokio::test]
async fn without_its_key_or_its_folder_the_house_goes_on() {
    let folder = TempDir::new().unwrap();
    let (life, cut) = Dialogs::open(folder.path().join("dialogs"), folder.path().join("hotline.key")).await;
    assert!(cut.is_empty() && life.keep().is_none());
    assert_eq!(life.adopt().await, []);
    life.close();
}

/// An upgrade each two seconds: each life before stays half a minute for its last transactions.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_lives_side_by_side_note_their_dialogs() {
    let (_folder, place, key) = place();
    let mut lives = Vec::new();
    for call in 0..20 {
        let (life, _) = Dialogs::open(place.clone(), key.clone()).await;
        assert!(life.keep().is_some(), "life {call} does without");
        tell(&life, vec![(SessionId(call), Some(Box::new(standing(call))))]).await;
        lives.push(life);
    }
    lives.drain(..).for_each(Dialogs::close);
    let (life, cut) = Dialogs::open(place, key).await;
    assert_eq!(cut.len(), 20);
    life.close();
}
