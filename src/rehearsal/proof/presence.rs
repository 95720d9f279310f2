//! Who is taken to be there while a path is proved.

/// An assumption about who is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Presence {
    /// Everybody, and everybody answers.
    All,
    /// Operators are on duty, the phones of the windows are not registered.
    WindowsAway,
    /// No operator is on duty, the windows are there.
    OperatorsAway,
    /// No phone of the house is registered.
    Nobody,
}

impl Presence {
    /// All assumptions.
    pub const ALL: [Self; 4] = [Self::All, Self::WindowsAway, Self::OperatorsAway, Self::Nobody];

    /// Whether operators are on duty.
    pub fn operators(self) -> bool {
        matches!(self, Self::All | Self::WindowsAway)
    }

    /// Whether the windows' phones are there.
    pub fn windows(self) -> bool {
        matches!(self, Self::All | Self::OperatorsAway)
    }

    /// In words, Chinese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::All => ("全员在线", "everybody is there"),
            Self::WindowsAway => ("窗口话机都不在线", "no window's phone is registered"),
            Self::OperatorsAway => ("没有话务员在岗", "no operator is on duty"),
            Self::Nobody => ("所有话机都不在线", "no phone is registered"),
        }
    }
}
