//! Bytes of a file as text: UTF-8, or what Excel in China writes.

use encoding_rs::GB18030;

use crate::import::Fault;

/// How a file's characters are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// GB18030 and what it contains: GBK, GB 2312. Excel in China saves "CSV" so.
    Gb18030,
}

impl Encoding {
    /// By the name that people write.
    pub fn of_name(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "gb18030" | "gbk" | "gb2312" => Some(Self::Gb18030),
            _ => None,
        }
    }
}

/// The text without a byte order mark.
pub(super) fn decode(bytes: &[u8], encoding: Encoding) -> Result<String, Fault> {
    let text = match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).map(str::to_owned).map_err(|why| {
            let line = 1 + bytes.iter().take(why.valid_up_to()).filter(|b| **b == b'\n').count() as u64;
            Fault::new(
                line,
                "不是 UTF-8：请另存为“CSV UTF-8”，或注明编码 gb18030",
                "this is not UTF-8: save it as \"CSV UTF-8\", or say encoding gb18030",
            )
        })?,
        Encoding::Gb18030 => {
            let (text, wrong) = GB18030.decode_without_bom_handling(bytes);
            if wrong {
                return Err(Fault::new(
                    0,
                    "不是 GB18030：请核对编码，或另存为“CSV UTF-8”",
                    "this is not GB18030: check the encoding, or save it as \"CSV UTF-8\"",
                ));
            }
            text.into_owned()
        }
    };
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
