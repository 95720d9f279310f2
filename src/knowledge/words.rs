//! Cutting Chinese into words: one way for what is written into an index, and the same words for what is asked.

use std::fmt;

use jieba_rs::Jieba;

use crate::fold::{Run, fold, runs};

/// The number of this way of cutting. Whoever keeps an index notes it, and writes the index anew when it has changed.
pub const SEGMENTATION: i64 = 1;

/// Characters of the longest word inside a word that is written for itself.
const LONGEST_PART: usize = 4;

/// Words of public services that the dictionary lacks.
const OURS: &[&str] = &[
    "不动产权证",
    "社会保障卡",
    "往来港澳通行证",
    "港澳通行证",
    "台湾通行证",
    "失业保险金",
    "失业金",
    "生育津贴",
    "慢特病",
    "幼升小",
    "小升初",
    "电子凭证",
    "残疾人证",
    "无犯罪记录",
    "营商环境",
    "网约车",
    "公租房",
    "异地就医",
    "数电发票",
    "社会保险",
    "养老保险",
    "住房公积金",
    "个体工商户",
    "食品经营许可证",
    "优待证",
    "就业创业证",
    "电动自行车",
    "居民身份证",
    "临时身份证",
    "落户",
    "补办",
    "补领",
    "补发",
    "换领",
    "申领",
];

/// Cuts Chinese by the dictionary of jieba and some words of our own. Loading it takes a fraction of a second and some
/// tens of MiB: make one, keep it, and make it where nobody waits.
pub struct Segmenter {
    jieba: Jieba,
}

impl fmt::Debug for Segmenter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Segmenter")
    }
}

impl Default for Segmenter {
    fn default() -> Self {
        Self::new()
    }
}

impl Segmenter {
    /// Loads the dictionary.
    pub fn new() -> Self {
        let mut jieba = Jieba::new();
        for word in OURS {
            if !jieba.has_word(word) {
                jieba.add_word(word, None, None);
            }
        }
        Self { jieba }
    }

    /// The tokens to write into an index, joined by blanks: words, the shorter words inside them, each single character;
    /// letters and digits as they stand. No token holds anything but letters and digits, so that the tokenizer of
    /// any database cuts where we do.
    pub fn index(&self, text: &str) -> String {
        let folded = fold(text);
        let mut out = String::with_capacity(folded.len() * 2);
        let mut put = |word: &str| {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        };
        for run in runs(&folded) {
            match run {
                Run::Latin(word) => put(word),
                Run::Han(run) => self.jieba.cut(run, false).iter().for_each(|t| self.parts(t.word, &mut put)),
            }
        }
        out
    }

    /// A word, the words of two to four characters inside it, its single characters.
    fn parts(&self, word: &str, put: &mut impl FnMut(&str)) {
        put(word);
        let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).chain([word.len()]).collect();
        let chars = starts.len().saturating_sub(1);
        if chars < 2 {
            return;
        }
        for part in starts.windows(2) {
            put(&word[part[0]..part[1]]);
        }
        for size in 2..chars.min(LONGEST_PART + 1) {
            for part in starts.windows(size + 1).map(|w| &word[w[0]..w[size]]) {
                if self.jieba.has_word(part) {
                    put(part);
                }
            }
        }
    }

    /// The words of a run of Chinese characters, as somebody means them who asks.
    pub(crate) fn cut<'a>(&self, run: &'a str) -> Vec<&'a str> {
        self.jieba.cut(run, false).into_iter().map(|token| token.word).collect()
    }

    /// The words of a folded text of any writing.
    pub(crate) fn pieces<'a>(&self, folded: &'a str) -> Vec<&'a str> {
        let cut = |run| match run {
            Run::Han(run) => self.cut(run),
            Run::Latin(word) => vec![word],
        };
        runs(folded).into_iter().flat_map(cut).collect()
    }
}
