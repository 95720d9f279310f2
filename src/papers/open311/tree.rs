//! One document, two forms: lists are arrays in JSON and elements of one name in XML.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use serde_json::{Map, Value};

use super::Format;
use crate::error::PapersError;
use crate::text::clean;

/// A value.
pub(super) enum Tree {
    /// `null`, or an empty element.
    Nothing,
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
    Map(Vec<(&'static str, Tree)>),
    /// The name of each element in XML, and the elements.
    List(&'static str, Vec<Tree>),
}

impl Tree {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The whole document. `root` is the outermost element; JSON has none.
    pub(super) fn write(&self, root: &str, format: Format) -> Result<Vec<u8>, PapersError> {
        match format {
            Format::Json => Ok(self.json().to_string().into_bytes()),
            Format::Xml => {
                let mut writer = Writer::new(Vec::new());
                writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
                self.xml(root, &mut writer)?;
                Ok(writer.into_inner())
            }
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(text) => text.as_str().into(),
            Self::Whole(number) => (*number).into(),
            Self::Number(number) => (*number).into(),
            Self::Flag(flag) => (*flag).into(),
            Self::Map(fields) => {
                let field = |(name, value): &(&'static str, Self)| ((*name).to_owned(), value.json());
                Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
            }
            Self::List(_, items) => Value::Array(items.iter().map(Self::json).collect()),
        }
    }

    fn xml(&self, name: &str, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let element = writer.create_element(name);
        let text = match self {
            Self::Nothing => return element.write_empty().map(drop),
            Self::Map(fields) => {
                let inner = |w: &mut Writer<Vec<u8>>| fields.iter().try_for_each(|(n, v)| v.xml(n, w));
                return element.write_inner_content(inner).map(drop);
            }
            Self::List(item, items) => {
                let inner = |w: &mut Writer<Vec<u8>>| items.iter().try_for_each(|v| v.xml(item, w));
                return element.write_inner_content(inner).map(drop);
            }
            Self::Text(text) => clean(text),
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
        };
        element.write_text_content(BytesText::new(&text)).map(drop)
    }
}
