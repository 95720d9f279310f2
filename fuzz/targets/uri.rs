//! URIs and name-addrs: what is read prints to something that reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::{NameAddr, Uri};

fuzz_target!(|text: &str| {
    if let Some(uri) = Uri::parse(text) {
        let printed = uri.to_string();
        let again = Uri::parse(&printed).unwrap_or_else(|| panic!("{printed:?} can't be read again"));
        assert_eq!(again, uri, "{printed:?}");
        assert!(again.same_as(&uri), "{printed:?}");
        let _ = (uri.user_plain(), sip::literal(&uri));
    }
    if let Some(address) = NameAddr::parse(text) {
        let printed = address.to_string();
        let again = NameAddr::parse(&printed).unwrap_or_else(|| panic!("{printed:?} can't be read again"));
        assert_eq!(again.uri, address.uri, "{printed:?}");
    }
});
