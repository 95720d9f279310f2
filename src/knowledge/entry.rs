//! An entry as somebody writes it, and what is wrong with one that can't be taken.

use crate::fold::fold;

/// Characters of the longest title.
pub const LONGEST_TITLE: usize = 200;
/// Characters of the longest body.
pub const LONGEST_BODY: usize = 20_000;
/// Keywords of an entry.
pub const MOST_KEYWORDS: usize = 60;
/// Characters of the longest keyword.
pub const LONGEST_KEYWORD: usize = 40;
/// Characters of the longest source or name.
pub const LONGEST_SOURCE: usize = 200;

/// An entry as somebody writes it. Everything is text and stays as it was written: nothing is a formula or markup.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Draft {
    /// A name that stays when the title changes; empty: the entry is known by title and service.
    pub name: String,
    /// What it is about, as it is asked for.
    pub title: String,
    /// The answer.
    pub body: String,
    /// Code of the service that it belongs to; empty: none.
    pub service: String,
    /// Other words by which it shall be found.
    pub keywords: Vec<String>,
    /// Where it comes from: a file, a law, an office.
    pub source: String,
}

/// What is wrong with an entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unfit {
    /// No title.
    NoTitle,
    /// A title without a letter, digit or Chinese character: it could never be found.
    BlankTitle,
    /// A NUL in some text.
    Nul,
    /// The title is too long.
    Title,
    /// The body is too long.
    Body,
    /// Too many keywords, or one that is too long.
    Keywords,
    /// Name, source or service is too long.
    Source,
    /// No such service.
    Service,
}

impl Unfit {
    /// What is wrong and what to do, Chinese.
    pub fn zh(self) -> String {
        match self {
            Self::NoTitle => "没有标题：请填写 title（标题）".to_owned(),
            Self::BlankTitle => "标题中没有汉字、字母或数字，无法被找到：请改写标题".to_owned(),
            Self::Nul => "含有 NUL 字符：请删除".to_owned(),
            Self::Title => format!("标题超过 {LONGEST_TITLE} 个字符：请缩短，详情写入正文"),
            Self::Body => format!("正文超过 {LONGEST_BODY} 个字符：请拆成几条"),
            Self::Keywords => {
                format!("关键词超过 {MOST_KEYWORDS} 个，或有一个超过 {LONGEST_KEYWORD} 个字符：请删减")
            }
            Self::Source => format!("名称、来源或事项代码超过 {LONGEST_SOURCE} 个字符：请缩短"),
            Self::Service => "没有这个事项代码：请核对 services.toml，或留空".to_owned(),
        }
    }

    /// The same in English.
    pub fn en(self) -> String {
        match self {
            Self::NoTitle => "no title: fill in `title`".to_owned(),
            Self::BlankTitle => {
                "the title has no letter, digit or Chinese character and could never be found: rewrite it"
                    .to_owned()
            }
            Self::Nul => "a NUL character stands in it: remove it".to_owned(),
            Self::Title => {
                format!(
                    "the title has more than {LONGEST_TITLE} characters: shorten it, details go to the body"
                )
            }
            Self::Body => {
                format!("the body has more than {LONGEST_BODY} characters: make several entries of it")
            }
            Self::Keywords => format!(
                "more than {MOST_KEYWORDS} keywords, or one with more than {LONGEST_KEYWORD} characters: leave some out"
            ),
            Self::Source => {
                format!("name, source or service code has more than {LONGEST_SOURCE} characters: shorten it")
            }
            Self::Service => {
                "there is no service with this code: check services.toml, or leave it empty".to_owned()
            }
        }
    }
}

/// What is wrong with an entry, apart from its service, which only the configuration knows. `None`: nothing.
pub fn complaint(draft: &Draft) -> Option<Unfit> {
    let long = |text: &str, most: usize| text.len() > most && text.chars().count() > most;
    let texts = [&draft.name, &draft.title, &draft.body, &draft.service, &draft.source];
    if draft.title.trim().is_empty() {
        Some(Unfit::NoTitle)
    } else if texts.into_iter().chain(&draft.keywords).any(|text| text.contains('\0')) {
        Some(Unfit::Nul)
    } else if !fold(&draft.title).chars().any(char::is_alphanumeric) {
        Some(Unfit::BlankTitle)
    } else if long(&draft.title, LONGEST_TITLE) {
        Some(Unfit::Title)
    } else if long(&draft.body, LONGEST_BODY) {
        Some(Unfit::Body)
    } else if draft.keywords.len() > MOST_KEYWORDS || draft.keywords.iter().any(|k| long(k, LONGEST_KEYWORD))
    {
        Some(Unfit::Keywords)
    } else if [&draft.name, &draft.service, &draft.source].into_iter().any(|text| long(text, LONGEST_SOURCE))
    {
        Some(Unfit::Source)
    } else {
        None
    }
}
