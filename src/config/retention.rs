//! hotline.toml, [retention]: for how many months each kind of personal data is kept.

use crate::settings::Retention;
use crate::sheet::Table;

/// A century.
const LONGEST: u32 = 1_200;

/// Reads the section. What is not written is kept for ever: nothing is erased that nobody has ordered to be.
pub(crate) fn retention(table: Table<'_>) -> Retention {
    let months = |key| table.number32(key, 0..=LONGEST, 0);
    let retention = Retention {
        recordings: months("recordings"),
        numbers: months("numbers"),
        names: months("names"),
        cases: months("cases"),
    };
    table.done();
    retention
}
