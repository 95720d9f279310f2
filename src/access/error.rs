//! What can be wrong with passwords, names and codes, each with what the reader can do.

use crate::password::{LONGEST_PASSWORD, SHORTEST_PASSWORD};

/// Why something of an account is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AccessError {
    /// The password is too easily guessed.
    #[error("{0}")]
    Weak(Weakness),
    /// The user name does not have its form.
    #[error(
        "a user name has 2 to 32 small letters, digits and . - _, and begins with a letter or digit: choose another"
    )]
    UserName,
    /// The name of a tab does not have its form.
    #[error("the header X-Hotline-Tab has 1 to 16 small letters and digits: reload the page")]
    Tab,
    /// The hash could not be made, or what is stored is no hash.
    #[error(
        "the password can't be hashed or compared: see whether the machine has memory left, and reset the password"
    )]
    Hash,
    /// The second factor's secret is not one.
    #[error(
        "the secret of the second factor does not read: reset the account, which takes the second factor off"
    )]
    Secret,
}

/// Why a password is too easily guessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weakness {
    /// Less than [`SHORTEST_PASSWORD`] characters.
    Short,
    /// More than [`LONGEST_PASSWORD`] characters.
    Long,
    /// It holds the user's name.
    Name,
    /// Few different characters, or a run like `12345678`.
    Pattern,
    /// It is built around a word that guessers try first.
    Common,
    /// It is the password that it shall take the place of.
    Same,
}

impl Weakness {
    /// What is wrong and what to do, in Chinese; `Display` says it in English.
    pub fn zh(self) -> String {
        match self {
            Self::Short => format!("密码至少 {SHORTEST_PASSWORD} 个字符；一句容易记的话就很好。"),
            Self::Long => format!("密码至多 {LONGEST_PASSWORD} 个字符；请缩短。"),
            Self::Name => "密码不能包含用户名；请换一个。".into(),
            Self::Pattern => "密码重复或连续的字符太多；请换一个更难猜的。".into(),
            Self::Common => "密码过于常见，会被最先猜到；请换一个。".into(),
            Self::Same => "新密码与原密码相同；请换一个。".into(),
        }
    }
}

impl std::fmt::Display for Weakness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Short => {
                write!(
                    f,
                    "a password has at least {SHORTEST_PASSWORD} characters: a sentence that you remember is good"
                )
            }
            Self::Long => write!(f, "a password has at most {LONGEST_PASSWORD} characters: shorten it"),
            Self::Name => write!(f, "the password must not hold the user name: choose another"),
            Self::Pattern => {
                write!(f, "the password repeats or counts too much: choose one that is harder to guess")
            }
            Self::Common => write!(f, "the password is among the first that guessers try: choose another"),
            Self::Same => write!(f, "the new password is the old one: choose another"),
        }
    }
}
