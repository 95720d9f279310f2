//! Connectivity checks as the lite end answers them (RFC 8445 sections 2.5 and 7.3): nothing is ever sent to an address that has
//! not shown the leg's password, whatever candidates a description names.

use std::net::SocketAddr;

use rtc_crypto::RTCCrypto;
use rtc_stun::attributes::{ATTR_MESSAGE_INTEGRITY, ATTR_USE_CANDIDATE, ATTR_USERNAME, Attributes};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message};
use rtc_stun::xoraddr::XorMappedAddress;

use crate::contract::Credentials;

/// Longest check that is looked at; real ones have some 100 bytes.
const MOST: usize = 548;

/// A check whose sender has not been proven yet.
pub(crate) struct Check {
    message: Message,
    ours: String,
    theirs: String,
}

impl Check {
    /// `None`: no check at all.
    pub fn read(datagram: &[u8]) -> Option<Self> {
        if datagram.len() > MOST {
            return None;
        }
        let mut message = Message { raw: datagram.to_vec(), ..Message::default() };
        message.decode().ok()?;
        if message.typ != BINDING_REQUEST || FINGERPRINT.check(&message).is_err() {
            return None;
        }
        // What stands behind the proof is not covered by it (RFC 8489 section 14.5).
        let proof = message.attributes.0.iter().position(|a| a.typ == ATTR_MESSAGE_INTEGRITY)?;
        let covered = message.attributes.0.get(..proof)?;
        let name = covered.iter().find(|a| a.typ == ATTR_USERNAME)?;
        let (ours, theirs) = std::str::from_utf8(&name.value).ok()?.split_once(':')?;
        let (ours, theirs) = (ours.to_owned(), theirs.to_owned());
        Some(Self { message, ours, theirs })
    }

    /// Our fragment, which names the leg.
    pub fn fragment(&self) -> &str {
        &self.ours
    }

    /// The answer, and whether the sender wants this way used; `None`: not signed with the password, or sent by another end
    /// than the one that is known.
    pub fn answer(
        mut self,
        ours: &Credentials,
        theirs: Option<&str>,
        from: SocketAddr,
        crypto: &dyn RTCCrypto,
    ) -> Option<(Vec<u8>, bool)> {
        if theirs.is_some_and(|fragment| fragment != self.theirs) {
            return None;
        }
        MessageIntegrity::check(&mut self.message, ours.password.as_bytes(), crypto).ok()?;
        let proof = self.message.attributes.0.iter().position(|a| a.typ == ATTR_MESSAGE_INTEGRITY)?;
        let covered = self.message.attributes.0.get(..proof)?;
        let wanted = covered.iter().any(|a| a.typ == ATTR_USE_CANDIDATE);
        let mut answer = Message { transaction_id: self.message.transaction_id, ..Message::default() };
        answer.attributes = Attributes::default();
        let signed =
            MessageIntegrity::new_short_term_integrity_with_provider(ours.password.to_string(), crypto);
        answer
            .build(&[
                Box::new(self.message.transaction_id),
                Box::new(BINDING_SUCCESS),
                Box::new(XorMappedAddress { ip: from.ip(), port: from.port() }),
                Box::new(signed),
                Box::new(FINGERPRINT),
            ])
            .ok()?;
        Some((answer.raw, wanted))
    }
}
