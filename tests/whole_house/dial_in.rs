//! A unit dials in with real phones: case and staff number by key, then the citizen, both heard, recorded and proven, and no
//! number in clear afterwards.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use call::errand::{End, News};
use call::ids::{Pii, StaffNo};
use config::Net;
use config::settings::{Proxy, Trunk};
use phone::{Account, Ear, Media, Phone};
use store::{CallDetail, CallFilter, CaseKind, NewCase, RecordingKind, Store, Track};
use switchboard::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::clear::holding;

const ACCESS: &str = "05358900010";
const UNIT: &str = "05351112222";
const CITIZEN: &str = "13812345678";
/// Their tones.
const STAFF: u32 = 1_100;
const AT_HOME: u32 = 700;
const SOON: Duration = Duration::from_secs(20);
/// Between two looks.
const POLL: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_dials_in_and_is_bridged_with_the_citizen() {
    let folder = tempfile::tempdir().unwrap();
    logs_to(&folder.path().join("log"));
    let media = Media::start(Ear::Listening).unwrap();
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    // The town: it takes what the trunk brings, whatever number.
    let town = Account::new(CITIZEN, "", SocketAddr::new(here, 9));
    let town = Phone::start_with(town, &media).await.unwrap();

    let mut checked = super::stage(folder.path()).checked;
    checked.plan.unit_access.numbers = vec![ACCESS.into()];
    let unit_code = checked.plan.units.values().find(|u| !u.contacts.is_empty()).unwrap().code.clone();
    let staff = checked.plan.units[&unit_code].contacts[0].staff.clone();
    let proxy =
        Proxy { sips: false, host: here.to_string(), port: Some(town.address().port()), transport: None };
    let loopback = Net { address: here, prefix: 8 };
    checked.settings.trunks = vec![Trunk {
        nets: vec![loopback],
        channels: 8,
        proxy: Some(proxy),
        qualify: Duration::ZERO,
        ..Trunk::named("town")
    }];
    // The messages are kept as they are: beside everything else this folder holds numbers.
    checked.settings.trace.days = 1;
    let trace = checked.settings.trace.folder.clone();
    let house = hotline::start::start(checked.clone(), Clock::shifted(0)).await.unwrap();
    let case =
        house.store.open_case(super::now(), "1001", None, new_case(&unit_code.0)).await.unwrap().unwrap();

    let unit = Account::new(UNIT, "", house.udp[0]);
    let unit = Phone::start_with(unit, &media).await.unwrap();
    let line = unit.call(ACCESS).await.unwrap();
    let rung = tokio::spawn(town.incoming());
    line.digits(&format!("{}#", case.no)).await.unwrap();
    line.digits(&format!("{}#", staff.0)).await.unwrap();
    let rung = tokio::time::timeout(SOON, rung).await.unwrap().unwrap().unwrap();
    assert_ne!(rung.caller().as_deref(), Some(UNIT), "the citizen sees the hotline's number, not the unit's");
    let home = rung.answer().await.unwrap();
    line.tone(STAFF);
    home.tone(AT_HOME);
    home.until_hears(&[STAFF], &[AT_HOME], SOON).await.unwrap();
    line.until_hears(&[AT_HOME], &[STAFF], SOON).await.unwrap();
    line.hang_up();
    home.ended().await;
    left_its_proof(&house.store, &staff).await;
    take_papers(&house, folder.path()).await;
    unit.stop();
    town.stop();
    // The last door to the store, closed later: the database's files stay while they are read.
    let store = house.store.clone();
    house.stop().await;
    for number in [CITIZEN, UNIT] {
        no_number_in_clear(folder.path(), &trace, number);
    }
    drop(store);
}

/// What the house logs at its most talkative goes to a file.
fn logs_to(path: &Path) {
    let file = File::create(path).unwrap();
    let logs = tracing_subscriber::fmt().with_env_filter("debug").with_ansi(false).with_writer(file);
    logs.try_init().unwrap();
}

/// Tables, events and records of calls, as they leave the house.
async fn take_papers(house: &hotline::start::House, folder: &Path) {
    let papers = folder.join("papers");
    fs::create_dir(&papers).unwrap();
    let (from, to) = (super::now() - 3_600_000, super::now() + 1);
    let mut asked = vec!["cloudevents?limit=1000".to_owned(), "calls?limit=10".to_owned()];
    for table in ["calls", "cases", "handovers", "callbacks", "followups"] {
        asked.push(format!("exports/{table}.csv?from={from}&to={to}"));
    }
    for line in house.store.calls(&CallFilter::default(), None, 10).await.unwrap().calls {
        asked.push(format!("calls/{}", line.call));
        asked.push(format!("calls/{}/vcon", line.call));
    }
    let mut lines = 0;
    for (no, path) in asked.iter().enumerate() {
        let told = get(house, path).await;
        lines += told.lines().count();
        fs::write(papers.join(no.to_string()), told).unwrap();
    }
    assert!(asked.len() > 8 && lines > asked.len(), "{lines} lines on {} papers", asked.len());
}

async fn get(house: &hotline::start::House, path: &str) -> String {
    let mut stream = TcpStream::connect(house.http).await.unwrap();
    let (at, token) = (house.http, &house.token);
    let ask = format!(
        "GET /api/v1/{path} HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 200 "), "{path}: {told}");
    told
}

/// Sealed in the store, masked on paper, in no log: in clear it is in the messages on the wire alone. That it is found there
/// shows that it would be found elsewhere.
fn no_number_in_clear(folder: &Path, trace: &Path, number: &str) {
    let (kept, elsewhere): (Vec<PathBuf>, Vec<PathBuf>) =
        holding(folder, number).into_iter().partition(|path| path.starts_with(trace));
    assert!(!kept.is_empty(), "the messages of the call were kept as they were");
    assert_eq!(elsewhere, Vec::<PathBuf>::new(), "the whole number {number} is there");
    assert!(fs::metadata(folder.join("log")).unwrap().len() > 0, "the house has logged");
}

fn new_case(unit: &str) -> NewCase {
    NewCase {
        call: None,
        kind: CaseKind::Request,
        track: Track::Case,
        category: None,
        service: None,
        unit: Some(unit.to_owned()),
        title: "x".to_owned(),
        content: "x".to_owned(),
        place: None,
        applicant_name: None,
        applicant_phone: Some(Pii::new(CITIZEN)),
        confidential: true,
        anonymous: false,
        urgent: false,
    }
}

/// Waits for the end on disk.
async fn on_disk(store: &Store) -> CallDetail {
    let began = Instant::now();
    loop {
        let page = store.calls(&CallFilter::default(), None, 10).await.unwrap();
        if let Some(line) = page.calls.iter().find(|line| line.profile == "dial_in") {
            let detail = store.call(line.call).await.unwrap().unwrap();
            if detail.row.ended_at.is_some() && !detail.recordings.is_empty() {
                return detail;
            }
        }
        assert!(began.elapsed() < SOON, "no call with its recording on disk");
        tokio::time::sleep(POLL).await;
    }
}

async fn left_its_proof(store: &Store, staff: &StaffNo) {
    let detail = on_disk(store).await;
    for kind in ["callback.dialled", "callback.connected"] {
        assert_eq!(detail.events.iter().filter(|e| e.kind == kind).count(), 1, "{kind}");
    }
    assert!(detail.recordings.iter().any(|r| r.row.kind == RecordingKind::Mix));
    // What the promise clock has not read yet is the rest of it, in its order and nothing twice.
    let news = store.unread_news(100).await.unwrap();
    let news: Vec<News> = news.into_iter().filter(|r| r.call == detail.row.call).map(|r| r.news).collect();
    let whole = [News::Dialled(staff.clone()), News::CitizenAnswered, News::Connected, News::Over(End::Done)];
    assert!(whole.ends_with(&news), "{news:?}");
}
