//! The notice as one page of HTML: style within, no script, nothing from elsewhere, every text escaped.

use std::fmt::Write as _;

use super::words::{self, Words};
use super::{Lang, Notice, Stage, charts, svg};
use crate::text::escape;
use crate::zone::Zone;

/// Widths of the charts, points; the page scales them.
const HALF: f32 = 232.0;
const WHOLE: f32 = 480.0;

const STYLE: &str = "@page{size:A4;margin:18mm 20mm}\
body{font:11.5pt/1.75 'Noto Serif CJK SC','Source Han Serif SC','Songti SC',SimSun,serif;color:#1b2430;max-width:170mm;margin:10mm auto;padding:0 5mm}\
header{text-align:center}header .issuer{color:#b41e1e;font-size:23pt;font-weight:700;letter-spacing:.12em;margin:0;line-height:1.4}\
header .rule{border-top:2.4pt solid #b41e1e;border-bottom:.6pt solid #b41e1e;height:1.4pt;margin:5pt 0 3pt}\
header .line{display:flex;justify-content:space-between;font-size:9.5pt;color:#5f6b7a}\
.draft{color:#b41e1e;font-weight:700}h1{font-size:17pt;margin:14pt 0 10pt;line-height:1.4}\
p{margin:0 0 4pt}:lang(zh-CN) p.text{text-indent:2em}h2{font-size:12.5pt;margin:14pt 0 3pt}\
svg,table,.tiles,.foot{font-family:'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',sans-serif}\
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:8pt;margin:8pt 0 12pt}.tiles div{background:#f3f6fa;padding:7pt 10pt;line-height:1.35}\
.tiles b{display:block;font-size:18pt;font-weight:400}.tiles span{font-size:8.5pt;color:#5f6b7a}\
.charts{display:grid;grid-template-columns:1fr 1fr;gap:16pt}svg{width:100%;height:auto;display:block}.days{margin:12pt 0}\
table{border-collapse:collapse;width:100%;font-size:9pt;margin:6pt 0}th,td{border-bottom:.5pt solid #d8dde4;padding:2.5pt 4pt;text-align:right;font-weight:400}\
th:first-child,td:first-child{text-align:left}thead th{color:#5f6b7a}.missed{color:#b41e1e}\
.signed{text-align:right;margin-top:22pt;break-inside:avoid}.foot{font-size:8pt;color:#5f6b7a;border-top:.5pt solid #d8dde4;margin-top:18pt;padding-top:4pt}\
.charts,.tiles,table,svg{break-inside:avoid}@media print{body{margin:0;padding:0;max-width:none}}";

pub(super) fn page(notice: &Notice, lang: Lang, zone: &Zone) -> String {
    let words = words::of(lang);
    let title = escape(&words::title(notice, lang));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n",
        words.tag
    );
    head(&mut page, notice, lang, zone);
    figures(&mut page, notice, lang, words);
    for (heading, text) in words.sections.iter().zip([&notice.work, &notice.problems, &notice.advice]) {
        // Writing to a String does not fail, here and below.
        let _ = writeln!(page, "<h2>{heading}</h2>");
        let paragraphs: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if paragraphs.is_empty() {
            let _ = writeln!(page, "<p class=\"text\">{}</p>", words.nothing);
        }
        for paragraph in paragraphs {
            let _ = writeln!(page, "<p class=\"text\">{}</p>", escape(paragraph));
        }
    }
    let signature = words::signature(notice, lang, zone);
    if !signature.is_empty() {
        let lines: Vec<String> = signature.iter().map(|line| escape(line)).collect();
        let _ = writeln!(page, "<p class=\"signed\">{}</p>", lines.join("<br>"));
    }
    let _ = write!(page, "<p class=\"foot\">{}</p>\n</body>\n</html>\n", words.foot);
    page
}

fn head(page: &mut String, notice: &Notice, lang: Lang, zone: &Zone) {
    let right = match &notice.stage {
        Stage::Draft => format!("<span class=\"draft\">{}</span>", words::of(lang).draft),
        Stage::Signed { at, .. } => format!("<span>{}</span>", zone.day(*at, lang == Lang::Zh)),
    };
    let _ = write!(
        page,
        "<header>\n<p class=\"issuer\">{}</p>\n<div class=\"rule\"></div>\n<div class=\"line\"><span>{}</span>{right}</div>\n\
         <h1>{}</h1>\n</header>\n<p>{}</p>\n<p class=\"text\">{}</p>\n",
        escape(&notice.issuer),
        escape(&words::number(notice, lang)),
        escape(&words::title(notice, lang)),
        escape(&words::addressed(notice, lang)),
        escape(&words::opening(notice, lang)),
    );
}

fn figures(page: &mut String, notice: &Notice, lang: Lang, words: &Words) {
    let is = &notice.figures;
    page.push_str("<div class=\"tiles\">\n");
    for (name, count) in words.tiles.iter().zip([is.calls, is.cases, is.handovers, is.received_in_time]) {
        let _ = writeln!(page, "<div><b>{count}</b><span>{name}</span></div>");
    }
    page.push_str("</div>\n<div class=\"charts\">\n");
    page.push_str(&svg::svg(&charts::rates(is, lang, HALF)));
    page.push_str(&svg::svg(&charts::kinds(is, lang, HALF)));
    page.push_str("</div>\n<div class=\"days\">\n");
    page.push_str(&svg::svg(&charts::days(is, lang, WHOLE)));
    page.push_str("</div>\n<table>\n<thead><tr>");
    for title in words.table {
        let _ = write!(page, "<th scope=\"col\">{title}</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for (name, tally) in words.rows.iter().zip([is.work, is.echo1, is.echo2, is.echo3]) {
        let missed = if tally.missed > 0 { " class=\"missed\"" } else { "" };
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{name}</th><td>{}</td><td>{}</td><td{missed}>{}</td><td>{}</td></tr>",
            tally.made, tally.kept, tally.missed, tally.void
        );
    }
    let _ = writeln!(page, "</tbody>\n</table>\n<p>{}</p>", words::rest(notice, lang));
    if !is.services.is_empty() {
        let all: Vec<String> =
            is.services.iter().map(|(name, count)| format!("{} {count}", escape(name))).collect();
        let _ = writeln!(page, "<p>{}{}{}</p>", words.services, words.colon, all.join(words.comma));
    }
}
