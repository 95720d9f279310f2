//! Who is outside while an admin works: a citizen, an operator and a window with phones of ours, and a trunk's far end.

use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use phone::{Account, Call, Dial, Phone};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::house::House;
use crate::patience::{s, until};

/// For what a call does next, announcements included, on a busy machine.
const SOON: Duration = s(30);
/// How often a far end looks whether it is still needed.
const LOOK: Duration = Duration::from_millis(50);

/// A citizen behind the trunk, an operator who is there and does not answer, and window 001.
pub struct Street {
    citizen: Phone,
    _operator: Phone,
    window: Phone,
    runtime: Runtime,
}

impl Street {
    pub fn of(house: &House) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let phones = runtime.block_on(async {
            let citizen = Phone::start(Account::new("town", "", house.udp)).await.unwrap();
            let [mut operator, mut window] = [None, None];
            for (user, phone) in [("op1", &mut operator), ("desk001", &mut window)] {
                let started =
                    Phone::start(Account::new(user, &house.password(user), house.udp)).await.unwrap();
                started.register().await.unwrap();
                *phone = Some(started);
            }
            (citizen, operator.unwrap(), window.unwrap())
        });
        let (citizen, _operator, window) = phones;
        Self { citizen, _operator, window, runtime }
    }

    /// A citizen presses 4 in the first menu and, where that leads somewhere, the window's number: whether its phone rings.
    pub fn rings_the_window(&self, house: &House) -> bool {
        let rings = self.window.incoming();
        let call = self.dials();
        let id = until("the call is there", SOON, || {
            Some(house.get("/api/v1/calls/live")["calls"][0]["id"].as_str()?.to_owned())
        });
        let told = |kind: &str, detail: &str| {
            let events = house.get(&format!("/api/v1/calls/{id}"))["events"].clone();
            let is = |event: &Value| {
                event["kind"] == kind && event["detail"].as_str().is_some_and(|d| d.contains(detail))
            };
            events.as_array().unwrap().iter().any(is)
        };
        until("keys are taken", SOON, || told("ivr.prompt", "opening").then_some(()));
        self.keys(&call, "4");
        let leads = until("the key is heard", SOON, || {
            let (leads, wrong) = (told("ivr.prompt", "menu=desk"), told("ivr.invalid", ""));
            (leads || wrong).then_some(leads)
        });
        if leads {
            self.keys(&call, "001");
            self.keys(&call, "1");
            let ringing = self.runtime.block_on(async { tokio::time::timeout(SOON, rings).await });
            ringing.expect("the window's phone rings").unwrap().reject(486);
        }
        call.hang_up();
        self.runtime.block_on(call.ended());
        until("the call is over", SOON, || {
            let page = house.get(&format!("/api/v1/calls/{id}"));
            (!page["call"]["ended_at"].is_null()).then_some(())
        });
        leads
    }

    /// A citizen dials, and hears this tone as soon as the house has answered.
    pub fn hears(&self, hertz: u32) {
        let call = self.dials();
        self.runtime.block_on(call.until_hears(&[hertz], &[], SOON)).unwrap();
        call.hang_up();
        self.runtime.block_on(call.ended());
    }

    fn dials(&self) -> Call {
        self.runtime.block_on(self.citizen.call(Dial::to("89000").caller("13800001234"))).unwrap()
    }

    fn keys(&self, call: &Call, keys: &str) {
        self.runtime.block_on(call.digits(keys)).unwrap();
    }
}

/// The far end of a trunk: it answers whatever it is asked with 403.
pub struct FarEnd {
    port: u16,
    over: Arc<AtomicBool>,
}

impl FarEnd {
    pub fn open() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(LOOK)).unwrap();
        let end = Self { port: socket.local_addr().unwrap().port(), over: Arc::new(AtomicBool::new(false)) };
        let over = end.over.clone();
        thread::spawn(move || {
            let mut bytes = vec![0; 65_535];
            while !over.load(Ordering::Relaxed) {
                let Ok((length, from)) = socket.recv_from(&mut bytes) else { continue };
                let asked = String::from_utf8_lossy(&bytes[..length]).into_owned();
                let _ = socket.send_to(refusal(&asked).as_bytes(), from);
            }
        });
        end
    }

    /// A trunk that leads there, with a remark behind a value.
    pub fn trunk(&self) -> String {
        let port = self.port;
        format!(
            "[[trunk]]\nname = \"town\"\nnets = [\"127.0.0.0/8\"]\nproxy = \"127.0.0.1:{port}\"\nqualify = 0 # never 不探测\n"
        )
    }
}

impl Drop for FarEnd {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// 403 to this request (RFC 3261 section 8.2.6).
fn refusal(request: &str) -> String {
    let kept = |line: &&str| {
        ["via:", "from:", "to:", "call-id:", "cseq:"]
            .iter()
            .any(|name| line.to_ascii_lowercase().starts_with(name))
    };
    let lines = request.split("\r\n\r\n").next().unwrap().split("\r\n").filter(kept);
    let copied: String = lines
        .map(|line| {
            if line.to_ascii_lowercase().starts_with("to:") {
                format!("{line};tag=far\r\n")
            } else {
                format!("{line}\r\n")
            }
        })
        .collect();
    format!("SIP/2.0 403 Forbidden\r\n{copied}Content-Length: 0\r\n\r\n")
}
