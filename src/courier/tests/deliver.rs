//! Events: in order, at least once, under the same id; what is refused, put off, paused and replayed.

use std::sync::Arc;

use papers::events::{Secret, verify};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::receiver::{Receiver, Reply};
use super::{House, SECRET, SOURCE, hook, round, until};
use crate::hook::Round;
use crate::wait::wait;
use crate::{Setup, start};

fn ids(range: std::ops::RangeInclusive<i64>) -> Vec<String> {
    range.map(|pos| format!("event-{pos}")).collect()
}

#[tokio::test]
async fn events_go_in_order_signed_over_one_connection() {
    let (mut house, receiver) = (House::new().await, Receiver::new(&[Reply::Status(200)]).await);
    let mut server = house.server(&receiver.url(), &[]).await;
    assert_eq!(round(&mut server).await, Round::Idle);
    house.happen(70).await;
    assert_eq!(round(&mut server).await, Round::More);
    assert_eq!(house.subscriber().await.acked, 64, "a round is bounded");
    assert_eq!(round(&mut server).await, Round::More);
    assert_eq!(round(&mut server).await, Round::Idle);
    assert_eq!(receiver.ids(), ids(1..=70));
    assert_eq!(receiver.connections(), 1);
    let secret = Secret::read(SECRET).unwrap();
    for (came, pos) in receiver.came().iter().zip(1..) {
        assert_eq!(came.head, "POST /hook?x=1 HTTP/1.1");
        assert_eq!(came.headers["content-type"], "application/cloudevents+json; charset=utf-8");
        assert_eq!(came.headers["host"], receiver.at.to_string());
        let (id, sent) = (&came.headers["webhook-id"], came.headers["webhook-timestamp"].parse().unwrap());
        assert!(verify(
            &secret,
            (id, sent, &came.headers["webhook-signature"]),
            came.body.as_bytes(),
            house.at() / 1_000
        ));
        let event: Value = serde_json::from_str(&came.body).unwrap();
        assert_eq!((event["id"].as_str(), event["source"].as_str()), (Some(id.as_str()), Some(SOURCE)));
        assert_eq!(event["sequence"], format!("{pos:019}"));
    }
}

#[tokio::test]
async fn a_new_subscriber_hears_of_what_comes_and_only_of_what_it_wants() {
    let (mut house, receiver) = (House::new().await, Receiver::new(&[Reply::Status(200)]).await);
    house.happen(3).await;
    let mut server = house.server(&receiver.url(), &["hotline.promise.*", "hotline.case.received"]).await;
    for kind in
        ["hotline.case.moved", "hotline.promise.kept", "hotline.case.received", "hotline.case.received2"]
    {
        house.happens(kind, "x", serde_json::json!({})).await;
    }
    assert_eq!(round(&mut server).await, Round::More);
    assert_eq!(receiver.ids(), ["event-5", "event-6"]);
    assert_eq!(house.subscriber().await.acked, 7, "what it does not want is behind it too");
}

#[tokio::test]
async fn a_crash_between_delivery_and_note_delivers_again_under_the_same_id() {
    let house = &mut House::new().await;
    let receiver = Receiver::new(&[Reply::Status(200), Reply::Status(200), Reply::Silence]).await;
    let mut server = house.server(&receiver.url(), &[]).await;
    house.happen(4).await;
    // Cut off while the third is under way: two were taken, nothing was noted.
    let stop = CancellationToken::new();
    {
        let mut cut = Box::pin(server.round(&stop));
        until(async || {
            let polled =
                std::future::poll_fn(|cx| std::task::Poll::Ready(cut.as_mut().poll(cx).is_pending())).await;
            assert!(polled, "the third is never answered");
            receiver.came().len() == 3
        })
        .await;
    }
    assert_eq!(house.subscriber().await.acked, 0);
    let before = receiver.came();
    receiver.reply(&[Reply::Status(200)]);
    let mut again = house.server(&receiver.url(), &[]).await;
    assert_eq!(round(&mut again).await, Round::More);
    let after = receiver.came().split_off(3);
    assert_eq!(receiver.ids()[3..], ids(1..=4));
    for (first, second) in before.iter().zip(&after) {
        assert_eq!(
            (&first.headers["webhook-id"], &first.body),
            (&second.headers["webhook-id"], &second.body)
        );
    }
}

#[tokio::test]
async fn a_receiver_that_is_down_is_tried_ever_more_rarely_and_gets_all_when_it_is_up() {
    let (mut house, receiver) = (House::new().await, Receiver::new(&[Reply::Status(503)]).await);
    let mut server = house.server(&receiver.url(), &[]).await;
    house.happen(3).await;
    let mut waits = Vec::new();
    for tries in 1..=14 {
        let Round::Until(at) = round(&mut server).await else { panic!("it waits") };
        assert_eq!(receiver.came().len(), tries, "one try at a time");
        assert_eq!(round(&mut server).await, Round::Until(at), "nothing before its time");
        assert_eq!(receiver.came().len(), tries);
        waits.push(at - house.at());
        let row = house.subscriber().await;
        assert_eq!(
            (row.tries, row.acked, row.last_error.as_deref()),
            (u32::try_from(tries).unwrap(), 0, Some("HTTP 503"))
        );
        house.later(at - house.at());
    }
    assert!((1_500..=2_500).contains(&waits[0]) && (3_000..=5_000).contains(&waits[1]), "{waits:?}");
    assert!(waits[13] <= 3_600_000 && waits[13] >= 2_700_000, "{waits:?}");
    receiver.reply(&[Reply::Status(200)]);
    assert_eq!(round(&mut server).await, Round::More);
    assert_eq!(receiver.ids()[14..], ids(1..=3));
    let row = house.subscriber().await;
    assert_eq!((row.tries, row.acked, row.last_error), (0, 3, None));
}

#[tokio::test]
async fn what_breaks_off_is_tried_again_on_another_connection() {
    let (mut house, receiver) = (House::new().await, Receiver::new(&[Reply::Status(200), Reply::Hang]).await);
    let mut server = house.server(&receiver.url(), &[]).await;
    house.happen(3).await;
    let Round::Until(at) = round(&mut server).await else { panic!("it waits") };
    assert_eq!((house.subscriber().await.acked, receiver.ids()), (1, ids(1..=2)));
    receiver.reply(&[Reply::Status(200)]);
    house.later(at - house.at());
    assert_eq!(round(&mut server).await, Round::More);
    assert_eq!(receiver.ids()[2..], ids(2..=3));
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let with = |value: &str| [Reply::With(429, "Retry-After", value.to_owned())];
    let (mut house, receiver) = (House::new().await, Receiver::new(&with("600")).await);
    let mut server = house.server(&receiver.url(), &[]).await;
    house.happen(1).await;
    assert_eq!(round(&mut server).await, Round::Until(house.at() + 600_000));
    house.later(600_000);
    receiver.reply(&with("99999999999"));
    assert_eq!(round(&mut server).await, Round::Until(house.at() + 86_400_000), "a day at most");
    house.later(86_400_000);
    receiver.reply(&with("Mon, 12 Oct 2020 02:00:00 GMT"));
    let Round::Until(at) = round(&mut server).await else { panic!("it waits") };
    assert!(at - house.at() < 20_000, "a date that is past asks for nothing");
}

#[tokio::test]
async fn what_is_refused_is_counted_and_the_next_one_goes() {
    let replies = [Reply::Status(400), Reply::Status(200), Reply::Status(404), Reply::Status(200)];
    let (mut house, receiver) = (House::new().await, Receiver::new(&replies).await);
    let mut server = house.server(&receiver.url(), &[]).await;
    house.happen(4).await;
    assert_eq!(round(&mut server).await, Round::More);
    assert_eq!(receiver.ids(), ids(1..=4));
    let row = house.subscriber().await;
    assert_eq!((row.acked, row.refused, row.tries), (4, 2, 0));
    house.happen(1).await;
    receiver.reply(&[Reply::With(302, "Location", "http://127.0.0.1:1/".to_owned())]);
    assert!(matches!(round(&mut server).await, Round::Until(_)), "a redirect is neither followed nor taken");
    assert!(house.subscriber().await.last_error.unwrap().contains("redirects are not followed"));
}

#[tokio::test]
async fn gone_pauses_until_a_replay() {
    let (mut house, receiver) = (House::new().await, Receiver::new(&[Reply::Status(410)]).await);
    let mut server = house.server(&receiver.url(), &[]).await;
    house.happen(2).await;
    assert_eq!(round(&mut server).await, Round::Until(i64::MAX));
    house.later(365 * 86_400_000);
    assert_eq!(round(&mut server).await, Round::Until(i64::MAX));
    assert_eq!(receiver.came().len(), 1);
    receiver.reply(&[Reply::Status(200)]);
    assert!(house.store.send_again(house.at(), "a", 2).await.unwrap());
    assert_eq!(round(&mut server).await, Round::More);
    assert_eq!(receiver.ids()[1..], ids(1..=2), "nothing that it has not taken is left out");
}

#[tokio::test]
async fn a_replay_delivers_again_from_a_place() {
    let (mut house, receiver) = (House::new().await, Receiver::new(&[Reply::Status(200)]).await);
    let mut server = house.server(&receiver.url(), &[]).await;
    house.happen(5).await;
    round(&mut server).await;
    let back = async |from| {
        house.later(1);
        house.store.send_again(house.at(), "a", from).await.unwrap()
    };
    assert!(back(3).await);
    round(&mut server).await;
    assert_eq!(receiver.ids()[5..], ids(3..=5));
    let before = house.subscriber().await;
    assert!(back(99).await && house.subscriber().await.acked == 5, "not further on than it has come");
    assert!(!house.store.send_again(house.at(), "nobody", 0).await.unwrap());
    // Sent back, to this very place or another, while a delivery was under way: what that says of its progress no longer counts.
    assert!(!house.store.acknowledge(house.at(), &before, 6, 0).await.unwrap());
    assert!(back(1).await);
    assert!(!house.store.acknowledge(house.at(), &before, 6, 0).await.unwrap());
    house.store.put_off(house.at(), &before, i64::MAX, "late").await.unwrap();
    let after = house.subscriber().await;
    assert_eq!((after.acked, after.tries, after.last_error), (0, 0, None));
}

/// Sends back to a place while the third of six events is under way behind four that were taken; what was posted.
async fn sent_back_amidst(from: i64) -> (Vec<String>, i64) {
    let mut replies = vec![Reply::Status(200); 6];
    replies.extend([Reply::Held(200), Reply::Status(200)]);
    let (mut house, receiver) = (House::new().await, Receiver::new(&replies).await);
    let mut server = house.server(&receiver.url(), &[]).await;
    // Of two calls in turn.
    for no in 0..10 {
        house.happens("hotline.call.ended", ["call-a", "call-b"][no % 2], serde_json::json!({})).await;
        if no == 3 {
            assert_eq!(round(&mut server).await, Round::More);
        }
    }
    let delivering = tokio::spawn(async move { while round(&mut server).await == Round::More {} });
    until(async || receiver.came().len() == 7).await;
    house.later(1);
    assert!(house.store.send_again(house.at(), "a", from).await.unwrap());
    receiver.let_go();
    delivering.await.unwrap();
    (receiver.ids(), house.subscriber().await.acked)
}

#[tokio::test]
async fn a_replay_amidst_a_delivery_has_each_event_once_and_in_order() {
    for from in [1, 3, 5, 9] {
        let (posted, acked) = sent_back_amidst(from).await;
        let (before, replayed) = posted.split_at(7);
        // The one that was under way was posted before it could be known; everything behind it comes with the replay alone,
        // and nothing that was not noted as taken is left out.
        assert_eq!(
            (before, replayed, acked),
            (&ids(1..=7)[..], &ids(from.min(5)..=10)[..], 10),
            "from {from}"
        );
    }
}

#[tokio::test]
async fn a_replay_ends_a_pause_wherever_it_begins() {
    let (mut house, receiver) =
        (House::new().await, Receiver::new(&[Reply::Status(200), Reply::Status(410)]).await);
    let mut server = house.server(&receiver.url(), &[]).await;
    house.happen(3).await;
    assert_eq!(round(&mut server).await, Round::Until(i64::MAX));
    receiver.reply(&[Reply::Status(200)]);
    // From where it stands: nothing is sent twice, and it goes on.
    assert!(house.store.send_again(house.at(), "a", 2).await.unwrap());
    assert_eq!(round(&mut server).await, Round::More);
    assert_eq!(
        receiver.ids(),
        ["event-1", "event-2", "event-2", "event-3"],
        "the second was refused with 410"
    );
}

#[tokio::test]
async fn what_is_forgotten_leaves_the_newest_so_that_places_go_on() {
    let mut house = House::new().await;
    house.store.subscriber("a").await.unwrap();
    house.happen(5).await;
    house.later(1_000);
    let tidy = async |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        house.store.tidy_outbox(house.at(), &names).await.unwrap()
    };
    assert_eq!(tidy(&["a"]).await, 0, "a subscriber waits for all of them");
    let at = house.subscriber().await;
    assert!(house.store.acknowledge(house.at(), &at, 2, 0).await.unwrap());
    assert_eq!(tidy(&["a"]).await, 2);
    assert_eq!(tidy(&[]).await, 2, "nobody waits: all but the newest");
    assert_eq!((tidy(&[]).await, house.store.outbox_head().await.unwrap()), (0, 5));
    let left = house.store.events_after(0, 10).await.unwrap();
    assert_eq!(left.iter().map(|event| event.pos).collect::<Vec<_>>(), [5]);
    // A cursor of before is still behind what comes.
    assert_eq!(house.happens("hotline.case.moved", "x", serde_json::json!({})).await, 6);
    let next = house.store.events_after(5, 10).await.unwrap();
    assert_eq!(next.iter().map(|event| event.pos).collect::<Vec<_>>(), [6]);
}

#[test]
fn waits_double_up_to_an_hour() {
    for chance in [0, 500, 999] {
        let waits: Vec<u64> = (0..40).map(|tries| wait(tries, None, chance).as_secs()).collect();
        assert!(waits.is_sorted() && *waits.last().unwrap() <= 3_600 && waits[0] >= 1, "{waits:?}");
    }
}

#[tokio::test]
async fn the_running_courier_serves_each_by_itself_and_changes_with_the_configuration() {
    let mut house = House::new().await;
    let (good, down) = (Receiver::new(&[Reply::Status(200)]).await, Receiver::new(&[Reply::Hang]).await);
    for name in ["good", "down", "late"] {
        house.store.subscriber(name).await.unwrap();
    }
    let setup = |hooks| {
        Arc::new(Setup {
            source: SOURCE.to_owned(),
            zone: "Asia/Shanghai".to_owned(),
            hooks,
            ..Setup::default()
        })
    };
    let used = Arc::new(std::sync::Mutex::new(setup(vec![
        hook("good", &good.url(), &[]),
        hook("down", &down.url(), &[]),
    ])));
    let (asked, stop) = (used.clone(), CancellationToken::new());
    let task = start(house.store.clone(), move || asked.lock().unwrap().clone(), house.now(), stop.clone());
    house.happen(5).await;
    until(async || good.ids() == ids(1..=5) && !down.came().is_empty()).await;
    let late = Receiver::new(&[Reply::Status(200)]).await;
    *used.lock().unwrap() = setup(vec![hook("late", &late.url(), &[])]);
    until(async || late.ids() == ids(1..=5)).await;
    down.reply(&[Reply::Status(200)]);
    house.later(3_600_000);
    *used.lock().unwrap() = setup(vec![hook("down", &down.url(), &[])]);
    until(async || down.ids().ends_with(&ids(1..=5))).await;
    stop.cancel();
    task.await.unwrap();
    assert_eq!(good.ids(), ids(1..=5), "once each, for nothing went wrong");
}
