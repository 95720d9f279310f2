//! The admin's pages, worked as an admin works them: by their forms, in their words.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use access::Factor;
use serde_json::{Value, json};

use crate::folder::{append, copy, edit};
use crate::house::House;
use crate::patience::s;
use crate::screen::{Screen, Screens};
use crate::street::Street;

/// For what a page does next, on a busy machine.
const SOON: Duration = s(20);
/// For a rehearsal of the whole year.
const REHEARSED: Duration = s(60);
const PASSWORD: &str = "correct horse battery";
const NEW_PASSWORD: &str = "another horse battery";
/// What people choose for themselves.
const OWN_PASSWORD: &str = "nobody else's battery";

/// A house, and the admin's page on it.
pub struct Office {
    pub house: House,
    pub admin: Screen,
    screens: Screens,
}

impl Office {
    /// Opens one with these arguments of `serve` and this trunk; `None` where there is no browser.
    pub fn open(arguments: &[&str], trunk: &str) -> Option<Self> {
        let house = House::open_with(arguments, |config| {
            // The recording notice alone: the welcome takes seven seconds more.
            edit(&config.join("menus.toml"), &[("opening = [\"P01\", \"P02\"]", "opening = [\"P02\"]")]);
            append(&config.join("trunks.toml"), trunk);
            // Prompts of its own: they are replaced here.
            let (shipped, own) =
                (Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts"), config.with_file_name("prompts"));
            copy(&shipped, &own);
            edit(&config.join("hotline.toml"), &[(&format!("dir = {shipped:?}"), &format!("dir = {own:?}"))]);
        });
        let screens = Screens::open(&house)?;
        let admin = if arguments.is_empty() {
            screens.tab("admin", &format!("{}?tab=admin#/login", house.pages()), 440)
        } else {
            screens.on_trial(&house, "admin", "/admin", 440)
        };
        Some(Self { house, admin, screens })
    }

    /// Goes to a page within the app.
    pub fn go(&self, to: &str, shows: &str) {
        go(&self.admin, to, shows);
    }

    /// An account from the command line signs in, and gives itself a second factor, without which it may do nothing.
    pub fn sign_in(&self) {
        let made = self.house.user(&["add", "chief", "--role", "admin"], &format!("{PASSWORD}\n"));
        assert_eq!(made.0, 0, "{} {}", made.1, made.2);
        // Until now the page asked for the first admin to be made.
        self.go("/login", "input[name=username]");
        sign_in(&self.admin, "chief", "wrong horse battery");
        self.admin.sees("[role=alert]", "", SOON);
        sign_in(&self.admin, "chief", PASSWORD);
        own_password(&self.admin, OWN_PASSWORD);
        self.admin.sees(".must", "两步验证", SOON);
        self.admin.click(".parts .btn.primary");
        self.admin.sees(".parts code", "", SOON);
        let secret = Factor::stored(&self.admin.texts(".parts code")[0]).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        self.admin.fill("input[autocomplete=one-time-code]", &secret.code(now));
        self.admin.press("Enter");
        self.admin.sees_no(".must", "", SOON);
    }

    /// Begins a draft, and changes a window's name, its hours, a trunk and a menu in it by the forms.
    pub fn draft(&self) {
        let admin = &self.admin;
        self.go("/admin/people/desks", "tbody tr:has-text('001')");
        admin.click(".bar .btn.primary");
        admin.sees(".bar.editing", "", SOON);
        admin.click("tbody tr:has-text('001') .acts .btn");
        admin.fill("#row-form label:has-text('名称') input", "政务服务窗口");
        admin.click("button[form=row-form]");
        admin.sees("tbody td", "政务服务窗口", SOON);
        self.changes(1);
        self.go("/admin/calendar", ".part tbody tr");
        admin.click(".part tbody tr:has-text('desk 012') .acts .btn");
        admin.fill("#pattern-form label:has-text('周六') input", "09:00-11:30");
        admin.click("button[form=pattern-form]");
        admin.sees(".part td", "周六 09:00-11:30", SOON);
        self.changes(2);
        self.go("/admin/trunks/town", "[id$='-channels']");
        admin.fill("[id$='-channels']", "20");
        admin.press("Tab");
        self.changes(3);
        // A number out of its range goes no further than its field.
        admin.fill("[id$='-channels']", "0");
        admin.press("Tab");
        admin.sees(".setting.faulty [role=alert]", "1 到 10000", SOON);
        admin.fill("[id$='-channels']", "20");
        admin.press("Tab");
        admin.sees_no(".setting.faulty", "", SOON);
        self.changes(3);
    }

    /// A key leads to a menu that is taken away: told in plain words where it stands, and nothing can be published until it is
    /// mended.
    pub fn fault(&self) {
        let admin = &self.admin;
        self.go("/admin/routing", "#fresh-key");
        admin.click(".editor .add");
        admin.fill(".modal input", "night");
        admin.click("[data-testid=new-name]");
        admin.sees(".editor .fault", "没有任何按键可到达", SOON);
        admin.select(".editor select >> nth=0", "root");
        admin.sees(KEY_9, "", SOON);
        admin.select("#fresh-key", "4");
        admin.click(".editor .row .btn:has-text('加按键')");
        admin.select(KEY_4_GOES, "menu");
        admin.sees(KEY_4_TO, "", SOON);
        admin.select(KEY_4_TO, "night");
        admin.sees(".bar .step.good", "没有问题", SOON);
        admin.select(".editor select >> nth=0", "night");
        admin.click(".editor .btn:has-text('删除菜单')");
        admin.click("[data-testid=confirm]");
        admin.sees(".bar .step.bad", "1 个问题", SOON);
        admin.select(".editor select >> nth=0", "root");
        admin.sees(&format!("{KEY_4} .fault"), "菜单“night”不存在", SOON);
        admin.click(".bar .step.bad");
        admin.sees(".faults li.error", "菜单“night”不存在", SOON);
        admin.sees(".faults li.error", "menus.toml 第", SOON);
        admin.press("Escape");
        admin.sees_no(".faults", "", SOON);
        admin.sees(".bar .hold", "先改正问题", SOON);
        assert_eq!(admin.texts(".bar .acts .btn:disabled"), ["预演", "发布…"]);
        // Nor can it be published by whoever does not ask the page.
        let refused = ask(admin, "POST", "/config/draft/publish", &json!({"comment": "x"}));
        assert_eq!(
            (&refused["status"], &refused["body"]["code"]),
            (&json!(409), &json!("draft_faults")),
            "{refused}"
        );
        admin.select(KEY_4_TO, "desk");
        admin.sees(".bar .step.good", "没有问题", SOON);
        admin.sees(".bar .hold", "预演之后才能发布", SOON);
        let refused = ask(admin, "POST", "/config/draft/publish", &json!({"comment": "x"}));
        assert_eq!(
            (&refused["status"], &refused["body"]["code"]),
            (&json!(409), &json!("not_rehearsed")),
            "{refused}"
        );
    }

    /// The rehearsal runs, and proves that every path ends at somebody; the real call of before is replayed.
    pub fn rehearse(&self) {
        let admin = &self.admin;
        self.go("/admin/rehearsal", ".head .btn.primary");
        admin.click(".head .btn.primary");
        admin.sees(".note [role=status]", "正在预演，已完成", SOON);
        admin.sees(".verdict.good", "通过：每条路都有着落", REHEARSED);
        let figure =
            |name: &str| admin.texts(&format!(".figures div:has(dt:text-is('{name}')) dd"))[0].clone();
        assert_eq!((figure("分钟（一年）").as_str(), figure("窗口").as_str()), ("525,600", "98"));
        assert_eq!((figure("没有着落").as_str(), figure("来电").as_str()), ("0", "1"));
    }

    /// Publishes with a word why; the version stands under the name of whoever did it, with what it changed.
    pub fn publish(&self) {
        let admin = &self.admin;
        admin.click(".bar .btn.primary");
        admin.sees(".modal .diff", "menus.toml", SOON);
        admin.fill(".modal input", "四号键找窗口");
        admin.click("[data-testid=publish]");
        admin.sees(".bar .what", "正在使用：版本 2", SOON);
        admin.sees(".bar .what", "chief", SOON);
        self.go("/admin/versions", ".list li");
        let first = &admin.texts(".list li")[0];
        assert!(
            first.contains("四号键找窗口") && first.contains("chief") && first.contains("正在使用"),
            "{first}"
        );
        admin.click(".list li >> nth=0 >> .head");
        admin.sees(".list .diff", "4 = \"menu desk\"", SOON);
        admin.sees(".list .diff", "政务服务窗口", SOON);
    }

    /// Back to the version before, with a word why.
    pub fn roll_back(&self) {
        let admin = &self.admin;
        admin.click(".list li:nth-child(2) .btn:has-text('恢复到此版本')");
        admin.fill(".modal input", "四号键不要了");
        admin.click("[data-testid=confirm]");
        admin.sees(".bar .what", "正在使用：版本 3", SOON);
        admin.sees(".list li:nth-child(1)", "四号键不要了", SOON);
    }

    /// What the page answers about a path: a call at this moment with these keys.
    pub fn path(&self, keys: &str) -> String {
        let admin = &self.admin;
        self.go("/admin/routing", "#tab-try");
        admin.click("#tab-try");
        admin.fill("#pane-try label:has-text('按键') input", keys);
        admin.click("#pane-try .btn.primary");
        admin.sees("#pane-try .end", "", SOON);
        admin.texts("#pane-try .answer")[0].clone()
    }

    /// So many things are changed.
    fn changes(&self, n: usize) {
        self.admin.sees(".bar .step", &format!("{n} 处修改"), SOON);
    }

    /// An account made here signs in, is locked out, comes in again under a new password, and is taken away.
    pub fn account(&self) {
        let admin = &self.admin;
        self.go("/users", "main h1");
        admin.click("main header .btn.primary");
        for (n, text) in ["zhangsan", "张三", "1005", PASSWORD].iter().enumerate() {
            admin.fill(&format!(".modal input >> nth={n}"), text);
        }
        admin.click("[data-testid=user-form]");
        admin.sees("tr:has-text('zhangsan')", "张三", SOON);
        let fresh = self.screens.tab("fresh", &format!("{}?tab=fresh#/login", self.house.pages()), 440);
        sign_in(&fresh, "zhangsan", PASSWORD);
        own_password(&fresh, OWN_PASSWORD);
        fresh.sees("[data-testid=find]", "", SOON);
        fresh.sees("header .who .name", "张三", SOON);
        self.act("修改");
        admin.fill(".modal input >> nth=1", "张叁");
        admin.click("[data-testid=user-form]");
        admin.sees("tr:has-text('zhangsan')", "张叁", SOON);
        self.act("锁定");
        admin.sees("tr:has-text('zhangsan')", "已锁定", SOON);
        // At once, without a touch.
        fresh.sees("input[name=username]", "", SOON);
        sign_in(&fresh, "zhangsan", OWN_PASSWORD);
        fresh.sees("[role=alert]", "已停用", SOON);
        self.act("解锁");
        admin.sees_no("tr:has-text('zhangsan')", "已锁定", SOON);
        self.act("重置密码");
        admin.fill(".modal input", NEW_PASSWORD);
        admin.click("[data-testid=reset-form]");
        admin.sees_no(".modal", "", SOON);
        sign_in(&fresh, "zhangsan", NEW_PASSWORD);
        own_password(&fresh, OWN_PASSWORD);
        fresh.sees("[data-testid=find]", "", SOON);
        fresh.close();
        self.act("删除");
        admin.click("[data-testid=confirm]");
        admin.sees_no("tr:has-text('zhangsan')", "", SOON);
    }

    /// Presses a button of the account's row.
    fn act(&self, word: &str) {
        self.admin.click(&format!("tr:has-text('zhangsan') .acts .btn:has-text('{word}')"));
    }

    /// A recording of one's own in the place of the notice: the next caller hears it; and the shipped one again.
    pub fn prompt(&self) {
        let (admin, file) = (&self.admin, self.house.folder.path().join("own.wav"));
        tone(&file);
        self.go("/admin/prompts", "tbody tr");
        admin.click("tbody tr:has(th:text-is('P02')) .file .btn >> nth=0");
        admin.sees(".player", "现在使用", SOON);
        admin.file("input[type=file]", &file);
        admin.sees(".player", "新的，尚未使用", SOON);
        admin.click(".btn.primary:has-text('使用这个')");
        admin.sees(OWN_NOTICE, "自己的", SOON);
        Street::of(&self.house).hears(TONE);
        admin.click(".btn:has-text('恢复随程序的')");
        admin.sees(OWN_NOTICE, "随程序", SOON);
        admin.press("Escape");
        admin.sees_no(".player", "", SOON);
    }

    /// The doctor looks at a trunk whose far end refuses everything, and says so in plain words.
    pub fn doctor(&self) {
        let admin = &self.admin;
        self.go("/admin/trunks/town", ".doctor");
        admin.click(".doctor .btn.primary");
        admin.sees(".doctor .findings li", "403", REHEARSED);
    }
}

/// The notice in Chinese, in the list of prompts.
const OWN_NOTICE: &str = "tbody tr:has(th:text-is('P02')) .file >> nth=0";
/// What the admin has recorded, hertz.
const TONE: u32 = 1_300;

/// A recording of three seconds of it.
fn tone(file: &Path) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 8_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(file, spec).unwrap();
    for n in 0..24_000 {
        let turn = f64::from(n) * f64::from(TONE) / 8_000.0 * std::f64::consts::TAU;
        writer.write_sample((turn.sin() * 8_000.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

const KEY_4: &str = ".editor .slot:has(kbd:text-is('4'))";
const KEY_4_GOES: &str = "[aria-label='按键 4 去向']";
const KEY_4_TO: &str = "[aria-label='按键 4 名称']";
const KEY_9: &str = ".editor .slot:has(kbd:text-is('9'))";

fn go(screen: &Screen, to: &str, shows: &str) {
    screen.eval("(to) => { location.hash = to }", json!(to));
    screen.sees(shows, "", SOON);
}

/// Asks the house as this page does, with its cookie: status and body.
pub fn ask(screen: &Screen, method: &str, path: &str, body: &Value) -> Value {
    let ask = r"async ({ method, path, body }) => {
        const tab = sessionStorage.getItem('hotline.tab');
        const headers = { 'Content-Type': 'application/json', 'X-Hotline-Tab': tab };
        const answer = await fetch(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
        return { status: answer.status, body: await answer.json().catch(() => null) };
    }";
    screen.eval(ask, json!({"method": method, "path": path, "body": body}))
}

/// Fills the page of signing in.
pub fn sign_in(screen: &Screen, user: &str, password: &str) {
    screen.fill("input[name=username]", user);
    screen.fill("input[name=password]", password);
    screen.press("Enter");
}

/// Chooses an own password in the place of the one that somebody else gave, which the page leads to first.
pub fn own_password(screen: &Screen, own: &str) {
    screen.sees(".why", "您现在的密码是别人设的", SOON);
    screen.fill("input[autocomplete=new-password] >> nth=0", own);
    screen.fill("input[autocomplete=new-password] >> nth=1", own);
    screen.press("Enter");
}
