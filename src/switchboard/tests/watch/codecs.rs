//! What is answered to a citizen and offered to who is rung: what is allowed, and wide sound only where somebody else has it.

use std::sync::Arc;

use call::ids::{Address, Skill, StaffNo};
use call::plan::Operator;
use media::Command;
use media::command::{Codec as Spoken, Stream};
use sip::sdp::Codec::{self, G722, Pcma, Pcmu};
use switchboard::contract::{Setup, Trunk};

use super::bare;
use super::world::{PHONE, World, setup};

/// A house whose trunk from the town may speak this, and so may the one to the world.
fn house(town: &[Codec], out: &[Codec]) -> Setup {
    let mut setup = setup();
    for (trunk, codecs) in setup.trunks.iter_mut().zip([town, out]) {
        *trunk = Trunk { codecs: codecs.to_vec(), ..trunk.clone() };
    }
    setup.phone_codecs = vec![G722, Pcma, Pcmu];
    setup
}

/// The same with an operator at a phone of the house.
fn with_phone(town: &[Codec]) -> World {
    let operator = Operator {
        staff: StaffNo("1001".into()),
        address: Address::Phone("op1".into()),
        skills: vec![Skill("general".into())],
        ready_on_register: false,
    };
    let mut world = World::new(Setup { plan: Arc::new(bare::plan(vec![operator])), ..house(town, &[Pcma]) });
    assert_eq!(world.register(PHONE, "secret", 1), 200);
    world
}

fn described(formats: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 10.7.0.1\r\ns=-\r\nc=IN IP4 10.7.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP {formats}\r\n"
    )
}

/// The formats of a description's audio.
fn formats(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.lines().find_map(|line| line.strip_prefix("m=audio ")).unwrap_or_default();
    line.split_once("RTP/AVP ").map(|(_, formats)| formats.to_owned()).unwrap_or_default()
}

/// A citizen calls from the town with these formats; those of the answer.
fn citizen(world: &mut World, offer: &str) -> String {
    world.citizen_with("a", Some(&described(offer)));
    world.response(200).map(|r| formats(&r.body)).unwrap_or_default()
}

fn streams(world: &World) -> Vec<Stream> {
    let stream = |command: &Command| match command {
        Command::Open { media, .. } | Command::Update { media, .. } => Some(media.clone()),
        _ => None,
    };
    world.media.iter().filter_map(stream).collect()
}

#[test]
fn a_phone_is_offered_wide_sound_where_the_citizen_has_it() {
    let rows: [(&[Codec], &str, &str, &str); 7] = [
        (&[Pcma, Pcmu], "9 8 0", "8", "8 0 101"),
        (&[G722, Pcma, Pcmu], "9 8 0", "9", "9 8 0 101"),
        (&[Pcma, Pcmu, G722], "9 8 0", "9", "9 8 0 101"),
        (&[G722, Pcma], "8 9", "8", "8 0 101"),
        (&[G722, Pcma], "0 8", "8", "8 0 101"),
        (&[G722], "8 9", "9", "9 8 0 101"),
        (&[Pcmu], "8 0", "0", "8 0 101"),
    ];
    for (town, offer, answer, rung) in rows {
        let mut world = with_phone(town);
        assert_eq!(citizen(&mut world, offer), answer, "{town:?} {offer}");
        let (_, invite) = world.next_invite().unwrap();
        assert_eq!(formats(&invite.body), rung, "{town:?} {offer}");
    }
}

#[test]
fn a_citizen_without_any_codec_that_is_allowed_hears_488() {
    for (town, offer) in [(&[Pcma, Pcmu][..], "9"), (&[Pcma], "0 9"), (&[G722], "8 0"), (&[G722], "18")] {
        let mut world = with_phone(town);
        assert_eq!(citizen(&mut world, offer), "", "{town:?} {offer}");
        let refusal = world.response(488).unwrap();
        assert!(refusal.headers.get("Warning").unwrap().starts_with("305 "), "{town:?} {offer}");
        assert!(world.next_invite().is_none());
    }
}

#[test]
fn who_is_rung_outside_is_offered_what_the_trunk_allows_and_the_call_can_use() {
    let rows: [(&str, &[Codec], &str); 5] = [
        ("9 8", &[G722, Pcma], "9 8 101"),
        ("9 8", &[Pcma, G722], "8 9 101"),
        ("9 8", &[Pcma], "8 101"),
        ("8", &[G722, Pcma], "8 101"),
        // Nothing else is allowed: then it costs what it costs.
        ("8", &[G722], "9 101"),
    ];
    for (offer, out, rung) in rows {
        let mut world = World::new(house(&[G722, Pcma, Pcmu], out));
        citizen(&mut world, offer);
        let (_, invite) = world.next_invite().unwrap();
        assert_eq!(formats(&invite.body), rung, "{offer} {out:?}");
    }
}

#[test]
fn an_answer_with_several_formats_lets_the_far_end_change_between_them() {
    let mut world = with_phone(&[G722, Pcma]);
    citizen(&mut world, "9 8");
    let (to, invite) = world.next_invite().unwrap();
    world.media.clear();
    world.answer(to, &invite, 200, &described("9 0 8"));
    let agreed = streams(&world).pop().unwrap();
    assert_eq!((agreed.codec, agreed.payload_type), (Spoken::G722, 9));
    assert_eq!(agreed.also, [(0, Spoken::Pcmu), (8, Spoken::Pcma)]);
}

#[test]
fn a_citizen_changes_the_codec_by_re_invite_within_what_is_allowed() {
    let mut world = with_phone(&[Pcma, G722]);
    assert_eq!(citizen(&mut world, "9 8"), "9");
    for (seq, offer, answer, codec) in [(3, "8", "8", Spoken::Pcma), (4, "9 8", "9", Spoken::G722)] {
        world.sent.clear();
        world.media.clear();
        world.further_with("a", "INVITE", seq, &described(offer));
        assert_eq!(world.response(200).map(|r| formats(&r.body)).as_deref(), Some(answer), "{offer}");
        assert_eq!(streams(&world).pop().unwrap().codec, codec);
        world.further("a", "ACK", seq);
    }
    world.sent.clear();
    world.media.clear();
    world.further_with("a", "INVITE", 5, &described("0"));
    assert!(world.response(488).is_some(), "mu-law is not allowed: the call goes on as it was");
    assert!(streams(&world).is_empty());
}
