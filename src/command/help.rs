//! The help pages in Chinese, and examples below every page. The English words stand with the arguments themselves.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

use crate::command::Tongue;

/// Headings of clap in Chinese.
const PAGE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}\n";

/// What stands below the page of each subcommand: Chinese heading, English heading, lines.
const EXAMPLES: &[(&str, &str)] = &[
    ("serve", "  hotline serve --config sip-config\n  hotline serve --trial\n"),
    ("drain", "  hotline drain --wait\n  hotline drain --off\n"),
    ("upgrade", "  hotline upgrade --config /etc/hotline\n"),
    ("check", "  hotline check\n  hotline check --config /etc/hotline --lang zh\n"),
    (
        "route",
        "  hotline route --at 2026-10-10T10:00 --from 13800000000 --keys 2,037#,1 --explain\n  \
         hotline route --at 2026-10-03T10:00 --keys 2,037#,1,0 --desk busy\n  \
         hotline route --at 2026-10-12T23:30 --nobody --json\n",
    ),
    ("rehearse", "  hotline rehearse\n  hotline rehearse --draft\n"),
    ("config", "  hotline config versions\n  hotline config diff 12\n  hotline config restore 12\n"),
    ("config versions", "  hotline config versions --config /etc/hotline\n"),
    ("config diff", "  hotline config diff\n  hotline config diff 12 --draft\n"),
    ("config restore", "  hotline config restore 12\n"),
    (
        "phone",
        "  hotline phone --server 127.0.0.1:5060 --user citizen1 --secrets data/secrets.toml \\\n      \
         --call 89000 --digits \"wait 8s, 2, wait 3s, 037#\" --record heard.wav --for 30s\n  \
         hotline phone --server 127.0.0.1:5060 --user op1 --secrets data/secrets.toml --answer --tone 440\n  \
         hotline phone --server 192.0.2.1:5060 --user 053589000 --password-file trunk.txt \\\n      \
         --call 13800000000 --rtp-report --json\n",
    ),
    (
        "trace",
        "  hotline trace 01KB0C7Z5D3Y8QJ6X2M4N9R1TV\n  hotline trace 202611240001 --unmask --raw\n  \
         hotline trace a84b4c76e66710@192.0.2.9 --pcap call.pcap\n",
    ),
    ("trunk", "  hotline trunk doctor carrier\n"),
    (
        "trunk doctor",
        "  hotline trunk doctor carrier\n  hotline trunk doctor carrier --call 13800000000 --config /etc/hotline\n",
    ),
    ("audit", "  hotline audit verify\n"),
    ("audit verify", "  hotline audit verify --config /etc/hotline\n"),
    ("journal", "  hotline journal verify\n  hotline journal replay\n"),
    ("journal verify", "  hotline journal verify --config /etc/hotline\n"),
    ("journal replay", "  hotline journal replay --config /etc/hotline\n"),
    ("keys", "  hotline keys list\n  hotline keys rotate\n"),
    ("keys list", "  hotline keys list --config /etc/hotline\n"),
    ("keys proof", "  hotline keys proof\n"),
    ("hold", "  hotline hold add 261009000012 --why \"file 2026-17\"\n  hotline hold list\n"),
    ("hold add", "  hotline hold add 01KB0C7Z5D3Y8QJ6X2M4N9R1TV --why \"file 2026-17\"\n"),
    ("hold list", "  hotline hold list --all\n"),
    ("hold release", "  hotline hold release 3\n"),
    ("privacy", "  hotline privacy report 13800000000 --why \"question 2026-4\"\n"),
    ("privacy report", "  hotline privacy report 13800000000 --why \"question 2026-4\" --json\n"),
    ("privacy erase", "  hotline privacy erase 13800000000 --why \"wish 2026-5\"\n"),
    ("keys rotate", "  hotline keys rotate\n  hotline keys rotate --data\n  hotline keys rotate --retire\n"),
    ("user", "  hotline user reset admin\n"),
    ("user list", "  hotline user list\n"),
    (
        "user add",
        "  hotline user add wang --role supervisor --staff 1009\n  hotline user add admin2 < password.txt\n",
    ),
    ("user reset", "  hotline user reset admin\n"),
    (
        "knowledge",
        "  hotline knowledge import knowledge/sample.csv --dry-run\n  hotline knowledge search sfzbb\n",
    ),
    (
        "knowledge import",
        "  hotline knowledge import entries.csv --dry-run\n  \
         hotline knowledge import entries.csv --encoding gb18030 --replace\n",
    ),
    ("knowledge synonyms", "  hotline knowledge synonyms knowledge/synonyms.txt\n"),
    ("knowledge search", "  hotline knowledge search 身份证补办\n  hotline knowledge search sfzbb\n"),
    ("demo", "  hotline demo\n  hotline demo --desk 001 --keep /tmp/hotline-demo\n"),
];

/// What each page is about, in Chinese; the empty name is the program's own.
const ABOUT: &[(&str, &str)] = &[
    ("", "民生服务热线的话务系统：一个号码、24 小时，群众、话务员、窗口三方通话"),
    ("serve", "按配置接听来电"),
    ("drain", "不再接新来电，最后一通结束后退出"),
    ("upgrade", "在新进程里继续（用磁盘上现在的程序），通话不断"),
    ("check", "检查配置，一次报出全部错误"),
    ("route", "演算一通来电在某一时刻走哪条路，以及为什么"),
    ("rehearse", "证明所有窗口、全年每一分钟，每条路都到人或到回电"),
    ("config", "配置的版本：列出、比较、恢复"),
    ("config versions", "列出版本，新的在前"),
    ("config diff", "显示文件或草稿与某个版本的差别"),
    ("config restore", "把文件恢复为某个版本；SIGHUP 后启用"),
    ("phone", "小型 SIP 话机：注册、呼叫或接听、按键、放音录音、数据"),
    ("trace", "显示一通电话的 SIP 信令梯形图"),
    ("trunk", "照看中继：doctor 试一试它说的是否都对"),
    ("trunk doctor", "试一试中继说的是否都对，说明发现了什么，并建议怎么写"),
    ("audit", "证明记下的内容事后没有被改动"),
    ("audit verify", "逐条核对事件与审计的哈希链、加密号码和承诺；有出入时指出在哪里"),
    ("journal", "工单库之前的本机日志：查看，或把其中的记录补入工单库"),
    ("journal verify", "在运行的热线旁查看：每条记录是否完好，还有多少条没进工单库"),
    ("journal replay", "热线没有运行时，把其中的记录补入工单库；每次启动也会这样做"),
    ("keys", "主密钥与数据密钥：列出、更新、证明销毁"),
    ("keys list", "列出主密钥的版本和全部数据密钥"),
    ("keys proof", "列出销毁证明，并核对：证明链完整，密钥确已不在库中、录音旁和密钥文件里"),
    ("hold", "法律留存：不许清理的通话和工单"),
    ("hold add", "留存一个通话或工单，不论留存期限都不清理"),
    ("hold list", "列出留存"),
    ("hold release", "解除留存；已到期的内容在下一次每日清理时清除"),
    ("privacy", "库里有一位群众的什么：告知、清除"),
    ("privacy report", "列出库里关于一个号码的全部内容：通话、录音、备注、工单、承诺、短信，以及谁看过"),
    ("privacy erase", "清除库里关于一个号码的内容；被留存或还在办理的保留并说明"),
    ("keys rotate", "更新主密钥并重新包裹数据密钥；通话和录音照常"),
    ("user", "账户：列出、新建，或重置无法登录的账户"),
    ("user list", "列出全部账户"),
    ("user add", "新建账户；密码现场询问，或从标准输入读取"),
    ("user reset", "重置账户：新密码，取消第二因素，解除停用，结束其会话"),
    ("knowledge", "照看知识库：导入文件、设同义词、查找"),
    ("knowledge import", "导入条目：CSV、JSON 或 Markdown；文件有错误则一条也不写入"),
    ("knowledge synonyms", "导入同义词，替换原有的：一行一组"),
    ("knowledge search", "像话务员的屏幕那样查找，并说明为什么"),
    ("demo", "在本机打一通三方电话：群众、话务员、窗口，留下记录、录音和图"),
];

/// What each argument is for, in Chinese.
const ARGUMENTS: &[(&str, &str, &str)] = &[
    ("", "lang", "界面语言：zh 或 en [默认：LC_ALL、LC_MESSAGES 或 LANG 以 zh 开头时用中文]"),
    (
        "",
        "log",
        "写到 stderr 的日志，如 info 或 warn,sip=debug [默认：HOTLINE_LOG，否则 serve 为 info，其余 warn]",
    ),
    ("", "log_json", "日志每行一个 JSON 对象"),
    ("serve", "config", "配置目录"),
    ("serve", "trial", "试用：网页不用密码即可扮演示例人员，只限本机回环"),
    ("serve", "alone", "不要在崩溃后重新启动热线的父进程"),
    ("drain", "off", "恢复接收新来电，也不退出"),
    ("drain", "wait", "等它退出后才返回"),
    ("drain", "config", "配置目录"),
    ("serve", "take_over", "接管正在运行的热线：它打完原有通话，本进程接新来电；没有在运行的就照常启动"),
    ("upgrade", "config", "配置目录"),
    ("check", "config", "配置目录"),
    ("audit verify", "config", "配置目录"),
    ("journal verify", "config", "配置目录"),
    ("journal replay", "config", "配置目录"),
    ("keys list", "config", "配置目录"),
    ("keys rotate", "config", "配置目录"),
    ("keys rotate", "data", "改为给本月的录音换一把新的数据密钥，立即使用"),
    ("keys rotate", "retire", "从密钥文件中去掉旧版本；此前备份的数据密钥从此打不开"),
    ("keys proof", "config", "配置目录"),
    ("hold add", "of", "通话编号（26 位），或工单号（12 位）：连同它的通话"),
    ("hold add", "why", "要求留存的案卷号；不写群众的姓名和号码"),
    ("hold add", "config", "配置目录"),
    ("hold list", "all", "已解除的也列出"),
    ("hold list", "config", "配置目录"),
    ("hold release", "no", "留存编号，见 hotline hold list"),
    ("hold release", "config", "配置目录"),
    ("privacy report", "number", "群众的号码"),
    ("privacy report", "why", "为什么查：群众询问的案卷号"),
    ("privacy report", "json", "输出一个 JSON 对象"),
    ("privacy report", "config", "配置目录"),
    ("privacy erase", "number", "群众的号码"),
    ("privacy erase", "why", "为什么清除：群众要求的案卷号"),
    ("privacy erase", "config", "配置目录"),
    ("user list", "config", "配置目录"),
    ("user add", "name", "登录名：2 至 32 个小写字母、数字和 . - _"),
    ("user add", "role", "operator 话务员、desk 窗口、supervisor 班长、auditor 审计或 admin 管理员"),
    ("user add", "staff", "staff.toml 里的工号；话务员和窗口必须有"),
    ("user add", "config", "配置目录"),
    ("user reset", "name", "账户的登录名"),
    ("user reset", "config", "配置目录"),
    ("demo", "config", "配置目录"),
    ("trace", "config", "配置目录"),
    ("trunk doctor", "name", "trunks.toml 里中继的名字"),
    ("trunk doctor", "call", "试呼这个号码；请先告诉接听的人会有两秒静音"),
    ("trunk doctor", "config", "配置目录"),
    ("trace", "call", "通话编号（26 位）、工单号（12 位）或 SIP Call-ID"),
    ("trace", "raw", "显示完整消息，不画梯形图"),
    ("trace", "pcap", "把消息写成 Wireshark 可开的抓包文件"),
    ("trace", "unmask", "显示完整号码；谁看过会记入数据库"),
    ("knowledge import", "file", "文件：.csv、.tsv、.json 或 .md"),
    ("knowledge import", "replace", "删除文件中没有的条目"),
    ("knowledge import", "dry_run", "只说会做什么，不写入"),
    ("knowledge import", "if_empty", "知识库已有条目时什么也不做"),
    ("knowledge import", "encoding", "字符编码：utf-8，或 gb18030（中文 Excel 保存的 CSV）"),
    ("knowledge import", "config", "配置目录"),
    ("knowledge synonyms", "file", "文件：一行一组，词之间用空格"),
    ("knowledge synonyms", "if_empty", "已有同义词时什么也不做"),
    ("knowledge synonyms", "config", "配置目录"),
    ("knowledge search", "words", "词语、拼音或首字母"),
    ("knowledge search", "config", "配置目录"),
    ("demo", "desk", "请来的窗口，三位编号 [默认：037，没有就用第一个]"),
    ("demo", "keep", "把记录、录音和图留在这个目录 [默认：data/demo 下的新目录]"),
    ("route", "config", "配置目录"),
    ("route", "at", "来电时刻，按配置的时区：2026-10-10T10:00 [默认：现在]"),
    ("route", "from", "主叫号码；anonymous 表示不显示号码"),
    ("route", "to", "被叫号码 [默认：routing.toml 的第一个 numbers]"),
    ("route", "keys", "群众的按键；逗号表示等到下一个提问再按：2,037#,1"),
    ("route", "on_duty", "在岗的话务员，写话机名或工号：op1,op2 [默认：全部]"),
    ("route", "nobody", "没有话务员在岗"),
    (
        "route",
        "desk",
        "呼叫窗口时的情形：accepts 接听并按 1，busy 占线，no-answer 无人接听，declines 接听后按 2，absent 话机未注册，closed-hours 当天余下时间停办",
    ),
    ("route", "explain", "每一步都说明由哪个文件的哪项设置决定"),
    ("route", "json", "输出一个 JSON 对象"),
    ("rehearse", "config", "配置目录"),
    ("rehearse", "draft", "演练在屏幕上开始的草稿，而不是文件"),
    ("config versions", "config", "配置目录"),
    ("config versions", "store", "工单库 [默认：按 hotline.toml，否则为配置目录旁的 data/hotline.db]"),
    ("config diff", "version", "版本号 [默认：最新的]"),
    ("config diff", "draft", "比较在屏幕上开始的草稿，而不是文件"),
    ("config diff", "config", "配置目录"),
    ("config diff", "store", "工单库 [默认：按 hotline.toml，否则为配置目录旁的 data/hotline.db]"),
    ("config restore", "version", "版本号"),
    ("config restore", "config", "配置目录"),
    ("config restore", "store", "工单库 [默认：按 hotline.toml，否则为配置目录旁的 data/hotline.db]"),
    ("phone", "server", "注册与呼叫的服务器"),
    ("phone", "user", "话机用户名，也是主叫号码"),
    ("phone", "password_file", "第一行是密码的文件；密码从不写在命令行"),
    ("phone", "secrets", "hotline 的密码文件，取 --user 的一行"),
    ("phone", "no_register", "不注册，直接呼叫或接听"),
    ("phone", "domain", "话机地址的域，按运营商要求 [默认：服务器地址]"),
    ("phone", "tcp", "SIP 用 TCP，不用 UDP"),
    ("phone", "bind", "SIP 和 RTP 绑定的本机地址 [默认：通往服务器的那个]"),
    ("phone", "caller", "主叫号码，代替用户名，如同中继来电"),
    ("phone", "call", "呼叫这个号码，或 sip:用户@地址:端口"),
    ("phone", "answer", "等待来电并接听，一个接一个"),
    ("phone", "digits", "接通后按的键，可以等待：\"wait 2s, 1, 0#\""),
    ("phone", "info", "按键用 SIP INFO 发送，不用 RFC 4733"),
    ("phone", "play", "放这个 WAV 文件一遍（16 位 PCM，8 到 48 kHz）"),
    ("phone", "tone", "一直放这个频率的单音，赫兹"),
    ("phone", "record", "把听到的录成 WAV（8 kHz）；后面的电话写到 NAME-2.wav 等"),
    ("phone", "length", "呼叫时：接通后多久挂断；接听时：总共等多久 [默认：到对方挂机或 Ctrl-C]"),
    ("phone", "count", "接听多少个电话后结束"),
    ("phone", "rtp_report", "加上详细的 RTP 数据"),
    ("phone", "json", "结束时输出一个 JSON 对象"),
];

fn of<'a>(table: &'a [(&str, &'a str)], name: &str) -> Option<&'a str> {
    table.iter().find(|(n, _)| *n == name).map(|(_, words)| *words)
}

/// The pages in a language, with their examples.
pub(crate) fn in_tongue(command: Command, tongue: Tongue) -> Command {
    let command = page(command, "", tongue);
    command.mut_subcommands(|sub| {
        let name = sub.get_name().to_owned();
        page(sub, &name, tongue).mut_subcommands(|deed| {
            let name = format!("{name} {}", deed.get_name());
            page(deed, &name, tongue)
        })
    })
}

fn page(command: Command, name: &str, tongue: Tongue) -> Command {
    let everywhere = tongue.pick("通用选项", "For every subcommand");
    let command =
        command.mut_args(|arg| if arg.is_global_set() { arg.help_heading(everywhere) } else { arg });
    let command = match tongue {
        Tongue::En => command,
        Tongue::Zh => chinese(command, name),
    };
    let show = |id: &'static str, action, words: (&'static str, &'static str)| {
        let short = id.chars().next().map(|c| if c == 'v' { 'V' } else { c });
        Arg::new(id)
            .long(id)
            .short(short)
            .action(action)
            .help(tongue.pick(words.0, words.1))
            .help_heading(everywhere)
    };
    let command = command.disable_help_flag(true).arg(show(
        "help",
        ArgAction::HelpShort,
        ("显示本页", "Show this page"),
    ));
    if name.is_empty() {
        return command.disable_version_flag(true).arg(show(
            "version",
            ArgAction::Version,
            ("显示版本", "Show the version"),
        ));
    }
    match of(EXAMPLES, name) {
        Some(lines) => command.after_help(format!("{}\n{lines}", tongue.pick("例：", "Examples:"))),
        None => command,
    }
}

fn chinese(command: Command, name: &str) -> Command {
    let word = |arg: &Arg| {
        ARGUMENTS.iter().find(|(sub, id, _)| *sub == name && *id == arg.get_id().as_str()).map(|row| row.2)
    };
    let command = command.mut_args(|arg| {
        let arg = match word(&arg) {
            Some(words) if arg.get_action().takes_values() => {
                arg.help(words).long_help(words).hide_possible_values(true)
            }
            Some(words) => arg.help(words).long_help(words),
            None => arg,
        };
        if arg.is_global_set() { arg } else { arg.help_heading("选项") }
    });
    let command = command.help_template(PAGE).subcommand_help_heading("命令");
    match of(ABOUT, name) {
        Some(about) => command.about(about).long_about(about),
        None => command,
    }
}

/// The language that the arguments or the environment ask for, before anything else is read.
pub(crate) fn wanted(arguments: &[OsString]) -> Tongue {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    let named = |value: &str| match value {
        "zh" => Some(Tongue::Zh),
        "en" => Some(Tongue::En),
        _ => None,
    };
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--lang") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        if let Some(tongue) = value.and_then(named) {
            return tongue;
        }
    }
    Tongue::of_environment()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::command::Cli;

    #[test]
    fn the_arguments_are_sound() {
        for tongue in [Tongue::Zh, Tongue::En] {
            in_tongue(Cli::command(), tongue).debug_assert();
        }
    }

    #[test]
    fn every_page_and_argument_has_chinese_words_and_no_words_are_left_over() {
        let mut rows = Vec::new();
        let mut pages = vec![String::new()];
        let command = Cli::command();
        let subs = command.get_subcommands().flat_map(|sub| {
            let name = sub.get_name().to_owned();
            let deeds = sub.get_subcommands().map(|d| (format!("{name} {}", d.get_name()), d));
            let deeds: Vec<_> = deeds.collect();
            std::iter::once((name, sub)).chain(deeds)
        });
        for (name, page) in std::iter::once((String::new(), &command)).chain(subs) {
            let name = name.as_str();
            pages.push(name.to_owned());
            rows.extend(page.get_arguments().map(|arg| (name.to_owned(), arg.get_id().to_string())));
            assert!(of(ABOUT, name).is_some(), "{name} has no Chinese words");
            assert!(name.is_empty() || of(EXAMPLES, name).is_some(), "{name} has no example");
        }
        for (page, id) in &rows {
            let known = ARGUMENTS.iter().any(|(p, i, _)| p == page && i == id);
            assert!(known || matches!(id.as_str(), "help" | "version"), "{page} {id} has no Chinese words");
        }
        for (page, id, _) in ARGUMENTS {
            assert!(rows.iter().any(|(p, i)| p == page && i == id), "{page} {id} is no argument");
        }
    }

    #[test]
    fn the_language_is_known_before_the_rest_is_read() {
        let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        assert_eq!(wanted(&words("hotline --lang zh --help")), Tongue::Zh);
        assert_eq!(wanted(&words("hotline route --lang=en")), Tongue::En);
    }
}
