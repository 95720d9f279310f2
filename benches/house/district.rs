//! The configuration of a house that is measured: the sample one, or one with as many operators and desks as are wanted.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A configuration folder of its own.
pub struct District {
    folder: TempDir,
    pub sip: u16,
    pub http: u16,
}

impl District {
    /// The sample configuration, on free ports and with a trunk for the callers.
    pub fn sample() -> Self {
        let district = Self::copied();
        district.edit("hotline.toml", |text| district.place(text));
        district
    }

    /// So many operators and desks, open at any hour.
    pub fn with_desks(count: u16) -> Self {
        let district = Self::sample();
        let write = |name: &str, text: String| fs::write(district.config().join(name), text).unwrap();
        let (mut staff, mut desks, mut operators) = (String::new(), String::new(), String::new());
        for n in 1..=count {
            writeln!(staff, "  {{ no = \"{}\", role = \"operator\", phone = \"op{n}\" }},", 10_000 + n)
                .unwrap();
            let no = 20_000 + n;
            writeln!(staff, "  {{ no = \"{no}\", role = \"desk\", unit = \"U\", phone = \"desk{n:03}\" }},")
                .unwrap();
            writeln!(desks, "  {{ no = \"{n:03}\", name = \"窗口\", unit = \"U\", members = [\"{no}\"] }},")
                .unwrap();
            let skills = "[\"general\", \"en\", \"lead\"]";
            writeln!(operators, "  {{ staff = \"{}\", skills = {skills}, ready = true }},", 10_000 + n)
                .unwrap();
        }
        let liaison = "  { no = \"30000\", role = \"liaison\", unit = \"U\", phone = \"liaison\" },\n";
        write("staff.toml", format!("staff = [\n{staff}{liaison}]\n"));
        write("desks.toml", format!("desk = [\n{desks}]\n"));
        write("operators.toml", format!("shift_leads = [\"10001\"]\noperator = [\n{operators}]\n"));
        let unit = "unit = [\n  { code = \"U\", name = \"单位\", kind = \"department\", contacts = [\"30000\"] },\n]\n";
        write("units.toml", unit.to_owned());
        let service = "service = [\n  { code = \"S-1\", name = \"事项\", desks = [\"001\"] },\n]\n";
        write("services.toml", service.to_owned());
        let open = "[[change]]\nplace = \"centre\"\nfrom = \"2020-01-01\"\nuntil = \"2099-12-31\"\nopen = true\n\
                    reason = \"measuring\"\n";
        let weekly = "[[pattern]]\nplace = \"centre\"\nweekdays = [\"08:30-12:00\"]\n";
        write("calendar/hours.toml", format!("zone = \"Asia/Shanghai\"\n{weekly}{open}"));
        district.edit("routing.toml", |text| {
            text.replace("max_calls = 500", "max_calls = 2000").replace("wrap_up = 30", "wrap_up = 0")
        });
        district
    }

    /// One desk and one operator, and so many more people with a phone, at most 50,000.
    pub fn with_phones(count: u32) -> Self {
        let district = Self::with_desks(1);
        district.edit("staff.toml", |text| {
            let mut staff = String::new();
            for n in 1..=count {
                let no = 40_000 + n;
                writeln!(staff, "  {{ no = \"{no}\", role = \"operator\", phone = \"p{n}\" }},").unwrap();
            }
            text.replace("staff = [\n", &format!("staff = [\n{staff}"))
        });
        district
    }

    /// The folder that `--config` takes.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("sip-config")
    }

    /// Where the house keeps everything.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn copied() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = TempDir::new().unwrap();
        copy(&root.join("sip-config"), &folder.path().join("sip-config"));
        std::os::unix::fs::symlink(root.join("prompts"), folder.path().join("prompts")).unwrap();
        let [sip, http] = free_ports();
        let district = Self { folder, sip, http };
        let trunk =
            "[[trunk]]\nname = \"bench\"\nnets = [\"127.0.0.0/8\"]\nchannels = 10000\ntrusted = true\n";
        fs::write(district.config().join("trunks.toml"), trunk).unwrap();
        district
    }

    fn edit(&self, name: &str, change: impl FnOnce(String) -> String) {
        let path = self.config().join(name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, change(text)).unwrap();
    }

    fn place(&self, text: String) -> String {
        text.replace("127.0.0.1:5060", &format!("127.0.0.1:{}", self.sip))
            .replace("127.0.0.1:5066", "127.0.0.1:0")
            .replace("127.0.0.1:24000", "127.0.0.1:0")
            .replace("127.0.0.1:8089", &format!("127.0.0.1:{}", self.http))
            .replace("calls_per_second = 20", "calls_per_second = 10000")
            .replace("first_port = 20000", "first_port = 10000")
            .replace("last_port = 23999", "last_port = 25999")
            .replace("tts = [\"espeak-ng\", \"-v\", \"{voice}\", \"-w\", \"{file}\", \"{text}\"]", "tts = []")
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Two ports that are free now; another process could take one before we do, which a measurement may risk.
fn free_ports() -> [u16; 2] {
    let both = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    both.map(|listener| listener.local_addr().unwrap().port())
}
