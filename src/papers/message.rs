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

/// Why a template can't be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TemplateFault {
    /// A place that nothing fills.
    Unknown(String),
    /// A place that must be there is not.
    Missing(String),
}

/// Checks a template: every `{place}` is one of these, and all of them are there. Braces around anything but a word of small
/// letters are text (JSON).
///
/// # Errors
/// The first fault.
pub fn check(template: &str, places: &[&str]) -> Result<(), TemplateFault> {
    let found = pieces(template);
    let named: Vec<&str> = found.iter().filter_map(|piece| piece.place).collect();
    if let Some(unknown) = named.iter().find(|place| !places.contains(place)) {
        return Err(TemplateFault::Unknown((*unknown).to_owned()));
    }
    match places.iter().find(|place| !named.contains(place)) {
        Some(missing) => Err(TemplateFault::Missing((*missing).to_owned())),
        None => Ok(()),
    }
}

/// Fills a template's places once: what is filled in is not looked at again.
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
