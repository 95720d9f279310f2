//! The notice: HTML that holds together and runs nothing, PDF whose text is text.

use std::fs;
use std::path::Path;

use super::{AT, zone};
use crate::notice::{FONT_PLACES, Figures, FontFiles, Fonts, Lang, Notice, Rates, Share, Stage, Tally};

pub(super) fn sample() -> Notice {
    let share = |part, whole| Share { part, whole };
    let tally = |made, kept, missed, void| Tally { made, kept, missed, void };
    let figures = Figures {
        calls: 412,
        cases: 86,
        handovers: 91,
        received_in_time: 88,
        rates: Rates {
            on_time: share(81, 88),
            reply: share(70, 74),
            satisfied: share(139, 143),
            reachable: share(3, 3),
        },
        before: Rates {
            on_time: share(70, 84),
            reply: share(66, 71),
            satisfied: share(120, 131),
            reachable: share(2, 3),
        },
        work: tally(86, 80, 4, 2),
        echo1: tally(86, 84, 1, 1),
        echo2: tally(82, 80, 2, 0),
        echo3: tally(82, 82, 0, 0),
        extensions: 5,
        redo: 3,
        kinds: [
            ("complaint", 34),
            ("request", 27),
            ("enquiry", 14),
            ("suggestion", 6),
            ("report", 4),
            ("praise", 1),
        ]
        .map(|(kind, count)| (kind.to_owned(), count))
        .into(),
        services: [("路灯故障报修", 21), ("物业服务投诉", 17), ("房屋漏水维修", 9), ("公租房申请咨询", 8)]
            .map(|(name, count)| (name.to_owned(), count))
            .into(),
        by_day: vec![
            3, 5, 4, 2, 6, 1, 0, 4, 5, 3, 2, 4, 1, 1, 3, 6, 4, 2, 3, 0, 1, 4, 5, 3, 2, 4, 1, 2, 3, 2,
        ],
    };
    Notice {
        issuer: "市民服务热线办公室".to_owned(),
        unit: "住房和城乡建设局".to_owned(),
        year: 2026,
        month: 11,
        made_at: AT,
        stage: Stage::Signed { by: "王建国".to_owned(), at: AT },
        figures,
        work: "本月贵单位共承办群众热线事项86件，按时办结80件。路灯故障报修全部在3个工作日内处理完毕，群众回访普遍满意。\n供暖季开始后，“暖气不热”类来电集中，联络员24小时接听转办电话，10分钟内回电的比例较上月提高8个百分点。".to_owned(),
        problems: "一是物业服务投诉仍居首位，其中4件逾期办结，逾期原因均为未在期限届满前申请延期。二是3件事项因群众不满意退回重办，主要是答复内容与现场情况不符（幸福小区2件、滨河路1件）。".to_owned(),
        advice: "建议对重办事项由分管负责同志现场核实后再答复；确需延期的，请在期限届满前通过热线提出申请并说明理由。\n建议物业科与街道建立每周会商，把同一小区的重复投诉合并办理。".to_owned(),
    }
}

/// The system's fonts; `None` when they are not installed.
fn fonts() -> Option<Fonts> {
    let folder = FONT_PLACES.iter().map(Path::new).find(|place| place.join(FontFiles::BODY).exists());
    let Some(folder) = folder else {
        eprintln!("left out: Chinese fonts are not installed (scripts/setup)");
        return None;
    };
    let read = |name| fs::read(folder.join(name)).unwrap();
    Some(Fonts::read(read(FontFiles::TITLE), read(FontFiles::BODY), read(FontFiles::PLAIN)).unwrap())
}

/// The text of a PDF as another maker's program reads it, without white space; `None` when the program is not there.
fn text_of(pdf: &[u8]) -> Option<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notice.pdf");
    fs::write(&file, pdf).unwrap();
    let file = file.display().to_string();
    let text = super::others::run("pdftotext", &["-enc", "UTF-8", &file, "-"])?;
    let fonts = super::others::run("pdffonts", &[&file])?;
    let text = String::from_utf8(text.stdout).unwrap();
    Some((text.split_whitespace().collect(), String::from_utf8(fonts.stdout).unwrap()))
}

#[test]
fn the_pdf_has_its_text_and_its_fonts_in_it() {
    let Some(fonts) = fonts() else { return };
    for (lang, name) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
        let pdf = sample().pdf(lang, &zone(), &fonts).unwrap();
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() < 400_000, "{} bytes", pdf.len());
        if let Some(folder) = std::env::var_os("HOTLINE_NOTICES") {
            fs::write(Path::new(&folder).join(format!("{name}.pdf")), &pdf).unwrap();
            fs::write(Path::new(&folder).join(format!("{name}.html")), sample().html(lang, &zone())).unwrap();
        }
        let Some((text, embedded)) = text_of(&pdf) else { return };
        let notice = sample();
        for part in [&notice.issuer, &notice.unit, &notice.work, &notice.problems, &notice.advice] {
            let part: String = part.split_whitespace().collect();
            // A line's end may stand anywhere; a paragraph may go over to the next page.
            let begin: String = part.chars().take(30).collect();
            assert!(text.contains(&begin), "{begin} is not in {text}");
        }
        let words = if lang == Lang::Zh {
            ["按时接收", "92.0%", "签发人：王建国"]
        } else {
            ["Handed", "92.0%", "Signedby:王建国"]
        };
        assert!(words.iter().skip(usize::from(lang == Lang::En)).all(|word| text.contains(word)), "{text}");
        let lines: Vec<&str> = embedded.lines().skip(2).collect();
        // name, type, encoding, embedded, subset, with Unicode.
        assert!(lines.len() == 3 && lines.iter().all(|line| line.contains("yes yes yes")), "{embedded}");
    }
}

#[test]
fn long_texts_take_more_pages_and_lose_nothing() {
    let Some(fonts) = fonts() else { return };
    let mut notice = sample();
    notice.stage = Stage::Draft;
    notice.work = (1..=120).map(|at| format!("第{at}项工作已按期完成，群众表示满意。\n")).collect();
    notice.problems = "W".repeat(400);
    notice.advice = String::new();
    let pdf = notice.pdf(Lang::Zh, &zone(), &fonts).unwrap();
    let Some((text, _)) = text_of(&pdf) else { return };
    for at in 1..=120 {
        assert!(text.contains(&format!("第{at}项工作已按期完成")), "{at}");
    }
    assert_eq!(text.matches('W').count(), 400);
    assert!(
        text.matches("草稿，未签发").count() >= 4 && text.contains("（未填写）") && !text.contains("签发人")
    );
}

#[test]
fn fonts_that_are_none_are_told() {
    let told = Fonts::read(vec![0; 100], Vec::new(), Vec::new()).unwrap_err().to_string();
    assert!(told.contains("fonts-noto-cjk") && told.contains("HTML"), "{told}");
}

#[test]
fn the_page_needs_nothing_and_runs_nothing() {
    let mut notice = sample();
    let hostile = "<script>alert(1)</script>\"'&<img src=x onerror=y>\u{0}";
    notice.unit = hostile.to_owned();
    notice.issuer = hostile.to_owned();
    notice.work = format!("{hostile}\n\n{hostile}");
    notice.stage = Stage::Signed { by: hostile.to_owned(), at: AT };
    notice.figures.services = vec![(hostile.to_owned(), 1)];
    notice.figures.kinds = vec![(hostile.to_owned(), 1)];
    for lang in [Lang::Zh, Lang::En] {
        let page = notice.html(lang, &zone());
        for word in ["<script", "<img", "http:", "https:", "url(", "@import", "<link", "\0", "javascript"] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.matches("&lt;script&gt;alert(1)").count() >= 7);
        assert_eq!(page.matches("<svg").count(), 3);
        assert!(page.contains("size:A4"));
        // Well-formed but for the elements of HTML that have no end.
        let (open, closed) = (page.matches("<p").count(), page.matches("</p>").count());
        assert_eq!(open, closed);
    }
}

#[test]
fn a_month_without_anything_is_shown_as_one() {
    let notice = Notice { figures: Figures::default(), stage: Stage::Draft, ..sample() };
    let page = notice.html(Lang::Zh, &zone());
    assert!(page.contains("本月没有") && page.contains('—') && page.contains("草稿，未签发"));
    if let Some(fonts) = fonts() {
        assert!(notice.pdf(Lang::Zh, &zone(), &fonts).is_ok());
    }
}
