//! What the files can say wrongly together, and what is unsafe: the words of the cross checks.

use crate::problem::Problem;

/// No notice at all.
pub(crate) fn no_notice() -> Problem {
    Problem::new(
        "calendar/ 中没有任何节假日文件",
        "calendar/ holds no holiday file",
        "至少放入本年度的节假日文件，如 2026.json",
        "Put at least this year's holiday file there, such as 2026.json",
    )
}

/// A holiday file that is not the JSON or iCalendar that it should be.
pub(crate) fn notice(why: &str) -> Problem {
    Problem::new(
        format!("节假日文件无法读取：{why}"),
        format!("this holiday file can't be read: {why}"),
        "换成原样的年度节假日文件（.json 或 .ics）",
        "Put the year's holiday file (.json or .ics) there unchanged",
    )
}

/// No key leads to a menu.
pub(crate) fn menu_unreachable(name: &str) -> Problem {
    Problem::new(
        format!("菜单“{name}”没有任何按键可到达"),
        format!("no key leads to the menu {name:?}"),
        "为它安排一个按键，或删除它",
        "Give it a key, or remove it",
    )
}

/// A single key that could also be the first digit of the entry, or its end.
pub(crate) fn key_conflict(key: &str) -> Problem {
    Problem::new(
        format!("按键“{key}”与输入的数字冲突"),
        format!("the key {key:?} conflicts with the digits of the entry"),
        "换一个键，或把 min 设为 2 以上；# 总是结束输入",
        "Use another key, or let min be 2 or more; # always ends the entry",
    )
}

/// A way that makes no sense after this input.
pub(crate) fn way_misplaced(way: &str) -> Problem {
    Problem::new(
        format!("“{way}”不能用在这里"),
        format!("{way:?} makes no sense here"),
        "tell_progress 只用于 case 与 query_code 输入之后，reach_desk 只用于 desk 输入之后",
        "tell_progress follows the entry of a case or query_code, reach_desk that of a desk",
    )
}

/// An emergency service that can't be reached by key.
pub(crate) fn emergency_missing(key: u8, service: u16) -> Problem {
    Problem::new(
        format!("缺少紧急电话：按键 {key}（{service}）"),
        format!("the emergency line of key {key} ({service}) is missing"),
        format!("在 routing.toml 写 {{ key = {key}, service = {service}, number = \"{service}\" }}"),
        format!("Write {{ key = {key}, service = {service}, number = \"{service}\" }} in routing.toml"),
    )
}

/// A trunk that asks for a password that we don't have.
pub(crate) fn trunk_password(name: &str, path: &str) -> Problem {
    Problem::new(
        format!("中继“{name}”写了 user，但 {path} 中没有它的密码"),
        format!("the trunk {name:?} has a user, but {path} holds no password for it"),
        format!("在该文件中写一行 \"trunk.{name}\" = \"运营商给的密码\""),
        format!("Write \"trunk.{name}\" = \"the carrier's password\" into that file"),
    )
}

/// More trunks than a house has.
pub(crate) fn trunks_many(most: usize) -> Problem {
    Problem::new(
        format!("中继多于 {most} 条，其余未读"),
        format!("there are more than {most} trunks; the rest is not read"),
        "合并或删除不用的中继",
        "Put some together, or remove what is not used",
    )
}

/// The proxy's address and the setting beside it name two transports.
pub(crate) fn transports_differ(proxy: &str, transport: &str) -> Problem {
    Problem::new(
        format!("proxy“{proxy}”与 transport“{transport}”不一致"),
        format!("the proxy {proxy:?} and the transport {transport:?} contradict each other"),
        "只在一处写传输方式；sips: 只能用 tls",
        "Name the transport in one place; sips: goes by tls only",
    )
}

/// A codec that is listed twice.
pub(crate) fn codec_twice() -> Problem {
    Problem::new("编码重复", "the codec is listed twice", "每种编码只写一次", "List each codec once")
}

/// A queue that nobody serves.
pub(crate) fn no_operator(skill: &str) -> Problem {
    Problem::new(
        format!("没有任何话务员具备技能“{skill}”"),
        format!("no operator has the skill {skill:?}"),
        "在 operators.toml 中给一名话务员加上它",
        "Give it to an operator in operators.toml",
    )
}

/// A number outside that no trunk can reach.
pub(crate) fn no_route(number: &str) -> Problem {
    Problem::new(
        format!("号码“{number}”要经中继呼出，但没有可呼出的中继"),
        format!("the number {number:?} needs a trunk to go out by, and there is none"),
        "在 trunks.toml 中给一条中继写上 proxy，或改用注册话机 phone",
        "Give a trunk in trunks.toml a proxy, or name a registered phone instead",
    )
}

/// A prompt that is not in the list of recordings.
pub(crate) fn prompt_missing(id: &str) -> Problem {
    Problem::new(
        format!("提示音 {id} 不在 prompts/parts.tsv 中"),
        format!("the prompt {id} is not in prompts/parts.tsv"),
        "换一个已有的编号，或录制后登记",
        "Use one that exists, or record it and list it",
    )
}

/// A prompt with slots where nothing fills them.
pub(crate) fn prompt_slots(id: &str) -> Problem {
    Problem::new(
        format!("提示音 {id} 含有要填的内容，不能用在这里"),
        format!("the prompt {id} has slots to fill and can't be used here"),
        "换一个没有 {} 的提示音",
        "Use a prompt without {}",
    )
}

/// A slot that the house doesn't know.
pub(crate) fn prompt_slot(slot: &str, known: &str) -> Problem {
    Problem::new(
        format!("没有 {slot} 这种填空"),
        format!("there is no slot {slot}"),
        format!("可用：{known}"),
        format!("Use one of: {known}"),
    )
}

/// A recording that is listed but not there.
pub(crate) fn prompt_file(path: &str) -> Problem {
    Problem::new(
        format!("缺少录音 {path}"),
        format!("the recording {path} is missing"),
        "放入该 WAV 文件，或核对 hotline.toml 的 prompts.dir",
        "Put the WAV file there, or check prompts.dir in hotline.toml",
    )
}

/// A row of a prompt list that can't be read.
pub(crate) fn prompt_row(row: &str) -> Problem {
    Problem::new(
        format!("清单行无法识别：{row}"),
        format!("this row of the list can't be read: {row}"),
        "写成：编号、制表符、语言、制表符、各段",
        "Write: id, tab, language, tab, parts",
    )
}

/// A speech command that could not say what it should.
pub(crate) fn tts_placeholder(name: &str) -> Problem {
    Problem::new(
        format!("tts 命令中没有 {name}"),
        format!("the tts command has no {name}"),
        "写上 {text}、{voice} 和 {file}；不用合成语音时写 []",
        "Write {text}, {voice} and {file}; [] for no synthesis",
    )
}

/// Too few ports for the calls.
pub(crate) fn ports_few(legs: u64, calls: u32) -> Problem {
    Problem::new(
        format!("RTP 端口只够 {legs} 条通话腿，max_calls = {calls} 至少要每通话三条"),
        format!("the RTP ports suffice for {legs} legs; max_calls = {calls} needs three a call"),
        "扩大 media.ports，或调低 limits.max_calls",
        "Widen media.ports, or lower limits.max_calls",
    )
}

/// A port that is wanted twice.
pub(crate) fn port_taken(address: &str) -> Problem {
    Problem::new(
        format!("{address} 落在 RTP 端口范围内，或被用了两次"),
        format!("{address} lies in the range of RTP ports, or is used twice"),
        "换一个端口",
        "Use another port",
    )
}

/// Open to the network, and nobody may use it.
pub(crate) fn nobody_may_call(address: &str) -> Problem {
    Problem::new(
        format!("在 {address} 上对外监听，却没有许可任何话机网段或中继"),
        format!("{address} is open to the network, but no phone network or trunk is allowed"),
        "写明 phone_nets 或 trunks.toml，或只监听 127.0.0.1",
        "Name phone_nets or trunks, or listen on 127.0.0.1 only",
    )
}

/// Open to the whole internet.
pub(crate) fn open_to_all(net: &str) -> Problem {
    Problem::new(
        format!("网段 {net} 过大，等于向整个互联网开放"),
        format!("the network {net} is so wide that the whole internet may call"),
        "写明话机或运营商真正所在的网段，IPv4 至少 /8，IPv6 至少 /16",
        "Name the networks where phones or the carrier really are: /8 or longer, IPv6 /16 or longer",
    )
}

/// The HTTP interface off loopback.
pub(crate) fn api_open(address: &str) -> Problem {
    Problem::new(
        format!("管理接口 {address} 不在本机回环上"),
        format!("the HTTP interface {address} is not on loopback"),
        "改为 127.0.0.1，由本机的 TLS 代理对外",
        "Use 127.0.0.1 and put a TLS proxy on this machine before it",
    )
}

/// An interface for other machines that answers to no name.
pub(crate) fn no_hosts(address: &str) -> Problem {
    Problem::new(
        format!("{address} 可从其他机器访问，hosts 却没有写明任何主机名"),
        format!("{address} can be reached from other machines, and hosts names nobody"),
        "在 hosts 写明浏览器地址栏里的主机名或 IP",
        "Name in hosts what stands in the browser's address bar: host name or IP address",
    )
}

/// A password that can be guessed.
pub(crate) fn weak_password(user: &str) -> Problem {
    Problem::new(
        format!("“{user}”的密码是默认的、与用户名相同，或少于 12 个字符"),
        format!(
            "the password of {user:?} is a default, holds the user name, or has fewer than 12 characters"
        ),
        "删去这一行，下次启动会生成新密码",
        "Remove the line; the next start makes a new one",
    )
}

/// A line without a password.
pub(crate) fn no_password(user: &str) -> Problem {
    Problem::new(
        format!("“{user}”没有密码"),
        format!("{user:?} has no password"),
        "写上对方给的密码；话机的一行可以删去，下次启动会生成",
        "Write the one that was given for it; a phone's line can be removed, the next start makes a new one",
    )
}

/// Secrets that others can read.
pub(crate) fn secret_readable(path: &str) -> Problem {
    Problem::new(
        format!("密码文件 {path} 可被本机其他用户读取"),
        format!("other users of this machine can read the secrets in {path}"),
        format!("运行 chmod 600 {path}"),
        format!("Run chmod 600 {path}"),
    )
}

/// TLS without a certificate.
pub(crate) fn no_certificate(key: &str) -> Problem {
    Problem::new(
        format!("“{key}”要加密监听，却没有证书"),
        format!("{key:?} listens with TLS, and there is no certificate"),
        "写明 certificate 与 key 两个 PEM 文件",
        "Name the PEM files certificate and key",
    )
}

/// A file of TLS that can't be read.
pub(crate) fn unreadable(path: &str, why: &str) -> Problem {
    Problem::new(
        format!("文件 {path} 无法读取：{why}"),
        format!("{path} can't be read: {why}"),
        "放好这个文件，并允许本程序读取",
        "Put the file there, readable by this program",
    )
}

/// A private key for everybody.
pub(crate) fn key_open(path: &str) -> Problem {
    Problem::new(
        format!("本机任何人都能读私钥 {path}"),
        format!("anybody on this machine can read the private key {path}"),
        "运行 chmod o-rwx",
        "Run chmod o-rwx on it",
    )
}

/// Certificates are asked for where nobody can show one.
pub(crate) fn clients_without_tls() -> Problem {
    Problem::new(
        "要求对端出示证书，却没有用 TLS 监听",
        "certificates are asked for, but TLS is not listened on",
        "写明 tls 或 wss 地址，或改为 none",
        "Name an address for tls or wss, or write none",
    )
}

/// WebSocket in clear on the network.
pub(crate) fn ws_open(address: &str) -> Problem {
    Problem::new(
        format!("未加密的 WebSocket {address} 不在本机回环上"),
        format!("the WebSocket {address} is not encrypted and not on loopback"),
        "改用 wss，或改为 127.0.0.1，由本机的 TLS 代理对外",
        "Use wss, or 127.0.0.1 with a TLS proxy on this machine before it",
    )
}

/// A WebSocket that no page may open.
pub(crate) fn no_origin() -> Problem {
    Problem::new(
        "监听 WebSocket，却没有许可任何网页来源",
        "a WebSocket is listened on, and no page may open it",
        "在 origins 写明网页来源，非浏览器客户端写 none",
        "Name the origins of the pages in origins; none stands for clients that are no browsers",
    )
}

/// More subscribers than are served.
pub(crate) fn webhooks_many(most: usize) -> Problem {
    Problem::new(
        format!("订阅方多于 {most} 个"),
        format!("there are more than {most} webhooks"),
        "删去多余的，或由一个接收方转发",
        "Remove some, or let one of them pass events on",
    )
}

/// The body of short messages leaves something out.
pub(crate) fn template_lacks(place: &str) -> Problem {
    Problem::new(
        format!("短信正文中没有 {place}"),
        format!("the body of short messages has no {place}"),
        format!("在网关要求的位置写上 {place}"),
        format!("Write {place} where the gateway wants it"),
    )
}

/// A subscriber's secret is of another form.
pub(crate) fn webhook_secret(user: &str) -> Problem {
    Problem::new(
        format!("“{user}”不是签名密钥"),
        format!("{user:?} is no secret for signatures"),
        "写成 whsec_ 加 24 到 64 个随机字节的 base64，或删除此行，下次启动时自动生成",
        "Write whsec_ and base64 of 24 to 64 random bytes, or remove the line: the next start makes one",
    )
}

/// The gateway of short messages wants a secret.
pub(crate) fn sms_secret(file: &str) -> Problem {
    Problem::new(
        "短信网关要用 {secret}，但密码文件中没有 sms",
        "the gateway of short messages uses {secret}, but there is no `sms` among the secrets",
        format!("在 {file} 中写 \"sms\" = \"...\""),
        format!("Write \"sms\" = \"...\" in {file}"),
    )
}

/// An address of a database that is none.
pub(crate) fn store_address() -> Problem {
    Problem::new(
        "工单库的地址不是 PostgreSQL 数据库的地址",
        "the store's address is no address of a PostgreSQL database",
        "写成 postgres://用户@主机/数据库；只用一个文件时写文件路径",
        "Write postgres://USER@HOST/DATABASE, or the path of a file",
    )
}

/// A password in an address.
pub(crate) fn store_password() -> Problem {
    Problem::new(
        "工单库的地址里有密码",
        "the store's address has a password in it",
        "从地址中去掉；在密码文件（secrets）中写 \"store\" = \"...\"，或用环境变量 HOTLINE_STORE_PASSWORD",
        "Take it out: write \"store\" = \"...\" in the file of secrets, or set HOTLINE_STORE_PASSWORD",
    )
}

/// A server that is reached over a network in the clear.
pub(crate) fn store_in_the_clear() -> Problem {
    Problem::new(
        "工单库在另一台机器上，到它的连接不加密，途中可被窃听",
        "the store is on another machine, and its connection is not encrypted: others can read along",
        "经本机的加密隧道连接（写本机地址），或确认中间网络只归本单位使用，并在地址后写 ?sslmode=disable",
        "Connect through an encrypted tunnel of this machine (its own address), or, when nobody else uses the network between, write ?sslmode=disable after the address",
    )
}
