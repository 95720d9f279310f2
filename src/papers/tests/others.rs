//! Programs of other makers read what we write. One that is not installed is left out, and the test says so: `make test` installs all.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{AT, zone};
use super::{events, open311, table};
use crate::events::batch;
use crate::open311::{Fault, Format};

/// The folder of the whole project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a script of `tests/outputs` by the Python with the clients; `None` when they are not installed.
fn python(script: &str, arguments: &[&str]) -> Option<Output> {
    let python = root().join("target/outputs/bin/python");
    if !python.exists() {
        eprintln!("left out: the clients of other makers are not installed (scripts/setup peers)");
        return None;
    }
    let script = root().join("tests/outputs").join(script);
    Some(Command::new(python).arg(script).args(arguments).output().unwrap())
}

/// Runs a program; `None` when it is not installed.
pub(super) fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(_) => {
            eprintln!("left out: {program} is not installed (scripts/setup peers)");
            None
        }
    }
}

fn said(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    out.into_owned()
}

#[test]
fn libreoffice_opens_the_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let (file, home) = (folder.path().join("cases.xlsx"), folder.path().join("home"));
    fs::write(&file, table::sample().xlsx(&zone(), AT).unwrap()).unwrap();
    let (profile, out) =
        (format!("-env:UserInstallation=file://{}", home.display()), folder.path().display().to_string());
    let file = file.display().to_string();
    // 76: UTF-8; then: quote what needs it, cells as they are shown, no formulas.
    let filter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false";
    let arguments = [&*profile, "--headless", "--convert-to", filter, "--outdir", &*out, &*file];
    let Some(output) = run("soffice", &arguments) else { return };
    said(&output);
    let text = fs::read_to_string(folder.path().join("cases.csv")).unwrap();
    assert!(text.contains("编号 No.,事项,件数,分,时间,用时"), "{text}");
    assert!(
        text.contains("\"=HYPERLINK(\"\"http://x\"\",\"\"点我\"\")\",-42,0.5,2026-03-02 09:15:00,0:09:58"),
        "{text}"
    );
    assert!(text.contains("\n007,"), "{text}");
}

#[test]
fn the_cncf_sdk_reads_events_and_batches() {
    let folder = tempfile::tempdir().unwrap();
    let (one, many) = (folder.path().join("one.json"), folder.path().join("many.json"));
    fs::write(&one, events::sample(7).body("/hotline/hotline-1")).unwrap();
    fs::write(&many, batch(&[events::sample(8), events::sample(9)], "/hotline/hotline-1")).unwrap();
    let paths = [one, many].map(|path| path.display().to_string());
    let Some(output) = python("cloudevents_read.py", &paths.each_ref().map(|p| p.as_str())) else { return };
    let lines: Vec<String> = said(&output).lines().map(str::to_owned).collect();
    let line = |pos: u32| {
        format!(
            "01KJP6Q2Y0000000000000000{pos} case.handed_over /hotline/hotline-1 202603020017 \
             2026-03-02T01:15:00.250000+00:00 000000000000000000{pos} FGJ"
        )
    };
    assert_eq!(lines, [line(7), line(8), line(9)]);
}

#[test]
fn the_standard_webhooks_library_verifies_a_delivery() {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = String::from_utf8(events::sample(7).body("/hotline/a")).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (sent, key) = (i64::try_from(now).unwrap(), crate::events::Secret::read(secret).unwrap());
    let signature = key.sign("event-7", sent, body.as_bytes());
    let sent = sent.to_string();
    let Some(output) = python("webhook_verify.py", &[secret, "event-7", &sent, &signature, &body]) else {
        return;
    };
    assert_eq!(said(&output).trim(), "verified case.handed_over");
    let other = python("webhook_verify.py", &[secret, "event-8", &sent, &signature, &body]).unwrap();
    assert!(!other.status.success(), "another id is another message");
}

#[test]
fn an_open311_client_reads_both_forms() {
    let server = Server::start();
    for form in ["json", "xml"] {
        let address = format!("http://{}/open311/v2", server.at);
        let Some(output) = python("open311_read.py", &[&address, form]) else { return };
        let text = said(&output);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "service 033 路灯 <故障> & 报修",
                "definition 033",
                "request 202603020017 open 住建局 2026-03-02T09:15:00+08:00",
                "request 202603020025 closed 住建局 2026-03-02T09:15:00+08:00",
                "one 202603020017 2026-03-03T09:15:00+08:00",
                "refused 404",
            ]
        );
    }
}

/// A web server of one thread that knows the documents of the tests.
struct Server {
    at: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (at, stop) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let stopped = stop.clone();
        let serve = move || {
            for stream in listener.incoming().take_while(|_| !stopped.load(Ordering::SeqCst)) {
                answer(&mut stream.unwrap());
            }
        };
        Self { at, stop, thread: Some(std::thread::spawn(serve)) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread.
        let _ = std::net::TcpStream::connect(self.at);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn answer(stream: &mut std::net::TcpStream) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
    let Some((name, format)) = path.strip_prefix("/open311/v2/").and_then(Format::split) else { return };
    let (services, requests, zone) = (open311::services(), open311::requests(), zone());
    let made = match name {
        "services" => Ok(crate::open311::services(&services, format)),
        "services/033" => Ok(crate::open311::definition(&services[0], format)),
        "requests" => Ok(crate::open311::requests(&requests, &zone, format)),
        "requests/202603020017" => Ok(crate::open311::requests(&requests[..1], &zone, format)),
        _ => Err(crate::open311::errors(&[Fault { code: 404, description: "not here".to_owned() }], format)),
    };
    let (status, body) = made.map_or_else(|no| ("404 Not Found", no), |yes| ("200 OK", yes));
    let (body, kind) = (body.unwrap(), format.content_type());
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).unwrap();
}
