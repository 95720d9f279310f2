//! The house as a program that is killed and started again on the same folder.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::folder::{append, copy, edit};
use crate::patience::{s, until};
use crate::ports::Ports;
use crate::process::Process;

/// Between two looks.
const POLL: Duration = Duration::from_millis(2);
/// A start takes no longer, however busy the machine.
const START: Duration = s(30);
/// So much of a prompt is kept: callers are to come to talk within a short life.
const PROMPT: u32 = 1_600;

/// The house's folder, and the house while it runs.
pub struct House {
    folder: TempDir,
    /// Held: nobody else takes them.
    _ports: Ports,
    pub sip: SocketAddr,
    process: RefCell<Option<Process>>,
    lives: usize,
    /// A parent of its own starts it again.
    watched: bool,
    /// Variables of the parent.
    pub variables: Vec<(&'static str, OsString)>,
}

impl House {
    /// Its folder; it is not started.
    pub fn build() -> Self {
        let (folder, ports) = (TempDir::new().unwrap(), Ports::take());
        let (sip, http) = (ports.four(), ports.four());
        shorten(&root().join("prompts"), &folder.path().join("prompts"));
        configure(&folder.path().join("sip-config"), sip, http, ports.rtp());
        let sip = SocketAddr::from(([127, 0, 0, 1], sip));
        let (process, variables) = (RefCell::default(), Vec::new());
        Self { folder, _ports: ports, sip, process, lives: 0, watched: false, variables }
    }

    /// One that its own parent process starts again.
    #[allow(dead_code)]
    pub fn watched() -> Self {
        let mut house = Self::build();
        house.watched = true;
        house
    }

    /// Starts it, unless its parent does, and waits until it listens.
    pub async fn start(&mut self) {
        if self.process.borrow().is_none() {
            self.launch();
        }
        let deadline = Instant::now() + START;
        while TcpStream::connect(self.sip).is_err() {
            let ended = self.ended();
            assert!(ended.is_none() && Instant::now() < deadline, "the house does not start: {ended:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Starts it and does not wait.
    pub fn launch(&mut self) {
        self.lives += 1;
        let (out, log) = (self.folder.path().join("out"), self.log());
        let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
        command.envs(self.variables.iter().cloned());
        command.args(["--lang", "en", "--log", "info,sqlx=warn", "serve", "--config"]);
        command.arg(self.folder.path().join("sip-config"));
        if !self.watched {
            command.arg("--alone");
        }
        self.process.replace(Some(Process::start(&mut command, &out, &log)));
    }

    /// The process that was started.
    #[allow(dead_code)]
    pub fn id(&self) -> u32 {
        self.process.borrow().as_ref().unwrap().id()
    }

    /// The processes of the house below its parent, the oldest first.
    #[allow(dead_code)]
    pub fn processes(&self) -> Vec<u32> {
        let mut all = self.process.borrow().as_ref().map_or(Vec::new(), |parent| children(parent.id()));
        all.retain(|pid| is_house(*pid));
        all
    }

    /// `kill -9`; of what the parent looks after, where there is one.
    pub fn kill(&self) {
        if self.watched {
            for process in self.processes() {
                signal(process, "KILL");
                // Its first thread may be a zombie while others still hold the sockets: it is over when it is buried.
                let grave = PathBuf::from(format!("/proc/{process}"));
                until("the house dies", s(20), || (!grave.exists()).then_some(()));
            }
            return;
        }
        let mut process = self.process.take().unwrap();
        process.signal("KILL");
        let status = process.end("the house dies", s(20));
        assert!(!status.success(), "the house was killed and says that it ended well");
    }

    /// Ends it in order, as the system does.
    pub fn stop(&self) {
        let mut process = self.process.take().unwrap();
        process.signal("TERM");
        let status = process.end("the house ends after SIGTERM", s(60));
        assert!(status.success(), "{status}");
    }

    /// Whether its process has ended by itself, and how.
    #[allow(dead_code)]
    pub fn ended(&self) -> Option<std::process::ExitStatus> {
        self.process.borrow_mut().as_mut().and_then(Process::ended)
    }

    /// An admin's command beside it: its exit code, and all that it says.
    #[allow(dead_code)]
    pub fn command(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hotline"));
        command.args(["--lang", "en"]).args(arguments);
        command.arg("--config").arg(self.folder.path().join("sip-config"));
        let out = command.output().unwrap();
        let said = [out.stdout, out.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (out.status.code().unwrap_or(-1), said.concat())
    }

    /// The file of its log in this life.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join(format!("log-{}", self.lives))
    }

    /// The folder of its configuration.
    #[allow(dead_code)]
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("sip-config")
    }

    pub fn store(&self) -> store::Settings {
        let journal = store::JournalAt { folder: self.folder.path().join("data/journal"), reserve_mib: 0 };
        store::Settings::beside(self.folder.path().join("data/hotline.db"), "hotline-1").behind(journal)
    }

    pub fn recordings(&self) -> PathBuf {
        self.folder.path().join("data/recordings")
    }

    /// Recordings that are not playable yet.
    pub fn spools(&self) -> Vec<PathBuf> {
        files(&self.recordings(), "spool")
    }

    /// A phone's password.
    pub fn password(&self, user: &str) -> String {
        let secrets = fs::read_to_string(self.folder.path().join("data/secrets.toml")).unwrap();
        let line = secrets.lines().find_map(|l| l.strip_prefix(&format!("\"{user}\" = \"")));
        line.unwrap_or_else(|| panic!("{user} has no password")).trim_end_matches('"').to_owned()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut parent) = self.process.get_mut().take_if(|_| self.watched)
            && parent.ended().is_none()
        {
            // It starts nobody any more while its children end.
            parent.signal("STOP");
            children(parent.id()).into_iter().for_each(|process| signal(process, "KILL"));
        }
        if thread::panicking() {
            let log = fs::read_to_string(self.log()).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let from = lines.len().saturating_sub(40);
            eprintln!(
                "--- the log of the house's life {}, its end:\n{}",
                self.lives,
                lines[from..].join("\n")
            );
        }
    }
}

/// Children of a process and what they have started, the oldest first.
fn children(of: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{of}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let own: Vec<u32> = lists
        .flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>())
        .collect();
    own.iter().flat_map(|child| [vec![*child], children(*child)].concat()).collect()
}

fn is_house(pid: u32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).contains("serve")
}

/// Whether a process runs still.
#[allow(dead_code)]
pub fn is_there(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Sends a signal to a process of the house.
pub fn signal(pid: u32, name: &str) {
    // The number may be another program's by now.
    if is_house(pid) {
        // It may have ended just now.
        let _ = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status();
    }
}

/// The files below a folder with this ending.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        // The first call makes the folder.
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The prompts, each so short that it is hardly heard.
fn shorten(from: &Path, to: &Path) {
    for lang in ["zh-CN", "en"] {
        fs::create_dir_all(to.join(lang)).unwrap();
        for path in files(&from.join(lang), "wav") {
            let mut reader = hound::WavReader::open(&path).unwrap();
            let to = to.join(lang).join(path.file_name().unwrap());
            let mut writer = hound::WavWriter::create(to, reader.spec()).unwrap();
            let most = PROMPT * reader.spec().sample_rate / 8_000;
            for sample in reader.samples::<i16>().take(most as usize) {
                writer.write_sample(sample.unwrap()).unwrap();
            }
            writer.finalize().unwrap();
        }
    }
    for path in files(from, "tsv").into_iter().filter(|p| p.parent() == Some(from)) {
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// The sample configuration on free ports, open at all hours, with the callers as a trunk.
fn configure(config: &Path, sip: u16, http: u16, (first, last): (u16, u16)) {
    copy(&root().join("sip-config"), config);
    edit(
        &config.join("hotline.toml"),
        &[
            ("127.0.0.1:5060", &format!("127.0.0.1:{sip}")),
            ("127.0.0.1:5066", "127.0.0.1:0"),
            ("127.0.0.1:24000", "127.0.0.1:0"),
            ("127.0.0.1:8089", &format!("127.0.0.1:{http}")),
            ("calls_per_second = 20", "calls_per_second = 10000"),
            ("first_port = 20000", &format!("first_port = {first}")),
            ("last_port = 23999", &format!("last_port = {last}")),
            ("tts = [\"espeak-ng\", \"-v\", \"{voice}\", \"-w\", \"{file}\", \"{text}\"]", "tts = []"),
        ],
    );
    edit(
        &config.join("routing.toml"),
        &[
            ("max_calls = 500", "max_calls = 26"),
            ("wrap_up = 30", "wrap_up = 0"),
            ("last_bridge = 300", "last_bridge = 0"),
            // Nobody is answered before the row is on disk, however slow the disk of a busy machine.
            ("journal_wait_ms = 2000", "journal_wait_ms = 30000"),
        ],
    );
    append(
        &config.join("trunks.toml"),
        "[[trunk]]\nname = \"town\"\nnets = [\"127.0.0.0/8\"]\nchannels = 1000\n",
    );
    append(
        &config.join("calendar/hours.toml"),
        "[[change]]\nplace = \"centre\"\nfrom = \"2000-01-01\"\nuntil = \"2099-12-31\"\nopen = true\nreason = \"test\"\n",
    );
}
