//! What is given to a statement.

use std::borrow::Cow;

/// A value, or none of its kind: PostgreSQL wants to know the kind of what is missing too.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Text(Option<String>),
    Whole(Option<i64>),
    Real(Option<f64>),
    Flag(Option<bool>),
    Bytes(Option<Vec<u8>>),
}

/// What becomes a value of one kind, alone or as `Option`.
macro_rules! becomes {
    ($($given:ty => $kind:ident by $how:expr;)*) => {$(
        impl From<$given> for Value {
            fn from(value: $given) -> Self {
                Self::$kind(Some($how(value)))
            }
        }

        impl From<Option<$given>> for Value {
            fn from(value: Option<$given>) -> Self {
                Self::$kind(value.map($how))
            }
        }
    )*};
}

becomes! {
    &str => Text by str::to_owned;
    String => Text by std::convert::identity;
    &String => Text by String::clone;
    Cow<'_, str> => Text by Cow::into_owned;
    i64 => Whole by std::convert::identity;
    f64 => Real by std::convert::identity;
    bool => Flag by std::convert::identity;
    Vec<u8> => Bytes by std::convert::identity;
    &[u8] => Bytes by <[u8]>::to_vec;
}

impl From<&Option<String>> for Value {
    fn from(value: &Option<String>) -> Self {
        Self::Text(value.clone())
    }
}
