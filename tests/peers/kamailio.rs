//! kamailio as the carrier: its subscribers are baresips, it stays in the way of each dialog, and it can be killed and started
//! again.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::Value;

use crate::baresip::{Baresip, account};
use crate::house::House;
use crate::patience::{s, until};

/// Tones of the citizen and of who answers, hertz.
pub const CITIZEN_TONE: u32 = 2_130;
pub const STAFF_TONE: u32 = 1_370;
/// As `carrier.cfg` has it.
pub const PASSWORD: &str = "kept-by-the-carrier";
/// A member of a window whose telephone is in the town.
pub const IN_TOWN: &str = "05356123456";

/// A running kamailio: it and its children are a group of processes, ended together.
pub struct Kamailio {
    /// `None` once it was killed: its number may be somebody else's by then.
    child: Option<Child>,
    pub at: SocketAddr,
    room: PathBuf,
    defines: Vec<&'static str>,
}

impl Kamailio {
    /// Starts one between its subscribers and the house, and waits until it answers.
    pub fn start(house: &House, port: u16) -> Self {
        Self::start_with(house, port, &[], |_| {})
    }

    /// The same with parts of `carrier.cfg` and further files in its folder.
    pub fn start_with(
        house: &House,
        port: u16,
        defines: &[&'static str],
        prepare: impl FnOnce(&Path),
    ) -> Self {
        let room = house.room(&format!("kamailio-{port}"));
        for file in ["carrier.cfg", "tls.cfg"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kamailio").join(file);
            let config = fs::read_to_string(path).unwrap().replace("@PORT@", &port.to_string());
            let config = config.replace("@HOUSE@", &house.udp.port().to_string());
            fs::write(room.join(file), config.replace("@FOLDER@", room.to_str().unwrap())).unwrap();
        }
        prepare(&room);
        let child = Some(spawn(&room, defines));
        let at = (Ipv4Addr::LOCALHOST, port).into();
        let carrier = Self { child, at, room, defines: defines.to_vec() };
        carrier.until_answers();
        carrier
    }

    /// Kills it without a word to anybody: no connection is closed in order, no registration kept.
    pub fn kill(&mut self) {
        self.signal("KILL");
        if let Some(mut child) = self.child.take() {
            let _ = child.wait();
        }
    }

    /// From here on it reads nothing and says nothing.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// To all of its processes, whatever state they are in.
    fn signal(&self, name: &str) {
        let Some(child) = &self.child else { return };
        let group = format!("kill -{name} -{}", child.id());
        let _ = Command::new("sh").args(["-c", &group]).stderr(Stdio::null()).status();
    }

    /// Starts it again after [`Kamailio::kill`], at the same address.
    pub fn start_again(&mut self) {
        self.child = Some(spawn(&self.room, &self.defines));
        self.until_answers();
    }

    fn until_answers(&self) {
        let options = || {
            let to = format!("sip:up@{}", self.at);
            let asked = Command::new("sipsak").args(["-D", "100", "-s", &to]).output().unwrap();
            asked.status.success().then_some(())
        };
        until("kamailio answers", s(10), options);
    }

    /// Its files.
    pub fn room(&self) -> &Path {
        &self.room
    }

    /// What it has logged since it was first started.
    pub fn said(&self) -> String {
        fs::read_to_string(self.room.join("log")).unwrap_or_default()
    }

    /// Waits until it has logged these words so many times.
    pub fn until_says(&self, words: &str, times: usize, within: u64) {
        let what = format!("kamailio says {words:?} {times} times");
        until(&what, s(within), || (self.said().matches(words).count() >= times).then_some(()));
    }

    /// A baresip that is a subscriber of this carrier.
    pub fn subscriber(&self, house: &House, number: &'static str, hertz: u32) -> Baresip {
        self.subscriber_with(house, number, hertz, "")
    }

    /// The same with further settings of its account.
    pub fn subscriber_with(
        &self,
        house: &House,
        number: &'static str,
        hertz: u32,
        settings: &str,
    ) -> Baresip {
        let account = account("carrier.test", number, PASSWORD, self.at, settings);
        let phone = Baresip::start(house, number, hertz, &account);
        self.until_says(&format!("registered: {number}"), 1, 10);
        phone
    }

    /// Which requests of the dialog came from the house, and which from the subscriber.
    pub fn of_dialog(&self, method: &str, house: &House) -> (usize, usize) {
        let said = self.said();
        let all = said.lines().filter(|l| l.contains(&format!("in the dialog: {method} from port ")));
        let own = format!("from port {}", house.udp.port());
        let (mine, theirs): (Vec<&str>, Vec<&str>) = all.partition(|l| l.trim_end().ends_with(&own));
        (mine.len(), theirs.len())
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("--- kamailio at {}:\n{}", self.at, self.said());
        }
    }
}

fn spawn(room: &Path, defines: &[&str]) -> Child {
    let mut kamailio = Command::new("kamailio");
    let path = std::env::var("PATH").unwrap_or_default();
    kamailio.env("PATH", format!("{path}:/usr/sbin")).current_dir(room);
    kamailio.args(["-DD", "-E", "-m", "16", "-M", "4", "-P", "pid"]);
    kamailio.arg("-f").arg(room.join("carrier.cfg")).arg("-w").arg(room).arg("-Y").arg(room);
    for define in defines {
        kamailio.args(["-A", define]);
    }
    let log = fs::OpenOptions::new().create(true).append(true).open(room.join("log")).unwrap();
    kamailio.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    kamailio.process_group(0).spawn().unwrap()
}

/// The leg of this seat.
pub fn leg<'c>(call: &'c Value, seat: &str) -> &'c Value {
    let legs = call["legs"].as_array().unwrap();
    legs.iter().find(|l| l["seat"] == seat).unwrap_or_else(|| panic!("{seat}: {call:#}"))
}
