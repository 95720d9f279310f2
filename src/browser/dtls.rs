//! The handshake of one leg (DTLS 1.2, RFC 5764): certificates are compared with the descriptions' fingerprints, and out come the
//! keys of its sound.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use media::keys::{MasterKey, Srtp, Suite};
use rtc_crypto::{HashAlgorithm, RTCCrypto, RTCCryptoProvider};
use rtc_dtls::config::{
    ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig, VerifyPeerCertificateFn,
};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile as Profile;
use rtc_shared::TransportProtocol;
use rtc_shared::error::Error;

use crate::contract::{BrowserError, Far};

/// How soon a lost message of the handshake is sent again; RFC 6347 section 4.2.4.1 has 1 s, WebRTC is used on shorter ways.
const AGAIN: Duration = Duration::from_millis(250);
/// The library keeps handshakes by address. A leg's may come over several, and has one.
const THERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 1);
/// RFC 5764 section 4.2.
const LABEL: &str = "EXTRACTOR-dtls_srtp";
/// Best first; every browser has the last.
const PROFILES: [Profile; 2] = [Profile::Srtp_Aead_Aes_128_Gcm, Profile::Srtp_Aes128_Cm_Hmac_Sha1_80];

/// Who we are to browsers: one certificate for the life of the process.
pub(crate) struct Identity {
    provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    pub print: [u8; 32],
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(***)")
    }
}

impl Identity {
    /// A new one.
    pub fn new() -> Result<Self, BrowserError> {
        let refused = |error: &dyn fmt::Display| BrowserError::Certificate(error.to_string());
        let provider = rtc_crypto::default_provider().map_err(|e| refused(&e))?;
        let certificate = Certificate::generate_self_signed(vec!["hotline".to_owned()], provider.crypto())
            .map_err(|e| refused(&e))?;
        let der = certificate.certificate.first().map(|der| der.to_vec()).unwrap_or_default();
        let print = digest(provider.crypto(), &der).ok_or_else(|| refused(&"no SHA-256"))?;
        Ok(Self { provider, certificate, print })
    }

    pub fn crypto(&self) -> &dyn RTCCrypto {
        self.provider.crypto()
    }
}

fn digest(crypto: &dyn RTCCrypto, der: &[u8]) -> Option<[u8; 32]> {
    crypto.hash(HashAlgorithm::Sha256, der).ok()?.try_into().ok()
}

/// What a message of the far end came to.
#[derive(Debug)]
pub(crate) enum Step {
    /// Nothing yet.
    Goes,
    /// The keys of both directions.
    Keys(Box<Srtp>),
    /// The far end has ended it.
    Closed,
    /// It showed another certificate.
    Refused,
}

/// One handshake, and what remains of it afterwards.
pub(crate) struct Handshake {
    endpoint: Endpoint,
    config: Arc<HandshakeConfig>,
    client: bool,
    begun: bool,
    done: bool,
    refused: Arc<AtomicBool>,
}

impl Handshake {
    /// With who shows one of these certificates. `None`: the library refuses its settings.
    pub fn new(identity: &Identity, far: &Far) -> Option<Self> {
        let refused: Arc<AtomicBool> = Arc::default();
        let config = ConfigBuilder::default()
            .with_crypto_provider(Arc::clone(&identity.provider))
            .with_certificates(vec![identity.certificate.clone()])
            .with_srtp_protection_profiles(PROFILES.to_vec())
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            // Nobody signs these certificates: the fingerprint in the description is what proves them.
            .with_insecure_skip_verify(true)
            .with_verify_peer_certificate(Some(compare(identity, far, Arc::clone(&refused))))
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            .with_flight_interval(AGAIN)
            .build(far.client, None);
        let config = Arc::new(config.ok()?);
        let server = (!far.client).then(|| Arc::clone(&config));
        let endpoint = Endpoint::new(THERE, TransportProtocol::UDP, server);
        Some(Self { endpoint, config, client: far.client, begun: false, done: false, refused })
    }

    /// There is a way: the client speaks first.
    pub fn begin(&mut self, now: Instant) {
        if self.client && !std::mem::replace(&mut self.begun, true) {
            // What can't be sent now is sent again; what never can is given up by the leg's patience.
            let _ = self.endpoint.connect(now, THERE, Arc::clone(&self.config), None);
        }
    }

    /// A message of the far end.
    pub fn read(&mut self, now: Instant, datagram: &[u8]) -> Step {
        if self.client && !self.begun {
            return Step::Goes;
        }
        let events = self.endpoint.read(now, THERE, None, BytesMut::from(datagram));
        if self.refused.load(Ordering::Relaxed) {
            return Step::Refused;
        }
        // Unreadable ones change nothing.
        for event in events.unwrap_or_default() {
            match event {
                EndpointEvent::HandshakeComplete => {
                    self.done = true;
                    return self.keys().map_or(Step::Refused, |keys| Step::Keys(Box::new(keys)));
                }
                // Before its end the message is not authentic: whoever knows the port could send it.
                EndpointEvent::PeerClosed if self.done => return Step::Closed,
                EndpointEvent::PeerClosed => self.begun = false,
                _ => {}
            }
        }
        if !self.begun {
            self.begin(now);
        }
        Step::Goes
    }

    /// RFC 5764 section 4.2: the client's key, the server's, the client's salt, the server's.
    fn keys(&self) -> Option<Srtp> {
        let state = self.endpoint.get_connection_state(THERE)?;
        let suite = match state.srtp_protection_profile() {
            Profile::Srtp_Aead_Aes_128_Gcm => Suite::AesGcm128,
            Profile::Srtp_Aes128_Cm_Hmac_Sha1_80 => Suite::AesCm128Sha80,
            _ => return None,
        };
        let (key, salt) = (suite.key(), suite.salt());
        let bytes = state.export_keying_material(LABEL, &[], 2 * (key + salt)).ok()?;
        let bytes: &[u8] = bytes.as_ref();
        let (keys, salts) = bytes.split_at_checked(2 * key)?;
        let half = |first: bool| {
            let pick = |from: usize, length: usize| if first { 0..length } else { from..from + length };
            let mut both = zeroize::Zeroizing::new(keys.get(pick(key, key))?.to_vec());
            both.extend_from_slice(salts.get(pick(salt, salt))?);
            MasterKey::new(suite, &both, 0)
        };
        let (client, server) = (half(true)?, half(false)?);
        let (send, receive) = if self.client { (client, server) } else { (server, client) };
        Some(Srtp { send, receive })
    }

    /// Sends again what was lost, if it is time.
    pub fn due(&mut self, now: Instant) {
        // One that is given up by the library is given up by the leg's patience too.
        let _ = self.endpoint.handle_timeout(THERE, now);
    }

    /// When [`Self::due`] is wanted.
    pub fn next(&self) -> Option<Instant> {
        self.endpoint.poll_timeout(&THERE)
    }

    /// The next datagram to send.
    pub fn poll(&mut self) -> Option<BytesMut> {
        self.endpoint.poll_transmit().map(|transmit| transmit.message)
    }

    /// Says goodbye.
    pub fn stop(&mut self, now: Instant) {
        let _ = self.endpoint.stop(now, THERE);
    }
}

/// Whether the first certificate is one of those that the description named.
fn compare(identity: &Identity, far: &Far, refused: Arc<AtomicBool>) -> VerifyPeerCertificateFn {
    let (provider, prints) = (Arc::clone(&identity.provider), far.fingerprints.clone());
    Arc::new(move |certificates, _| {
        let shown = certificates.first().and_then(|der| digest(provider.crypto(), der));
        if shown.is_some_and(|shown| prints.contains(&shown)) {
            return Ok(());
        }
        refused.store(true, Ordering::Relaxed);
        Err(Error::ErrNoMatchingCertificateFingerprint)
    })
}
