//! trunks.toml: the lines to the world.

use crate::fault::Faults;
use crate::known::Known;
use crate::net::Net;
use crate::problem::{Kind, Problem, What};
use crate::rules;
use crate::settings::Trunk;
use crate::sheet::Table;
use crate::words;

const TRANSPORTS: &[(&str, bool)] = &[("udp", false), ("tcp", true)];

/// Reads trunks.toml, in the order of the file.
pub(crate) fn trunks(root: Table<'_>, faults: &Faults) -> Vec<Trunk> {
    let mut names: Known<String, ()> = Known::from(What::Trunk, &root);
    let mut trunks = Vec::new();
    for row in root.tables("trunk") {
        let name = row.need_parsed("name", Kind::Name, words::name);
        let nets = nets(&row, "nets");
        let proxy = row.parsed("proxy", Kind::Socket, |text| text.parse().ok());
        let caller = row.parsed("caller", Kind::Telephone, words::telephone);
        let prefix =
            |key| row.parsed(key, Kind::Digits, words::few_digits).map_or(String::new(), |p| p.value);
        let (strip, add) = (prefix("strip"), prefix("add"));
        let trunk = Trunk {
            name: name.as_ref().map(|n| n.value.clone()).unwrap_or_default(),
            nets,
            proxy: proxy.map(|p| p.value),
            tcp: row.word("transport", TRANSPORTS, false),
            channels: row.number32("channels", 1..=10_000, 30),
            trusted: row.flag("trusted", false),
            caller: caller.map(|c| c.value.into()),
            strip,
            add,
            user: row.text("user").map(|u| u.value),
        };
        if trunk.nets.is_empty() && trunk.proxy.is_none() {
            row.blame("nets", Problem::missing("nets"));
        }
        if let Some(name) = name {
            names.insert(faults, Some((&name, name.value.clone())), Some(()));
            trunks.push(trunk);
        }
        row.done();
    }
    root.done();
    trunks
}

/// Networks that are somebody's own.
pub(crate) fn nets(table: &Table<'_>, key: &'static str) -> Vec<Net> {
    let nets = table.all_parsed(key, Kind::Net, Net::parse);
    for net in nets.iter().filter(|n| n.value.is_everybody()) {
        table.blame_at(net.spot, rules::open_to_all(&net.value.to_string()));
    }
    nets.into_iter().map(|n| n.value).collect()
}
