//! What the targets share: an oracle beyond "no panic" is that what we print is what we read.

use sip::{Message, Wire};

/// What was read must be read the same again once it is printed; a message that can't be printed was not understood.
pub fn stands_printing(message: Message) {
    let bytes = match &message {
        Message::Request(request) => request.print(),
        Message::Response(response) => response.print(),
    };
    let again = sip::parse(&bytes, Wire::Stream).expect("what we print can be read");
    match (message, again) {
        (Message::Request(a), Message::Request(b)) => {
            assert_eq!(
                (a.method.as_str(), a.uri.to_string(), &a.body),
                (b.method.as_str(), b.uri.to_string(), &b.body)
            );
        }
        (Message::Response(a), Message::Response(b)) => assert_eq!((a.status, &a.body), (b.status, &b.body)),
        (Message::Request(_), Message::Response(_)) | (Message::Response(_), Message::Request(_)) => {
            panic!("it changed its kind");
        }
    }
}
