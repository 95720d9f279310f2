//! Tables: no cell runs, dates are dates, numbers are numbers, whatever the text.

use calamine::{Data, Reader, Xlsx};

use super::{AT, zone};
use crate::PapersError;
use crate::table::{Cell, Column, Csv, Table};

pub(super) fn sample() -> Table {
    let columns =
        ["编号 No.", "事项", "件数", "分", "时间", "用时"].map(|title| Column::new(title, 18)).into();
    let row = |no: &str, what: &str| {
        vec![
            Cell::Text(no.to_owned()),
            Cell::Text(what.to_owned()),
            Cell::Whole(-42),
            Cell::Number(0.5),
            Cell::Moment(AT),
            Cell::Duration(598_900),
        ]
    };
    let rows = vec![
        row("202603020017", "=HYPERLINK(\"http://x\",\"点我\")"),
        row("007", "路灯不亮,\"三天\"了\r\n请尽快"),
        row("1e5", "@SUM(1)"),
        vec![
            Cell::Empty,
            Cell::text(None::<String>),
            Cell::Whole(i64::MAX),
            Cell::Number(f64::NAN),
            Cell::moment(None),
            Cell::Duration(-3_600_000),
        ],
    ];
    Table { name: "案件/Cases".to_owned(), columns, rows }
}

#[test]
fn csv_is_read_back_by_its_types() {
    let bytes = sample().csv(&zone()).unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbf"));
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with("\r\n"));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&text.as_bytes()[3..]);
    let rows: Vec<Vec<String>> =
        reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(rows[0][0], "编号 No.");
    assert_eq!(
        rows[1],
        [
            "202603020017",
            "'=HYPERLINK(\"http://x\",\"点我\")",
            "-42",
            "0.5",
            "2026-03-02 09:15:00",
            "0:09:58"
        ]
    );
    assert_eq!(rows[2][1], "路灯不亮,\"三天\"了\r\n请尽快");
    assert_eq!(rows[4], ["", "", "9223372036854775807", "", "", "-1:00:00"]);
    // RFC 4180, 2.7: quotes within quotes are doubled.
    assert!(text.contains("\"路灯不亮,\"\"三天\"\"了\r\n请尽快\""));
}

#[test]
fn no_text_begins_like_a_formula() {
    let column = [Column::new("=x", 9)];
    for start in
        ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u{3000}@", "\u{feff}+", "\0="]
    {
        let mut csv = Csv::new(&column);
        csv.row(&[Cell::Text(format!("{start}1+1"))], &zone()).unwrap();
        let bytes = csv.take();
        let mut reader = csv::Reader::from_reader(&bytes[3..]);
        assert_eq!(reader.headers().unwrap().get(0), Some("'=x"));
        let record = reader.records().next().unwrap().unwrap();
        assert!(record[0].starts_with('\''), "{start:?} {:?}", &record[0]);
    }
    let mut csv = Csv::new(&[Column::new("x", 9)]);
    csv.row(&[Cell::Text("满意=5".to_owned())], &zone()).unwrap();
    assert_eq!(csv.take(), "\u{feff}x\r\n满意=5\r\n".as_bytes());
}

#[test]
fn rows_that_do_not_fit_are_told() {
    let mut csv = Csv::new(&[Column::new("a", 9), Column::new("b", 9)]);
    let told = csv.row(&[Cell::Empty], &zone()).unwrap_err();
    assert!(matches!(told, PapersError::Ragged { row: 1, cells: 1, columns: 2 }), "{told}");
    let ragged = Table { rows: vec![vec![Cell::Empty]], ..sample() };
    assert!(ragged.csv(&zone()).is_err() && ragged.xlsx(&zone(), AT).is_err());
}

#[test]
fn a_sheet_is_read_back_by_its_types() {
    let bytes = sample().xlsx(&zone(), AT).unwrap();
    assert_eq!(bytes, sample().xlsx(&zone(), AT).unwrap(), "the same table is the same file");
    let mut book = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["案件Cases"]);
    let sheet = book.worksheet_range("案件Cases").unwrap();
    let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    assert_eq!(cell(1, 0), Data::String("202603020017".to_owned()));
    assert_eq!(cell(1, 1), Data::String("=HYPERLINK(\"http://x\",\"点我\")".to_owned()));
    assert_eq!(cell(2, 0), Data::String("007".to_owned()));
    assert_eq!(cell(3, 0), Data::String("1e5".to_owned()));
    assert_eq!(cell(1, 2), Data::Float(-42.0));
    assert_eq!(cell(4, 2), Data::String(i64::MAX.to_string()));
    let (Data::DateTime(moment), Data::DateTime(length)) = (cell(1, 4), cell(1, 5)) else {
        panic!("no dates: {:?} {:?}", cell(1, 4), cell(1, 5));
    };
    assert_eq!(moment.to_ymd_hms_milli(), (2026, 3, 2, 9, 15, 0, 0));
    assert!(length.is_duration() && (length.as_f64() * 86_400.0 - 598.0).abs() < 0.001);
    assert!(book.worksheet_formula("案件Cases").unwrap().is_empty(), "nothing runs");
}

#[test]
fn texts_that_a_cell_does_not_hold_are_cut_or_cleaned() {
    let long = "好".repeat(40_000);
    let table = Table {
        name: "[]:*?/\\".to_owned(),
        columns: vec![Column::new("\u{1}标题", 300)],
        rows: vec![vec![Cell::Text(long)], vec![Cell::Text("a\u{0}\u{b}b\u{fffe}".to_owned())]],
    };
    let mut book = Xlsx::new(std::io::Cursor::new(table.xlsx(&zone(), AT).unwrap())).unwrap();
    let sheet = book.worksheet_range("Sheet1").unwrap();
    assert_eq!(sheet.get_value((0, 0)), Some(&Data::String("标题".to_owned())));
    let Some(Data::String(cut)) = sheet.get_value((1, 0)) else { panic!("no text") };
    assert!(cut.ends_with('…') && cut.encode_utf16().count() == 32_767);
    assert_eq!(sheet.get_value((2, 0)), Some(&Data::String("ab".to_owned())));
}
