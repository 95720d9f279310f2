//! The sound of the test call: silence goes out, and what comes in is counted.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use audio::rtp;
use doctor::Sound;
use media::srtp::{self, Guard};
use sip::sdp::{Agreed, Codec};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// Between two packets.
const FRAME: Duration = Duration::from_millis(20);
/// Samples of one, and bytes of G.711.
const SAMPLES: usize = 160;
/// Largest packet that is read.
const MOST_BYTES: usize = 2_048;
/// Ports that are tried: a running house has most of its own in use.
const MOST_TRIES: usize = 4_000;
/// Sources that are told. Further ones are passed over.
const MOST_SOURCES: usize = 4;

/// One end of the sound. Dropping it ends it.
pub(super) struct Line {
    /// Where it is.
    pub port: u16,
    shared: Arc<Mutex<Shared>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    agreed: Option<Agreed>,
    guard: Option<Guard>,
    answered: Option<Instant>,
    sound: Sound,
    sequence: u16,
    ssrc: u32,
}

impl Line {
    /// Takes a free port out of this range of the house, which its firewall lets in, or any one when all are in use.
    ///
    /// # Errors
    /// No port at all.
    pub async fn open(ip: IpAddr, (first, last): (u16, u16), ssrc: u32) -> io::Result<Self> {
        let socket = bind(ip, first, last)?;
        socket.set_nonblocking(true)?;
        let port = socket.local_addr()?.port();
        let shared = Arc::new(Mutex::new(Shared { ssrc, ..Shared::default() }));
        let task = tokio::spawn(work(UdpSocket::from_std(socket)?, shared.clone()));
        Ok(Self { port, shared, task })
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }

    /// What offer and answer came to.
    pub fn agree(&self, agreed: Agreed) {
        let mut shared = self.shared();
        shared.guard = agreed.srtp.as_deref().and_then(phone::keys_of).map(|keys| Guard::new(&keys));
        shared.agreed = Some(agreed);
    }

    /// From here on the sound is that of an answered call.
    pub fn answered(&self) {
        self.shared().answered.get_or_insert_with(Instant::now);
    }

    /// What was heard.
    pub fn sound(&self) -> Sound {
        self.shared().sound.clone()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bind(ip: IpAddr, first: u16, last: u16) -> io::Result<std::net::UdpSocket> {
    let even = (first..=last).rev().filter(|port| port % 2 == 0).take(MOST_TRIES);
    let found = even.filter(|_| first > 0).find_map(|port| std::net::UdpSocket::bind((ip, port)).ok());
    found.map_or_else(|| std::net::UdpSocket::bind((ip, 0)), Ok)
}

async fn work(socket: UdpSocket, shared: Arc<Mutex<Shared>>) {
    let began = Instant::now();
    let mut tick = tokio::time::interval(FRAME);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut buffer = vec![0; MOST_BYTES];
    loop {
        tokio::select! {
            _ = tick.tick() => {
                let packet = lock(&shared).packet();
                if let Some((to, bytes)) = packet {
                    // A full buffer loses it, as the way might.
                    let _ = socket.try_send_to(&bytes, to);
                }
            }
            read = socket.recv_from(&mut buffer) => {
                // An error is an ICMP message about something sent before.
                let Ok((length, from)) = read else { continue };
                let bytes = buffer.get_mut(..length).unwrap_or_default();
                lock(&shared).receive(began.elapsed(), from, bytes);
            }
        }
    }
}

impl Shared {
    /// Twenty milliseconds of silence.
    fn packet(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        let agreed = self.agreed.as_ref().filter(|agreed| agreed.direction.sends())?;
        let silence = match agreed.codec {
            Codec::Pcma => 0xd5,
            Codec::Pcmu => 0xff,
            // Both bands at their smallest positive level.
            Codec::G722 => 0xfa,
        };
        let (sequence, payload) = (self.sequence, [silence; SAMPLES]);
        self.sequence = sequence.wrapping_add(1);
        let packet = rtp::Packet {
            marker: sequence == 0,
            payload_type: agreed.payload_type,
            sequence,
            timestamp: u32::from(sequence).wrapping_mul(SAMPLES as u32),
            ssrc: self.ssrc,
            payload: &payload,
        };
        let mut bytes = vec![0; rtp::HEADER + SAMPLES + srtp::TAIL];
        let length = rtp::write(&packet, &mut bytes);
        let length = match &mut self.guard {
            Some(guard) => guard.protect(&mut bytes, length)?,
            None => length,
        };
        bytes.truncate(length);
        Some((agreed.remote, bytes))
    }

    fn receive(&mut self, now: Duration, from: SocketAddr, bytes: &mut [u8]) {
        if srtp::is_report(bytes) {
            return;
        }
        let length = match &mut self.guard {
            Some(guard) => guard.unprotect(bytes, now),
            None => Some(bytes.len()),
        };
        let good = length.and_then(|length| rtp::read(bytes.get(..length)?)).is_some();
        let sound = &mut self.sound;
        let count = if self.answered.is_some() { &mut sound.packets } else { &mut sound.early };
        *count = count.saturating_add(1);
        if !good {
            sound.bad = sound.bad.saturating_add(1);
        }
        if let Some(answered) = self.answered {
            sound.first.get_or_insert_with(|| answered.elapsed());
        }
        if !sound.from.contains(&from) && sound.from.len() < MOST_SOURCES {
            sound.from.push(from);
        }
    }
}
