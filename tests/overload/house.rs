//! The house that is overloaded, under a burden: in this process, or as a process of its own on one core.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use switchboard::Clock;
use tokio::signal::unix::{SignalKind, signal};

use crate::district::District;
use crate::folder::edit;
use crate::patience::{s, until};
use crate::ports::Ports;
use crate::process::Server;

/// What the process that is the house is told: the folder of its configuration, and its burden in microseconds.
const DISTRICT: &str = "HOTLINE_OVERLOAD_DISTRICT";
const BURDEN: &str = "HOTLINE_OVERLOAD_BURDEN";

/// A running house with one media thread.
pub struct House {
    kind: Kind,
    /// SIP over UDP.
    pub udp: SocketAddr,
    /// Passwords of the phones.
    pub secrets: HashMap<String, String>,
}

enum Kind {
    Here(Box<hotline::start::House>, District, Ports),
    Process(Server),
}

/// One desk, and so many operators.
fn district(staff: u16) -> District {
    let district = District::with_desks(1);
    let (mut people, mut operators) = (String::new(), String::new());
    for n in 2..=staff {
        let no = 40_000 + u32::from(n);
        writeln!(people, "  {{ no = \"{no}\", role = \"operator\", phone = \"op{n}\" }},").unwrap();
        writeln!(operators, "  {{ staff = \"{no}\", skills = [\"general\", \"en\"], ready = true }},")
            .unwrap();
    }
    let file = |name| district.config().join(name);
    edit(&file("staff.toml"), &[("staff = [\n", &format!("staff = [\n{people}"))]);
    edit(&file("operators.toml"), &[("operator = [\n", &format!("operator = [\n{operators}"))]);
    edit(&file("hotline.toml"), &[("threads = 2", "threads = 1")]);
    district
}

impl House {
    /// In this process; each turn of a leg costs so much more than its work.
    pub async fn burdened(staff: u16, burden: Duration) -> Self {
        let (district, ports) = (district(staff), Ports::take());
        edit(
            &district.config().join("hotline.toml"),
            &[
                (&format!("127.0.0.1:{}", district.sip), "127.0.0.1:0"),
                (&format!("127.0.0.1:{}", district.http), "127.0.0.1:0"),
            ],
        );
        let mut checked = config::load(&district.config()).unwrap_or_else(|faults| panic!("{faults:?}"));
        // Few ports, shared by many legs; the district's range would take those of tests beside this one.
        checked.settings.media.ports = ports.rtp();
        let house = hotline::start::start_under(checked, Clock::system(), burden).await.unwrap();
        let users = (1..=staff).map(|n| format!("op{n}"));
        let secrets =
            users.map(|user| (user.clone(), house.secrets.get(&user).unwrap().to_owned())).collect();
        let udp = house.udp[0];
        Self { kind: Kind::Here(Box::new(house), district, ports), udp, secrets }
    }

    /// As a process on core 0: this very program, told to be [`child`] by the name of that test. This process is on core 1
    /// from here on.
    pub async fn on_one_core(staff: u16, burden: Duration, child: &str) -> Self {
        pin(std::process::id(), 1);
        let district = district(staff);
        let mut house = Command::new(std::env::current_exe().unwrap());
        house.args(["--exact", child, "--nocapture"]);
        house.env(DISTRICT, district.config()).env(BURDEN, burden.as_micros().to_string());
        let server = Server::launch_as(house, district).ready().await;
        pin(server.id(), 0);
        Self { udp: server.sip, secrets: server.secrets(), kind: Kind::Process(server) }
    }

    /// Which part of its time the media thread computes, over the last 200 ms.
    pub async fn busy(&self) -> f64 {
        match &self.kind {
            Kind::Here(house, ..) => house.handle.busy(),
            Kind::Process(server) => server.gauge("media_busy") / 1_000.0,
        }
    }

    /// Ends it.
    pub async fn stop(self) {
        match self.kind {
            Kind::Here(house, _folder, _ports) => house.stop().await,
            Kind::Process(server) => server.stop().await,
        }
    }
}

/// Is the house until SIGTERM, in a process that was started as one; else nothing.
pub async fn child() {
    let Ok(folder) = std::env::var(DISTRICT) else { return };
    let burden = Duration::from_micros(std::env::var(BURDEN).unwrap().parse().unwrap());
    let mut stop = signal(SignalKind::terminate()).unwrap();
    let checked = config::load(Path::new(&folder)).unwrap_or_else(|faults| panic!("{faults:?}"));
    let house = hotline::start::start_under(checked, Clock::system(), burden).await.unwrap();
    stop.recv().await;
    house.stop().await;
}

/// All threads of a process on one core. One that ends in that moment makes it fail, and it is done again.
fn pin(process: u32, core: u8) {
    let (core, process) = (core.to_string(), process.to_string());
    until("all threads are on their core (taskset, of util-linux)", s(10), || {
        let done = Command::new("taskset").args(["-a", "-c", "-p", &core, &process]).output().unwrap();
        done.status.success().then_some(())
    });
}
