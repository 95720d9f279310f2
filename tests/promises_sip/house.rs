//! The house in this process, on free ports, on a working morning that the test moves on.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use call::cdr::EventRow;
use call::ids::Pii;
use phone::{Account, Call, Phone};
use promise::{Case, CaseId, Channel, Event, Of};
use store::promises::{Deed, Owner, Scope};
use store::{CaseKind, NewCase, Track};
use switchboard::Clock;
use tempfile::TempDir;
use tokio::sync::broadcast;

use crate::folder::{append, copy, edit};
use crate::patience::{s, until};
use crate::ports::Ports;

/// A number of nobody, as the citizen behind the trunk.
pub const CITIZEN: &str = "13800001234";
/// Who is responsible in these tests, with liaison 3001 and deputy leader 3101.
pub const UNIT: &str = "ZFB";
pub const LIAISON: (&str, &str) = ("unit-zfb", "3001");
pub const DEPUTY: (&str, &str) = ("unit-zfb-2", "3101");

/// Between two looks.
const POLL: Duration = Duration::from_millis(20);
/// Wednesday, 14 October 2026, 10:00 in Shanghai.
const MORNING: i64 = 1_791_943_200_000;

/// A running house.
pub struct House {
    inner: hotline::start::House,
    clock: Clock,
    pub ports: Ports,
    folder: TempDir,
    /// SIP over UDP.
    pub udp: std::net::SocketAddr,
    /// Where the trunk's far end listens: the citizen.
    pub town: u16,
    events: broadcast::Receiver<Arc<EventRow>>,
}

impl House {
    /// Starts one; citizens are reached behind a trunk whose far end is `town`.
    pub async fn open() -> Self {
        let (ports, folder) = (Ports::take(), TempDir::new().unwrap());
        let town = ports.four();
        configure(folder.path(), &ports, town);
        let checked = config::load(&folder.path().join("sip-config"));
        let checked = checked.unwrap_or_else(|faults| panic!("{faults:?}"));
        let system = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let clock = Clock::shifted(MORNING - i64::try_from(system).unwrap());
        let inner = hotline::start::start(checked, clock.clone()).await.unwrap();
        let (udp, events) = (inner.udp[0], inner.handle.events());
        Self { inner, clock, ports, folder, udp, town, events }
    }

    /// A folder for a peer's files.
    pub fn room(&self, name: &str) -> PathBuf {
        let room = self.folder.path().join(name);
        fs::create_dir_all(&room).unwrap();
        room
    }

    /// A phone's password.
    pub fn password(&self, user: &str) -> String {
        self.inner.secrets.get(user).unwrap().to_owned()
    }

    /// The house of this process logs nowhere.
    pub fn log(&self) -> String {
        String::new()
    }

    /// So much time passes.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// A phone of our own, registered.
    pub async fn staff(&self, user: &str) -> Phone {
        let phone = Phone::start(Account::new(user, &self.password(user), self.udp)).await.unwrap();
        phone.register().await.unwrap();
        phone
    }

    /// A case of the citizen, handed over to the unit.
    pub async fn hand_over(&self, urgent: bool) -> CaseId {
        let new = NewCase {
            call: None,
            kind: CaseKind::Request,
            track: Track::Case,
            category: None,
            service: None,
            unit: Some(UNIT.to_owned()),
            title: "路灯不亮".to_owned(),
            content: "东湖路三盏路灯不亮。".to_owned(),
            place: Some("东湖路".to_owned()),
            applicant_name: None,
            applicant_phone: Some(Pii::new(CITIZEN)),
            confidential: false,
            anonymous: false,
            urgent,
        };
        let opened = {
            let (store, now, new) = (self.inner.store.clone(), self.inner.promises().now(), new);
            // The units of the configuration come to the store a moment after the start.
            let mut made = store.open_case(now, "1001", None, new.clone()).await.unwrap();
            for _ in 0..500 {
                if made.is_ok() {
                    break;
                }
                tokio::time::sleep(POLL).await;
                made = store.open_case(now, "1001", None, new.clone()).await.unwrap();
            }
            made.unwrap()
        };
        let case = self.inner.store.case_of(&opened.no).await.unwrap().unwrap();
        self.act(case, Event::HandOver(UNIT.into())).await;
        case
    }

    /// Something happens to a case; it must be allowed.
    pub async fn act(&self, case: CaseId, event: Event) {
        self.inner.promises().act(Of::Case(case), "1001", None, event).await.unwrap().unwrap();
    }

    /// The receipt, taken down by an operator as soon as the case was handed over.
    pub async fn receive(&self, case: CaseId) {
        self.until_case(case, "is handed over", |case| case.state == promise::State::HandedOver).await;
        self.act(case, Event::Received(LIAISON.1.into(), Channel::Operator)).await;
    }

    /// A case as its facts have it.
    pub async fn case(&self, case: CaseId) -> Case {
        let (tell, told) = std::sync::mpsc::channel();
        let deed = Deed::new(self.inner.promises().now(), "test");
        let look = move |owner: &mut Owner| {
            if let Owner::Case(case) = owner {
                tell.send(Case::clone(case)).unwrap();
            }
            Ok(Vec::new())
        };
        self.inner.store.keep(Of::Case(case), deed, look).await.unwrap().unwrap();
        told.recv().unwrap()
    }

    /// Waits until a case is as it should be.
    pub async fn until_case(&self, id: CaseId, what: &str, fits: impl Fn(&Case) -> bool) -> Case {
        let deadline = tokio::time::Instant::now() + s(20);
        loop {
            let case = self.case(id).await;
            if fits(&case) {
                return case;
            }
            assert!(tokio::time::Instant::now() < deadline, "the case {what}: {case:#?}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// What the shift leads are told and have not seen to.
    pub async fn alarms(&self) -> Vec<String> {
        let lines = self.inner.store.escalations(&Scope::House, false, None, 100).await.unwrap();
        lines.lines.into_iter().filter(|line| line.reader == "lead").map(|line| line.news).collect()
    }

    /// Whether something of this kind is told in a call's time line within so long.
    pub async fn tells(&mut self, kind: &str, within: Duration) -> bool {
        let told = async {
            loop {
                match self.events.recv().await {
                    Ok(row) if row.kind == kind => break,
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => panic!("the house has ended"),
                }
            }
        };
        tokio::time::timeout(within, told).await.is_ok()
    }

    /// Ends the house.
    pub async fn close(self) {
        self.inner.stop().await;
    }
}

/// A phone is rung and answers.
pub async fn answered(phone: &Phone, within: Duration) -> Call {
    let rung = tokio::time::timeout(within, phone.incoming()).await.expect("the phone rings").unwrap();
    rung.answer().await.unwrap()
}

/// The sample configuration on free ports, with a second contact of the unit and a trunk to the town.
fn configure(folder: &Path, ports: &Ports, town: u16) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = folder.join("sip-config");
    copy(&root.join("sip-config"), &config);
    let (prompts, (first, last)) = (root.join("prompts"), ports.rtp());
    edit(
        &config.join("hotline.toml"),
        &[
            ("\"127.0.0.1:5060\"", "\"127.0.0.1:0\""),
            ("\"127.0.0.1:5066\"", "\"127.0.0.1:0\""),
            ("\"127.0.0.1:24000\"", "\"127.0.0.1:0\""),
            ("\"127.0.0.1:8089\"", "\"127.0.0.1:0\""),
            ("first_port = 20000", &format!("first_port = {first}")),
            ("last_port = 23999", &format!("last_port = {last}")),
            ("dir = \"prompts\"", &format!("dir = {prompts:?}")),
            ("tts = [\"espeak-ng\", \"-v\", \"{voice}\", \"-w\", \"{file}\", \"{text}\"]", "tts = []"),
        ],
    );
    edit(&config.join("routing.toml"), &[("max_calls = 500", "max_calls = 20")]);
    let ring = "[urgent]";
    let text = fs::read_to_string(config.join("promises.toml")).unwrap();
    let (before, urgent) = text.split_once(ring).unwrap();
    let urgent = urgent.replacen("ring = 20", "ring = 5", 1);
    fs::write(config.join("promises.toml"), format!("{before}{ring}{urgent}")).unwrap();
    let contacts = format!("contacts = [\"{}\"", LIAISON.1);
    edit(&config.join("units.toml"), &[(&contacts, &format!("{contacts}, \"{}\"", DEPUTY.1))]);
    let row = format!(
        "  {{ no = \"{}\", role = \"liaison\", unit = \"{UNIT}\", phone = \"{}\" }},\n]\n",
        DEPUTY.1, DEPUTY.0
    );
    let staff = fs::read_to_string(config.join("staff.toml")).unwrap();
    fs::write(config.join("staff.toml"), staff.replacen("\n]\n", &format!("\n{row}"), 1)).unwrap();
    append(
        &config.join("trunks.toml"),
        &format!(
            "[[trunk]]\nname = \"town\"\nnets = [\"127.0.0.0/8\"]\nproxy = \"127.0.0.1:{town}\"\ntransport = \"udp\"\n\
             caller = \"053589000\"\nqualify = 0\n"
        ),
    );
}

/// Whether baresip is to be met; fails in plain words where it is missing.
pub fn baresip_is_here() -> bool {
    if std::env::var_os("HOTLINE_NO_PEERS").is_some_and(|no| no == "1") {
        eprintln!("HOTLINE_NO_PEERS=1: not tested against other makers' programs");
        return false;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join("baresip").is_file());
    assert!(
        found,
        "baresip is not installed: run scripts/setup peers, or set HOTLINE_NO_PEERS=1 to do without"
    );
    true
}

/// The citizen: baresip behind the trunk, who says a tone of so many hertz.
pub fn citizen(house: &House, hertz: u32) -> crate::baresip::Baresip {
    let account = format!("<sip:{CITIZEN}@127.0.0.1>;regint=0;audio_codecs=pcma\n");
    let citizen = crate::baresip::Baresip::start_at(house, CITIZEN, hertz, &account, house.town);
    let entry = format!("0100007F:{:04X}", house.town);
    until("baresip listens", s(10), || {
        fs::read_to_string("/proc/net/udp").unwrap().contains(&entry).then_some(())
    });
    citizen
}
