//! How a trunk stands, and how that is said to an admin.

use std::time::Duration;

/// How a trunk stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// It only brings calls: nobody asks after it.
    Incoming,
    /// Nothing was heard of it yet.
    Unproven,
    /// It answers, and where we register, we are registered.
    Up,
    /// None of its destinations answers.
    Silent,
    /// It wants to be left alone for a while (503, Retry-After).
    Resting,
    /// Its name leads nowhere; the resolver's words.
    Nowhere(String),
    /// We are not registered: the status of the refusal, 408 when nobody answers.
    Unregistered(u16),
    /// The house closes.
    Stopped,
}

impl State {
    /// Whether a call that goes out by it can be expected to be taken.
    pub fn is_up(&self) -> bool {
        match self {
            Self::Up | Self::Unproven => true,
            Self::Incoming
            | Self::Silent
            | Self::Resting
            | Self::Nowhere(_)
            | Self::Unregistered(_)
            | Self::Stopped => false,
        }
    }

    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Unproven => "unproven",
            Self::Up => "up",
            Self::Silent => "silent",
            Self::Resting => "resting",
            Self::Nowhere(_) => "nowhere",
            Self::Unregistered(_) => "unregistered",
            Self::Stopped => "stopped",
        }
    }

    /// What it is and what to do, Chinese and English.
    pub fn words(&self) -> (String, String) {
        let fixed = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
        match self {
            Self::Incoming => fixed("只呼入", "it only brings calls"),
            Self::Unproven => fixed("尚无应答", "nothing was heard of it yet"),
            Self::Up => fixed("正常", "up"),
            Self::Silent => fixed(
                "对端没有应答：检查网络、防火墙和 trunks.toml 的 proxy",
                "the far end does not answer: check the network, the firewall and proxy in trunks.toml",
            ),
            Self::Resting => fixed(
                "对端要求暂停（503），到时自动重试",
                "the far end asks for a pause (503); it is tried again by itself",
            ),
            Self::Nowhere(why) => {
                (format!("域名查不到地址：{why}"), format!("its name leads to no address: {why}"))
            }
            Self::Unregistered(status) => refused(*status),
            Self::Stopped => fixed("已停止", "stopped"),
        }
    }
}

/// Why a registration does not stand.
fn refused(status: u16) -> (String, String) {
    let (zh, en) = match status {
        401 | 407 => (
            "用户名或密码不对：核对 user 和 secrets 文件",
            "user or password are wrong: check user and the secrets file",
        ),
        403 | 404 => (
            "对端拒绝这个账号：核对 user，或询问运营商",
            "the far end refuses this account: check user, or ask the carrier",
        ),
        408 => ("注册没有应答：检查网络和 proxy", "nobody answers: check the network and proxy"),
        423 => ("对端不接受任何时长", "the far end accepts no duration: ask the carrier"),
        _ => ("稍后自动重试", "it is tried again by itself"),
    };
    (format!("未注册（{status}）：{zh}"), format!("not registered ({status}): {en}"))
}

/// A trunk as an admin sees it. Times are since the start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct View<D> {
    /// How it stands.
    pub state: State,
    /// Since when.
    pub since: Duration,
    /// We are registered until then.
    pub registered_until: Option<Duration>,
    /// When it answered last, and with which status; 0: with a request of its own.
    pub last: Option<(Duration, u16)>,
    /// Taken channels.
    pub taken: u32,
    /// All channels.
    pub channels: u32,
    /// Its destinations in their order, and whether each can be expected to answer.
    pub destinations: Vec<(D, bool)>,
}
