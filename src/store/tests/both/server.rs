//! A PostgreSQL of our own for as long as it is needed: made, started, and gone again with all that it wrote. Nobody else reaches it: it
//! listens on a socket in a folder that is its user's alone.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// So long it may take to start, after a crash too.
const STARTED_WITHIN: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(50);
/// The name of its superuser and of the database.
const NAME: &str = "hotline";

/// The folder of the server's programs: `initdb` and `postgres`.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Where Debian keeps them, by version; the newest first.
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    versions.sort_by_key(|entry| entry.file_name().to_string_lossy().parse::<u32>().unwrap_or(0));
    folders.extend(versions.iter().rev().map(|entry| entry.path().join("bin")));
    let found = folders.into_iter().find(|folder| folder.join("initdb").exists())?;
    // `initdb` looks for `postgres` beside itself, so a link to it is followed.
    let real = fs::canonicalize(found.join("initdb")).ok()?;
    real.parent().map(Path::to_owned)
}

/// Whose process it becomes: PostgreSQL does not run as root.
fn user() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").ok()?.uid() != 0 {
        return None;
    }
    let id = |flag: &str, name: &str| -> Option<u32> {
        let out = Command::new("id").args([flag, name]).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(out.stdout).ok()?.trim().parse().ok()
    };
    ["postgres", "nobody"].iter().find_map(|name| Some((id("-u", name)?, id("-g", name)?)))
}

/// A new folder of that user's: inside `wanted` when the user can get there, else among the temporary ones.
fn folder(wanted: &Path, user: Option<(u32, u32)>) -> TempDir {
    let open = |folder: &Path| fs::metadata(folder).is_ok_and(|m| m.permissions().mode() & 0o001 != 0);
    let reached = user.is_none() || wanted.ancestors().all(open);
    let folder = if reached { tempfile::tempdir_in(wanted) } else { tempfile::tempdir() }.unwrap();
    if let Some((uid, gid)) = user {
        chown(folder.path(), Some(uid), Some(gid)).unwrap();
    }
    folder
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    user: Option<(u32, u32)>,
    data: TempDir,
    socket: TempDir,
    running: Option<Child>,
}

impl Server {
    /// Makes one in a folder below `folder`; `None`: PostgreSQL is not installed.
    pub fn make(folder_for: &Path) -> Option<Self> {
        let programs = programs()?;
        let user = user();
        let data = folder(folder_for, user);
        // The path of a socket has 107 bytes at most.
        let socket = folder(&std::env::temp_dir(), user);
        let server = Self { programs, user, data, socket, running: None };
        let mut initdb = server.program("initdb");
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username", NAME]);
        let out = initdb.arg("--pgdata").arg(server.data.path().join("data")).output().unwrap();
        assert!(out.status.success(), "initdb: {}", String::from_utf8_lossy(&out.stderr));
        Some(server)
    }

    fn program(&self, name: &str) -> Command {
        let mut program = Command::new(self.programs.join(name));
        program.current_dir(self.data.path()).stdin(Stdio::null());
        if let Some((uid, gid)) = self.user {
            program.uid(uid).gid(gid);
        }
        program
    }

    /// Starts it with these settings, the rest being PostgreSQL's own, and waits until it answers.
    pub fn start(&mut self, settings: &[&str]) {
        assert!(self.running.is_none(), "it runs already");
        let log = fs::File::create(self.log()).unwrap();
        let mut postgres = self.program("postgres");
        postgres.arg("-D").arg(self.data.path().join("data")).arg("-k").arg(self.socket.path());
        postgres.args(["-c", "listen_addresses="]);
        for setting in settings {
            postgres.args(["-c", setting]);
        }
        self.running = Some(postgres.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let deadline = Instant::now() + STARTED_WITHIN;
        let mut ask = self.program("psql");
        ask.arg("--host").arg(self.socket.path());
        ask.args(["--username", NAME, "--dbname", "postgres", "--command", "SELECT 1"]);
        ask.stdout(Stdio::null()).stderr(Stdio::null());
        while !ask.status().unwrap().success() {
            let ended = self.running.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "PostgreSQL did not start:\n{}", self.said());
            assert!(Instant::now() < deadline, "PostgreSQL does not answer:\n{}", self.said());
            std::thread::sleep(POLL);
        }
    }

    /// What it has written to its log since the last start.
    pub fn said(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.data.path().join("log")
    }

    /// Ends it in order, so that it can be started again.
    pub fn stop(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        // Fast shutdown: sessions are ended, and what was written goes to disk.
        let _ = Command::new("kill").args(["-INT", &running.id().to_string()]).status();
        let _ = running.wait();
    }

    /// Where a database of it is: `postgres` is there from the beginning.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{NAME}@localhost/{database}?host={}", self.socket.path().display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
