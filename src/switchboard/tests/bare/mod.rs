//! The smallest plan that a house can have: one number, these operators, nobody else and no prompts.

use std::collections::BTreeMap;
use std::time::Duration;

use calendar::Calendar;
use call::plan::{Greeting, Limits, Menus, Operator, Plan, Profile};

pub fn plan(operators: Vec<Operator>) -> Plan {
    Plan {
        version: "1".into(),
        numbers: vec!["89000".into()],
        greeting: Greeting {
            profile: Profile::Direct,
            opening: Vec::new(),
            then: Vec::new(),
            music_after: Duration::from_secs(8),
            announce_after: Duration::from_secs(20),
            announce_every: Duration::from_secs(30),
            offer_after: Duration::from_secs(60),
            offer_position: 5,
            offer_window: Duration::from_secs(10),
            night: None,
        },
        menus: Menus { root: "root".into(), menus: BTreeMap::new(), max_menu_time: Duration::from_secs(40) },
        limits: Limits::default(),
        units: BTreeMap::new(),
        desks: BTreeMap::new(),
        services: BTreeMap::new(),
        operators,
        shift_leads: Vec::new(),
        emergency: Vec::new(),
        allowed_outside: Vec::new(),
        unit_access: call::plan::UnitAccess::default(),
        calendar: Calendar::default(),
    }
}
