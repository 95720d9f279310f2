//! What would happen: the live decision code asked about any number at any moment, for every minute of a year, and for the calls
//! that were.
//!
//! [`play`] drives the real [`call::Hotline`] in virtual time, with people around it who act by their scripts, and tells its path;
//! [`prove`] does so for every desk and every minute of a year; [`replay`] for real calls. Nothing here decides anything itself.

mod files;
mod keys;
mod order;
mod people;
mod prompts;
mod proof;
pub mod render;
mod replay;
mod scene;
mod story;
mod tale;
mod tongue;
mod why;
mod wishes;
mod world;

#[cfg(test)]
mod tests;

pub use prompts::Prompts;
pub use proof::{MOST_TOLD, OpenEnd, Presence, Progress, Proof, prove};
pub use replay::{Differing, MOST_REPLAYED, Past, Replay, replay};
pub use scene::Scene;
pub use tale::{Ending, Step, Tale};
pub use tongue::Tongue;
pub use wishes::{MOST_KEYS, Mood, OTHER_NUMBER, Wishes, keys};

pub(crate) use tongue::say;

/// Why a rehearsal gives no answer; each says what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The core and its play of the world never came to an end.
    #[error("the call did not come to rest: please report this with the configuration and what was asked")]
    Restless,
    /// What is no key.
    #[error("{0:?} is no key: there are 0-9, * and #, with commas between groups")]
    NoKey(String),
    /// Too many keys.
    #[error("at most {MOST_KEYS} keys")]
    TooManyKeys,
    /// Somebody wanted it to end.
    #[error("the rehearsal was cancelled: begin it again")]
    Cancelled,
}

impl RehearsalError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Restless => "这通电话停不下来：请把所问的内容和配置报给开发者".to_owned(),
            Self::NoKey(group) => {
                format!("{group:?} 不是按键：只有 0-9、* 和 #，逗号分开各次按键")
            }
            Self::TooManyKeys => format!("按键最多 {MOST_KEYS} 个"),
            Self::Cancelled => "演练已取消：请重新开始".to_owned(),
        }
    }
}

/// Plays the call and tells its path.
///
/// # Errors
/// [`RehearsalError::Restless`].
pub fn play(scene: &Scene<'_>) -> Result<Tale, RehearsalError> {
    world::World::new(scene).play()
}
