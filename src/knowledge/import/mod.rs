//! Entries out of files: CSV, JSON, Markdown. All faults are told at once, each with its row.

mod csv;
mod json;
mod markdown;
mod text;

use std::collections::BTreeMap;

use crate::entry::{Draft, Unfit, complaint};
use crate::fold::fold;

pub use text::Encoding;

/// Bytes of the largest file.
pub const LARGEST_FILE: usize = 64 * 1024 * 1024;
/// Entries of the largest file.
pub const MOST_ENTRIES: usize = 100_000;
/// Faults that are told; there may be more.
pub const MOST_FAULTS: usize = 200;

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Comma or tab separated, first row the columns.
    Csv,
    /// A list of objects.
    Json,
    /// A heading of the first level an entry.
    Markdown,
}

impl Format {
    /// By the ending of the file's name.
    pub fn of_name(name: &str) -> Option<Self> {
        let ending = name.rsplit_once('.')?.1.to_ascii_lowercase();
        match ending.as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "md" | "markdown" => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// Something wrong in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The row from 1 (CSV: the first is the head; JSON: the entry; Markdown: the line); 0: the file as a whole.
    pub row: u64,
    /// What is wrong and what to do, Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl Fault {
    pub(crate) fn new(row: u64, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { row, zh: zh.into(), en: en.into() }
    }

    fn unfit(row: u64, unfit: Unfit) -> Self {
        Self::new(row, unfit.zh(), unfit.en())
    }
}

/// What a file holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sheet {
    /// Entries without fault, in the order of the file.
    pub entries: Vec<Draft>,
    /// What is wrong, at most [`MOST_FAULTS`]. Who finds any should take nothing from the file.
    pub faults: Vec<Fault>,
}

/// Reads a file. `is_service` says which codes of services there are.
pub fn read(bytes: &[u8], format: Format, encoding: Encoding, is_service: &dyn Fn(&str) -> bool) -> Sheet {
    if bytes.len() > LARGEST_FILE {
        let most = LARGEST_FILE / 1024 / 1024;
        let fault = Fault::new(
            0,
            format!("文件超过 {most} MiB：请拆成几个文件，以合并方式导入"),
            format!("the file has more than {most} MiB: split it and import the parts with mode=merge"),
        );
        return Sheet { faults: vec![fault], ..Sheet::default() };
    }
    let text = match text::decode(bytes, encoding) {
        Ok(text) => text,
        Err(fault) => return Sheet { faults: vec![fault], ..Sheet::default() },
    };
    let rows = match format {
        Format::Csv => csv::rows(&text),
        Format::Json => json::rows(&text),
        Format::Markdown => markdown::rows(&text),
    };
    check(rows, is_service)
}

/// Entries with their rows, and what was wrong with the form of the file.
#[derive(Default)]
struct Rows {
    entries: Vec<(u64, Draft)>,
    faults: Vec<Fault>,
}

fn check(rows: Rows, is_service: &dyn Fn(&str) -> bool) -> Sheet {
    let mut sheet = Sheet { faults: rows.faults, ..Sheet::default() };
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    for (row, draft) in rows.entries {
        if sheet.faults.len() >= MOST_FAULTS {
            break;
        }
        let unfit = complaint(&draft)
            .or_else(|| (!draft.service.is_empty() && !is_service(&draft.service)).then_some(Unfit::Service));
        if let Some(unfit) = unfit {
            sheet.faults.push(Fault::unfit(row, unfit));
        } else if let Some(first) = seen.get(&identity(&draft)) {
            sheet.faults.push(Fault::new(
                row,
                format!("与第 {first} 行重复（同名或同标题同事项）：请删去一条"),
                format!("the same as row {first} (same name, or same title and service): remove one"),
            ));
        } else {
            seen.insert(identity(&draft), row);
            sheet.entries.push(draft);
        }
    }
    if sheet.entries.is_empty() && sheet.faults.is_empty() {
        sheet.faults.push(Fault::new(
            0,
            "文件中没有条目：请检查格式",
            "the file holds no entry: check its format",
        ));
    }
    sheet.faults.sort_by_key(|fault| fault.row);
    sheet.faults.truncate(MOST_FAULTS);
    sheet
}

/// By what an entry is known again when a file comes a second time.
pub fn identity(draft: &Draft) -> String {
    if draft.name.is_empty() {
        format!("{}\n{}", fold(&draft.title), draft.service)
    } else {
        draft.name.clone()
    }
}

/// The columns of CSV, the fields of JSON, the lines below a heading of Markdown: Chinese and English names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Field {
    Name,
    Title,
    Body,
    Service,
    Keywords,
    Source,
}

impl Field {
    fn of(name: &str) -> Option<Self> {
        match fold(name).as_str() {
            "name" | "id" | "编号" | "名称" => Some(Self::Name),
            "title" | "question" | "标题" | "问题" => Some(Self::Title),
            "body" | "answer" | "content" | "正文" | "内容" | "答案" | "解答" => Some(Self::Body),
            "service" | "service_code" | "事项" | "事项代码" => Some(Self::Service),
            "keywords" | "keyword" | "关键词" | "关键字" => Some(Self::Keywords),
            "source" | "来源" | "依据" => Some(Self::Source),
            _ => None,
        }
    }

    fn put(self, draft: &mut Draft, text: &str) {
        let text = text.trim();
        match self {
            Self::Name => draft.name = text.to_owned(),
            Self::Title => draft.title = text.to_owned(),
            Self::Body => draft.body = text.to_owned(),
            Self::Service => draft.service = text.to_owned(),
            Self::Keywords => draft.keywords = keywords(text),
            Self::Source => draft.source = text.to_owned(),
        }
    }
}

/// Keywords stand apart by blanks, commas, `、`, `;` or `|`.
fn keywords(text: &str) -> Vec<String> {
    let apart = |c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；' | '|');
    text.split(apart).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
