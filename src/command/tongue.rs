//! In which language the command line speaks to whoever runs it.

/// Chinese or English.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tongue {
    /// 中文
    Zh,
    /// English
    En,
}

impl From<Tongue> for rehearsal::Tongue {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Zh => Self::Zh,
            Tongue::En => Self::En,
        }
    }
}

impl Tongue {
    /// The one that the environment asks for: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that says something.
    pub fn of_environment() -> Self {
        let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
        ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(set)
            .map_or(Self::En, |value| Self::of_locale(&value))
    }

    fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("zh") { Self::Zh } else { Self::En }
    }

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
            $crate::command::Tongue::Zh => format!($zh),
            $crate::command::Tongue::En => format!($en),
        }
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::Tongue;

    #[test]
    fn a_locale_that_begins_with_zh_is_chinese() {
        for (locale, tongue) in [
            ("zh_CN.UTF-8", Tongue::Zh),
            ("zh", Tongue::Zh),
            ("ZH_TW", Tongue::Zh),
            ("en_GB.UTF-8", Tongue::En),
            ("C", Tongue::En),
        ] {
            assert_eq!(Tongue::of_locale(locale), tongue, "{locale}");
        }
    }
}
