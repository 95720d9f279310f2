//! A phone as its owner holds it.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sip::{Headers, Invite, Target, Uri};
use tokio::sync::oneshot;

use crate::account::{Account, Dial};
use crate::call::Call;
use crate::grip::Grip;
use crate::handset::Handset;
use crate::leg::{Leg, Talk};
use crate::media::{Ear, Media};
use crate::pending::{Dialing, Ringing};
use crate::wire::Wire;
use crate::{PhoneError, seed};

/// A phone. Clones are the same phone; with the last one all its calls end.
#[derive(Clone)]
pub struct Phone(Arc<Owner>);

struct Owner(Arc<Handset>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Phone {
    /// Starts a phone that listens, with a media thread of its own.
    ///
    /// # Errors
    /// [`PhoneError::System`].
    pub async fn start(account: Account) -> Result<Self, PhoneError> {
        Self::start_with(account, &Media::start(Ear::Listening)?).await
    }

    /// Starts a phone on this media thread; hundreds of phones and calls may share one.
    ///
    /// # Errors
    /// [`PhoneError::System`].
    pub async fn start_with(account: Account, media: &Media) -> Result<Self, PhoneError> {
        let (wire, source) = Wire::bind(account.bind, account.transport)?;
        let handset = Handset::new(account, media.clone(), wire);
        tokio::spawn(handset.clone().listen(source));
        tokio::spawn(handset.clone().keep_time());
        Ok(Self(Arc::new(Owner(handset))))
    }

    /// Where it takes SIP.
    pub fn address(&self) -> SocketAddr {
        self.0.0.wire.local()
    }

    /// How many calls it has, ringing ones among them.
    pub fn calls(&self) -> usize {
        self.0.0.lock().legs.len()
    }

    /// Registers, and from then on again before it runs out. The granted duration.
    ///
    /// # Errors
    /// [`PhoneError::Refused`]; 408 when nobody answers.
    pub async fn register(&self) -> Result<Duration, PhoneError> {
        let granted = self.ask(self.0.0.account.expires).await?;
        Ok(Duration::from_secs(granted.unwrap_or(0).into()))
    }

    /// Takes the registration back.
    ///
    /// # Errors
    /// As for [`Phone::register`].
    pub async fn unregister(&self) -> Result<(), PhoneError> {
        self.ask(0).await.map(|_| ())
    }

    async fn ask(&self, expires: u32) -> Result<Option<u32>, PhoneError> {
        let (sender, answer) = oneshot::channel();
        let handset = &self.0.0;
        handset.act(|inner, now| {
            let request = handset.register(inner, now, expires)?;
            inner.asked.insert(request, sender);
            Ok::<_, PhoneError>(())
        })?;
        match answer.await {
            Ok((200..300, granted)) => Ok(granted),
            Ok((status, _)) => Err(PhoneError::Refused(status)),
            Err(_) => Err(PhoneError::Stopped),
        }
    }

    /// Sends an INVITE.
    ///
    /// # Errors
    /// [`PhoneError::Unreachable`], [`PhoneError::System`] without a free port, [`PhoneError::Sip`].
    pub fn dial(&self, dial: impl Into<Dial>) -> Result<Dialing, PhoneError> {
        let (dial, handset) = (dial.into(), &self.0.0);
        let (uri, remote) = self.target(&dial.to)?;
        let line = Arc::new(handset.media.open(handset.account.bind)?);
        let from = dial.from(&handset.account);
        let (token, seen) = handset.act(|inner, now| {
            if inner.is_closed() {
                return Err(PhoneError::Stopped);
            }
            let token = inner.token();
            let talk = Talk::new(seed::number(), handset.account.encryption, &handset.account.codecs);
            let mut leg = Leg::new(sip::SessionId(0), talk, now, Arc::new(Headers::default()));
            leg.session = inner.stack.invite(
                now,
                Invite {
                    to: Target::Uri(Box::new(uri), handset.wire.flow(remote)),
                    from,
                    headers: dial.headers,
                    offer: Some(leg.talk.offer(&line)),
                    credentials: handset.account.credentials(),
                    policy: None,
                    token,
                },
            )?;
            leg.line = Some(line.clone());
            let seen = leg.seen.subscribe();
            inner.legs.insert(token, leg);
            Ok((token, seen))
        })?;
        Ok(Dialing { grip: Grip { handset: handset.clone(), token, seen }, line })
    }

    fn target(&self, to: &str) -> Result<(Uri, SocketAddr), PhoneError> {
        let account = &self.0.0.account;
        if to.starts_with("sip:") {
            let uri = Uri::parse(to).ok_or(PhoneError::Unreachable)?;
            let remote = sip::literal(&uri).ok_or(PhoneError::Unreachable)?;
            return Ok((uri, remote));
        }
        // A hash can't stand in a URI as it is (RFC 3261 section 25.1).
        let user = to.replace('#', "%23");
        let good = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/%".contains(&b);
        if user.is_empty() || !user.bytes().all(good) {
            return Err(PhoneError::Unreachable);
        }
        Ok((account.address(&user), account.server))
    }

    /// Calls, and waits for the answer.
    ///
    /// # Errors
    /// As for [`Phone::dial`] and [`Dialing::answered`].
    pub async fn call(&self, dial: impl Into<Dial>) -> Result<Call, PhoneError> {
        self.dial(dial)?.answered().await
    }

    /// Waits for a call that comes in. 100 was sent; [`Ringing::ring`] sends 180.
    ///
    /// # Errors
    /// [`PhoneError::Stopped`].
    pub fn incoming(&self) -> impl Future<Output = Result<Ringing, PhoneError>> + Send + use<> {
        let handset = self.0.0.clone();
        async move {
            loop {
                let mut rang = pin!(handset.rang.notified());
                rang.as_mut().enable();
                let taken = {
                    let mut inner = handset.lock();
                    if inner.is_closed() {
                        return Err(PhoneError::Stopped);
                    }
                    inner.take()
                };
                if let Some((token, seen)) = taken {
                    return Ok(Ringing { grip: Grip { handset: handset.clone(), token, seen } });
                }
                rang.await;
            }
        }
    }

    /// Ends all calls and gives the registration back, now: other clones are of no use any more.
    pub fn stop(&self) {
        self.0.0.close();
    }
}
