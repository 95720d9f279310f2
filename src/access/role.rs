//! The roles: what somebody is to the house.

/// What somebody is to the house. [`crate::table`] says what each may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Tries the house as a caller; only where `hotline serve --trial` runs, never stored.
    Citizen,
    /// Answers the hotline: the own calls, the information base, cases.
    Operator,
    /// Sits at a window: the calls that it is brought into, the cases of its unit.
    Desk,
    /// Leads a shift: all calls, the numbers of callers with a reason.
    Supervisor,
    /// Looks, and changes nothing: records, recordings, configuration, the audit.
    Auditor,
    /// Everything, with a second factor.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Citizen, Self::Operator, Self::Desk, Self::Supervisor, Self::Auditor, Self::Admin];

    /// Those that an account can have.
    pub const OF_ACCOUNTS: [Self; 5] =
        [Self::Operator, Self::Desk, Self::Supervisor, Self::Auditor, Self::Admin];

    /// The word in the store and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Citizen => "citizen",
            Self::Operator => "operator",
            Self::Desk => "desk",
            Self::Supervisor => "supervisor",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether an account with this role must have a second factor.
    pub fn needs_second_factor(self) -> bool {
        self == Self::Admin
    }

    /// Whether an account with this role belongs to somebody of staff.toml, whose calls are its own.
    pub fn needs_staff(self) -> bool {
        matches!(self, Self::Operator | Self::Desk)
    }
}
