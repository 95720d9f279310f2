//! Why a document could not be made, and what to do about it.

/// What keeps a document from being made.
#[derive(Debug, thiserror::Error)]
pub enum PapersError {
    /// No such time zone.
    #[error("unknown time zone {0:?}: use an IANA name such as Asia/Shanghai")]
    Zone(String),
    /// More than a sheet holds.
    #[error("{0} rows are more than a sheet holds ({most}): ask for a shorter span of time, or for CSV", most = crate::table::MOST_ROWS)]
    TooLong(usize),
    /// The XLSX writer refused.
    #[error("the XLSX could not be written ({0}): ask for CSV instead, and report this")]
    Sheet(#[from] rust_xlsxwriter::XlsxError),
    /// A row has more or fewer cells than the table has columns.
    #[error("row {row} has {cells} cells where the table has {columns} columns: report this")]
    Ragged {
        /// Which, from 1.
        row: usize,
        /// Its cells.
        cells: usize,
        /// The table's.
        columns: usize,
    },
    /// A webhook's secret has another form.
    #[error(
        "the secret of a webhook is `whsec_` and then base64 of 24 to 64 random bytes: mend it in the file of secrets"
    )]
    Secret,
    /// A font can't be read.
    #[error("a font of the notice can't be read: install {package} anew; the notice as HTML needs no font", package = crate::notice::FONT_PACKAGE)]
    Font,
    /// The PDF could not be written.
    #[error("the PDF could not be written: take the notice as HTML instead, and report this")]
    Pdf,
    /// XML could not be written; only lack of memory does that.
    #[error("the XML could not be written ({0}): report this")]
    Xml(#[from] std::io::Error),
}
