//! Files as offices write them, and as nobody should.

use crate::import::{Encoding, Format, LARGEST_FILE, MOST_FAULTS, Sheet, read};
use crate::{LONGEST_BODY, LONGEST_TITLE};

fn take(text: &str, format: Format) -> Sheet {
    read(text.as_bytes(), format, Encoding::Utf8, &|code| code == "GAJ-007")
}

fn csv(text: &str) -> Sheet {
    take(text, Format::Csv)
}

#[test]
fn a_spreadsheet_is_read_in_both_languages() {
    let english =
        csv("title,body,service,keywords,source\n身份证,\"a, \"\"b\"\"\nc\",GAJ-007,补办 丢了、挂失,law\n");
    let chinese = csv(
        "\u{feff}标题,正文,事项代码,关键词,来源\r\n身份证,\"a, \"\"b\"\"\nc\",GAJ-007,补办；丢了|挂失,law\r\n,,,,\r\n",
    );
    assert_eq!((&english, english.faults.len()), (&chinese, 0));
    let entry = &english.entries[0];
    assert_eq!((entry.title.as_str(), entry.body.as_str()), ("身份证", "a, \"b\"\nc"));
    assert_eq!(entry.keywords, ["补办", "丢了", "挂失"]);
    assert_eq!(csv("title\tbody\n身份证\ta,b\n").entries[0].body, "a,b");
}

#[test]
fn excel_in_china_writes_gb18030() {
    let (bytes, _, _) = encoding_rs::GB18030.encode("标题,正文\n身份证,带户口簿\n");
    let sheet = read(&bytes, Format::Csv, Encoding::Gb18030, &|_| true);
    assert_eq!(sheet.entries[0].body, "带户口簿");
    let wrong = read(&bytes, Format::Csv, Encoding::Utf8, &|_| true);
    assert!(
        wrong.entries.is_empty()
            && wrong.faults[0].zh.contains("gb18030")
            && wrong.faults[0].en.contains("UTF-8")
    );
}

#[test]
fn formulas_markup_and_controls_stay_text() {
    for text in [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "-2",
        "@SUM(A1)",
        "<script>alert(1)</script>",
        "a\u{1b}[31m\u{202e}b",
        "'; DROP TABLE knowledge;--",
    ] {
        let sheet = csv(&format!("title,body,keywords\n标题{text},\"{text}\",\n"));
        assert_eq!(sheet.faults, []);
        assert_eq!(
            (sheet.entries[0].body.as_str(), sheet.entries[0].title.as_str()),
            (text, format!("标题{text}").as_str())
        );
    }
}

#[test]
fn faults_name_their_row_in_both_languages() {
    let long = "长".repeat(LONGEST_TITLE + 1);
    let body = "长".repeat(LONGEST_BODY + 1);
    let sheet = csv(&format!(
        "title,body,service\n好,,GAJ-007\n,没有标题,\n好,重复,GAJ-007\n坏\0,,\n查,,QQQ-001\n{long},,\n体,{body},\n多,,,,\n。。,,\n"
    ));
    let told: Vec<_> = sheet.faults.iter().map(|f| f.row).collect();
    assert_eq!(told, [3, 4, 5, 6, 7, 8, 9, 10], "{:?}", sheet.faults);
    assert!(sheet.faults.iter().all(|f| !f.zh.is_empty() && f.en.is_ascii()));
    assert_eq!(sheet.entries.len(), 1);
}

#[test]
fn files_of_another_form_are_refused_in_words() {
    for (text, format) in [
        ("", Format::Csv),
        ("name,body\na,b\n", Format::Csv),
        ("title,title\na,b\n", Format::Csv),
        ("title,<script>\na,b\n", Format::Csv),
        ("{", Format::Json),
        ("3", Format::Json),
        ("[3]", Format::Json),
        ("[{\"title\":3}]", Format::Json),
        ("[{\"other\":\"x\"}]", Format::Json),
        ("text\n# Title\n", Format::Markdown),
        ("", Format::Markdown),
    ] {
        let sheet = take(text, format);
        assert!(sheet.entries.is_empty() && sheet.faults.len() == 1, "{text:?}: {sheet:?}");
    }
    let deep = "[".repeat(100_000);
    assert_eq!(take(&deep, Format::Json).faults.len(), 1);
    let huge = vec![b'a'; LARGEST_FILE + 1];
    assert_eq!(read(&huge, Format::Csv, Encoding::Utf8, &|_| true).faults.len(), 1);
    let many = format!("title\n{}", "。\n".repeat(1_000));
    assert_eq!(csv(&many).faults.len(), MOST_FAULTS);
}

#[test]
fn json_and_markdown_say_the_same_as_csv() {
    let json = take(
        r#"{"entries":[{"title":"身份证补领","body":"带户口簿\n## 费用\n免费","service":"GAJ-007","keywords":["补办","丢了"],"source":null}]}"#,
        Format::Json,
    );
    let markdown = take(
        "# 身份证补领\n\n事项：GAJ-007\nkeywords: 补办 丢了\n\n带户口簿\n## 费用\n免费\n\n# 二\n```\n# 不是标题\n```\n",
        Format::Markdown,
    );
    assert_eq!((json.faults.len(), markdown.faults.len()), (0, 0));
    assert_eq!(json.entries[0], markdown.entries[0]);
    assert_eq!(markdown.entries[1].body, "```\n# 不是标题\n```");
}
