//! A unit dials in with real phones: case and staff number by key, then the citizen, both heard, recorded and proven.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use call::errand::{End, News};
use call::ids::{Pii, StaffNo};
use config::Net;
use config::settings::{Proxy, Trunk};
use phone::{Account, Ear, Media, Phone};
use store::{CallDetail, CallFilter, CaseKind, NewCase, RecordingKind, Store, Track};
use switchboard::Clock;

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
    unit.stop();
    town.stop();
    house.stop().await;
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
