//! The doctor's words on a terminal.

use doctor::{Mark, Report, Step, Words, Written};

use crate::command::Tongue;
use crate::command::text::pad;
use crate::command::tongue::say;

/// Columns of the marks.
const MARK: usize = 7;

/// The whole report.
pub(super) fn text(written: &Written, report: &Report, called: bool, tongue: Tongue) -> String {
    let pick = |words: &Words| tongue.pick(words.zh.clone(), words.en.clone());
    let name = &written.name;
    let mut text = say!(tongue, "中继 {name}\n", "Trunk {name}\n");
    let mut step: Option<Step> = None;
    for finding in &report.findings {
        if step != Some(finding.step) {
            step = Some(finding.step);
            text.push_str(&format!("\n{}\n", pick(&finding.step.words())));
        }
        text.push_str(&format!("  {}{}\n", pad(mark(finding.mark, tongue), MARK), pick(&finding.seen)));
        if let Some(advice) = &finding.advice {
            text.push_str(&format!("  {}→ {}\n", pad("", MARK), pick(advice)));
        }
    }
    if !report.proposals.is_empty() {
        text.push_str(&say!(
            tongue,
            "\n建议改 trunks.toml 里 name = \"{name}\" 的这几行：\n",
            "\nProposed for trunks.toml, at name = \"{name}\":\n"
        ));
        for proposal in &report.proposals {
            text.push_str(&format!("  {}  # {}\n", proposal.line, pick(&proposal.why)));
        }
    }
    text.push('\n');
    text.push_str(&verdict(report, tongue));
    if !called && written.proxy.is_some() {
        text.push_str(tongue.pick(
            "还没有试呼：加 --call 号码，才看得到编码、按键、定时和声音。\n",
            "No test call was made: with --call NUMBER codecs, keys, timers and sound are tried too.\n",
        ));
    }
    text
}

fn mark(mark: Mark, tongue: Tongue) -> &'static str {
    match mark {
        Mark::Good => tongue.pick("正常", "ok"),
        Mark::Warning => tongue.pick("注意", "note"),
        Mark::Fault => tongue.pick("故障", "FAULT"),
    }
}

fn verdict(report: &Report, tongue: Tongue) -> String {
    let count = |mark| report.findings.iter().filter(|f| f.mark == mark).count();
    let (faults, notes) = (count(Mark::Fault), count(Mark::Warning));
    if faults == 0 {
        say!(tongue, "没有故障，{notes} 处要留意。\n", "No fault; {notes} things to note.\n")
    } else {
        say!(tongue, "{faults} 处故障，{notes} 处要留意。\n", "{faults} faults; {notes} things to note.\n")
    }
}
