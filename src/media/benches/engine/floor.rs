//! The floor: what the same packets cost a program that does nothing else. A socket per leg, few shared sockets with
//! batches of the kernel, and the latter with the work of a three-way.

use std::io::{IoSlice, IoSliceMut, stdin};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use audio::g711::{self, Law};
use audio::mixer::Sum;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};
use thread_priority::{
    RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

use crate::load::SOCKETS;
use crate::taken::pin;

/// It looks so often: a tenth of the 20 ms.
const LOOK: Duration = Duration::from_millis(2);
const BATCH: usize = 64;
const HEADER: usize = 12;
const FRAME: usize = 160;
const PACKET: usize = HEADER + FRAME;

/// Real-time scheduling as the engine's own threads ask for it, so that the floor is measured under the same conditions.
pub fn raise() {
    let value = ThreadPriorityValue::try_from(20u8).unwrap();
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(value), policy);
}

/// The process: `bare KIND LEGS`; its ports are its answer to the first line, its end the end of its input.
pub fn run() {
    pin(crate::SERVER_CORE);
    let words: Vec<String> = std::env::args().skip(2).collect();
    let legs: usize = words[1].parse().unwrap();
    let own = words[0] == "socket";
    let count = if own { legs } else { legs.div_ceil(SOCKETS) };
    let sockets: Vec<UdpSocket> = (0..count).map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let place = |leg: usize| if own { leg } else { leg / SOCKETS };
    let ports: Vec<String> =
        (0..legs).map(|leg| sockets[place(leg)].local_addr().unwrap().port().to_string()).collect();
    for socket in &sockets {
        socket.set_nonblocking(true).unwrap();
        let _ = socket2::SockRef::from(socket).set_recv_buffer_size(1 << 20);
    }
    stdin().read_line(&mut String::new()).unwrap();
    println!("{}", ports.join(","));
    let over = Arc::new(AtomicBool::new(false));
    let work = {
        let over = Arc::clone(&over);
        std::thread::spawn(move || {
            if own { single(&sockets, &over) } else { batched(&sockets, words[0] == "mix", &over) }
        })
    };
    // The end of the input.
    while stdin().read_line(&mut String::new()).is_ok_and(|length| length > 0) {}
    over.store(true, Ordering::Relaxed);
    work.join().unwrap();
}

/// Calls `look` each 2 ms until it is over.
fn beat(over: &AtomicBool, mut look: impl FnMut(usize)) {
    raise();
    let mut due = Instant::now();
    for turn in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        look(turn);
        due += LOOK;
        let now = Instant::now();
        if now < due {
            std::thread::sleep(due - now);
        }
    }
}

/// One call to receive and one to send for each leg and 20 ms.
fn single(sockets: &[UdpSocket], over: &AtomicBool) {
    let share = sockets.len().div_ceil(10);
    beat(over, |turn| {
        for socket in sockets.iter().skip(turn % 10 * share).take(share) {
            let mut bytes = [0; PACKET];
            if let Ok((length, from)) = socket.recv_from(&mut bytes) {
                let _ = socket.send_to(&bytes[..length], from);
            }
        }
    });
}

/// Everything that waits at a socket by one call, and back by another.
fn batched(sockets: &[UdpSocket], mix: bool, over: &AtomicBool) {
    let mut inward = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    let mut outward = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    let mut buffers = vec![[0u8; PACKET]; BATCH];
    beat(over, |_| {
        for socket in sockets {
            loop {
                let mut slices: Vec<_> = buffers.iter_mut().map(|b| [IoSliceMut::new(b)]).collect();
                let fd = socket.as_raw_fd();
                let Ok(got) = recvmmsg(fd, &mut inward, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None)
                else {
                    break;
                };
                let from: Vec<Option<SockaddrIn>> = got.map(|packet| packet.address).collect();
                if mix {
                    buffers[..from.len()].chunks_mut(3).for_each(three);
                }
                let slices: Vec<_> = buffers[..from.len()].iter().map(|b| [IoSlice::new(b)]).collect();
                let _ = sendmmsg(fd, &mut outward, &slices, &from, [], MsgFlags::MSG_DONTWAIT);
                if from.len() < BATCH {
                    break;
                }
            }
        }
    });
}

/// The sound of a three-way: whoever comes next to each other is taken for a room.
fn three(packets: &mut [[u8; PACKET]]) {
    let (mut voices, mut all) = ([[0; FRAME]; 3], Sum::default());
    for (voice, packet) in voices.iter_mut().zip(packets.iter()) {
        g711::decode(Law::A, &packet[HEADER..], voice);
        all.add(voice);
    }
    for (voice, packet) in voices.iter().zip(packets) {
        let (mut ear, mut heard) = (all, [0; FRAME]);
        ear.take(voice);
        ear.clip(&mut heard);
        g711::encode(Law::A, &heard, &mut packet[HEADER..]);
    }
}
