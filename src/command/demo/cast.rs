//! The house and its three phones, ready to play.

use std::io;

use call::action::Say;
use call::ids::Lang;
use phone::{Account, Ear, Media, Phone};
use switchboard::Clock;
use switchboard::voice::{Voice, VoiceSettings};

use super::stage::{CALLER, Stage};
use crate::command::CommandError;
use crate::start::{self, House, StartError};

/// The prompt after a rating.
const THANKS: u8 = 62;

/// A house on free ports of loopback, and everybody's phone: the citizen's comes from the trunk, the two others are
/// registered.
pub struct Cast {
    /// Who, when and where.
    pub stage: Stage,
    /// The house.
    pub house: House,
    /// The citizen's phone.
    pub citizen: Phone,
    /// The operator's.
    pub operator: Phone,
    /// The window's.
    pub desk: Phone,
    /// What the citizen is to hear first, all of it: 8 kHz mono.
    pub greeting: Vec<i16>,
    /// What the citizen is to hear last.
    pub thanks: Vec<i16>,
}

impl Cast {
    /// Starts the house and brings the phones in.
    ///
    /// # Errors
    /// [`CommandError::Start`], [`CommandError::Phone`], [`CommandError::File`].
    pub async fn assemble(stage: Stage) -> Result<Self, CommandError> {
        let at = |source| CommandError::File { path: stage.folder.clone(), source };
        tokio::fs::create_dir_all(&stage.folder).await.map_err(at)?;
        let opening = &stage.checked.plan.greeting.opening;
        let greeting =
            spoken(&stage, opening.iter().map(|id| Say::Prompt(*id, Vec::new())).collect()).await?;
        let thanks = spoken(&stage, vec![Say::plain(THANKS)]).await?;
        let clock = Clock::shifted(stage.moment.shift_ms);
        let house = start::start(stage.checked.clone(), clock).await?;
        let media = Media::start(Ear::Listening)?;
        let server = house.udp.first().copied().ok_or_else(|| io::Error::other("no UDP socket"))?;
        let realm = &stage.checked.settings.sip.realm;
        let account = |user: &str| {
            let password = house.secrets.get(user).unwrap_or_default();
            Account { realm: Some(realm.clone()), ..Account::new(user, password, server) }
        };
        let citizen = Phone::start_with(account(CALLER), &media).await?;
        let operator = Phone::start_with(account(&stage.roles.operator.1), &media).await?;
        let desk = Phone::start_with(account(&stage.roles.member.1), &media).await?;
        operator.register().await?;
        desk.register().await?;
        Ok(Self { stage, house, citizen, operator, desk, greeting, thanks })
    }

    /// Everybody hangs up, the house is closed, every record is on disk.
    pub async fn dismiss(self) -> Stage {
        for phone in [&self.citizen, &self.operator, &self.desk] {
            phone.stop();
        }
        self.house.stop().await;
        self.stage
    }
}

/// What is said, as the voice library has it.
async fn spoken(stage: &Stage, say: Vec<Say>) -> Result<Vec<i16>, CommandError> {
    let prompts = stage.checked.settings.prompts.clone();
    let at = stage.moment.at;
    let load = tokio::task::spawn_blocking(move || {
        let voice = Voice::load(VoiceSettings {
            dir: prompts.dir,
            tts: Vec::new(),
            voice_zh: prompts.voice_zh,
            voice_en: prompts.voice_en,
            cache: prompts.cache,
        });
        Ok::<_, StartError>(voice?.sounds(at, Lang::Zh, &say))
    });
    let sounds = load.await.map_err(io::Error::other)??;
    Ok(sounds.iter().flat_map(|sound| sound.samples()).copied().collect())
}
