//! What the doctor says: findings, step by step, and the lines that trunks.toml should have.

use crate::words::Words;

/// What was tried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// What is written.
    Configuration,
    /// Where the proxy is.
    Names,
    /// Whether it can be reached.
    Connection,
    /// Whether it answers.
    Options,
    /// Whether it takes our registration.
    Register,
    /// Whether it takes a call.
    Call,
}

impl Step {
    /// Its heading.
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Configuration => ("配置", "Configuration"),
            Self::Names => ("域名", "Names (DNS)"),
            Self::Connection => ("连接", "Connection"),
            Self::Options => ("应答 (OPTIONS)", "Answer (OPTIONS)"),
            Self::Register => ("注册 (REGISTER)", "Registration (REGISTER)"),
            Self::Call => ("试呼 (INVITE)", "Test call (INVITE)"),
        };
        Words::new(zh, en)
    }
}

/// How grave it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mark {
    /// As it should be.
    Good,
    /// Calls are possible, but not all is well.
    Warning,
    /// Calls won't work.
    Fault,
}

/// One thing that was learnt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// In which step.
    pub step: Step,
    /// How grave.
    pub mark: Mark,
    /// What was seen.
    pub seen: Words,
    /// What to do; `None`: nothing.
    pub advice: Option<Words>,
}

/// A line for trunks.toml.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Its key.
    pub key: &'static str,
    /// The whole line.
    pub line: String,
    /// Why.
    pub why: Words,
}

/// All of it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Report {
    /// In the order of the steps.
    pub findings: Vec<Finding>,
    /// One for each key at most.
    pub proposals: Vec<Proposal>,
}

impl Report {
    /// The gravest mark.
    pub fn worst(&self) -> Mark {
        self.findings.iter().map(|f| f.mark).max().unwrap_or(Mark::Good)
    }

    pub(crate) fn good(&mut self, step: Step, seen: Words) {
        self.findings.push(Finding { step, mark: Mark::Good, seen, advice: None });
    }

    pub(crate) fn warn(&mut self, step: Step, seen: Words, advice: Words) {
        self.findings.push(Finding { step, mark: Mark::Warning, seen, advice: Some(advice) });
    }

    pub(crate) fn fault(&mut self, step: Step, seen: Words, advice: Words) {
        self.findings.push(Finding { step, mark: Mark::Fault, seen, advice: Some(advice) });
    }

    /// Proposes a line; the first that is proposed for a key stands.
    pub(crate) fn propose(&mut self, key: &'static str, value: &str, why: Words) {
        if !self.proposals.iter().any(|p| p.key == key) {
            self.proposals.push(Proposal { key, line: format!("{key} = {value}"), why });
        }
    }
}
