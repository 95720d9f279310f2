//! STUN keep-alives: the vectors of RFC 5769, and what hostile attributes come to.
#![allow(clippy::unwrap_used)]

use super::{answer, fingerprint, is_stun};

const ID: [u8; 12] = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];

fn request(attributes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(attributes.len()).unwrap().to_be_bytes();
    [&[0, 1][..], &length, &[0x21, 0x12, 0xa4, 0x42], &ID, attributes].concat()
}

/// An attribute, filled up with blanks as RFC 5769 does.
fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), b' ');
    bytes
}

/// The request with its FINGERPRINT.
fn sealed(attributes: &[u8]) -> Vec<u8> {
    let mut bytes = request(attributes);
    let length = u16::try_from(attributes.len() + 8).unwrap().to_be_bytes();
    bytes[2..4].copy_from_slice(&length);
    let seal = fingerprint(&bytes).to_be_bytes();
    [bytes, attribute(0x8028, &seal)].concat()
}

#[test]
fn the_sample_request_of_rfc_5769_has_the_fingerprint_that_we_compute() {
    // Section 2.1, up to MESSAGE-INTEGRITY.
    let attributes = [
        attribute(0x8022, b"STUN test client"),
        attribute(0x0024, &[0x6e, 0x00, 0x01, 0xff]),
        attribute(0x8029, &[0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36]),
        attribute(0x0006, b"evtj:h6vY"),
        attribute(
            0x0008,
            &[
                0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2,
                0x49, 0xc1, 0xb5, 0x71, 0xa2,
            ],
        ),
    ]
    .concat();
    assert!(sealed(&attributes).ends_with(&[0x80, 0x28, 0, 4, 0xe5, 0x7a, 0x3b, 0xcf]));
}

#[test]
fn the_sample_addresses_of_rfc_5769_are_hidden_as_there() {
    // Sections 2.2 and 2.3.
    let four = answer(&request(&[]), "192.0.2.1:32853".parse().unwrap()).unwrap();
    assert_eq!(four[..4], [1, 1, 0, 12]);
    assert_eq!(four[20..], [0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
    let mapped = answer(&request(&[]), "[::ffff:192.0.2.1]:32853".parse().unwrap()).unwrap();
    assert_eq!(mapped, four, "an IPv4 address in IPv6 clothes");
    let six = answer(&request(&[]), "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap()).unwrap();
    let hidden =
        [0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9];
    assert_eq!(six[20..28], [0, 0x20, 0, 20, 0, 2, 0xa1, 0x47]);
    assert_eq!(six[28..], hidden);
}

#[test]
fn what_we_would_have_to_understand_is_named_and_the_rest_passed_over() {
    let from = "192.0.2.1:5060".parse().unwrap();
    let known = [attribute(0x0006, b"user"), attribute(0x8022, b"baresip"), attribute(0xC001, &[])].concat();
    assert_eq!(answer(&request(&known), from).unwrap()[..2], [1, 1]);
    // CHANGE-REQUEST would have us answer from elsewhere.
    let change = [attribute(0x0003, &[0, 0, 0, 6]), attribute(0x7777, &[1])].concat();
    let refused = answer(&request(&change), from).unwrap();
    assert_eq!(refused[..4], [1, 0x11, 0, 16]);
    assert_eq!(refused[20..], [0, 9, 0, 4, 0, 0, 4, 20, 0, 10, 0, 4, 0, 3, 0x77, 0x77]);
    let many = attribute(0x0003, &[]).repeat(100);
    let answer = answer(&request(&many), from).unwrap();
    assert!(answer.len() < request(&many).len() && answer.len() < 64, "no more than it brought");
}

#[test]
fn a_sealed_request_gets_a_sealed_answer_and_a_wrong_seal_none() {
    let from = "192.0.2.1:5060".parse().unwrap();
    let good = sealed(&[]);
    let sealed_answer = answer(&good, from).unwrap();
    assert_eq!(sealed_answer[..4], [1, 1, 0, 20]);
    let (body, seal) = sealed_answer.split_at(sealed_answer.len() - 8);
    assert_eq!(seal, attribute(0x8028, &fingerprint(body).to_be_bytes()));
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        // A turned bit of the seal's own type makes it another attribute, which may be passed over or not.
        assert!(at / 2 == 10 || answer(&bad, from).is_none(), "byte {at}");
    }
    assert_eq!(answer(&[good, attribute(0x8022, b"more")].concat(), from), None);
}

#[test]
fn cut_long_and_lying_requests_get_no_answer() {
    let from = "192.0.2.1:5060".parse().unwrap();
    let whole = request(&[attribute(0x0006, b"user"), attribute(0x8022, b"agent")].concat());
    for cut in 0..whole.len() {
        assert_eq!(answer(&whole[..cut], from), None, "{cut}");
    }
    for length in [5, 8, 0xfffd, 0xffff, 0] {
        let lie = [&[0, 6][..], &u16::to_be_bytes(length), &[b'x'; 4]].concat();
        assert_eq!(answer(&request(&lie), from), None, "{length}");
    }
    assert_eq!(answer(&request(&attribute(0x8022, &[0; 600])), from), None, "too long");
    for kind in [0x0101_u16, 0x0111, 0x0011, 0x0002, 0x0003] {
        let mut other = request(&[]);
        other[..2].copy_from_slice(&kind.to_be_bytes());
        assert!(is_stun(&other) && answer(&other, from).is_none(), "{kind:#x}");
    }
    assert!(!is_stun(b"OPTIONS sip:a SIP/2.0\r\n\r\n") && !is_stun(&[0; 20]) && !is_stun(&[]));
}
