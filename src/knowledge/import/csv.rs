//! CSV as RFC 4180 has it, and as spreadsheets write it: comma or tab, first row the columns.

use csv::ReaderBuilder;

use crate::entry::Draft;
use crate::import::{Fault, Field, MOST_ENTRIES, MOST_FAULTS, Rows};

pub(super) fn rows(text: &str) -> Rows {
    let head = text.lines().next().unwrap_or_default();
    let tab = head.contains('\t') && !head.contains(',');
    let mut reader = ReaderBuilder::new()
        .delimiter(if tab { b'\t' } else { b',' })
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Rows::default();
    let mut columns: Vec<Field> = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(why) => {
                let row = why.position().map_or(0, csv::Position::line);
                rows.faults.push(Fault::new(
                    row,
                    format!("无法读取：{why}"),
                    format!("does not read: {why}"),
                ));
                return rows;
            }
        };
        // The line in the file: cells may hold line breaks, so that rows and lines part.
        let line = record.position().map_or(0, csv::Position::line);
        if at == 0 {
            match head_of(&record) {
                Ok(found) => columns = found,
                Err(fault) => {
                    rows.faults.push(fault);
                    return rows;
                }
            }
        } else if record.iter().all(|cell| cell.trim().is_empty()) {
            // Spreadsheets leave empty rows at the end.
        } else if record.len() > columns.len() {
            let (is, wanted) = (record.len(), columns.len());
            rows.faults.push(Fault::new(
                line,
                format!("有 {is} 格，而表头只有 {wanted} 列：含逗号或换行的格请加双引号"),
                format!("{is} cells, but the head has {wanted} columns: put cells with commas or line breaks in double quotes"),
            ));
        } else if rows.entries.len() >= MOST_ENTRIES {
            rows.faults.push(too_many(line));
            return rows;
        } else {
            let mut draft = Draft::default();
            columns.iter().zip(&record).for_each(|(field, cell)| field.put(&mut draft, cell));
            rows.entries.push((line, draft));
        }
        if rows.faults.len() >= MOST_FAULTS {
            return rows;
        }
    }
    rows
}

pub(super) fn too_many(row: u64) -> Fault {
    Fault::new(
        row,
        format!("条目超过 {MOST_ENTRIES} 条：请拆成几个文件"),
        format!("more than {MOST_ENTRIES} entries: split the file"),
    )
}

fn head_of(record: &csv::StringRecord) -> Result<Vec<Field>, Fault> {
    let mut columns = Vec::new();
    for name in record {
        let Some(field) = Field::of(name) else {
            return Err(Fault::new(
                1,
                format!(
                    "不认识的列 {name:?}：可用 name、title、body、service、keywords、source（或 编号、标题、正文、事项代码、关键词、来源）"
                ),
                format!("unknown column {name:?}: there are name, title, body, service, keywords, source"),
            ));
        };
        if columns.contains(&field) {
            return Err(Fault::new(
                1,
                format!("列 {name:?} 出现了两次：请删去一列"),
                format!("the column {name:?} stands there twice: remove one"),
            ));
        }
        columns.push(field);
    }
    if columns.contains(&Field::Title) {
        Ok(columns)
    } else {
        Err(Fault::new(
            1,
            "第一行须是列名，且有 title（标题）一列",
            "the first row must name the columns, `title` among them",
        ))
    }
}
