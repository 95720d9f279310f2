//! What can be wrong with a value or a reference, in words: what is wrong and what to do, Chinese and English.

/// What a value should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    Number,
    Flag,
    Texts,
    Table,
    Tables,
    Net,
    Ip,
    Socket,
    HostPort,
    Origin,
    /// As in a Host header, without port.
    Host,
    Name,
    Telephone,
    /// One that may be called outside.
    Outside,
    /// The beginning of a User-Agent.
    Agent,
    Digits,
    Prefix,
    Domain,
    Proxy,
    Codec,
    Span,
    Time,
    Season,
    Date,
    Desk,
    Staff,
    PersonName,
    Unit,
    Prompt,
    Go,
    KeyName,
    Place,
    Zone,
    /// http or https.
    Url,
    UrlOrOff,
    /// Or a beginning of one.
    EventType,
    HeaderValue,
}

/// What a name is the name of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    Unit,
    Desk,
    Service,
    Staff,
    Operator,
    Menu,
    Phone,
    Trunk,
    Number,
    EmergencyKey,
    Webhook,
}

/// One thing that is wrong, in words without the full stop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Problem {
    pub zh: String,
    pub en: String,
    pub fix_zh: String,
    pub fix_en: String,
}

impl Problem {
    /// Wrong in Chinese and English, to do in Chinese and English.
    pub fn new(
        zh: impl Into<String>,
        en: impl Into<String>,
        fix_zh: impl Into<String>,
        fix_en: impl Into<String>,
    ) -> Self {
        Self { zh: zh.into(), en: en.into(), fix_zh: fix_zh.into(), fix_en: fix_en.into() }
    }

    /// The file is not there or can't be read.
    pub fn file(why: &str) -> Self {
        Self::new(
            format!("文件无法读取：{why}"),
            format!("the file can't be read: {why}"),
            "补上这个文件，存为 UTF-8，并允许本程序读取",
            "Put the file there, in UTF-8, readable by this program",
        )
    }

    /// Not TOML; what the parser says.
    pub fn syntax(what: &str) -> Self {
        Self::new(
            format!("TOML 语法错误：{what}"),
            format!("TOML syntax: {what}"),
            "按 TOML 语法改正这一行",
            "Mend this line by the rules of TOML",
        )
    }

    /// A key that nobody reads.
    pub fn unknown_key(key: &str, near: Option<&str>) -> Self {
        let (zh, en) = (format!("没有“{key}”这一项"), format!("there is no setting {key:?}"));
        match near {
            Some(near) => Self::new(
                zh,
                en,
                format!("是不是“{near}”？否则删除"),
                format!("Did you mean {near:?}? Else remove it"),
            ),
            None => Self::new(zh, en, "删除它，或核对拼写", "Remove it, or check the spelling"),
        }
    }

    /// A key that must be there, or has nothing in it.
    pub fn missing(key: &str) -> Self {
        Self::new(
            format!("缺少“{key}”，或其值为空"),
            format!("{key:?} is missing or empty"),
            format!("补上“{key}”"),
            format!("Give {key:?} a value"),
        )
    }

    /// Of the wrong TOML type.
    pub fn wrong_type(key: &str, want: Kind, got: &str) -> Self {
        let (want_zh, want_en) = want.words();
        Self::new(
            format!("“{key}”的类型不对，现为 {got}"),
            format!("{key:?} is of the wrong type ({got})"),
            format!("应写{want_zh}"),
            format!("Write {want_en}"),
        )
    }

    /// A text that can't be read as what it should be.
    pub fn format(key: &str, want: Kind, got: &str) -> Self {
        let (want_zh, want_en) = want.words();
        Self::new(
            format!("“{key}”的值“{got}”无法识别"),
            format!("{got:?} is no value for {key:?}"),
            format!("应写{want_zh}"),
            format!("Write {want_en}"),
        )
    }

    /// A number out of its range.
    pub fn range(key: &str, got: &str, least: u64, most: u64) -> Self {
        Self::new(
            format!("“{key}”的值 {got} 超出范围"),
            format!("{got} is out of range for {key:?}"),
            format!("应在 {least} 到 {most} 之间"),
            format!("Write {least} to {most}"),
        )
    }

    /// Not one of the words.
    pub fn word(key: &str, got: &str, allowed: &str) -> Self {
        Self::new(
            format!("“{key}”的值“{got}”不在可选之列"),
            format!("{got:?} is not among the words for {key:?}"),
            format!("可选：{allowed}"),
            format!("Write one of: {allowed}"),
        )
    }

    /// Exactly one of two keys is needed.
    pub fn one_of(a: &str, b: &str) -> Self {
        Self::new(
            format!("“{a}”与“{b}”必须写且只写一个"),
            format!("exactly one of {a:?} and {b:?} is needed"),
            format!("保留“{a}”或“{b}”"),
            format!("Keep either {a:?} or {b:?}"),
        )
    }

    /// The first must be less than the second.
    pub fn order(a: &str, b: &str) -> Self {
        Self::new(
            format!("“{a}”不小于“{b}”"),
            format!("{a:?} is not less than {b:?}"),
            format!("调小“{a}”或调大“{b}”"),
            format!("Lower {a:?} or raise {b:?}"),
        )
    }

    /// A name that is listed nowhere.
    pub fn unknown(what: What, name: &str) -> Self {
        let (zh, en, file) = what.words();
        Self::new(
            format!("{zh}“{name}”不存在"),
            format!("there is no {en} {name:?}"),
            format!("核对写法，或先在 {file} 中登记"),
            format!("Check the spelling, or list it in {file} first"),
        )
    }

    /// A name that is listed twice.
    pub fn twice(what: What, name: &str) -> Self {
        let (zh, en, _) = what.words();
        Self::new(
            format!("{zh}“{name}”重复"),
            format!("the {en} {name:?} is listed twice"),
            "改成不重复的编号，或删去一处",
            "Give one of them another number, or remove it",
        )
    }

    /// Two spans or ranges share something.
    pub fn overlap(a: &str, b: &str) -> Self {
        Self::new(
            format!("{a} 与 {b} 重叠"),
            format!("{a} and {b} overlap"),
            "调整其一，使两者不重叠",
            "Change one of them so that they are apart",
        )
    }
}
impl Kind {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("一段文字，用双引号括起", "text in double quotes"),
            Self::Number => ("整数", "a whole number"),
            Self::Flag => ("true 或 false", "true or false"),
            Self::Texts => ("文字列表，如 [\"a\", \"b\"]", "a list of texts such as [\"a\", \"b\"]"),
            Self::Table => ("一个表，如 [name] 或 { key = ... }", "a table such as [name] or { key = ... }"),
            Self::Tables => ("表的列表，如 [[name]]", "a list of tables such as [[name]]"),
            Self::Net => ("网段，如 10.1.0.0/16", "a network such as 10.1.0.0/16"),
            Self::Ip => ("IP 地址，如 10.1.2.3", "an IP address such as 10.1.2.3"),
            Self::Socket => ("地址和端口，如 127.0.0.1:5060", "address and port such as 127.0.0.1:5060"),
            Self::HostPort => (
                "off，或主机和端口，如 homer.example.com:9060",
                "off, or host and port such as homer.example.com:9060",
            ),
            Self::Origin => (
                "网页来源，如 https://hotline.example.org，或 none",
                "an origin such as https://hotline.example.org, or none",
            ),
            Self::Host => (
                "主机名或 IP 地址，不带端口，如 hotline.example.org",
                "a host name or IP address without port, such as hotline.example.org",
            ),
            Self::Name => (
                "名称：1 到 64 个小写字母、数字、. - _",
                "a name of 1 to 64 lower-case letters, digits, . - _",
            ),
            Self::Telephone => {
                ("电话号码：3 到 20 位数字，可带 +", "a telephone number: 3 to 20 digits, + allowed")
            }
            Self::Outside => (
                "可外呼的号码：3 到 20 位数字，可带 +，末尾可用 * 代表任意数字",
                "a number outside: 3 to 20 digits, + allowed, a * allowed at the end",
            ),
            Self::Agent => (
                "User-Agent 的开头：3 到 64 个 ASCII 字符",
                "the beginning of a User-Agent: 3 to 64 ASCII characters",
            ),
            Self::Digits => ("最多 8 位数字", "at most 8 digits"),
            Self::Prefix => ("最多 8 位数字，前面可带 +", "at most 8 digits, + allowed before them"),
            Self::Domain => ("域名，如 sbc.example.com", "a domain name such as sbc.example.com"),
            Self::Proxy => (
                "SIP 地址，如 sip:sbc.example.com;transport=tls 或 192.0.2.1:5060",
                "a SIP address such as sip:sbc.example.com;transport=tls or 192.0.2.1:5060",
            ),
            Self::Codec => ("编码：pcma、pcmu 或 g722", "a codec: pcma, pcmu or g722"),
            Self::Span => ("时间段，如 08:30-12:00", "a span such as 08:30-12:00"),
            Self::Time => ("时刻，如 09:00", "a time of day such as 09:00"),
            Self::Season => ("季节，如 06-01..09-30", "a season such as 06-01..09-30"),
            Self::Date => ("日期，如 2026-10-01", "a date such as 2026-10-01"),
            Self::Desk => ("三位窗口编号，001 到 999", "a desk number of three digits, 001 to 999"),
            Self::Staff => ("工号：3 到 8 位数字", "a staff number of 3 to 8 digits"),
            Self::PersonName => ("姓名：1 到 40 个字符", "a name of 1 to 40 characters"),
            Self::Unit => {
                ("代码：1 到 32 个大写字母、数字、-", "a code of 1 to 32 capital letters, digits and -")
            }
            Self::Prompt => ("提示音编号，如 P05", "a prompt such as P05"),
            Self::Go => (
                "去向：menu NAME、queue SKILL、language zh|en, ...、repeat、back、tell_progress、reach_desk 或 message",
                "a way: menu NAME, queue SKILL, language zh|en, ..., repeat, back, tell_progress, reach_desk or message",
            ),
            Self::KeyName => ("电话按键：0 到 9、* 或 #", "a telephone key: 0 to 9, * or #"),
            Self::Place => ("地点：centre、unit CODE 或 desk NNN", "a place: centre, unit CODE or desk NNN"),
            Self::Zone => ("IANA 时区名，如 Asia/Shanghai", "an IANA time zone such as Asia/Shanghai"),
            Self::Url | Self::UrlOrOff | Self::EventType | Self::HeaderValue => self.outward(),
        }
    }

    /// Those of outputs.toml.
    fn outward(self) -> (&'static str, &'static str) {
        match self {
            Self::Url => (
                "http 或 https 地址，不含用户名，如 https://platform.example.org/hotline",
                "an address by http or https without user, such as https://platform.example.org/hotline",
            ),
            Self::UrlOrOff => ("off，或 http、https 地址", "off, or an address by http or https"),
            Self::EventType => (
                "事件类型，末尾可用 *，如 hotline.case.*",
                "a type of events, a * allowed at the end, such as hotline.case.*",
            ),
            _ => ("可见的 ASCII 字符", "visible ASCII characters"),
        }
    }
}

impl What {
    /// Chinese, English, the file where it is listed.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Unit => ("单位", "unit", "units.toml"),
            Self::Desk => ("窗口", "desk", "desks.toml"),
            Self::Service => ("事项", "service", "services.toml"),
            Self::Staff => ("工号", "staff number", "staff.toml"),
            Self::Operator => ("话务员", "operator", "operators.toml"),
            Self::Menu => ("菜单", "menu", "menus.toml"),
            Self::Phone => ("话机", "phone", "staff.toml"),
            Self::Trunk => ("中继", "trunk", "trunks.toml"),
            Self::Number => ("号码", "number", "routing.toml"),
            Self::EmergencyKey => ("紧急按键", "emergency key", "routing.toml"),
            Self::Webhook => ("订阅方", "webhook", "outputs.toml"),
        }
    }
}
