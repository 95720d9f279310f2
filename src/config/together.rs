//! Loading: reads every file, puts them together, and checks what no file can know alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use calendar::Calendar;
use call::ids::{Address, Pii};
use call::plan::{Limits, Plan, UnitAccess};

use crate::fault::{At, Faults, Text};
use crate::files::{FileSet, Folder, Source, read_one};
use crate::hours::hours;
use crate::install::{Install, install};
use crate::menus::{Beside, menus};
use crate::notices::holidays;
use crate::outputs::outputs;
use crate::people::{operators, staff};
use crate::places::{desks, services, unit_rows, units};
use crate::problem::{Problem, What};
use crate::promises::promises;
use crate::prompts::{Recordings, recordings};
use crate::routing::{Routing, routing};
use crate::settings::{Outputs, Phone, Promises, Settings, Staff, Trunk};
use crate::sheet::{Table, parse};
use crate::trunks::trunks;
use crate::{Checked, Fault, rules, secrets};

/// Loads a configuration folder. Relative paths in it start at the folder above it. Either all of it is fine, or every
/// fault is told, sorted by file and line.
pub fn load(dir: &Path) -> Result<Checked, Vec<Fault>> {
    from(Source::Disk(dir), dir)
}

/// Checks texts in memory as if they stood in this folder: nothing is written.
pub fn check(files: &FileSet, dir: &Path) -> Result<Checked, Vec<Fault>> {
    from(Source::Set(files), dir)
}

fn from(source: Source<'_>, dir: &Path) -> Result<Checked, Vec<Fault>> {
    let faults = Faults::default();
    let folder = Folder::of(source, &faults);
    let (checked, outside) = put_together(&whole(dir), &folder, &faults);
    let texts: Vec<&Text> = folder.texts().chain(&outside).collect();
    let faults = faults.list(&texts);
    if faults.is_empty() { Ok(checked) } else { Err(faults) }
}

fn whole(dir: &Path) -> PathBuf {
    dir.canonicalize().unwrap_or_else(|_| dir.to_owned())
}

/// The second value are texts outside the folder that faults may point to.
fn put_together(dir: &Path, folder: &Folder, faults: &Faults) -> (Checked, Vec<Text>) {
    // Relative paths start at the folder above.
    let base = dir.parent().unwrap_or(dir);
    let parsed = folder.core.each_ref().map(|text| (text.file, parse(text, faults)));
    let [hotline, trunk, route, menu, unit, person, desk, service, operator, promise, output, time] =
        parsed.each_ref().map(|(file, content)| Table::root(content, *file, faults));
    let install = install(hotline, base);
    let trunks = trunks(trunk, faults);
    let mut limits = Limits::default();
    let routing = routing(route, &mut limits, faults);
    let unit_rows = unit_rows(unit, faults);
    let (roster, mut numbers) = staff(person, &unit_rows, faults);
    let desks = desks(desk, &unit_rows, &roster, faults);
    let services = services(service, &desks, faults);
    let (operators, shift_leads) = operators(operator, &roster, &mut limits, faults);
    let promises = promises(promise, &mut limits);
    let outputs = outputs(output, faults);
    let mut outside = Vec::new();
    let recordings = sounds(&install, folder, &mut outside, faults);
    let beside = Beside { recordings: &recordings, operators: &operators };
    let (greeting, menus) = menus(menu, &beside, &mut limits);
    let calendar =
        Calendar { holidays: holidays(&folder.notices, faults), ..hours(time, &unit_rows, &desks, faults) };
    let units = units(unit_rows, &roster, faults);
    let staff: Vec<Staff> = roster.into_map().into_values().collect();
    let employer = |s: &Staff| Some((s.no.clone(), s.unit.clone()?));
    let employers = staff.iter().filter_map(employer).collect();
    let masked = |n: &At<String>| At { value: Pii::new(n.value.as_str()).masked(), spot: n.spot };
    numbers.extend(routing.allowed_outside.iter().map(masked));
    reach(&install, &trunks, &routing, numbers, faults);
    sizes(&install, &limits, faults);
    let phones = phones(&staff, &routing, &install, faults);
    let file = folder.texts().count() + outside.len();
    outside.extend(secrets::check(&install.secrets, file, (&trunks, &outputs), faults));
    let plan = Plan {
        version: folder.version().into(),
        numbers: routing.numbers,
        greeting,
        menus,
        limits,
        units,
        desks: desks.into_map(),
        services,
        operators,
        shift_leads,
        emergency: routing.emergency.into_iter().map(|line| line.value).collect(),
        allowed_outside: routing.allowed_outside.into_iter().map(|n| n.value.into()).collect(),
        unit_access: UnitAccess { numbers: routing.unit_access, staff: employers },
        calendar,
    };
    let settings =
        settings(install, (routing.place, routing.outbound, promises, outputs), trunks, phones, staff);
    (Checked { plan, settings, files: folder.set(), dir: dir.to_owned() }, outside)
}

fn settings(
    install: Install,
    (place, outbound, promises, outputs): (
        crate::settings::Place,
        crate::settings::OutboundLimits,
        Promises,
        Outputs,
    ),
    trunks: Vec<Trunk>,
    phones: Vec<Phone>,
    staff: Vec<Staff>,
) -> Settings {
    let Install { node, sip, media, browser, store, journal, recordings, recording, .. } = install;
    let Install { api, control, prompts, trace, retention, secrets, guard, .. } = install;
    Settings {
        node,
        sip,
        media,
        browser,
        store,
        journal,
        recordings,
        recording,
        api,
        control,
        prompts,
        trace,
        retention,
        secrets,
        place,
        trunks,
        phones,
        staff,
        guard,
        outbound,
        promises,
        outputs,
    }
}

/// The lists of recordings, if their folder is there.
fn sounds(install: &Install, folder: &Folder, outside: &mut Vec<Text>, faults: &Faults) -> Recordings {
    let dir = &install.prompts.dir;
    if !dir.is_dir() {
        faults.add(install.prompts_spot, Problem::file(&dir.display().to_string()));
        return Recordings::default();
    }
    let first = folder.texts().count();
    let list = |name: &str, file| {
        let path = dir.join(name);
        read_one(&path, path.display().to_string(), file, faults)
    };
    let (parts, clips) = (list("parts.tsv", first), list("clips.tsv", first + 1));
    let found = recordings(dir, &parts, &clips, faults);
    outside.extend([parts, clips]);
    found
}

/// Who can reach us, and whom we can reach.
fn reach(install: &Install, trunks: &[Trunk], routing: &Routing, numbers: Vec<At<String>>, faults: &Faults) {
    if install.sip.phone_nets.is_empty() && trunks.iter().all(|t| t.nets.is_empty()) {
        for at in install.listening.iter().filter(|at| !at.value.ip().is_loopback()) {
            faults.add(at.spot, rules::nobody_may_call(&at.value.to_string()));
        }
    }
    if trunks.iter().any(|t| t.proxy.is_some()) {
        return;
    }
    let emergency = routing.emergency.iter().filter_map(|line| match &line.value.address {
        Address::Number(number) => Some(At { value: number.masked(), spot: line.spot }),
        Address::Phone(_) => None,
    });
    for number in numbers.into_iter().chain(emergency) {
        faults.add(number.spot, rules::no_route(&number.value));
    }
}

/// Figures of one file against those of another.
fn sizes(install: &Install, limits: &Limits, faults: &Faults) {
    if !install.carries(limits.max_calls) {
        faults.add(install.ports_spot, rules::ports_few(install.legs(), limits.max_calls));
    }
    if install.media.lost_after >= limits.media_lost_hang_up {
        faults.add(install.lost_spot, Problem::order("media.lost_after", "limits.media_lost_hang_up"));
    }
}

/// Everybody who may register: staff, stand-ins of the emergency services, phones for trying out.
fn phones(staff: &[Staff], routing: &Routing, install: &Install, faults: &Faults) -> Vec<Phone> {
    let lines = routing.emergency.iter().map(|line| (&line.value.address, None));
    let all = lines.chain(staff.iter().map(|s| (&s.address, Some(s.no.clone()))));
    let mut phones: BTreeMap<String, Phone> = BTreeMap::new();
    for (address, staff) in all {
        if let Address::Phone(user) = address {
            phones.insert(user.to_string(), Phone { user: user.to_string(), staff, test: false });
        }
    }
    for At { value: user, spot } in &install.test_phones {
        if phones.insert(user.clone(), Phone { user: user.clone(), staff: None, test: true }).is_some() {
            faults.add(*spot, Problem::twice(What::Phone, user));
        }
    }
    phones.into_values().collect()
}
