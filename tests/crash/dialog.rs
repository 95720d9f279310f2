//! One call by hand, datagram by datagram: what the house says to a dialog of its former life.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;

use crate::ledger::Ledger;
use crate::tap::header;

const CALLER: &str = "13900000000";
const CALL_ID: &str = "by-hand";

/// For each answer; the request is repeated meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);
const AGAIN: Duration = Duration::from_millis(500);

/// A call that is up.
pub struct Dialog {
    socket: UdpSocket,
    house: SocketAddr,
    /// To, with the house's tag.
    to: String,
    cseq: u32,
}

impl Dialog {
    /// Calls, is answered, acknowledges.
    pub async fn begin(house: SocketAddr, ledger: &Ledger) -> Self {
        ledger.called(CALL_ID, CALLER);
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let mut dialog = Self { socket, house, to: format!("<sip:89000@{house}>"), cseq: 1 };
        let answer = dialog.ask("INVITE").await;
        assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
        ledger.got(CALL_ID, Instant::now(), 200);
        dialog.to = header(&answer, "To").unwrap().to_owned();
        let ack = dialog.request("ACK");
        dialog.socket.send_to(ack.as_bytes(), house).await.unwrap();
        dialog
    }

    /// The house that was started anew knows nothing of it, and says so: 481 (RFC 3261 section 12.2.2).
    pub async fn speak_to_the_next_life(mut self) {
        for method in ["INVITE", "BYE"] {
            self.cseq += 1;
            let answer = self.ask(method).await;
            assert!(answer.starts_with("SIP/2.0 481 "), "{method} in a dialog of a former life: {answer}");
        }
    }

    fn request(&self, method: &str) -> String {
        let Self { house, to, cseq, .. } = self;
        let own = self.socket.local_addr().unwrap();
        let sdp = if method == "INVITE" {
            format!(
                "v=0\r\no=- 1 {cseq} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
                 m=audio {} RTP/AVP 8\r\n",
                own.port()
            )
        } else {
            String::new()
        };
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:89000@{house} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bKhand{cseq}{method}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{CALLER}@{own}>;tag=hand\r\nTo: {to}\r\nCall-ID: {CALL_ID}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:{CALLER}@{own}>\r\n{kind}Content-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        )
    }

    /// Sends a request until its final answer comes.
    async fn ask(&self, method: &str) -> String {
        let (request, cseq) = (self.request(method), format!("{} {method}", self.cseq));
        let (deadline, mut bytes) = (Instant::now() + PATIENCE, vec![0; 65_535]);
        loop {
            assert!(Instant::now() < deadline, "no answer to {method}");
            self.socket.send_to(request.as_bytes(), self.house).await.unwrap();
            let again = Instant::now() + AGAIN;
            while let Ok(Ok((length, _))) =
                tokio::time::timeout_at(again.into(), self.socket.recv_from(&mut bytes)).await
            {
                // The house's sound comes here too.
                let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
                let is_final = text.starts_with("SIP/2.0 ") && !text.starts_with("SIP/2.0 1");
                if is_final && header(&text, "CSeq") == Some(&cseq) {
                    return text;
                }
            }
        }
    }
}
