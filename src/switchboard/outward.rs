//! What a call of ours to a trunk is like, whoever makes it: the house, or a test of the trunk.

use sip::sdp::Encryption;
use sip::{Flow, Host, Invite, NameAddr, Target, Uri};

use crate::contract::{Identity, Trunk};
use crate::numbers::{self, Place};

/// Who we are, towards any trunk.
#[derive(Clone, Copy, Debug)]
pub struct Ourselves<'a> {
    /// The realm, which is the host of our addresses.
    pub realm: &'a str,
    /// Our number where the trunk has none of its own.
    pub number: Option<&'a str>,
    /// What completes numbers.
    pub place: &'a Place,
}

/// What is wanted of a leg's sound: encrypted where its signalling is, unless the trunk is marked clear, and on a trunk that
/// is marked so; elsewhere as the far end likes.
pub fn encryption(secure: bool, trunk: Option<&Trunk>) -> Encryption {
    match (secure, trunk.map(|t| t.srtp)) {
        (_, Some(true)) | (true, None) => Encryption::Required,
        (true, Some(false)) => Encryption::Clear,
        (false, Some(false) | None) => Encryption::Either,
    }
}

/// The INVITE to a number by a trunk, over this way. `None`: the trunk takes no calls, or there is no number of ours to show.
pub fn invite(
    ourselves: Ourselves<'_>,
    trunk: &Trunk,
    number: &str,
    way: Flow,
    offer: Vec<u8>,
    token: u64,
) -> Option<Invite> {
    let number = numbers::write(number, trunk, ourselves.place);
    let mut uri = Uri { user: number, ..Uri::clone(trunk.proxy.as_ref()?) };
    uri.params.push(("user".to_owned(), Some("phone".to_owned())));
    let (from, headers) = identity(ourselves, trunk)?;
    Some(Invite {
        to: Target::Uri(Box::new(uri), way),
        from,
        headers,
        offer: Some(offer),
        credentials: trunk.credentials.clone(),
        policy: Some(trunk.policy()),
        token,
    })
}

/// Who calls, as this trunk wants it said: ourselves, never the citizen.
fn identity(ourselves: Ourselves<'_>, trunk: &Trunk) -> Option<(NameAddr, Vec<(String, String)>)> {
    let house = Host::parse(ourselves.realm).or_else(|| Host::parse("hotline.invalid"))?;
    let host = trunk.proxy.as_ref().and_then(|p| p.host.clone()).unwrap_or_else(|| house.clone());
    let ours = trunk.caller.as_deref().or(ourselves.number)?;
    let ours = numbers::write_own(ours, trunk, ourselves.place);
    let account = trunk.credentials.as_ref().map_or(ours.as_str(), |c| c.name.as_str());
    let from = match trunk.identity {
        Identity::From | Identity::Both => Uri::sip(&ours, house, None),
        Identity::Asserted => Uri::sip(account, house, None),
    };
    let headers = match trunk.identity {
        Identity::From => Vec::new(),
        Identity::Asserted | Identity::Both => {
            let mut uri = Uri::sip(&ours, host, None);
            uri.params.push(("user".to_owned(), Some("phone".to_owned())));
            vec![("P-Asserted-Identity".to_owned(), NameAddr::new(uri).to_string())]
        }
    };
    Some((NameAddr::new(from), headers))
}
