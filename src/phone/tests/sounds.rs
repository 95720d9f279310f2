//! Tones, keys and files from one end to the other, heard there.

use std::time::Duration;

use audio::{tones, wav};

use super::{SOON, account, pair, soon, talk};
use crate::{Direction, Phone, TONE_PEAK, Transport};

#[tokio::test]
async fn each_hears_the_other_and_not_itself() {
    let pair = pair().await;
    pair.a.tone(700);
    pair.b.tone(1_100);
    pair.b.until_hears(&[700], &[1_100], SOON).await.unwrap();
    pair.a.until_hears(&[1_100], &[700], SOON).await.unwrap();
    let level = pair.b.heard(Duration::from_millis(200)).level(700);
    assert!((level - f32::from(TONE_PEAK)).abs() < 300.0, "{level}");
    pair.a.silence();
    pair.b.until_hears(&[], &[700, 1_100], SOON).await.unwrap();
    assert!(pair.a.hears(1_100) && !pair.b.hears(700));
}

#[tokio::test]
async fn phones_that_prefer_g_722_hear_what_is_above_4_khz() {
    use crate::Codec::{G722, Pcma};
    let wide = |user| crate::Account { codecs: vec![G722, Pcma], ..account(user, Transport::Udp) };
    let (alice, bob) = (Phone::start(wide("alice")).await.unwrap(), Phone::start(wide("bob")).await.unwrap());
    let (a, b) = talk(&alice, &bob).await;
    assert_eq!((a.codec(), b.codec()), (Some(G722), Some(G722)));
    a.tone(5_500);
    b.tone(1_100);
    b.until_hears(&[5_500], &[1_100, 2_500], SOON).await.unwrap();
    a.until_hears(&[1_100], &[5_500], SOON).await.unwrap();
    soon(a.digits("5#")).await.unwrap();
    b.until_pressed("5#", SOON).await.unwrap();
    // Another codec by re-INVITE, and back.
    soon(a.recode(&[Pcma])).await.unwrap();
    assert_eq!((a.codec(), b.codec()), (Some(Pcma), Some(Pcma)));
    b.until_hears(&[], &[5_500, 2_500], SOON).await.unwrap();
    a.tone(700);
    b.until_hears(&[700], &[1_100], SOON).await.unwrap();
    a.until_hears(&[1_100], &[700], SOON).await.unwrap();
    soon(b.recode(&[G722, Pcma])).await.unwrap();
    assert_eq!(
        (a.codec(), b.codec()),
        (Some(Pcma), Some(Pcma)),
        "the other end speaks nothing else any more"
    );
}

#[tokio::test]
async fn a_line_that_went_dead_is_silent_and_not_what_it_last_said() {
    let pair = pair().await;
    pair.a.tone(700);
    pair.b.until_hears(&[700], &[], SOON).await.unwrap();
    pair.a.go_dead();
    pair.b.until_hears(&[], &[700], SOON).await.unwrap();
    let sent = pair.a.stats().sent;
    pair.b.tone(900);
    pair.a.until_hears(&[900], &[], SOON).await.unwrap();
    assert!(pair.a.stats().sent <= sent + 1, "nothing goes out");
}

#[tokio::test]
async fn who_is_held_says_nothing() {
    let pair = pair().await;
    pair.a.tone(700);
    pair.b.tone(1_100);
    pair.a.until_hears(&[1_100], &[], SOON).await.unwrap();
    soon(pair.a.hold()).await.unwrap();
    pair.a.until_hears(&[], &[1_100], SOON).await.unwrap();
    pair.b.until_hears(&[700], &[], SOON).await.unwrap();
    soon(pair.a.unhold()).await.unwrap();
    pair.a.until_hears(&[1_100], &[], SOON).await.unwrap();
    assert_eq!(pair.b.direction(), Direction::SendRecv);
    assert_eq!(pair.a.stats().late, 0, "the pause was agreed on");
}

#[tokio::test]
async fn keys_arrive_once_each_by_both_ways() {
    let pair = pair().await;
    soon(pair.a.digits("12#")).await.unwrap();
    pair.b.until_pressed("12#", SOON).await.unwrap();
    soon(pair.b.digits("*00")).await.unwrap();
    pair.a.until_pressed("*00", SOON).await.unwrap();
    soon(pair.a.info_digits("9D")).await.unwrap();
    pair.b.until_pressed("12#9D", SOON).await.unwrap();
    assert!(soon(pair.a.digits("1x")).await.is_err());
    assert!(soon(pair.a.info_digits("x")).await.is_err());
}

#[tokio::test]
async fn a_file_arrives_whole_and_is_kept_as_a_file() {
    let pair = pair().await;
    let folder = tempfile::tempdir().unwrap();
    let (sent, kept) = (folder.path().join("sent.wav"), folder.path().join("kept.wav"));
    // Rising tones of 200 ms each: that none is missing and that they follow each other is seen by looking for each.
    let steps = [500u32, 800, 1_100, 1_400];
    let samples = steps.iter().flat_map(|hertz| tones::sine(*hertz as f32, 8_000, 1_600)).collect();
    crate::Heard { samples, rate: 8_000 }.save(&sent).unwrap();
    soon(pair.a.play_file(&sent)).await.unwrap();
    soon(pair.a.played()).await;
    pair.b.until_hears(&[], &steps, SOON).await.unwrap();
    pair.b.tape().save(&kept).unwrap();
    let heard = wav::read(&std::fs::read(&kept).unwrap()).unwrap();
    let start = heard.iter().position(|s| s.unsigned_abs() > 1_000).unwrap();
    for (i, hertz) in steps.iter().enumerate() {
        let piece = &heard[start + i * 1_600..][..1_600];
        let level = audio::ear::level(piece, *hertz as f32);
        assert!((7_000.0..9_000.0).contains(&level), "{hertz} Hz at {level}");
    }
}
