//! The information base with 50,000 entries: how long a question takes from the typed text to the ordered hits, over SQLite
//! on disk, by kind of question. Entries are made from the sample's 466 services and a seed, so that every run has the same.
//! Run it with `cargo bench -p store --bench knowledge`; `KNOWLEDGE_ENTRIES` (50000) says how many.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use knowledge::{Draft, Synonyms};
use store::{Settings, Store};

/// 2026-10-09 09:00 in Shanghai.
const NOW: i64 = 1_791_507_600_000;
/// Wanted: an answer within this.
const WANTED: Duration = Duration::from_millis(50);
/// How often each question is asked.
const ROUNDS: usize = 5;

const SERVICES: &str = include_str!("../../../sip-config/services.toml");
const SYNONYMS: &str = include_str!("../../../knowledge/synonyms.txt");
const QUERIES: &str = include_str!("../../../tests/knowledge/queries.tsv");

const PLACES: [&str; 9] =
    ["", "东城街道", "西关街道", "开发区", "南山镇", "北河镇", "外地户籍", "未成年人", "老年人"];
const ASPECTS: [&str; 12] = [
    "",
    "需要什么材料",
    "在哪个窗口办",
    "多久能办好",
    "收费标准",
    "网上怎么办",
    "委托别人代办",
    "材料不全怎么办",
    "办理进度查询",
    "办错了怎么更正",
    "周末能不能办",
    "常见问题",
];
const SENTENCES: [&str; 16] = [
    "请本人携带有效身份证件原件和复印件到窗口办理。",
    "委托他人办理的，须提供授权委托书和双方身份证件。",
    "材料齐全、符合法定形式的，当场受理并出具受理通知书。",
    "一般自受理之日起五个工作日内办结，可以邮寄送达。",
    "本事项不收费，请勿相信任何收费代办。",
    "可以登录政务服务网或手机应用在线提交，预约取号后到场核验。",
    "外地户籍人员须提供居住证或者居住证明。",
    "未成年人由监护人陪同，并提供户口簿和关系证明。",
    "证件丢失的，先办理挂失或者声明，再申请补领。",
    "工作日上午八点半到十二点，下午一点半到五点。",
    "如对办理结果有异议，可以在六十日内申请行政复议。",
    "办理进度可以凭受理编号在自助终端或网站查询。",
    "老年人、残疾人可以走绿色通道，也可以申请上门服务。",
    "申请表在窗口领取，也可以在网上下载后自行打印。",
    "涉及缴费的，可以使用银行卡、手机支付或者现金。",
    "以上内容为生成的测试数据，不代表实际规定。",
];

/// The same numbers in every run (Marsaglia's xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(n).unwrap()).unwrap()
    }
}

fn services() -> Vec<(String, String)> {
    let field = |line: &str, name: &str| {
        Some(line.split(&format!("{name} = \"")).nth(1)?.split('"').next()?.to_owned())
    };
    SERVICES.lines().filter_map(|line| Some((field(line, "code")?, field(line, "name")?))).collect()
}

fn entries(many: usize) -> Vec<Draft> {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let services = services();
    let mut all = Vec::with_capacity(many);
    for (_, place) in (0..=many / 50_000).flat_map(|_| PLACES.iter().enumerate()) {
        for aspect in ASPECTS {
            for (code, name) in &services {
                if all.len() == many {
                    return all;
                }
                let body: String = (0..4 + chance.below(5)).map(|_| SENTENCES[chance.below(16)]).collect();
                all.push(Draft {
                    name: format!("{code}-{}", all.len()),
                    title: format!("{place}{name}{aspect}"),
                    body,
                    service: String::new(),
                    keywords: vec![name.clone()],
                    source: "bench".to_owned(),
                });
            }
        }
    }
    all
}

/// The questions by kind: those of the table; every service as it is typed, letter by letter; whole sentences; words that
/// nearly every entry has; nonsense.
fn questions() -> BTreeMap<&'static str, Vec<String>> {
    let mut chance = Chance(42);
    let services = services();
    let table = QUERIES.lines().filter(|l| !l.starts_with('#'));
    let table = table.map(|l| l.split('\t').next().unwrap().to_owned()).collect();
    let typed = (0..40).flat_map(|_| {
        let (_, name) = &services[chance.below(services.len())];
        (1..=name.chars().count()).map(|n| name.chars().take(n).collect::<String>()).collect::<Vec<_>>()
    });
    let typed = typed.collect();
    let long =
        services.iter().step_by(10).map(|(_, n)| format!("请问我想办{n}需要带什么材料去哪个窗口")).collect();
    let common = ["办", "办理", "材料", "窗口", "登记", "身份证", "怎么办", "查询", "街道", "常见问题"];
    let nonsense =
        ["飞碟登记处", "qwrtzxcv", "xiangxiangxiangxiang", "㗂㗂㗂", "12345678", "sfzsfzsfzsfzsfz"];
    let own = |list: &[&str]| list.iter().map(|q| (*q).to_owned()).collect();
    BTreeMap::from([
        ("the hundred of the table", table),
        ("names as they are typed", typed),
        ("whole sentences", long),
        ("words of nearly every entry", own(&common)),
        ("nonsense", own(&nonsense)),
    ])
}

fn main() {
    let many = std::env::var("KNOWLEDGE_ENTRIES").ok().and_then(|n| n.parse().ok()).unwrap_or(50_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(many));
}

async fn run(many: usize) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::beside(folder.path().join("hotline.db"), "bench");
    let (store, _) = Store::open(settings, NOW).await.unwrap();
    let drafts = entries(many);
    let begun = Instant::now();
    store.import(NOW, "bench", drafts, false, false, &|_| {}).await.unwrap().unwrap();
    let took = begun.elapsed();
    store.put_synonyms(&Synonyms::read(SYNONYMS).unwrap()).await.unwrap();
    let size = std::fs::metadata(folder.path().join("hotline.db")).unwrap().len() / 1024 / 1024;
    println!("knowledge: {many} entries taken in within {took:.1?}, {size} MiB with the index");
    // Another process that starts now: the dictionary and the words are loaded by its first question.
    let fresh = Store::look(Settings::beside(folder.path().join("hotline.db"), "bench")).unwrap();
    let begun = Instant::now();
    fresh.warm_knowledge().await.unwrap();
    println!("knowledge: dictionary and words loaded within {:.2?}", begun.elapsed());
    for (kind, questions) in questions() {
        let mut times = Vec::new();
        let mut worst = (Duration::ZERO, String::new());
        for _ in 0..ROUNDS {
            for q in &questions {
                let begun = Instant::now();
                fresh.search(NOW, q, 20).await.unwrap();
                let took = begun.elapsed();
                times.push(took);
                if took > worst.0 {
                    worst = (took, q.clone());
                }
            }
        }
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100];
        let late = times.iter().filter(|t| **t > WANTED).count();
        println!(
            "knowledge: {kind}: {} answers, p50 {:.1?}, p99 {:.1?}, worst {:.1?} ({}), {late} beyond {WANTED:?}",
            times.len(),
            at(50),
            at(99),
            worst.0,
            worst.1,
        );
    }
}
