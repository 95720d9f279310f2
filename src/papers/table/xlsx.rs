//! XLSX: strings as strings, moments as real dates, durations as real durations; a heading that stays in sight and filters.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};

use super::{Cell, Table};
use crate::error::PapersError;
use crate::text::clean;
use crate::zone::Zone;

/// Longest text of a cell, UTF-16 units.
const LONGEST_TEXT: usize = 32_767;
/// Longest name of a sheet, characters.
const LONGEST_NAME: usize = 31;
const DAY_SECONDS: f64 = 86_400.0;

struct Looks {
    heading: Format,
    moment: Format,
    duration: Format,
}

pub(super) fn write(table: &Table, zone: &Zone, made_at: i64) -> Result<Vec<u8>, PapersError> {
    table.check()?;
    let mut book = Workbook::new();
    let made = ExcelDateTime::from_timestamp(made_at.div_euclid(1_000))?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let looks = Looks {
        heading: Format::new().set_bold(),
        moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        duration: Format::new().set_num_format("[h]:mm:ss"),
    };
    let sheet = book.add_worksheet();
    sheet.set_name(name(&table.name))?;
    sheet.set_freeze_panes(1, 0)?;
    for (column, at) in table.columns.iter().zip(0_u16..) {
        sheet.set_column_width(at, f64::from(column.width.clamp(1, 255)))?;
        sheet.write_string_with_format(0, at, fitting(&column.title), &looks.heading)?;
    }
    for (line, row) in table.rows.iter().zip(1_u32..) {
        for (cell, column) in line.iter().zip(0_u16..) {
            put(sheet, (row, column), cell, (&looks, zone))?;
        }
    }
    let (rows, columns) = (u32::try_from(table.rows.len()), u16::try_from(table.columns.len()));
    if let (Ok(last), Ok(columns @ 1..)) = (rows, columns) {
        sheet.autofilter(0, 0, last, columns - 1)?;
    }
    Ok(book.save_to_buffer()?)
}

fn put(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    (looks, zone): (&Looks, &Zone),
) -> Result<(), PapersError> {
    match cell {
        Cell::Text(text) if !text.is_empty() => sheet.write_string(row, column, fitting(text))?,
        Cell::Empty | Cell::Text(_) => sheet,
        Cell::Whole(number) if number.unsigned_abs() < 1 << 53 => {
            sheet.write_number(row, column, *number as f64)?
        }
        // A sheet's numbers have 53 bits: beyond them digits would be lost in silence.
        Cell::Whole(number) => sheet.write_string(row, column, number.to_string())?,
        Cell::Number(number) if number.is_finite() => sheet.write_number(row, column, *number)?,
        Cell::Number(_) => sheet,
        Cell::Moment(at) => sheet.write_number_with_format(row, column, zone.serial(*at), &looks.moment)?,
        Cell::Duration(ms) => {
            let days = (ms / 1_000) as f64 / DAY_SECONDS;
            sheet.write_number_with_format(row, column, days, &looks.duration)?
        }
    };
    Ok(())
}

/// What a cell holds of a text; what is cut off shows as an ellipsis.
fn fitting(text: &str) -> String {
    let text = clean(text);
    if text.encode_utf16().count() <= LONGEST_TEXT {
        return text;
    }
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units < LONGEST_TEXT
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

fn name(text: &str) -> String {
    let kept =
        clean(text).chars().filter(|c| !"[]:*?/\\".contains(*c)).take(LONGEST_NAME).collect::<String>();
    let kept = kept.trim_matches('\'').to_owned();
    if kept.is_empty() { "Sheet1".to_owned() } else { kept }
}
