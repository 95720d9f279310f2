//! A house, a call that talks in it, and what is measured meanwhile: its sound, new calls of the trunk, the house's memory.

use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use phone::{Account, Call, Dial, Phone};

use crate::folder::edit;
use crate::house::{CITIZEN, House};
use crate::patience::s;

/// Between two calls of the trunk.
const POLL: Duration = Duration::from_millis(150);

/// 127.7.0.0/16 is the trunk, 127.8.0.0/16 the phones', all else strangers; TLS is listened on too.
pub fn house() -> House {
    house_for(20)
}

/// The same for more calls at once.
pub fn house_for(calls: u32) -> House {
    House::open_with(|config, _| {
        edit(&config.join("routing.toml"), &[("max_calls = 20", &format!("max_calls = {calls}"))]);
        let names = vec!["house.example.org".to_owned()];
        let papers = rcgen::generate_simple_self_signed(names).unwrap();
        let (certificate, key) = (config.join("certificate.pem"), config.join("key.pem"));
        fs::write(&certificate, papers.cert.pem()).unwrap();
        fs::write(&key, papers.signing_key.serialize_pem()).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        edit(
            &config.join("hotline.toml"),
            &[
                ("phone_nets = [\"127.0.0.0/8\"]", "phone_nets = [\"127.8.0.0/16\"]"),
                ("tls = []", "tls = [\"127.0.0.1:0\"]"),
                ("# certificate = \"data/tls/certificate.pem\"", &format!("certificate = {certificate:?}")),
                ("# key = \"data/tls/key.pem\"", &format!("key = {key:?}")),
            ],
        );
        edit(&config.join("trunks.toml"), &[("nets = [\"127.0.0.0/8\"]", "nets = [\"127.7.0.0/16\"]")]);
    })
}

/// Where it listens over TLS.
pub fn over_tls(house: &House) -> SocketAddr {
    let said = fs::read_to_string(house.folder.path().join("out")).unwrap();
    let rest = said.split_once("TLS ").unwrap_or_else(|| panic!("{said}")).1;
    rest.split(|c: char| c.is_whitespace() || c == ',')
        .next()
        .unwrap()
        .parse()
        .unwrap_or_else(|_| panic!("{said}"))
}

/// What was measured.
pub struct Measure {
    /// Of the live call's sound.
    pub packets: u64,
    pub lost: u64,
    pub pause: Duration,
    pub own_lag: Duration,
    /// From INVITE to 200, sorted.
    pub set_up: Vec<Duration>,
    pub failed: usize,
    /// The most that the house held more than before, KiB.
    pub memory: u64,
}

impl Measure {
    pub fn p99(&self) -> Duration {
        let last = self.set_up.len().saturating_sub(1);
        self.set_up.get(last - last / 100).copied().unwrap_or_default()
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = self.set_up.get(self.set_up.len() / 2).copied().unwrap_or_default();
        write!(
            f,
            "{} packets heard, {} lost, longest pause {:?} (the measuring end itself was late by {:?}); {} calls set up, half \
             within {half:?}, p99 {:?}, {} failed; memory +{} KiB",
            self.packets,
            self.lost,
            self.pause,
            self.own_lag,
            self.set_up.len(),
            self.p99(),
            self.failed,
            self.memory
        )
    }
}

/// A citizen and an operator in talk.
pub struct Talk {
    phones: (Phone, Phone),
    citizen: Call,
    operator: Call,
}

/// A phone of the trunk.
pub async fn trunk_phone(house: &House, last: u8) -> Phone {
    let bind = IpAddr::V4(Ipv4Addr::new(127, 7, 0, last));
    Phone::start(Account { bind, ..Account::new("trunk", "", house.udp) }).await.unwrap()
}

impl Talk {
    pub async fn begin(house: &House) -> Self {
        let bind = IpAddr::V4(Ipv4Addr::new(127, 8, 0, 1));
        let account = Account { bind, ..Account::new("op1", &house.password("op1"), house.udp) };
        let operator = Phone::start(account).await.unwrap();
        operator.register().await.unwrap();
        let caller = trunk_phone(house, 1).await;
        let citizen = caller.call(Dial::to("89000").caller(CITIZEN)).await.unwrap();
        let taken = operator.incoming().await.unwrap().answer().await.unwrap();
        citizen.tone(700);
        taken.tone(1_000);
        taken.until_hears(&[700], &[], s(30)).await.unwrap();
        citizen.until_hears(&[1_000], &[], s(30)).await.unwrap();
        Self { phones: (caller, operator), citizen, operator: taken }
    }

    /// Makes call after call for so long.
    pub async fn measure(&self, house: &House, time: Duration) -> Measure {
        let (start, before) = (Instant::now(), memory(house));
        let mut measure = Measure {
            packets: 0,
            lost: 0,
            pause: Duration::ZERO,
            own_lag: Duration::ZERO,
            set_up: Vec::new(),
            failed: 0,
            memory: 0,
        };
        let phone = trunk_phone(house, 2).await;
        while start.elapsed() < time {
            let asked = Instant::now();
            match phone.call(Dial::to("89000").caller(CITIZEN)).await {
                Ok(call) => {
                    measure.set_up.push(asked.elapsed());
                    call.hang_up();
                    call.ended().await;
                }
                Err(error) => {
                    println!("a call failed: {error}");
                    measure.failed += 1;
                }
            }
            measure.memory = measure.memory.max(memory(house).saturating_sub(before));
            tokio::time::sleep(POLL).await;
        }
        phone.stop();
        measure.set_up.sort_unstable();
        for call in [&self.citizen, &self.operator] {
            assert!(call.is_up(), "the live call has ended");
            let stats = call.stats();
            measure.packets += stats.packets;
            measure.lost += stats.lost;
            measure.pause = measure.pause.max(stats.longest_pause);
            measure.own_lag = measure.own_lag.max(stats.own_lag);
        }
        measure
    }

    /// They still hear each other, and hang up.
    pub async fn end(self) {
        self.operator.until_hears(&[700], &[], s(10)).await.unwrap();
        self.citizen.until_hears(&[1_000], &[], s(10)).await.unwrap();
        self.citizen.hang_up();
        self.citizen.ended().await;
        self.phones.0.stop();
        self.phones.1.stop();
    }
}

/// Resident memory of this house, KiB: its folder stands in its command line, and in no other's.
fn memory(house: &House) -> u64 {
    let folder = house.folder.path().to_string_lossy();
    let child = |entry: fs::DirEntry| {
        let line = fs::read_to_string(entry.path().join("cmdline")).ok()?;
        line.contains(&*folder).then(|| fs::read_to_string(entry.path().join("status")).ok())?
    };
    let status = fs::read_dir("/proc").unwrap().flatten().find_map(child).expect("the house runs");
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
