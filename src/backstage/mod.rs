//! What the house does for an admin at a screen: another configuration, recordings, trunks tried, texts spoken.

mod sound;
mod speak;

use std::path::PathBuf;
use std::sync::Arc;

use api::{Current, Examined, Pending, Taken, Words};
use call::ids::Lang;
use clockwork::Door;
use config::Checked;
use config::draft::Signed;
use store::Store;
use switchboard::wire::tls::Tls;
use switchboard::{Clock, Handle};

use crate::command::{CommandError, Tongue, trunk};
use crate::outfit::{self, Here};
use crate::promises;
use crate::sockets;
use crate::start::{self, StartError};

/// Who signs what was changed by hand.
pub(crate) fn by_hand() -> Signed {
    Signed { author: "sip-config".to_owned(), comment: String::new() }
}

/// The running house, as far as it can be changed. Clones are the same.
#[derive(Clone)]
pub(crate) struct Backstage(Arc<Inner>);

struct Inner {
    parts: Parts,
    current: Current,
}

/// What stays as it is until the next start.
struct Parts {
    keys: Tls,
    here: Here,
    clock: Clock,
    seed: [u8; 32],
    store: Store,
    handle: Handle,
    promises: Door,
}

impl Backstage {
    /// What stays as it is until the next start, the rooms that are told, and what is in use.
    pub(crate) fn new(
        (keys, here, clock, seed): (Tls, Here, Clock, [u8; 32]),
        (store, handle, promises): (&Store, &Handle, &Door),
        current: Current,
    ) -> Self {
        let (store, handle, promises) = (store.clone(), handle.clone(), promises.clone());
        let parts = Parts { keys, here, clock, seed, store, handle, promises };
        Self(Arc::new(Inner { parts, current }))
    }

    /// The configuration in use.
    pub(crate) fn current(&self) -> &Current {
        &self.0.current
    }

    fn now(&self) -> Arc<Checked> {
        self.0.current.now()
    }

    /// Uses another configuration for new calls, and what the files of TLS hold now for new connections. Addresses, ports and
    /// folders stay until the next start.
    ///
    /// # Errors
    /// [`StartError`]; everything stays as it was.
    pub(crate) async fn change(&self, checked: Checked) -> Result<(), StartError> {
        let Parts { keys, here, seed, handle, promises: door, .. } = &self.0.parts;
        let secrets = start::secrets_of(&checked.settings)?;
        let voice = start::voice(&checked.settings).await?;
        sockets::renew(keys, &checked.settings).await?;
        let setup = outfit::setup(&checked, &secrets, voice, *seed, here);
        handle.reload(setup).map_err(|e| std::io::Error::other(e.to_string()))?;
        door.exchange(promises::rules(&checked));
        self.0.current.exchange(checked);
        Ok(())
    }

    /// The same for what was changed by hand; noted in the case store in the background.
    pub(crate) async fn change_by_hand(&self, checked: Checked) -> Result<(), StartError> {
        self.change(checked.clone()).await?;
        let Parts { store, clock, .. } = &self.0.parts;
        start::take_in_behind(store, &checked, clock.now().utc_ms, by_hand());
        Ok(())
    }

    async fn publish(&self, checked: Checked, signed: Signed) -> Result<i64, Words> {
        self.change(checked.clone()).await.map_err(not_in_use)?;
        let Parts { store, clock, .. } = &self.0.parts;
        let noted = start::take_in(store, &checked, clock.now().utc_ms, signed).await;
        noted.map_err(|why| {
            Words::new(
                format!("新配置已启用，但没有记入版本：{why}"),
                format!("the configuration is in use, but not noted as a version: {why}"),
            )
        })
    }

    async fn refresh(&self) -> Result<(), Words> {
        let checked = (*self.now()).clone();
        self.change(checked).await.map_err(not_in_use)
    }

    async fn try_trunk(&self, name: &str, number: Option<&str>) -> Result<Examined, Words> {
        let found = trunk::examine(&self.now(), name, number).await.map_err(|why| words(&why))?;
        let finding = |finding: doctor::Finding| {
            let level = match finding.mark {
                doctor::Mark::Good => "good",
                doctor::Mark::Warning => "warning",
                doctor::Mark::Fault => "fault",
            };
            let (zh, en) = (finding.seen.zh, finding.seen.en);
            let words = match finding.advice {
                Some(advice) => Words::new(format!("{zh}；{}", advice.zh), format!("{en}; {}", advice.en)),
                None => Words::new(zh, en),
            };
            (level, words)
        };
        Ok(Examined {
            findings: found.findings.into_iter().map(finding).collect(),
            proposal: found.proposals.into_iter().map(|p| p.line).collect(),
        })
    }
}

fn words(why: &CommandError) -> Words {
    Words::new(why.words(Tongue::Zh), why.words(Tongue::En))
}

fn not_in_use(why: StartError) -> Words {
    Words::new(
        format!("文件已写好，但运行中的系统没有启用：{why}"),
        format!("the files are written, but the running house does not use them: {why}"),
    )
}

impl api::Backstage for Backstage {
    fn folder(&self) -> PathBuf {
        self.now().dir.clone()
    }

    fn current(&self) -> Arc<Checked> {
        self.now()
    }

    fn reload(&self, checked: Checked, signed: Signed) -> Pending<'_, Result<i64, Words>> {
        Box::pin(self.publish(checked, signed))
    }

    fn refresh_voice(&self) -> Pending<'_, Result<(), Words>> {
        Box::pin(self.refresh())
    }

    fn examine(&self, trunk: String, number: Option<String>) -> Pending<'_, Result<Examined, Words>> {
        Box::pin(async move { self.try_trunk(&trunk, number.as_deref()).await })
    }

    fn take_sound(&self, wav: &[u8]) -> Result<Taken, Words> {
        sound::take(wav)
    }

    fn length(&self, wav: &[u8]) -> Option<u64> {
        audio::wav::length(wav).ok().and_then(|length| u64::try_from(length.as_millis()).ok())
    }

    fn speak(&self, lang: Lang, text: String) -> Pending<'_, Result<Vec<u8>, Words>> {
        Box::pin(async move { speak::speak(&self.now().settings.prompts, lang, &text).await })
    }
}
