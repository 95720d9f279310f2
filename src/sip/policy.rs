//! What is agreed with each far end before any call: reliable provisional responses, and how long a session may go unrefreshed.

use std::time::Duration;

/// Whether provisional responses are acknowledged (100rel, RFC 3262).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Reliable {
    /// Never: who requires it of us gets 420.
    Off,
    /// Where the far end can. A caller that requires it gets every provisional response this way, one that only supports it
    /// those with a session description.
    #[default]
    Supported,
    /// Always: a caller that can't gets 421, and our own INVITEs require it.
    Required,
}

/// How one far end is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Policy {
    /// Reliable provisional responses.
    pub prack: Reliable,
    /// The session interval that we ask for (RFC 4028), whole seconds; zero: no session timers, and who requires them of
    /// us gets 420.
    pub session_timer: Duration,
    /// The shortest interval that we take, whole seconds; a shorter one gets 422 (RFC 4028 section 5: at least 90 s).
    pub min_se: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            prack: Reliable::default(),
            session_timer: Duration::from_secs(1800),
            min_se: Duration::from_secs(90),
        }
    }
}

impl Policy {
    /// The extensions that we name in Supported and take in Require.
    pub(crate) fn extensions(self) -> &'static [&'static str] {
        match (self.prack, self.session_timer.is_zero()) {
            (Reliable::Off, true) => &[],
            (Reliable::Off, false) => &["timer"],
            (Reliable::Supported | Reliable::Required, true) => &["100rel"],
            (Reliable::Supported | Reliable::Required, false) => &["100rel", "timer"],
        }
    }
}

/// How the provisional responses of one INVITE of theirs are sent.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Manner {
    /// As ever.
    #[default]
    Plain,
    /// Reliably where there is a session description.
    Described,
    /// All reliably.
    Every,
}

impl Manner {
    /// What fits our policy and the caller; `None`: we require what it can't (421).
    pub fn of(policy: Policy, supports: bool, requires: bool) -> Option<Self> {
        match policy.prack {
            Reliable::Off => Some(Self::Plain),
            Reliable::Supported if requires => Some(Self::Every),
            Reliable::Supported if supports => Some(Self::Described),
            Reliable::Supported => Some(Self::Plain),
            Reliable::Required => (requires || supports).then_some(Self::Every),
        }
    }

    /// Whether a response is sent reliably.
    pub fn reliable(self, described: bool) -> bool {
        match self {
            Self::Plain => false,
            Self::Described => described,
            Self::Every => true,
        }
    }
}
