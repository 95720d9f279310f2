//! Ten thousand phones that refresh their registration every minute: what they cost the whole house.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use sip::Method;
use sip::digest::Challenge;
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use crate::process::Server;

/// Phones behind one address, as behind one NAT.
const PER_SOURCE: usize = 50;
const EVERY: Duration = Duration::from_secs(60);

/// A phone and what it was asked.
struct Desk {
    user: String,
    password: String,
    challenge: Option<Challenge>,
    seq: u32,
}

/// Registers all phones of the house within a minute, and lets each refresh once in the next.
pub async fn refreshed(server: &Server) {
    let mut phones: Vec<Desk> = server.secrets().into_iter().map(desk).collect();
    phones.sort_by(|a, b| a.user.cmp(&b.user));
    let (count, before) = (phones.len(), server.taken());
    let mut sources = Vec::new();
    while !phones.is_empty() {
        let rest = phones.split_off(phones.len().min(PER_SOURCE));
        sources.push((source(sources.len()).await, std::mem::replace(&mut phones, rest)));
    }
    let (sources, _) = round(server.sip, sources).await;
    let registered = server.taken();
    let (_, refused) = round(server.sip, sources).await;
    let after = server.taken();
    println!(
        "{count} phones refreshed every {} s: {:.2} % of a core, {refused} refused; {:.1} KiB each while registered \
         ({:.0} MiB before, {:.0} after)",
        EVERY.as_secs(),
        (after.cpu - registered.cpu) / EVERY.as_secs_f64() * 100.0,
        (registered.memory - before.memory) * 1024.0 / count as f64,
        before.memory,
        after.memory,
    );
}

fn desk((user, password): (String, String)) -> Desk {
    Desk { user, password, challenge: None, seq: 0 }
}

async fn source(n: usize) -> UdpSocket {
    let address = Ipv4Addr::new(127, 1, (n >> 8) as u8, n as u8);
    UdpSocket::bind((address, 0)).await.unwrap()
}

/// Each phone registers once, evenly over the interval. The sources, and how many phones were not let in.
async fn round(
    house: SocketAddr,
    sources: Vec<(UdpSocket, Vec<Desk>)>,
) -> (Vec<(UdpSocket, Vec<Desk>)>, usize) {
    let mut work = JoinSet::new();
    let begun = Instant::now();
    for (socket, mut phones) in sources {
        work.spawn(async move {
            let mut beat = tokio::time::interval(EVERY / u32::try_from(phones.len()).unwrap());
            let mut refused = 0;
            for phone in &mut phones {
                beat.tick().await;
                refused += usize::from(!register(&socket, house, phone).await);
            }
            (socket, phones, refused)
        });
    }
    let ends = work.join_all().await;
    tokio::time::sleep(EVERY.saturating_sub(begun.elapsed())).await;
    let refused = ends.iter().map(|(.., refused)| refused).sum();
    (ends.into_iter().map(|(socket, phones, _)| (socket, phones)).collect(), refused)
}

async fn register(socket: &UdpSocket, house: SocketAddr, phone: &mut Desk) -> bool {
    let us = socket.local_addr().unwrap();
    for _ in 0..2 {
        phone.seq += 1;
        let (user, seq) = (&phone.user, phone.seq);
        let authorization = phone.challenge.as_ref().map_or_else(String::new, |c| {
            let value = c.answer(user, &phone.password, &Method::Register, "sip:hotline", "cnonce", seq);
            format!("Authorization: {value}\r\n")
        });
        let text = format!(
            "REGISTER sip:hotline SIP/2.0\r\nVia: SIP/2.0/UDP {us};rport;branch=z9hG4bK{user}x{seq}\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@hotline>;tag=a\r\nTo: <sip:{user}@hotline>\r\nCall-ID: {user}\r\nCSeq: {seq} REGISTER\r\n\
             Contact: <sip:{user}@{us}>\r\nExpires: 300\r\n{authorization}Content-Length: 0\r\n\r\n"
        );
        socket.send_to(text.as_bytes(), house).await.unwrap();
        let Some(answer) = answer(socket, &format!("x{seq}"), user).await else { return false };
        if answer.starts_with("SIP/2.0 200") {
            return true;
        }
        let line = answer.lines().find_map(|l| l.strip_prefix("WWW-Authenticate: "));
        phone.challenge = line.and_then(Challenge::parse);
    }
    false
}

/// The final answer to this try of this phone; what else comes, questions of the house for instance, is passed over.
async fn answer(socket: &UdpSocket, seq: &str, user: &str) -> Option<String> {
    let mut bytes = [0; 4_096];
    let branch = format!("z9hG4bK{user}{seq}");
    tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            let (length, _) = socket.recv_from(&mut bytes).await.ok()?;
            let text = String::from_utf8_lossy(&bytes[..length]);
            if text.starts_with("SIP/2.0") && text.contains(&branch) {
                return Some(text.into_owned());
            }
        }
    })
    .await
    .ok()?
}
