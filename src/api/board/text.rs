//! The whisper in words, for the screen of a desk that is rung: as P50 says it, without a number.

use call::board::CallView;
use call::plan::Plan;

/// Chinese and English.
pub(crate) fn whisper(plan: &Plan, call: &CallView) -> (String, String) {
    let service = call.service.as_ref().and_then(|code| plan.services.get(code)).map(|s| &*s.name);
    let (what_zh, what_en) = if call.case.is_some() { ("工单", "case") } else { ("来电", "caller") };
    let tail = &call.tail;
    let of_zh = if tail.is_empty() { String::new() } else { format!("{what_zh}尾号 {tail}") };
    let of_en = if tail.is_empty() { String::new() } else { format!("{what_en} ending {tail}") };
    let zh = ["热线三方通话", &of_zh, service.unwrap_or_default()];
    let en = ["Hotline three-way call", &of_en, service.unwrap_or_default()];
    let join =
        |words: [&str; 3], by| words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(by);
    (join(zh, "，"), join(en, ", "))
}
