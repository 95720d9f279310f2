//! Markdown: `# Title` begins an entry; lines `service: CODE`, `keywords: ...`, `source: ...`, `name: ...` may follow it at once;
//! the rest, headings of lower levels too, is the body as it stands.

use crate::entry::Draft;
use crate::import::csv::too_many;
use crate::import::{Fault, Field, MOST_ENTRIES, Rows};

pub(super) fn rows(text: &str) -> Rows {
    let mut rows = Rows::default();
    let mut open: Option<(u64, Draft)> = None;
    let mut in_head = false;
    let mut fenced = false;
    for (no, line) in (1_u64..).zip(text.lines()) {
        fenced ^= line.trim_start().starts_with("```");
        let title = line.strip_prefix("# ").filter(|_| !fenced);
        match (title, &mut open) {
            (Some(title), _) => {
                rows.entries.extend(open.take().map(closed));
                if rows.entries.len() >= MOST_ENTRIES {
                    rows.faults.push(too_many(no));
                    return rows;
                }
                open = Some((no, Draft { title: title.trim().to_owned(), ..Draft::default() }));
                in_head = true;
            }
            (None, None) if line.trim().is_empty() => {}
            (None, None) => {
                rows.faults.push(Fault::new(
                    no,
                    "第一条之前有文字：每条以“# 标题”开头",
                    "text stands before the first entry: every entry begins with `# Title`",
                ));
                return rows;
            }
            (None, Some((_, draft))) => {
                let setting = in_head.then(|| setting(line)).flatten();
                in_head = in_head && (setting.is_some() || line.trim().is_empty());
                match setting {
                    Some((field, value)) => field.put(draft, value),
                    None => {
                        draft.body.push_str(line);
                        draft.body.push('\n');
                    }
                }
            }
        }
    }
    rows.entries.extend(open.map(closed));
    rows
}

fn closed((row, mut draft): (u64, Draft)) -> (u64, Draft) {
    draft.body = draft.body.trim().to_owned();
    (row, draft)
}

fn setting(line: &str) -> Option<(Field, &str)> {
    let (name, value) = line.split_once([':', '：'])?;
    let field = Field::of(name)?;
    (!matches!(field, Field::Title | Field::Body)).then_some((field, value))
}
