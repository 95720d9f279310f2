//! The steps of the doctor, one after another; each is patient for some seconds, and no longer.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use config::Checked;
use config::secrets::Secrets;
use doctor::{Asked, Certificate, Connection, Facts, Flaw, Lookup, Registered, Secured, Written, log};
use sip::locate::Destination;
use sip::{Event, Flow, Method, Registration, Transport, Uri};
use switchboard::contract::Trunk;
use switchboard::names;
use switchboard::wire::tls::{self, Tls};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::call;
use super::probe::Probe;
use crate::command::CommandError;
use crate::start::{StartError, random};
use crate::{lines, sockets};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(4);
/// How long the answer to OPTIONS or REGISTER may take: over UDP it was sent five times by then.
const ANSWER: Duration = Duration::from_secs(8);
/// Destinations that are tried. Further ones are only named.
const MOST_TRIED: usize = 4;
const DAY: i64 = 86_400;

/// Tries everything, as far as it can be tried.
///
/// # Errors
/// TLS files, sockets, randomness.
pub(super) async fn observe(
    checked: &Checked,
    secrets: &Secrets,
    written: &Written,
    number: Option<&str>,
) -> Result<Facts, CommandError> {
    let settings = &checked.settings;
    let trunk = lines::trunks(settings, secrets).into_iter().find(|t| *t.name == *written.name);
    let Some((trunk, proxy)) = trunk.and_then(|t| t.proxy.clone().map(|proxy| (t, *proxy))) else {
        return Ok(Facts::default());
    };
    let keys = sockets::keys(settings).await?;
    let mut seed = [0; 32];
    random(&mut seed)?;
    let stop = CancellationToken::new();
    let ends = stop.clone();
    let watch = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            ends.cancel();
        }
    });
    let mut probe = Probe::open(settings, keys.clone(), seed, stop).map_err(StartError::from)?;
    let lookup = look_up(checked, &proxy, &probe).await;
    let mut facts = Facts { outside: outside(checked, written, &lookup), ..Facts::default() };
    let to: Vec<Destination> = lookup.to.iter().flatten().take(MOST_TRIED).cloned().collect();
    facts.lookup = Some(lookup);
    if let Some(ours) = trunk.advertised {
        probe.advertise(&to, ours);
    }
    facts.connections = connections(&to, &keys).await;
    let asked = to.iter().filter_map(|d| Some((proxy.clone(), probe.way(d)?))).collect();
    facts.options = options(&mut probe, asked, &trunk).await;
    if !to.is_empty() && facts.options.iter().all(|asked| asked.answer.is_none()) {
        facts.elsewhere = elsewhere(&mut probe, &to, &trunk).await;
    }
    let answers = facts.options.iter().find(|asked| asked.answer.is_some()).map(|asked| asked.remote);
    let best = to.iter().find(|d| answers.is_none_or(|at| d.remote == at));
    if let Some(way) = best.and_then(|d| probe.way(d)) {
        if trunk.register && !probe.is_stopped() {
            facts.register = register(&mut probe, &proxy, &trunk, way.clone()).await;
        }
        if let Some(number) = number.filter(|_| !probe.is_stopped()) {
            facts.call = call::make(&mut probe, checked, &trunk, number, way, &seed).await?;
        }
    }
    probe.close().await;
    watch.abort();
    Ok(facts)
}

/// Where the proxy is, as the house finds it.
async fn look_up(checked: &Checked, proxy: &Uri, probe: &Probe) -> Lookup {
    let sip = &checked.settings.sip;
    if let Some(to) = literal(proxy) {
        let to = match probe.way(&to) {
            Some(_) => Ok(vec![to]),
            None => Err("the house has no socket for it: add one in [sip] of hotline.toml".to_owned()),
        };
        return Lookup { asked: Vec::new(), to };
    }
    let lists =
        [(Transport::Udp, &sip.udp), (Transport::Tcp, &sip.tcp), (Transport::Tls, &sip.encrypted.tls)];
    let ways: Vec<(Transport, SocketAddr)> =
        lists.into_iter().flat_map(|(by, list)| list.iter().map(move |at| (by, *at))).collect();
    let names::Told { asked, to } = names::tell(&sip.dns, proxy, &ways).await;
    Lookup { asked, to }
}

/// The destination of a proxy that is an address.
fn literal(proxy: &Uri) -> Option<Destination> {
    let remote = sip::literal(proxy)?;
    let word = proxy.param("transport").flatten();
    let transport = match word {
        Some("tcp") => Transport::Tcp,
        Some("tls") => Transport::Tls,
        Some(_) | None if proxy.scheme == sip::Scheme::Sips => Transport::Tls,
        Some(_) | None => Transport::Udp,
    };
    let host = proxy.host.as_ref().filter(|_| transport.secure());
    Some(Destination { transport, remote, name: host.map(|host| host.to_string().into()) })
}

/// Destinations that the trunk's networks don't hold.
fn outside(checked: &Checked, written: &Written, lookup: &Lookup) -> Vec<std::net::IpAddr> {
    let trunk = checked.settings.trunks.iter().find(|t| t.name == written.name);
    let nets: Vec<sip::Net> = trunk
        .into_iter()
        .flat_map(|t| &t.nets)
        .map(|n| sip::Net { address: n.address, prefix: n.prefix })
        .collect();
    let mut all: Vec<_> = lookup.to.iter().flatten().map(|d| d.remote.ip()).collect();
    all.retain(|ip| !nets.iter().any(|net| net.contains(*ip)));
    all.dedup();
    all
}

/// Opens what is no UDP, and looks at its TLS.
async fn connections(to: &[Destination], keys: &Tls) -> Vec<Connection> {
    let mut all = Vec::new();
    for to in to.iter().filter(|d| d.transport != Transport::Udp) {
        let began = Instant::now();
        let opened = match tokio::time::timeout(CONNECT, TcpStream::connect(to.remote)).await {
            Ok(Ok(stream)) => Ok((stream, began.elapsed())),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer in 4 s".to_owned()),
        };
        let (opened, tls) = match opened {
            Ok((stream, took)) if to.transport.secure() => {
                (Ok(took), Some(secured(keys.look(stream, to.name.as_deref()).await)))
            }
            Ok((_, took)) => (Ok(took), None),
            Err(why) => (Err(why), None),
        };
        all.push(Connection { to: to.clone(), opened, tls });
    }
    all
}

fn secured(seen: tls::Seen) -> Secured {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let days = |end: u64| {
        let end = i64::try_from(end).unwrap_or(i64::MAX);
        end.saturating_sub(i64::try_from(now).unwrap_or(i64::MAX)).div_euclid(DAY)
    };
    let certificate = seen.certificate.map(|c| Certificate {
        names: c.names,
        issuer: c.issuer,
        own: c.own,
        days: c.until.map(days),
        flaw: c.flaw.map(|flaw| match flaw {
            tls::Flaw::Ended => Flaw::Ended,
            tls::Flaw::NotYet => Flaw::NotYet,
            tls::Flaw::Issuer => Flaw::Issuer,
            tls::Flaw::Name => Flaw::Name,
            tls::Flaw::Purpose => Flaw::Purpose,
            tls::Flaw::Other(why) => Flaw::Other(why),
        }),
    });
    let version = seen.version.map(str::to_owned);
    Secured { version, certificate, asks: seen.asks, shown: seen.shown, objection: seen.objection }
}

/// Asks all at once whether they are there.
async fn options(probe: &mut Probe, to: Vec<(Uri, Flow)>, trunk: &Trunk) -> Vec<Asked> {
    let mut open = Vec::new();
    for (uri, way) in to {
        let now = probe.now();
        open.extend(probe.stack.options(now, uri, way, trunk.credentials.clone()));
    }
    let by = Instant::now() + ANSWER;
    while !open.is_empty() {
        match probe.next(by).await {
            Some(Event::ClientDone { request, .. }) => open.retain(|number| *number != request),
            Some(_) => {}
            None => break,
        }
    }
    log::asked(&probe.take_log(), &Method::Options)
}

/// The other transports at the same addresses, where nobody answered by the one that is written.
async fn elsewhere(probe: &mut Probe, to: &[Destination], trunk: &Trunk) -> Vec<Asked> {
    let mut others = Vec::new();
    for d in to {
        let secure = if d.remote.port() == 5060 { 5061 } else { d.remote.port() };
        for (transport, port) in
            [(Transport::Udp, d.remote.port()), (Transport::Tcp, d.remote.port()), (Transport::Tls, secure)]
        {
            let remote = SocketAddr::new(d.remote.ip(), port);
            let host = trunk.proxy.as_ref().and_then(|p| p.host.as_ref()).map(|h| h.to_string().into());
            let name = host.filter(|_| transport.secure());
            let way = probe.way(&Destination { transport, remote, name });
            let mut uri = Uri::sip("", remote.ip().into(), Some(port));
            uri.params.push(("transport".to_owned(), Some(transport.as_str().to_ascii_lowercase())));
            others.extend(way.filter(|_| transport != d.transport).map(|way| (uri, way)));
        }
    }
    options(probe, others, trunk).await
}

/// Waits for the end of this request.
async fn done(probe: &mut Probe, asked: u64) {
    let by = Instant::now() + ANSWER;
    while let Some(event) = probe.next(by).await {
        if matches!(event, Event::ClientDone { request, .. } if request == asked) {
            return;
        }
    }
}

/// Asks who is registered; where nobody is, registers a contact of this process's own and takes it back. Where somebody is
/// already, that is most likely the running house, and some registrars keep one contact only: then nothing is changed.
async fn register(probe: &mut Probe, proxy: &Uri, trunk: &Trunk, way: Flow) -> Option<Registered> {
    let user = trunk.credentials.clone()?;
    let server = Uri { user: String::new(), params: Vec::new(), ..proxy.clone() };
    let now = probe.now();
    let asked = probe.stack.bindings(now, server.clone(), way.clone(), user.clone()).ok()?;
    done(probe, asked).await;
    let query = probe.take_log();
    let seen = log::registered(&query, &[], &[])?;
    let status = seen.query.answer.as_ref().map(|a| a.status);
    // Some registrars want a contact in each REGISTER: what is no refusal of us is tried with one.
    let worth = status.is_some_and(|status| !matches!(status, 401 | 403 | 404 | 407));
    if seen.others > 0 || !worth || probe.is_stopped() {
        return Some(seen);
    }
    let expires = u32::try_from(trunk.expires.as_secs()).unwrap_or(u32::MAX);
    let registration = Registration { server, flow: way, user, expires };
    let now = probe.now();
    let asked = probe.stack.register(now, registration.clone()).ok()?;
    done(probe, asked).await;
    let own = probe.take_log();
    let status = log::asked(&own, &Method::Register).into_iter().next().and_then(|a| a.answer);
    // Also without an answer: the registrar may have entered us.
    if status.is_none_or(|answer| answer.status < 300) {
        probe.tidy_up();
        let now = probe.now();
        if let Ok(asked) = probe.stack.register(now, Registration { expires: 0, ..registration }) {
            done(probe, asked).await;
        }
        probe.tidied();
    }
    log::registered(&query, &own, &probe.take_log())
}
