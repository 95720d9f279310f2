//! The checked configuration in the switchboard's terms.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use config::secrets::Secrets;
use config::{Checked, Net};
use sip::Transport;
use sip::sdp::Home;
use switchboard::contract::Setup;
use switchboard::numbers::Place;
use switchboard::voice::Voice;
use switchboard::wire::Near;

use crate::lines;

/// What the sockets came to.
#[derive(Clone)]
pub(crate) struct Here {
    /// Where is listened.
    pub(crate) listening: Vec<(Transport, SocketAddr)>,
    /// Our address as others see it.
    pub(crate) near: Near,
    /// What browsers are told.
    pub(crate) home: Option<Arc<Home>>,
    /// Which life of the house this is since its last cold start.
    pub(crate) generation: u16,
}

/// The checked configuration in the switchboard's terms.
pub(crate) fn setup(
    checked: &Checked,
    secrets: &Secrets,
    voice: Arc<Voice>,
    seed: [u8; 32],
    Here { listening, near, home, generation }: &Here,
) -> Setup {
    let settings = &checked.settings;
    voice.prepare(names(&checked.plan).into_iter());
    let password = |user: &str| secrets.get(user).unwrap_or_default().to_owned();
    let user = |name: &str| sip::User { name: name.to_owned(), password: password(name) };
    let sip = sip::Settings {
        seed,
        generation: *generation,
        realm: settings.sip.realm.clone(),
        digests: lines::digests(settings.sip.digest),
        peers: settings
            .trunks
            .iter()
            .map(|t| sip::Peer {
                name: t.name.clone(),
                nets: nets(&t.nets),
                certificate: t.certificate.as_ref().map(|name| name.to_ascii_lowercase()),
                policy: lines::policy(t),
            })
            .collect(),
        proofs: lines::proofs(settings, secrets),
        advertised_to: lines::advertised(settings),
        phone_nets: nets(&settings.sip.phone_nets),
        users: settings.phones.iter().map(|p| user(&p.user)).collect(),
        refuse_strangers: settings.sip.refuse_strangers,
        times: sip::Times { t1: settings.sip.t1, t2: settings.sip.t2, t4: settings.sip.t4 },
        tells_dialogs: true,
        ..sip::Settings::default()
    };
    Setup {
        plan: Arc::new(checked.plan.clone()),
        sip,
        place: Place { country: settings.place.country.clone(), area: settings.place.area.clone() },
        trunks: lines::trunks(settings, secrets),
        phone_codecs: settings.sip.phone_codecs.iter().map(lines::codec).collect(),
        calls_per_second: settings.sip.calls_per_second,
        listening: listening.to_vec(),
        near: near.clone(),
        guard: lines::guard(checked),
        advertised: settings.media.advertised,
        browsers: home.clone(),
        recordings: settings.recordings.clone(),
        speak: Arc::new(move |now, lang, say| voice.sounds(now, lang, say)),
    }
}

fn nets(nets: &[Net]) -> Vec<sip::Net> {
    nets.iter().map(|n| sip::Net { address: n.address, prefix: n.prefix }).collect()
}

/// What may have to be spoken by name.
fn names(plan: &call::Plan) -> Vec<(call::ids::Lang, call::ids::Name)> {
    let units = plan.units.values().map(|u| u.name.clone());
    let desks = plan.desks.values().map(|d| d.name.clone());
    let services = plan.services.values().map(|s| s.name.clone());
    let names: BTreeMap<_, ()> = units.chain(desks).chain(services).map(|n| (n, ())).collect();
    let both =
        |name: call::ids::Name| [call::ids::Lang::Zh, call::ids::Lang::En].map(|lang| (lang, name.clone()));
    names.into_keys().flat_map(both).collect()
}
