//! The configuration's people and places as rows: as of one version, all or nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use call::ids::{Address, DeskNo, Name, Pii, ServiceCode, Skill, StaffNo, UnitCode};
use call::plan::{
    Desk, Greeting, Hunt, Limits, Member, Menus, Operator, Plan, Profile, Service, Unit, UnitKind,
};
use store::{ConfigVersion, StaffRole, StaffRow, Store};

use crate::common::{Bench, NOW, raw};
use crate::raw::Raw;

pub const STAFF_NUMBER: &str = "15900007777";

fn name(text: &str) -> Name {
    Name::from(text)
}

fn member(no: &str) -> Member {
    Member { staff: StaffNo(name(no)), address: Address::Number(Pii::new(STAFF_NUMBER)) }
}

fn plan(version: &str) -> Plan {
    let unit = Unit {
        code: UnitCode(name("ga")),
        name: name("公安局"),
        kind: UnitKind::Department,
        contacts: vec![member("5001"), member("5002")],
    };
    let desk = |no: u16| Desk {
        no: DeskNo(no),
        name: name("户籍"),
        unit: UnitCode(name("ga")),
        straight: true,
        hunt: Hunt::LongestIdle,
        members: vec![member("3701")],
    };
    let service = Service {
        code: ServiceCode(name("hukou")),
        name: name("户口迁移"),
        desks: vec![DeskNo(37), DeskNo(38)],
    };
    let operator = Operator {
        staff: StaffNo(name("1001")),
        address: Address::Phone(name("p1001")),
        skills: vec![Skill(name("general")), Skill(name("en"))],
        ready_on_register: true,
    };
    let s = Duration::from_secs;
    Plan {
        version: name(version),
        numbers: vec![name("89000")],
        greeting: Greeting {
            profile: Profile::Direct,
            opening: vec![],
            then: vec![],
            music_after: s(8),
            announce_after: s(20),
            announce_every: s(30),
            offer_after: s(60),
            offer_position: 5,
            offer_window: s(10),
            night: None,
        },
        menus: Menus::default(),
        limits: Limits::default(),
        units: BTreeMap::from([(UnitCode(name("ga")), unit)]),
        desks: BTreeMap::from([(DeskNo(37), desk(37)), (DeskNo(38), desk(38))]),
        services: BTreeMap::from([(ServiceCode(name("hukou")), service)]),
        operators: vec![operator],
        shift_leads: vec![],
        emergency: vec![],
        allowed_outside: vec![],
        unit_access: call::plan::UnitAccess::default(),
        calendar: calendar::Calendar::default(),
    }
}

fn staff() -> Vec<StaffRow> {
    let row = |no: &str, unit: Option<&str>, role, address| StaffRow {
        no: StaffNo(name(no)),
        unit: unit.map(|u| UnitCode(name(u))),
        role,
        address,
    };
    vec![
        row("1001", None, StaffRole::Operator, Address::Phone(name("p1001"))),
        row("3701", Some("ga"), StaffRole::Desk, Address::Number(Pii::new(STAFF_NUMBER))),
    ]
}

fn version() -> ConfigVersion {
    ConfigVersion {
        at: NOW,
        author: "admin".to_owned(),
        comment: "first".to_owned(),
        files: vec![
            ("hotline.toml".to_owned(), "node".to_owned()),
            ("desks.toml".to_owned(), STAFF_NUMBER.to_owned()),
        ],
    }
}

pub async fn take_house_in(store: &Store, hash: &str) -> i64 {
    store.take_in(&plan(hash), &staff(), &version()).await.unwrap()
}

/// Takes in a configuration with these services, code and name, all offered by two windows.
pub async fn take_services_in(store: &Store, hash: &str, services: &[(String, String)]) {
    let mut plan = plan(hash);
    let service = |(code, title): &(String, String)| Service {
        code: ServiceCode(name(code)),
        name: name(title),
        desks: vec![DeskNo(38), DeskNo(37)],
    };
    plan.services = services.iter().map(service).map(|s| (s.code.clone(), s)).collect();
    store.take_in(&plan, &staff(), &version()).await.unwrap();
}

async fn count(conn: &mut Raw, what: &str) -> i64 {
    conn.number(what).await
}

#[tokio::test]
async fn a_version_is_taken_in_once_and_the_next_replaces_it() {
    let (folder, store) = Bench::new().await.stop().await;
    assert_eq!(take_house_in(&store, "v1").await, 1);
    assert_eq!(take_house_in(&store, "v1").await, 1, "again changes nothing");
    let mut other = raw(&folder).await;
    assert_eq!(count(&mut other, "SELECT COUNT(*) FROM config_version").await, 1);
    let desk = "SELECT name || ' ' || unit_code || ' ' || hunt || CASE WHEN straight THEN ' straight' ELSE '' END \
         FROM desk WHERE no = '037'";
    assert_eq!(other.texts(desk).await, ["户籍 ga longest_idle straight"]);
    let staff_row = "SELECT skills || ' ' || role || ' ' || device FROM staff WHERE no = '1001'";
    assert_eq!(other.texts(staff_row).await, ["general en operator p1001"]);
    let numbers = other.bytes("SELECT number FROM staff WHERE no = '3701'").await;
    assert!(numbers[0].len() > 28, "sealed");
    for (what, rows) in [
        ("SELECT COUNT(*) FROM unit WHERE kind = 'department'", 1),
        ("SELECT COUNT(*) FROM unit_contact", 2),
        ("SELECT COUNT(*) FROM desk_member", 2),
        ("SELECT COUNT(*) FROM service_desk", 2),
        ("SELECT COUNT(*) FROM service WHERE code = 'hukou'", 1),
    ] {
        assert_eq!(count(&mut other, what).await, rows, "{what}");
    }

    let mut next = plan("v2");
    next.desks.remove(&DeskNo(38));
    next.services.values_mut().for_each(|s| s.desks.truncate(1));
    assert_eq!(store.take_in(&next, &staff(), &version()).await.unwrap(), 2);
    let gone = other.number("SELECT gone_with FROM desk WHERE no = '038'").await;
    assert_eq!(gone, 2, "still readable for old calls");
    assert_eq!(count(&mut other, "SELECT COUNT(*) FROM desk WHERE gone_with IS NULL").await, 1);
    assert_eq!(count(&mut other, "SELECT COUNT(*) FROM service_desk").await, 1);
    assert_eq!(take_house_in(&store, "v1").await, 3, "going back is a new version");
    assert_eq!(count(&mut other, "SELECT COUNT(*) FROM desk WHERE gone_with IS NULL").await, 2);
}

#[tokio::test]
async fn a_plan_that_does_not_fit_changes_nothing() {
    let (folder, store) = Bench::new().await.stop().await;
    take_house_in(&store, "v1").await;
    let mut wrong = plan("v2");
    wrong.units.clear();
    wrong.desks.values_mut().for_each(|d| d.unit = UnitCode(name("nowhere")));
    store.take_in(&wrong, &staff(), &version()).await.unwrap_err();
    let mut other = raw(&folder).await;
    assert_eq!(count(&mut other, "SELECT MAX(id) FROM config_version").await, 1);
    assert_eq!(count(&mut other, "SELECT COUNT(*) FROM unit_contact").await, 2);
    assert_eq!(count(&mut other, "SELECT COUNT(*) FROM desk WHERE unit_code = 'ga'").await, 2);
}

#[tokio::test]
async fn versions_keep_their_texts_sealed_and_each_text_once() {
    let (folder, store) = Bench::new().await.stop().await;
    assert_eq!(store.config_versions().await.unwrap(), []);
    take_house_in(&store, "v1").await;
    take_house_in(&store, "v1").await;
    let mut second = version();
    second.author = "li".to_owned();
    second.files[0].1 = "node = 2".to_owned();
    store.take_in(&plan("v2"), &staff(), &second).await.unwrap();
    let lines = store.config_versions().await.unwrap();
    let told: Vec<_> = lines.iter().map(|l| (l.id, l.author.as_str(), l.hash.as_str(), l.at)).collect();
    assert_eq!(told, [(2, "li", "v2", NOW), (1, "admin", "v1", NOW)]);
    let (line, texts) = store.config_version(2).await.unwrap().unwrap();
    assert_eq!(line, lines[0]);
    let expected = [("desks.toml", STAFF_NUMBER), ("hotline.toml", "node = 2")];
    assert_eq!(texts, expected.map(|(n, t)| (n.to_owned(), t.to_owned())));
    assert_eq!(store.config_version(3).await.unwrap(), None);
    let mut other = raw(&folder).await;
    assert_eq!(count(&mut other, "SELECT COUNT(*) FROM config_text").await, 3, "two versions share one text");
    let sealed = other.bytes("SELECT text FROM config_text").await;
    assert!(
        sealed.iter().all(|t| !t.windows(STAFF_NUMBER.len()).any(|w| w == STAFF_NUMBER.as_bytes())),
        "sealed"
    );
    // A version from before texts were kept gets them when it is taken in again.
    other.run("DELETE FROM config_file").await;
    assert_eq!(store.config_version(2).await.unwrap().unwrap().1, []);
    store.take_in(&plan("v2"), &staff(), &second).await.unwrap();
    assert_eq!(store.config_version(2).await.unwrap().unwrap().1.len(), 2);
}
