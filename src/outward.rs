//! What goes to other servers beside calls: messages to Homer, events to subscribers, short messages to their gateway.

use std::sync::{Arc, Mutex, PoisonError};

use api::Current;
use config::Checked;
use config::secrets::{self, Secrets};
use config::settings::{self, Body, Settings};
use store::Store;
use switchboard::Clock;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::start::random;

/// What is kept of the SIP messages. Homer's password is the admin's, as `trace.hep`.
pub(crate) fn trace(settings: &Settings, secrets: &Secrets) -> trace::Settings {
    let settings::Trace { folder, days, most_bytes, pcap, hep, hep_id } = settings.trace.clone();
    let password = secrets.get("trace.hep").unwrap_or_default().to_owned();
    let homer = hep.map(|server| trace::hep::Homer { server, id: hep_id, password });
    trace::Settings { folder, days, most_bytes, pcap, homer }
}

/// Starts the courier on the configuration in use, whatever it becomes.
pub(crate) fn courier(
    store: &Store,
    current: &Current,
    clock: Clock,
    stop: &CancellationToken,
) -> JoinHandle<()> {
    let (current, known) = (current.clone(), Mutex::new(None::<(Arc<Checked>, Arc<courier::Setup>)>));
    let setup = move || {
        let checked = current.now();
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.as_ref() {
            Some((before, setup)) if Arc::ptr_eq(before, &checked) => setup.clone(),
            _ => {
                let setup = Arc::new(setup(&checked));
                *known = Some((checked, setup.clone()));
                setup
            }
        }
    };
    courier::start(store.clone(), setup, Arc::new(move || clock.now().utc_ms), stop.clone())
}

/// The configuration in the courier's terms. Without secrets nothing leaves the house.
fn setup(checked: &Checked) -> courier::Setup {
    let (settings, is) = (&checked.settings, &checked.settings.outputs);
    let names = is.webhooks.iter().map(|hook| hook.name.as_str());
    let secrets = match secrets::ensure_webhooks(&settings.secrets, names, random) {
        Ok(secrets) => secrets,
        Err(error) => {
            tracing::error!("no event and no short message leaves the house: {error}");
            return courier::Setup::default();
        }
    };
    let secret = |name: &str| secrets.get(name).unwrap_or_default().to_owned();
    let hooks = is.webhooks.iter().map(|hook| courier::Hook {
        name: hook.name.clone(),
        url: hook.url.clone(),
        types: hook.types.clone(),
        secret: secret(&format!("webhook.{}", hook.name)),
    });
    courier::Setup {
        source: format!("/hotline/{}", settings.node),
        zone: checked.plan.calendar.zone.name().to_owned(),
        ca: settings.sip.encrypted.ca.clone(),
        hooks: hooks.collect(),
        sms: is.sms.as_ref().map(|sms| gateway(sms, secret("sms"))),
    }
}

fn gateway(sms: &settings::Sms, secret: String) -> courier::Sms {
    use papers::message::Form;
    courier::Sms {
        url: sms.url.clone(),
        form: match sms.format {
            Body::Json => Form::Json,
            Body::Form => Form::Url,
            Body::Xml => Form::Xml,
        },
        body: sms.body.clone(),
        authorization: sms.authorization.clone(),
        secret,
        sender: sms.sender.clone(),
        changed: sms.changed,
        result: sms.result,
    }
}
