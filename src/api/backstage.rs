//! What only the house as a whole can do for an admin: made by the root package, so that the interface leans on no more than it must.

use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use ::config::Checked;
use ::config::draft::Signed;
use call::ids::Lang;

/// Something that is under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why something was not done, or what was found, in both languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Words {
    /// Both.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// What a trunk's examination found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Examined {
    /// How grave (`good`, `warning`, `fault`), and what was seen and is to be done.
    pub findings: Vec<(&'static str, Words)>,
    /// Lines for trunks.toml.
    pub proposal: Vec<String>,
}

/// A recording in the form of the house.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taken {
    /// The file as it is to be kept.
    pub wav: Vec<u8>,
    /// How long it takes, milliseconds.
    pub ms: u64,
    /// What a listener would complain about.
    pub warnings: Vec<Words>,
}

/// The house behind the interface.
pub trait Backstage: Send + Sync {
    /// The configuration's folder.
    fn folder(&self) -> PathBuf;

    /// The configuration in use.
    fn current(&self) -> Arc<Checked>;

    /// Uses another for new calls, and writes it down as a version: its number.
    ///
    /// # Errors
    /// Why it is not in use; the one before stays.
    fn reload(&self, checked: Checked, signed: Signed) -> Pending<'_, Result<i64, Words>>;

    /// Reads the recordings again.
    ///
    /// # Errors
    /// Why those before stay.
    fn refresh_voice(&self) -> Pending<'_, Result<(), Words>>;

    /// Tries what a trunk claims, with a test call when a number is given.
    ///
    /// # Errors
    /// Why it can't be tried.
    fn examine(&self, trunk: String, number: Option<String>) -> Pending<'_, Result<Examined, Words>>;

    /// Reads a WAV of any PCM form.
    ///
    /// # Errors
    /// What to save instead.
    fn take_sound(&self, wav: &[u8]) -> Result<Taken, Words>;

    /// How long a recording takes, milliseconds; `None` when it does not read.
    fn length(&self, wav: &[u8]) -> Option<u64>;

    /// Has the text-to-speech command speak.
    ///
    /// # Errors
    /// Why there is no sound.
    fn speak(&self, lang: Lang, text: String) -> Pending<'_, Result<Vec<u8>, Words>>;
}

/// The house behind the interface, shared.
#[derive(Clone)]
pub struct Behind(Arc<dyn Backstage>);

impl Behind {
    /// This one.
    pub fn new(backstage: impl Backstage + 'static) -> Self {
        Self(Arc::new(backstage))
    }
}

impl std::ops::Deref for Behind {
    type Target = dyn Backstage;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Behind")
    }
}
