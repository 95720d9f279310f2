//! The measured house as a process: started, looked at through /proc, asked over HTTP, ended.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::district::District;

/// Clock ticks of /proc/PID/stat a second: fixed on Linux.
const TICKS: f64 = 100.0;
/// Between two looks.
const POLL: Duration = Duration::from_millis(2);

/// A running house.
pub struct Server {
    child: Child,
    pub sip: SocketAddr,
    pub http: SocketAddr,
    /// Its folder goes with it.
    district: District,
}

/// What the house takes at a moment.
#[derive(Clone, Copy)]
pub struct Taken {
    /// CPU time so far, seconds.
    pub cpu: f64,
    /// Resident memory, MiB.
    pub memory: f64,
    pub threads: u32,
}

impl Server {
    /// Starts the process and does not wait.
    pub fn launch(district: District) -> Self {
        let mut house = Command::new(env!("CARGO_BIN_EXE_hotline"));
        house.args(["--log", "warn", "serve", "--alone", "--config"]).arg(district.config());
        Self::launch_as(house, district)
    }

    /// Starts this command as the house of the district, and does not wait.
    pub fn launch_as(mut house: Command, district: District) -> Self {
        let log = fs::File::create(district.config().join("../serve.log")).unwrap();
        let child = house.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Self { child, sip: at(district.sip), http: at(district.http), district }
    }

    /// Starts the process and waits until it answers.
    pub async fn start(district: District) -> Self {
        Self::launch(district).ready().await
    }

    /// Waits until it answers.
    pub async fn ready(self) -> Self {
        let server = self;
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(server.http).is_err() {
            assert!(Instant::now() < deadline, "the house does not start: see serve.log");
            tokio::time::sleep(POLL).await;
        }
        server
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Passwords of the phones.
    pub fn secrets(&self) -> HashMap<String, String> {
        let text = fs::read_to_string(self.district.data().join("secrets.toml")).unwrap();
        let line = |line: &str| {
            let (user, password) = line.split_once('=')?;
            Some((user.trim().trim_matches('"').to_owned(), password.trim().trim_matches('"').to_owned()))
        };
        text.lines().filter(|l| !l.starts_with('#')).filter_map(line).collect()
    }

    /// What it takes now.
    pub fn taken(&self) -> Taken {
        let proc = format!("/proc/{}", self.id());
        let stat = fs::read_to_string(format!("{proc}/stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
        let status = fs::read_to_string(format!("{proc}/status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find(|l| l.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap()
        };
        Taken {
            cpu: (ticks(11) + ticks(12)) / TICKS,
            memory: field("VmRSS:") / 1024.0,
            threads: field("Threads:") as u32,
        }
    }

    /// The access token of its HTTP interface.
    pub fn token(&self) -> String {
        fs::read_to_string(self.district.data().join("api-token")).unwrap().trim().to_owned()
    }

    /// A number of `GET /api/v1/health`, by its name.
    pub fn gauge(&self, name: &str) -> f64 {
        let mut stream = TcpStream::connect(self.http).unwrap();
        let request = format!(
            "GET /api/v1/health HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            self.http,
            self.token()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let key = format!("\"{name}\":");
        let Some((_, rest)) = text.split_once(&key) else { panic!("no {name} in {text}") };
        rest.split([',', '}']).next().unwrap().trim().parse().unwrap()
    }

    /// SIGTERM, and waits for the end.
    pub async fn stop(mut self) {
        let id = self.id().to_string();
        Command::new("kill").arg(&id).status().unwrap();
        let deadline = Instant::now() + Duration::from_secs(70);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the house does not end");
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Only after a panic it still runs, and what it looks after.
        let id = self.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !children.trim().is_empty() {
            let _ = Command::new("kill").arg("-9").args(children.split_whitespace()).status();
        }
    }
}
