//! Why a subcommand ended without what it was asked for, in two languages, and the exit code that stands for it.

use std::path::PathBuf;

use crate::command::Tongue;

/// Exit code for something that is wrong: faults of the configuration, a call that did not come about.
pub const FAILED: u8 = 1;
/// Exit code for arguments that can't be understood, as clap's own.
pub const USAGE: u8 = supervise::USAGE;

/// What can go wrong; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// An argument can't be understood: its name, and why in both languages.
    #[error("{argument}: {en}")]
    Argument {
        /// `--at`
        argument: &'static str,
        /// What is wrong and what to write instead, Chinese.
        zh: String,
        /// The same in English.
        en: String,
    },
    /// The configuration has faults; they were told already.
    #[error("the configuration has {count} faults: mend them and run `hotline check` again")]
    Faults {
        /// How many.
        count: usize,
    },
    /// The same at a start of the house: whoever starts it again by itself does not.
    #[error(
        "the house is not started, as the configuration has {count} faults: mend them and start it again"
    )]
    Unfit {
        /// How many.
        count: usize,
    },
    /// The control loop has ended by itself.
    #[error("the control loop has ended by itself, a fault of this program: the log says where")]
    Stands,
    /// A file can't be read or written.
    #[error("{path}: {source}: check the path and its permissions")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The passwords can't be read.
    #[error(transparent)]
    Secrets(#[from] config::secrets::SecretsError),
    /// The configuration can't be changed so.
    #[error(transparent)]
    Draft(#[from] config::draft::DraftError),
    /// The telephone can't do it.
    #[error(transparent)]
    Phone(#[from] phone::PhoneError),
    /// The house does not stand.
    #[error(transparent)]
    Start(#[from] crate::start::StartError),
    /// The running house can't be told, or does not do it.
    #[error(transparent)]
    Handover(#[from] handover::HandoverError),
    /// A key can't be used.
    #[error(transparent)]
    Keys(#[from] vault::VaultError),
    /// A rehearsal gave no answer.
    #[error(transparent)]
    Rehearsal(#[from] rehearsal::RehearsalError),
    /// The operating system refuses.
    #[error("the system refuses ({0}): check the limits of this process")]
    System(#[from] std::io::Error),
    /// A part of the house that is not there yet.
    #[error("`hotline {0}` is not built yet: see README.md")]
    NotBuilt(&'static str),
}

impl CommandError {
    /// An argument that can't be understood.
    pub(crate) fn argument(argument: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Argument { argument, zh: zh.into(), en: en.into() }
    }

    /// Faults of the configuration, at a start of the house.
    pub(crate) fn unfit(self) -> Self {
        match self {
            Self::Faults { count } => Self::Unfit { count },
            other => other,
        }
    }

    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Argument { .. } => USAGE,
            Self::Unfit { .. } => supervise::CONFIG,
            Self::Faults { .. }
            | Self::Stands
            | Self::File { .. }
            | Self::Secrets(_)
            | Self::Draft(_)
            | Self::Phone(_)
            | Self::Start(_)
            | Self::Handover(_)
            | Self::Keys(_)
            | Self::Rehearsal(_)
            | Self::System(_)
            | Self::NotBuilt(_) => FAILED,
        }
    }

    /// What happened and what to do, in a language. Causes from elsewhere are in English.
    pub fn words(&self, tongue: Tongue) -> String {
        match tongue {
            Tongue::Zh => self.zh(),
            Tongue::En => self.to_string(),
        }
    }

    fn zh(&self) -> String {
        match self {
            Self::Argument { argument, zh, .. } => format!("{argument}：{zh}"),
            Self::Faults { count } => format!("配置有 {count} 处错误：改好后再运行 hotline check"),
            Self::Unfit { count } => format!("配置有 {count} 处错误，热线没有启动：改好后再启动"),
            Self::Stands => "控制循环自行中止，是本程序的缺陷：位置见日志".to_owned(),
            Self::File { path, source } => format!("{}：{source}：请检查路径和权限", path.display()),
            Self::Secrets(source) => format!("密码文件：{source}"),
            Self::Draft(source) => source.zh(),
            Self::Phone(source) => format!("话机：{source}"),
            Self::Start(source) => format!("热线没有启动：{source}"),
            Self::Handover(why) => why.zh(),
            Self::Keys(why) => format!("密钥：{why}"),
            Self::Rehearsal(why) => why.zh(),
            Self::System(source) => format!("系统拒绝（{source}）：请检查本进程的限额"),
            Self::NotBuilt(name) => format!("hotline {name} 还没有建好：见 README.zh-CN.md"),
        }
    }
}
