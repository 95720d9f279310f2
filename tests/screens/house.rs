//! A house with its screens, over HTTP and HTTPS, as a process of its own; and a browser of few words for it.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;
use tempfile::TempDir;

use crate::folder::{append, copy, edit};
use crate::patience::{s, until};
use crate::ports::Ports;
use crate::process::Process;

/// Orders that were given: each has a key of its own.
static ORDERS: AtomicU64 = AtomicU64::new(0);

/// A running house; `hotline.example` is its name.
pub struct House {
    process: Process,
    _last_words: LastWords,
    pub folder: TempDir,
    ports: Ports,
    http: SocketAddr,
    https: SocketAddr,
    /// SIP over UDP.
    pub udp: SocketAddr,
    /// SIP over WebSocket.
    pub ws: SocketAddr,
    /// Those that it has had, the newest last.
    pub certificates: Vec<CertificateDer<'static>>,
}

/// Where it listens.
struct Doors {
    http: SocketAddr,
    https: SocketAddr,
    udp: SocketAddr,
    ws: SocketAddr,
}

/// Shows the end of this log when a test fails, before the log is removed.
struct LastWords(PathBuf);

impl Drop for LastWords {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.0).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "--- the end of the house's log:\n{}",
                lines[lines.len().saturating_sub(60)..].join("\n")
            );
        }
    }
}

/// What was answered.
pub struct Said {
    pub status: u16,
    pub text: String,
}

impl Said {
    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        let head = self.text.split("\r\n\r\n").next().unwrap();
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or("")
    }

    /// What stands behind the headers.
    pub fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

impl House {
    /// Starts one with these arguments of `serve`, and waits until it listens.
    pub fn open(arguments: &[&str]) -> Self {
        Self::open_with(arguments, |_| {})
    }

    /// The same; its configuration was changed before.
    pub fn open_with(arguments: &[&str], change: impl FnOnce(&Path)) -> Self {
        let (ports, folder) = (Ports::take(), TempDir::new().unwrap());
        let certificates = vec![configure(folder.path(), &ports)];
        change(&folder.path().join("sip-config"));
        let (process, doors) = start(folder.path(), arguments);
        Self::of(process, folder, ports, doors, certificates)
    }

    fn of(
        process: Process,
        folder: TempDir,
        ports: Ports,
        Doors { http, https, udp, ws }: Doors,
        certificates: Vec<CertificateDer<'static>>,
    ) -> Self {
        let last_words = LastWords(folder.path().join("log"));
        Self { process, _last_words: last_words, folder, ports, http, https, udp, ws, certificates }
    }

    /// Stops it and starts it again in the same folder.
    pub fn again(mut self) -> Self {
        self.stop();
        let (process, doors) = start(self.folder.path(), &[]);
        Self::of(process, self.folder, self.ports, doors, self.certificates)
    }

    /// Ends it as the system does; it must end well.
    pub fn stop(&mut self) {
        self.process.signal("TERM");
        let status = self.process.end("the house stops", s(20));
        assert!(status.success(), "{status}\n{}", self.log());
    }

    /// Runs a trial whose hotline.toml was changed; it is expected to end by itself.
    pub fn trial_with(changes: &[(&str, &str)]) -> Output {
        let (ports, folder) = (Ports::take(), TempDir::new().unwrap());
        configure(folder.path(), &ports);
        edit(&folder.path().join("sip-config/hotline.toml"), changes);
        hotline(folder.path(), &["serve"]).arg("--trial").output().unwrap()
    }

    /// `hotline user` with this on stdin: exit code, stdout, stderr.
    pub fn user(&self, arguments: &[&str], typed: &str) -> (i32, String, String) {
        let (deed, rest) = arguments.split_first().unwrap();
        let mut command = hotline(self.folder.path(), &["user", deed]);
        command.args(rest).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // One that refuses its arguments may not read.
        let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
        told(&child.wait_with_output().unwrap())
    }

    /// What another command of the binary says about this house.
    pub fn command(&self, words: &[&str]) -> String {
        let (code, out, err) = told(&hotline(self.folder.path(), words).output().unwrap());
        assert_eq!(code, 0, "{words:?}: {err}");
        out
    }

    /// What it has told on stdout.
    pub fn said(&self) -> String {
        fs::read_to_string(self.folder.path().join("out")).unwrap()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Where its pages are, without TLS.
    pub fn pages(&self) -> String {
        format!("http://{}/", self.http)
    }

    /// The address at which a tab of this name signs in by itself as somebody of the trial, and goes on to this view.
    pub fn trial(&self, tab: &str, role: &str, view: &str) -> String {
        let said = self.said();
        let token = said.split("/?trial=").nth(1).unwrap().split_whitespace().next().unwrap();
        format!("{}?tab={tab}#/trial?token={token}&as={role}&to={view}", self.pages())
    }

    /// What the HTTP interface answers a program.
    pub fn get(&self, path: &str) -> Value {
        let token = fs::read_to_string(self.folder.path().join("data/api-token")).unwrap();
        let said =
            self.https(&format!("GET {path}"), &format!("Authorization: Bearer {}\r\n", token.trim()), "");
        assert_eq!(said.status, 200, "{path}: {}", said.text);
        serde_json::from_str(said.body()).unwrap_or_else(|e| panic!("{path}: {e}: {}", said.text))
    }

    /// What it answers a program's order, which must be carried out: `POST /api/v1/cases`.
    pub fn ask(&self, line: &str, body: &Value) -> Value {
        let token = fs::read_to_string(self.folder.path().join("data/api-token")).unwrap();
        let key = ORDERS.fetch_add(1, Ordering::Relaxed);
        let headers = format!("Authorization: Bearer {}\r\nIdempotency-Key: {key}\r\n", token.trim());
        let said = self.https(line, &headers, &body.to_string());
        assert!((200..300).contains(&said.status), "{line} {body}: {}", said.text);
        serde_json::from_str(said.body()).unwrap_or_default()
    }

    /// A phone's password.
    pub fn password(&self, user: &str) -> String {
        let secrets = fs::read_to_string(self.folder.path().join("data/secrets.toml")).unwrap();
        let line = secrets.lines().find_map(|l| l.strip_prefix(&format!("\"{user}\" = \"")));
        line.unwrap_or_else(|| panic!("{user} has no password")).trim_end_matches('"').to_owned()
    }

    /// Asks over HTTPS, by the house's address.
    pub fn https(&self, line: &str, headers: &str, body: &str) -> Said {
        self.https_as(&self.https.to_string(), line, headers, body)
    }

    /// A connection over TLS, which takes every certificate that the house has had.
    pub fn connect(&self) -> StreamOwned<ClientConnection, TcpStream> {
        let mut roots = RootCertStore::empty();
        for certificate in &self.certificates {
            roots.add(certificate.clone()).unwrap();
        }
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let client = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(self.https).unwrap();
        socket.set_read_timeout(Some(s(20))).unwrap();
        StreamOwned::new(client, socket)
    }

    /// The certificate that a new connection is shown.
    pub fn shown(&self) -> CertificateDer<'static> {
        let mut stream = self.connect();
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock).unwrap();
        }
        stream.conn.peer_certificates().unwrap()[0].clone()
    }

    /// Puts another certificate with its key into the files.
    pub fn new_certificate(&mut self) {
        self.certificates.push(certificate(self.folder.path()));
    }

    /// SIGHUP: the configuration and the files of TLS are read again.
    pub fn hang_up(&mut self) {
        self.process.signal("HUP");
    }

    /// `hotline check` of its configuration.
    pub fn check(&self) -> (i32, String, String) {
        told(&hotline(self.folder.path(), &["check"]).output().unwrap())
    }

    /// The same under another name.
    pub fn https_as(&self, host: &str, line: &str, headers: &str, body: &str) -> Said {
        let mut stream = self.connect();
        let length = body.len();
        write!(
            stream,
            "{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        )
        .unwrap();
        let mut text = Vec::new();
        // The house closes the connection without a word of TLS when everything is said.
        let _ = stream.read_to_end(&mut text);
        let text = String::from_utf8(text).unwrap();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        Said { status: status.unwrap_or_else(|| panic!("no answer: {text}")), text }
    }
}

fn hotline(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
    command.args(["--lang", "en", "--log", "debug,sqlx=warn"]).args(words);
    command.arg("--config").arg(folder.join("sip-config"));
    command
}

/// Exit code, stdout and stderr.
pub fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn start(folder: &Path, arguments: &[&str]) -> (Process, Doors) {
    let (out, err) = (folder.join("out"), folder.join("log"));
    let mut process = Process::start(hotline(folder, &["serve", "--alone"]).args(arguments), &out, &err);
    let doors = until("the house says where it listens", s(30), || {
        if let Some(status) = process.ended() {
            panic!("the house did not start ({status}):\n{}", fs::read_to_string(&err).unwrap());
        }
        let said = fs::read_to_string(&out).unwrap();
        let (http, https) = (after(&said, "http://")?, after(&said, "https://")?);
        Some(Doors { http, https, udp: after(&said, "UDP ")?, ws: after(&said, "WS ")? })
    });
    (process, doors)
}

/// The address behind these words.
fn after(said: &str, words: &str) -> Option<SocketAddr> {
    let rest = said.split_once(words)?.1;
    rest.split(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').next()?.parse().ok()
}

/// A sample configuration of its own, with HTTPS, open at all hours; its certificate.
fn configure(folder: &Path, ports: &Ports) -> CertificateDer<'static> {
    let (first, last) = ports.rtp();
    // What pages are told is what is written down: from where they may open a WebSocket, and to where.
    let http = ports.four();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = folder.join("sip-config");
    copy(&root.join("sip-config"), &config);
    let certificate = certificate(folder);
    let (certificate_file, key_file) = files(folder);
    let prompts = root.join("prompts");
    edit(
        &config.join("hotline.toml"),
        &[
            ("\"127.0.0.1:5060\"", "\"127.0.0.1:0\""),
            ("127.0.0.1:8089", &format!("127.0.0.1:{http}")),
            ("127.0.0.1:5066", &format!("127.0.0.1:{}", http + 2)),
            ("127.0.0.1:24000", "127.0.0.1:0"),
            ("https = []", "https = [\"127.0.0.1:0\"]"),
            ("hosts = []", "hosts = [\"hotline.example\"]"),
            ("# certificate = \"data/tls/certificate.pem\"", &format!("certificate = {certificate_file:?}")),
            ("# key = \"data/tls/key.pem\"", &format!("key = {key_file:?}")),
            ("first_port = 20000", &format!("first_port = {first}")),
            ("last_port = 23999", &format!("last_port = {last}")),
            ("dir = \"prompts\"", &format!("dir = {prompts:?}")),
            ("tts = [\"espeak-ng\", \"-v\", \"{voice}\", \"-w\", \"{file}\", \"{text}\"]", "tts = []"),
        ],
    );
    edit(
        &config.join("routing.toml"),
        &[("max_calls = 500", "max_calls = 20"), ("last_bridge = 300", "last_bridge = 0")],
    );
    append(
        &config.join("calendar/hours.toml"),
        "[[change]]\nplace = \"centre\"\nfrom = \"2000-01-01\"\nuntil = \"2099-12-31\"\nopen = true\nreason = \"test\"\n",
    );
    certificate
}

fn files(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("certificate.pem"), folder.join("key.pem"))
}

/// Writes a certificate with its key into the files of the folder.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), "hotline.example".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
    let (certificate_file, key_file) = files(folder);
    fs::write(&certificate_file, certificate.pem()).unwrap();
    fs::write(&key_file, key.serialize_pem()).unwrap();
    std::fs::set_permissions(&key_file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    certificate.der().clone()
}
