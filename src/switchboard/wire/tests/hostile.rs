//! TCP on loopback, among enemies: the slow, the silent, the senseless, the many, and who does not read.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::super::{Inbound, MOST_HALVES};
use super::{DEADLINE, House, POLL, SHORT, options, read, read_to_end, within, write};

#[tokio::test]
async fn a_message_that_does_not_become_whole_is_cut_however_it_trickles() {
    let mut house = House::new(|s| s.half_message = SHORT);
    let mut slow = house.connect().await;
    write(&mut slow, &options(1, 0)).await;
    let id = house.message().await.0.id;
    let trickle = async {
        for byte in options(2, 0).into_iter().cycle() {
            if slow.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(POLL).await;
            // Whole messages would be fine; this one never ends.
            if slow.write_all(b"X").await.is_err() {
                return;
            }
        }
    };
    within(trickle).await;
    assert_eq!(house.closed().await, id);
    assert_eq!(house.wire.counts().cut_slow, 1);
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_cut_soon_also_when_it_pings() {
    let mut house = House::new(|s| s.half_message = SHORT);
    let mut mute = house.connect().await;
    let mut pings = house.connect().await;
    write(&mut pings, b"\r\n\r\n").await;
    assert_eq!(read(&mut pings, 2).await, b"\r\n");
    house.closed().await;
    house.closed().await;
    assert!(read_to_end(&mut mute).await.is_empty() && read_to_end(&mut pings).await.is_empty());
    assert_eq!(house.wire.counts().cut_slow, 2);
}

#[tokio::test]
async fn who_has_spoken_may_be_idle_but_not_for_ever() {
    let mut house = House::new(|s| s.idle = SHORT);
    let mut phone = house.connect().await;
    // The line end after the message, which some phones send, is no begun message.
    write(&mut phone, &[options(1, 0), b"\r\n".to_vec()].concat()).await;
    let id = house.message().await.0.id;
    assert_eq!(house.closed().await, id);
    let counts = house.wire.counts();
    assert_eq!((counts.cut_idle, counts.cut_slow), (1, 0));
}

#[tokio::test]
async fn a_message_without_end_is_answered_once_and_the_connection_closed() {
    let text = String::from_utf8(options(1, 0)).unwrap();
    let lies = ["-999", "five", "70000", "18446744073709551615", "1\r\nContent-Length: 2", "0\r\nl: 1"];
    let mut house = House::new(|_| {});
    for lie in lies {
        let mut phone = house.connect().await;
        let bad = text.replace("Content-Length: 0", &format!("Content-Length: {lie}"));
        write(&mut phone, format!("{bad}v=0\r\no=who knows how long this is\r\n").as_bytes()).await;
        let (flow, head) = house.message().await;
        assert_eq!(String::from_utf8(head).unwrap(), bad, "its header goes up, to be answered");
        house.wire.send(&flow, b"SIP/2.0 400 Bad Request\r\n\r\n".to_vec());
        assert_eq!(read_to_end(&mut phone).await, b"SIP/2.0 400 Bad Request\r\n\r\n", "{lie}");
        assert_eq!(house.closed().await, flow.id);
        house.wire.send(&flow, b"more".to_vec());
        assert_eq!(house.failed().await, flow);
    }
    assert_eq!(house.wire.counts().cut_garbage, lies.len() as u64);
    assert_eq!(house.wire.counts().connections, 0);
}

#[tokio::test]
async fn who_sends_garbage_is_cut_and_others_go_on() {
    let mut house = House::new(|_| {});
    let mut friend = house.connect().await;
    for garbage in [vec![0xff; 100_000], vec![b'\r'; 70_001], b"\r\r\n\n".repeat(30_000), vec![b' '; 66_000]]
    {
        let mut enemy = house.connect().await;
        let _ = within(enemy.write_all(&garbage)).await;
        let _ = within(enemy.shutdown()).await;
        house.closed().await;
        let _ = read_to_end(&mut enemy).await;
    }
    assert_eq!(house.wire.counts().cut_garbage, 2, "line ends alone are no garbage");
    write(&mut friend, &options(7, 0)).await;
    assert_eq!(house.message().await.1, options(7, 0));
}

#[tokio::test]
async fn begun_messages_of_all_together_hold_so_much_and_no_more() {
    let mut house = House::new(|s| s.most_per_source = 400);
    let half = vec![b'X'; 60_000];
    let mut enemies = Vec::new();
    while house.wire.counts().cut_crowded == 0 {
        let mut enemy = house.connect().await;
        write(&mut enemy, &half).await;
        enemies.push(enemy);
        assert!(enemies.len() < 400);
    }
    assert!(enemies.len() * half.len() >= MOST_HALVES - half.len(), "{} of them", enemies.len());
    house.closed().await;
    drop(enemies);
    house.until("all are forgotten", |c| c.connections == 0).await;
    let mut friend = house.connect().await;
    write(&mut friend, &options(1, 60_000)).await;
    while !matches!(house.next().await, Inbound::Message { .. }) {}
}

/// Connects from 127.0.0.n.
async fn from(house: &House, n: u8) -> std::io::Result<TcpStream> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, n], 0).into())?;
    within(socket.connect(house.tcp())).await
}

/// The reset comes at once, or even before the connection seems to stand.
async fn refused(house: &House, n: u8) {
    if let Ok(mut stream) = from(house, n).await {
        assert!(read_to_end(&mut stream).await.is_empty());
    }
}

#[tokio::test]
async fn one_source_gets_its_part_and_all_sources_theirs() {
    let mut house = House::new(|s| (s.most_connections, s.most_per_source) = (3, 2));
    let mut inside = Vec::new();
    for n in 0..2 {
        let mut phone = house.connect().await;
        write(&mut phone, &options(n, 0)).await;
        house.message().await;
        inside.push(phone);
    }
    refused(&house, 1).await;
    house.until("the third of one source", |c| c.refused_source == 1).await;
    let mut other = from(&house, 2).await.unwrap();
    write(&mut other, &options(9, 0)).await;
    refused(&house, 3).await;
    house.until("the fourth of all", |c| c.refused_full == 1).await;
    assert_eq!(house.message().await.1, options(9, 0));
    drop(inside.pop());
    house.closed().await;
    let mut again = house.connect().await;
    write(&mut again, &options(5, 0)).await;
    assert_eq!(house.message().await.1, options(5, 0), "a place is free again");
}

/// Sends to somebody who does not read, until the connection is closed; how much was taken.
async fn fill(house: &mut House, phone: &mut TcpStream, pause: bool) -> usize {
    write(phone, &options(1, 0)).await;
    let flow = house.message().await.0;
    let since = std::time::Instant::now();
    let mut taken = 0;
    while house.wire.counts().cut_unread == 0 {
        house.wire.send(&flow, options(2, 60_000));
        taken += 60_000;
        assert!(since.elapsed() < DEADLINE && taken < 256 << 20);
        if pause {
            tokio::time::sleep(POLL).await;
        }
    }
    loop {
        match house.next().await {
            Inbound::Closed { id } => break assert_eq!(id, flow.id),
            Inbound::SendFailed(failed) => assert_eq!(failed, flow),
            other => panic!("{other:?}"),
        }
    }
    taken
}

#[tokio::test]
async fn who_does_not_read_gets_no_more_memory() {
    let mut house = House::new(|_| {});
    let mut phone = house.connect().await;
    let taken = fill(&mut house, &mut phone, false).await;
    println!("{taken} bytes were taken before the queue was full");
    house.until("forgotten", |c| c.connections == 0).await;
}

#[tokio::test]
async fn who_reads_too_slowly_is_cut() {
    let mut house = House::new(|s| s.unread = SHORT);
    let mut phone = house.connect().await;
    fill(&mut house, &mut phone, true).await;
    house.until("forgotten", |c| c.connections == 0).await;
}
