//! In which language a path is told.

/// Chinese or English.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tongue {
    /// 中文
    Zh,
    /// English
    En,
}

impl Tongue {
    /// The words of this language.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// Formats one of two texts: `say!(tongue, "共 {n} 个", "{n} in all")`.
macro_rules! say {
    ($tongue:expr, $zh:literal, $en:literal $(,)?) => {
        match $tongue {
            $crate::Tongue::Zh => format!($zh),
            $crate::Tongue::En => format!($en),
        }
    };
}
pub(crate) use say;
