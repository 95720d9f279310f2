//! Text for a terminal: writing to stdout, and columns of Chinese and Latin letters.

use std::io::{self, Write};

use crate::command::CommandError;

/// Writes it all; a reader that has gone (`| head`) is no fault. The exit code 0.
///
/// # Errors
/// [`CommandError::System`] when stdout takes nothing more.
pub(crate) fn print(text: &str) -> Result<u8, CommandError> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(0),
    }
}

/// Columns that a text takes: Chinese characters and their punctuation take two.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{2e80}'..='\u{ffdc}') { 2 } else { 1 }).sum()
}

/// A text with spaces behind it, so many columns wide.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use super::pad;

    #[test]
    fn chinese_takes_two_columns() {
        assert_eq!(pad("单位", 6), "单位  ");
        assert_eq!(pad("units", 6), "units ");
        assert_eq!(pad("事项 A，", 4), "事项 A，");
    }
}
