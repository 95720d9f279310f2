//! What can go wrong between two lives of a house; each says what to do.

use std::io;
use std::path::PathBuf;

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum HandoverError {
    /// No house answers at the control socket.
    #[error("no hotline runs here that answers at {} ({source}): start it, or name its configuration with --config", .path.display())]
    Nobody {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The control socket can't be opened.
    #[error("the control socket {} can't be opened ({source}): let this program write there, or change `socket` under [control] in hotline.toml", .path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The other end broke off.
    #[error("the other process has broken off: look at its log")]
    BrokenOff,
    /// It takes too long.
    #[error("the other process does not answer: look at its log")]
    Silent,
    /// What it says is not understood.
    #[error("the other process speaks another language ({0}): stop it and start the new one instead")]
    Strange(String),
    /// It says no.
    #[error("{en}")]
    Refused {
        /// Why and what to do, Chinese.
        zh: String,
        /// The same in English.
        en: String,
    },
    /// The system refuses.
    #[error("the system refuses ({0}): check the limits of this process")]
    System(#[from] io::Error),
}

impl HandoverError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Nobody { path, source } => {
                format!(
                    "{} 没有热线应答（{source}）：请先启动，或用 --config 指明它的配置目录",
                    path.display()
                )
            }
            Self::Socket { path, source } => format!(
                "控制口 {} 打不开（{source}）：请给本程序写权限，或改 hotline.toml 中 [control] 的 socket",
                path.display()
            ),
            Self::BrokenOff => "对方进程中断了：请看它的日志".to_owned(),
            Self::Silent => "对方进程没有应答：请看它的日志".to_owned(),
            Self::Strange(why) => format!("两个版本互不理解（{why}）：请先停止旧进程，再启动新的"),
            Self::Refused { zh, .. } => zh.clone(),
            Self::System(source) => format!("系统拒绝（{source}）：请检查本进程的限额"),
        }
    }
}
