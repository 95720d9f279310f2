//! The sample that comes with the house.

use std::collections::BTreeSet;

use calendar::{Place, TimeOfDay};
use call::ids::{Address, DeskNo, StaffNo};
use call::plan::{Greeting, Limits, Profile, UnitKind};

use super::{House, repository, shown};
use crate::load;

#[test]
fn the_sample_has_no_fault_and_the_promised_size() {
    let checked = load(&repository().join("sip-config")).unwrap_or_else(|f| panic!("{}", shown(&f)));
    let plan = &checked.plan;
    let departments = plan.units.values().filter(|u| u.kind == UnitKind::Department).count();
    assert_eq!((departments, plan.units.len() - departments), (30, 9));
    assert_eq!((plan.desks.len(), plan.services.len()), (98, 466));
    assert_eq!(checked.settings.staff.len(), 140);
    let staff: BTreeSet<&StaffNo> = checked.settings.staff.iter().map(|s| &s.no).collect();
    assert_eq!(staff.len(), 140, "staff numbers are distinct");
    assert_eq!(plan.numbers.iter().map(|n| &**n).collect::<Vec<_>>(), ["89000", "053589000"]);
}

#[test]
fn the_sample_says_the_defaults() {
    let checked = load(&repository().join("sip-config")).unwrap();
    assert_eq!(checked.plan.limits, Limits::default());
    assert_eq!(checked.settings.promises.settings, promise::Settings::default());
    let Greeting { profile, opening, then, .. } = checked.plan.greeting;
    assert_eq!((profile, opening.len(), then.len()), (Profile::Direct, 2, 2));
    assert_eq!(checked.plan.greeting.night, Some((22 * 60, 6 * 60)));
}

#[test]
fn the_sample_listens_on_loopback_and_has_no_way_out() {
    let settings = load(&repository().join("sip-config")).unwrap().settings;
    assert!(settings.sip.udp.iter().chain(&settings.sip.tcp).all(|a| a.ip().is_loopback()));
    assert!(settings.api.bind.ip().is_loopback() && settings.media.address.is_loopback());
    assert!(settings.sip.phone_nets.iter().all(|n| n.address.is_loopback()));
    assert!(settings.trunks.is_empty());
}

#[test]
fn phones_of_operators_windows_stand_ins_and_citizens_may_register() {
    let checked = load(&repository().join("sip-config")).unwrap();
    let phone = |name: &str| checked.settings.phones.iter().find(|p| p.user == name).cloned();
    for (name, staff) in
        [("op1", Some("1001")), ("desk037", Some("2034")), ("emergency-110", None), ("citizen1", None)]
    {
        let found = phone(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(found.staff, staff.map(|no| StaffNo(no.into())), "{name}");
    }
    let desk = &checked.plan.desks[&DeskNo(37)];
    assert_eq!(desk.members[0].address, Address::Phone("desk037".into()));
    assert!(checked.plan.desks.contains_key(&DeskNo(101)));
}

#[test]
fn hours_and_holidays_reach_the_calendar() {
    let calendar = load(&repository().join("sip-config")).unwrap().plan.calendar;
    let at =
        |day: &str, time: &str| calendar.zone.moment(day.parse().unwrap(), TimeOfDay::parse(time).unwrap());
    assert!(calendar.is_open(Place::Desk(37), at("2026-10-10", "10:00")).open, "make-up Saturday");
    assert!(!calendar.is_open(Place::Desk(37), at("2026-10-01", "10:00")).open, "National Day");
    assert!(calendar.is_open(Place::Unit("ZFJ"), at("2026-07-01", "17:30")).open, "summer hours");
    assert_eq!(calendar.holidays.years().collect::<Vec<_>>(), [2024, 2025, 2026]);
    assert_eq!(calendar.desks.len(), 98);
}

#[test]
fn the_version_follows_every_file() {
    let house = House::new();
    let version = |house: &House| house.load().unwrap().plan.version;
    let before = version(&house);
    assert_eq!(before, version(&House::new()), "the same files, the same version");
    assert_eq!(before.len(), 64);
    for file in house.load().unwrap().files.names() {
        let other = House::new();
        let more = if file.ends_with(".json") { "\n" } else { "# x\n" };
        other.append(&file, more);
        assert_ne!(before, version(&other), "{file}");
    }
}

#[test]
fn relative_paths_start_above_the_folder() {
    let house = House::new();
    let settings = house.load().unwrap().settings;
    let base = house.folder.path().canonicalize().unwrap();
    assert_eq!(settings.store.file(), Some(&*base.join("data/hotline.db")));
    assert_eq!(settings.store.key_file(), base.join("data/hotline.key"));
    house.edit("hotline.toml", "store = \"data/hotline.db\"", "store = \"/var/lib/hotline.db\"");
    assert_eq!(house.load().unwrap().settings.store.shown(), "/var/lib/hotline.db");
    let url = "postgres://hotline@localhost/hotline";
    house.edit("hotline.toml", "store = \"/var/lib/hotline.db\"", &format!("store = \"{url}\""));
    let store = house.load().unwrap().settings.store;
    assert_eq!(
        (store.file(), store.shown(), store.key_file()),
        (None, url.to_owned(), base.join("data/hotline.key"))
    );
    house.edit("hotline.toml", "hotline@localhost", "hotline:secret@localhost");
    let faults = house.load().unwrap_err();
    assert_eq!(faults.len(), 1, "{faults:?}");
    let words = faults[0].to_string();
    assert!(words.contains("密码") && words.contains("password") && !words.contains("secret@"), "{words}");
}
