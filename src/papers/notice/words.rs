//! The words of the notice, in Chinese and English.

use super::{Lang, Notice, Stage};
use crate::zone::Zone;

/// The fixed words.
pub(super) struct Words {
    pub(super) tag: &'static str,
    pub(super) draft: &'static str,
    pub(super) tiles: [&'static str; 4],
    pub(super) rates: &'static str,
    pub(super) rate: [&'static str; 4],
    pub(super) this_month: &'static str,
    pub(super) last_month: &'static str,
    pub(super) kinds: &'static str,
    pub(super) days: &'static str,
    pub(super) table: [&'static str; 5],
    pub(super) rows: [&'static str; 4],
    pub(super) services: &'static str,
    pub(super) sections: [&'static str; 3],
    pub(super) nothing: &'static str,
    pub(super) none: &'static str,
    pub(super) signed: &'static str,
    pub(super) foot: &'static str,
    pub(super) colon: &'static str,
    pub(super) comma: &'static str,
}

const ZH: Words = Words {
    tag: "zh-CN",
    draft: "草稿，未签发",
    tiles: ["来电", "受理事项", "转办", "按时接收"],
    rates: "办理质量",
    rate: ["10 分钟内回电", "对答复满意", "总体满意", "联络人可联系"],
    this_month: "本月",
    last_month: "上月",
    kinds: "事项类别（件）",
    days: "每日受理（件）",
    table: ["承诺", "应办", "按时", "逾期", "免除"],
    rows: ["5 个工作日内办结", "第一次回音：谁办、何时办结", "第二次回音：告知结果", "第三次回音：热线回访"],
    services: "反映较多的事项",
    sections: ["一、本月工作", "二、主要问题", "三、工作建议"],
    nothing: "（未填写）",
    none: "本月没有",
    signed: "签发人",
    foot: "按时率、满意率由热线依据通话记录和群众回访统计；没有回答的，不计为满意。",
    colon: "：",
    comma: "，",
};

const EN: Words = Words {
    tag: "en",
    draft: "Draft, not signed",
    tiles: ["Calls", "Cases", "Hand-overs", "Received in time"],
    rates: "How it went",
    rate: ["Called back in 10 min", "Satisfied with reply", "Satisfied overall", "Contacts reachable"],
    this_month: "This month",
    last_month: "Last month",
    kinds: "Cases by kind",
    days: "Cases by day",
    table: ["Promise", "Made", "In time", "Missed", "Void"],
    rows: [
        "Done within 5 working days",
        "Echo 1: who handles it, by when",
        "Echo 2: the result is told",
        "Echo 3: the hotline asks",
    ],
    services: "Most frequent matters",
    sections: ["1. The month's work", "2. Main problems", "3. Advice"],
    nothing: "(not filled in)",
    none: "None this month",
    signed: "Signed by",
    foot: "Rates are counted by the hotline from its calls and from what citizens say when asked. No answer is never 'satisfied'.",
    colon: ": ",
    comma: ", ",
};

pub(super) fn of(lang: Lang) -> &'static Words {
    match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    }
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn month(notice: &Notice, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}年{}月", notice.year, notice.month),
        Lang::En => {
            let name = MONTHS.get(usize::from(notice.month.saturating_sub(1))).copied().unwrap_or_default();
            format!("{name} {}", notice.year)
        }
    }
}

pub(super) fn title(notice: &Notice, lang: Lang) -> String {
    let month = month(notice, lang);
    match lang {
        Lang::Zh => format!("关于{month}热线事项办理情况的通报"),
        Lang::En => format!("Notice on hotline matters, {month}"),
    }
}

/// The running number: one notice a month.
pub(super) fn number(notice: &Notice, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("〔{}〕第 {} 期", notice.year, notice.month),
        Lang::En => format!("No. {}/{}", notice.month, notice.year),
    }
}

pub(super) fn addressed(notice: &Notice, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}主要负责同志：", notice.unit),
        Lang::En => format!("To the head of {}:", notice.unit),
    }
}

pub(super) fn opening(notice: &Notice, lang: Lang) -> String {
    let month = month(notice, lang);
    match lang {
        Lang::Zh => format!("现将贵单位{month}承办群众热线事项的情况通报如下。"),
        Lang::En => format!("This is how the matters that citizens brought went with your unit in {month}."),
    }
}

/// Extensions and second rounds, in a sentence.
pub(super) fn rest(notice: &Notice, lang: Lang) -> String {
    let (extensions, redo) = (notice.figures.extensions, notice.figures.redo);
    match lang {
        Lang::Zh => format!("同意延期 {extensions} 件，群众不满意退回重办 {redo} 件。"),
        Lang::En => {
            format!(
                "Extensions granted: {extensions}. Taken up again because the citizen was not satisfied: {redo}."
            )
        }
    }
}

/// The unit of a kind; an unknown one stays as it is.
pub(super) fn kind(word: &str, lang: Lang) -> &str {
    let both = match word {
        "enquiry" => ("咨询", "Enquiry"),
        "request" => ("求助", "Request"),
        "complaint" => ("投诉", "Complaint"),
        "report" => ("举报", "Report"),
        "suggestion" => ("建议", "Suggestion"),
        "praise" => ("表扬", "Praise"),
        other => (other, other),
    };
    match lang {
        Lang::Zh => both.0,
        Lang::En => both.1,
    }
}

/// The signature's lines; none for a draft.
pub(super) fn signature(notice: &Notice, lang: Lang, zone: &Zone) -> Vec<String> {
    let Stage::Signed { by, at } = &notice.stage else { return Vec::new() };
    let words = of(lang);
    vec![
        notice.issuer.clone(),
        format!("{}{}{by}", words.signed, words.colon),
        zone.day(*at, lang == Lang::Zh),
    ]
}
