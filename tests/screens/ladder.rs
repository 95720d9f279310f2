//! The SIP ladder of the black box, as its page shows it, against the messages as `hotline trace` tells them.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::house::House;
use crate::screen::Screen;

/// One message: what its arrow says, from whom, to whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrow {
    pub label: String,
    pub from: String,
    pub to: String,
}

/// The arrows of the page, in its order.
pub fn shown(page: &Screen) -> Vec<Arrow> {
    let all = "() => [...document.querySelectorAll('[role=option]')].map((arrow) => arrow.getAttribute('aria-label'))";
    let labels = page.eval(all, json!(null));
    let arrow = |label: &Value| {
        let (said, to) = label.as_str().unwrap().split_once(" → ").unwrap();
        // The time, what it is, and a party of two words; the house's is one.
        let from = if said.ends_with(HOUSE) { HOUSE.len() } else { last_two(said) };
        let (rest, from) = said.split_at(said.len() - from);
        let (_time, label) = rest.trim().split_once(' ').unwrap();
        Arrow { label: label.trim().into(), from: from.into(), to: to.into() }
    };
    labels.as_array().unwrap().iter().map(arrow).collect()
}

const HOUSE: &str = "hotline";

fn last_two(words: &str) -> usize {
    words.rmatch_indices(' ').nth(1).map_or(words.len(), |(at, _)| words.len() - at - 1)
}

/// The heads of its columns.
pub fn parties(page: &Screen) -> Vec<String> {
    let all =
        "() => [...document.querySelectorAll('svg.heads text.name title')].map((name) => name.textContent)";
    let names = page.eval(all, json!(null));
    names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// The messages as they were kept, read without the house: `(user, party)` says whose leg an INVITE from or to this user is.
pub fn kept(house: &House, call: &str, people: &[(&str, &str)]) -> Vec<Arrow> {
    let told = house.command(&["trace", call, "--raw"]);
    let phones = phones(house);
    let mut legs: BTreeMap<String, String> = BTreeMap::new();
    let messages = told.split("\n--- ").skip(1);
    let read = messages.map(|message| {
        let (head, text) = message.split_once('\n').unwrap();
        let first = text.lines().next().unwrap();
        let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        let id = header("Call-ID: ").to_owned();
        if first.starts_with("INVITE ") && !legs.contains_key(&id) {
            // Who calls us stands in From, whom we call in the first line.
            let far = user_of(if head.contains(" <- ") { header("From: ") } else { first });
            let user = phones.get(far).map_or(far, String::as_str);
            let (_, party) = people.iter().find(|p| p.0 == user).unwrap_or_else(|| panic!("whose is {text}"));
            legs.insert(id.clone(), (*party).to_owned());
        }
        let far = legs.get(&id).unwrap_or_else(|| panic!("{first} before its INVITE")).clone();
        let label = match first.strip_prefix("SIP/2.0 ") {
            Some(status) => status,
            None => first.split(' ').next().unwrap(),
        };
        let (from, to) =
            if head.contains(" <- ") { (far, HOUSE.to_owned()) } else { (HOUSE.to_owned(), far) };
        Arrow { label: label.trim().chars().take(28).collect(), from, to }
    });
    read.collect()
}

/// Who is behind the names that browsers register from, which are made up anew by each page.
fn phones(house: &House) -> BTreeMap<String, String> {
    let files = fs::read_dir(house.folder.path().join("data/trace")).unwrap().flatten().map(|e| e.path());
    let kept: String = files.map(|f| String::from_utf8_lossy(&fs::read(f).unwrap()).into_owned()).collect();
    let registers = kept.split("REGISTER sip:").skip(1);
    let phone = |text: &str| {
        let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name).map(user_of));
        Some((header("Contact: ")?.to_owned(), header("To: ")?.to_owned()))
    };
    registers.filter_map(phone).collect()
}

/// The user of the first address in this text.
fn user_of(text: &str) -> &str {
    text.split_once("sip:").and_then(|(_, rest)| rest.split('@').next()).unwrap_or_default()
}

/// What went between the house and this party: `>INVITE` came from it, `<100 Trying` went to it.
pub fn leg(arrows: &[Arrow], party: &str) -> Vec<String> {
    let of = arrows.iter().filter(|arrow| arrow.from == party || arrow.to == party);
    of.map(|arrow| format!("{}{}", if arrow.from == party { '>' } else { '<' }, arrow.label)).collect()
}

/// Whether these stand there in this order, whatever stands between.
pub fn in_order(all: &[String], wanted: &[&str]) -> bool {
    let mut rest = all.iter();
    wanted.iter().all(|one| rest.any(|other| other == one))
}
