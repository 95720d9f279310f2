//! Short messages to citizens, in Chinese and English, and templates with named places.

use crate::zone::Zone;

/// What a citizen is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// A case was opened: its number, and the code with which it is asked for.
    Opened {
        /// 12 digits.
        no: String,
        /// 4 digits.
        code: String,
    },
    /// The day until which it is done has changed.
    DueChanged {
        /// 12 digits.
        no: String,
        /// UTC ms.
        due_at: i64,
    },
    /// The unit has reported that it is done; the hotline will ask.
    Result {
        /// 12 digits.
        no: String,
    },
}

impl Message {
    /// The text, with the sender's name before it as gateways in China want it: `【民生热线】...`. Nothing in it but the number,
    /// the code and the day comes from the case.
    pub fn text(&self, sender: &str, chinese: bool, zone: &Zone) -> String {
        let text = match (self, chinese) {
            (Self::Opened { no, code }, true) => format!(
                "您反映的事项已受理，编号{no}，查询码{code}。拨打本热线按提示输入编号和查询码即可查询进度。"
            ),
            (Self::Opened { no, code }, false) => format!(
                "Your matter is registered: number {no}, code {code}. Call the hotline and key both in to hear how it stands."
            ),
            (Self::DueChanged { no, due_at }, true) => {
                format!("您反映的事项（编号{no}）办理期限调整为{}。", zone.short_day(*due_at, true))
            }
            (Self::DueChanged { no, due_at }, false) => {
                format!("Your matter {no} will now be dealt with by {}.", zone.short_day(*due_at, false))
            }
            (Self::Result { no }, true) => {
                format!("您反映的事项（编号{no}）承办单位已办理完毕，热线将电话回访，请留意接听。")
            }
            (Self::Result { no }, false) => {
                format!(
                    "The unit reports that your matter {no} is done. The hotline will call to ask how it went."
                )
            }
        };
        if sender.is_empty() { text } else { format!("【{sender}】{text}") }
    }
}

/// How a body is written, and so how what is filled into it is escaped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// JSON; places stand within quotes.
    Json,
    /// application/x-www-form-urlencoded
    Url,
    /// XML
    Xml,
}

impl Form {
    /// The content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Url => "application/x-www-form-urlencoded",
            Self::Xml => "text/xml; charset=utf-8",
        }
    }

    /// A text as it stands in such a body.
    pub fn escape(self, text: &str) -> String {
        match self {
            Self::Json => {
                let quoted = serde_json::Value::from(text).to_string();
                quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
            }
            Self::Url => text.bytes().map(percent).collect(),
            Self::Xml => crate::text::escape(text),
        }
    }
}

/// Percent-encoding of all but the unreserved characters (RFC 3986 section 2.3).
fn percent(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    }
}

/// Fills a template's places, `{name}`, once: what is filled in is not looked at again. Other braces are text.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let value = |place| values.iter().find(|(name, _)| *name == place).map(|(_, value)| *value);
    pieces(template).iter().map(|piece| piece.place.and_then(value).unwrap_or(piece.text)).collect()
}

struct Piece<'a> {
    text: &'a str,
    place: Option<&'a str>,
}

fn pieces(mut rest: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    while let Some(start) = rest.find('{') {
        let (before, from) = rest.split_at(start);
        found.push(Piece { text: before, place: None });
        let inner = from.get(1..).unwrap_or_default();
        let length = inner.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(inner.len());
        let is_place = length > 0 && inner.get(length..).is_some_and(|tail| tail.starts_with('}'));
        let (piece, tail) = from.split_at(if is_place { length + 2 } else { 1 });
        found.push(Piece { text: piece, place: if is_place { inner.get(..length) } else { None } });
        rest = tail;
    }
    found.push(Piece { text: rest, place: None });
    found
}
