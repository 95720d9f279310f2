//! Sound and keys put into a call from elsewhere (RTP injection), and sound fetched from the house's ports (RTP bleed).
//!
//! The positive control comes first: the very same tool, from the address that may speak, is heard, is answered, and keys.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use audio::g711::{self, Law};
use audio::{rtp, tones};
use phone::{Account, Dial, Encryption, Phone};

use crate::house::{CITIZEN, House};
use crate::patience::{s, until};
use crate::talk::trunk_phone;

/// Between two packets.
const POLL: Duration = Duration::from_millis(20);
/// The tool's tone, and those of citizen and operator, hertz.
const EVIL: u32 = 1_900;
const CITIZENS: u32 = 700;
const OPERATORS: u32 = 1_000;

pub struct Figures {
    sent: u64,
    leaked: u64,
    control: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, leaked, control } = self;
        write!(
            f,
            "{sent} packets injected, {leaked} leaked; control: {control} packets fetched by the same tool"
        )
    }
}

/// The tool: a socket, and streams of a tone and of the key 9.
struct Tool {
    socket: UdpSocket,
    sequence: u16,
    sent: u64,
    got: u64,
}

impl Tool {
    fn at(ip: Ipv4Addr) -> Self {
        let socket = UdpSocket::bind((ip, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, sequence: 1, sent: 0, got: 0 }
    }

    /// A frame of the tone and, with keys, a whole key press, to these ports; and takes what has come.
    fn step(&mut self, ports: &[u16], keys: bool) {
        let tone = tones::sine(EVIL as f32, 8_000, 8_000);
        let from = usize::from(self.sequence) * 160 % 8_000;
        let mut sound = [0; 160];
        g711::encode(Law::A, &tone[from..from + 160], &mut sound);
        let timestamp = u32::from(self.sequence) * 160;
        let key = [9, 0x8a, 0x03, 0x20];
        let mut packets = vec![(8, &sound[..])];
        if keys {
            packets.extend([(101, &key[..]); 3]);
        }
        for (payload_type, payload) in packets {
            let packet = rtp::Packet {
                marker: false,
                payload_type,
                sequence: self.sequence,
                timestamp,
                ssrc: 666,
                payload,
            };
            let mut bytes = [0; 200];
            let length = rtp::write(&packet, &mut bytes);
            for port in ports {
                // A port that is closed may say so.
                let _ = self.socket.send_to(&bytes[..length], (Ipv4Addr::LOCALHOST, *port));
                self.sent += 1;
            }
            self.sequence = self.sequence.wrapping_add(1);
        }
        let mut buffer = [0; 2_000];
        while self.socket.recv_from(&mut buffer).is_ok() {
            self.got += 1;
        }
    }
}

/// A call by hand, so that the tool itself can be its far end.
struct ByHand {
    sip: UdpSocket,
    house: SocketAddr,
    to: String,
    id: &'static str,
}

impl ByHand {
    /// Calls; the house's RTP port.
    fn call(house: &House, id: &'static str, rtp: SocketAddr) -> (Self, u16) {
        let sip = UdpSocket::bind((Ipv4Addr::new(127, 7, 0, 9), 0)).unwrap();
        sip.set_read_timeout(Some(s(20))).unwrap();
        let mut call = Self { sip, house: house.udp, to: "<sip:89000@127.0.0.1>".to_owned(), id };
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio {1} RTP/AVP 8 101\r\n\
             a=rtpmap:101 telephone-event/8000\r\n",
            rtp.ip(),
            rtp.port()
        );
        call.say("INVITE", 1, &sdp);
        let answer = call.answer();
        let to = answer.lines().find_map(|l| l.strip_prefix("To: ")).unwrap();
        call.to = to.to_owned();
        call.say("ACK", 1, "");
        let port = answer.split_once("m=audio ").unwrap().1.split(' ').next().unwrap().parse().unwrap();
        (call, port)
    }

    fn say(&self, method: &str, seq: u32, sdp: &str) {
        let at = self.sip.local_addr().unwrap();
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "{method} sip:89000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK{method}{}\r\nMax-Forwards: 70\r\n\
             From: <sip:{CITIZEN}@{at}>;tag=h\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {seq} {method}\r\n\
             Contact: <sip:{at}>\r\n{kind}Content-Length: {}\r\n\r\n{sdp}",
            self.id,
            self.to,
            self.id,
            sdp.len()
        );
        self.sip.send_to(text.as_bytes(), self.house).unwrap();
    }

    /// The next final answer.
    fn answer(&self) -> String {
        let mut buffer = [0; 4_000];
        loop {
            let length = self.sip.recv(&mut buffer).expect("an answer");
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.starts_with("SIP/2.0 ") && !text.starts_with("SIP/2.0 1") {
                assert!(text.starts_with("SIP/2.0 200 "), "{text}");
                return text;
            }
        }
    }

    fn end(&self) {
        self.say("BYE", 2, "");
        self.answer();
    }
}

/// How the citizen of the newest call that is over has keyed.
fn keyed(house: &House, calls: usize) -> String {
    until("the call's record is complete", s(30), || {
        let all = house.calls();
        let newest = all.first().filter(|c| all.len() == calls && !c["ended_at"].is_null())?;
        let page = house.get(&format!("/api/v1/calls/{}", newest["id"].as_str().unwrap()));
        let legs = page["legs"].as_array()?.clone();
        let citizen = legs.iter().find(|leg| leg["seat"] == "citizen" && !leg["sound"].is_null())?;
        Some(citizen["sound"]["dtmf_mode"].as_str().unwrap_or_default().to_owned())
    })
}

pub async fn attack(house: &House, rounds: u32) -> Figures {
    let (first, last) = house.ports.rtp();
    let all: Vec<u16> = (first..=last).collect();
    let control = control(house).await;

    let bind = Ipv4Addr::new(127, 8, 0, 1).into();
    let account = Account { bind, ..Account::new("op1", &house.password("op1"), house.udp) };
    let operator = Phone::start(account).await.unwrap();
    operator.register().await.unwrap();
    let (mut sent, mut leaked) = (0, 0);
    for (n, encryption) in [Encryption::Clear, Encryption::Required].into_iter().enumerate() {
        let bind = Ipv4Addr::new(127, 7, 0, 1).into();
        let account = Account { bind, encryption, ..Account::new("trunk", "", house.udp) };
        let caller = Phone::start(account).await.unwrap();
        let citizen = caller.call(Dial::to("89000").caller(CITIZEN)).await.unwrap();
        let taken = operator.incoming().await.unwrap().answer().await.unwrap();
        assert_eq!(citizen.is_encrypted(), encryption == Encryption::Required);
        citizen.tone(CITIZENS);
        taken.tone(OPERATORS);
        let heard = taken.until_hears(&[CITIZENS], &[], s(30)).await;
        assert!(heard.is_ok(), "{encryption:?}: the operator hears nothing: {heard:?}");
        // From the citizen's own host, another port, and from elsewhere; to every port of the house.
        let mut tools = [Tool::at(Ipv4Addr::new(127, 7, 0, 1)), Tool::at(Ipv4Addr::new(127, 66, 0, 1))];
        for _ in 0..rounds {
            tools.iter_mut().for_each(|tool| tool.step(&all, true));
            tokio::time::sleep(POLL).await;
        }
        taken.until_hears(&[CITIZENS], &[EVIL], s(10)).await.unwrap();
        citizen.until_hears(&[OPERATORS], &[EVIL], s(10)).await.unwrap();
        tools.iter_mut().for_each(|tool| tool.step(&[], false));
        assert!(citizen.is_up() && taken.is_up(), "no call is lost");
        citizen.hang_up();
        citizen.ended().await;
        caller.stop();
        assert_eq!(keyed(house, n + 2), "", "no key of the tool counted, {encryption:?}");
        sent += tools.iter().map(|tool| tool.sent).sum::<u64>();
        leaked += tools.iter().map(|tool| tool.got).sum::<u64>();
    }
    operator.stop();
    assert_eq!(leaked, 0, "packets of calls leaked");
    Figures { sent, leaked, control }
}

/// The tool as the far end that it claims to be: it gets sound, and its keys count.
async fn control(house: &House) -> u64 {
    let mut tool = Tool::at(Ipv4Addr::new(127, 7, 0, 9));
    let (call, port) = ByHand::call(house, "control", tool.socket.local_addr().unwrap());
    for n in 0..50 {
        tool.step(&[port], n % 25 == 0);
        tokio::time::sleep(POLL).await;
    }
    call.end();
    assert!(tool.got >= 20, "the tool can fetch sound: {}", tool.got);
    assert_eq!(keyed(house, 1), "rfc4733", "the tool can key");
    drop(trunk_phone(house, 8).await);
    tool.got
}
