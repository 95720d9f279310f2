//! Wide sound (G.722) from end to end: what is above 4 kHz goes through both ways where both ends speak it, and a call in which
//! somebody can't is what it was. With phones of our own, and with baresip.

use phone::{Account, Call, Codec, Phone};
use serde_json::Value;

use crate::baresip::Baresip;
use crate::house::{CITIZEN, House, runtime, staff};
use crate::patience::s;
use crate::peers_are_here;

/// Above what G.711 carries, hertz: of the citizen, the operator and the window.
const HIGH: [u32; 3] = [5_500, 6_300, 4_700];
/// Within it, and no key.
const LOW: [u32; 3] = [2_130, 1_370, 3_010];
/// What would be heard of `HIGH` where it folded back at 8 kHz.
const FOLDED: [u32; 3] = [2_500, 1_700, 3_300];

/// A citizen behind the trunk who speaks these, best first.
async fn in_town(house: &House, codecs: &[Codec]) -> Phone {
    Phone::start(Account { codecs: codecs.to_vec(), ..Account::new("town", "", house.udp) }).await.unwrap()
}

/// The citizen and the operator in talk.
async fn talk(town: &Phone, operator: &Phone) -> (Call, Call) {
    let dialing = town.dial(phone::Dial::to("89000").caller(CITIZEN)).unwrap();
    let operator = operator.incoming().await.unwrap().answer().await.unwrap();
    (dialing.answered().await.unwrap(), operator)
}

/// The codecs of the legs of a call's record, by their seats.
fn codecs(call: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let legs = call["legs"].as_array().unwrap();
    let mut all: Vec<_> = legs.iter().map(|leg| (text(&leg["seat"]), text(&leg["codec"]))).collect();
    all.sort();
    all
}

fn rows(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(seat, codec)| ((*seat).to_owned(), (*codec).to_owned())).collect()
}

#[test]
fn a_wide_citizen_and_a_wide_operator_hear_what_is_above_4_khz_and_a_narrow_window_the_rest() {
    let house = House::with_trunk("codecs = [\"pcma\", \"g722\"]\n");
    runtime().block_on(async {
        let town = in_town(&house, &[Codec::G722, Codec::Pcma]).await;
        let op1 = staff(&house, "op1").await;
        let narrow = Account {
            codecs: vec![Codec::Pcmu],
            ..Account::new("desk037", &house.password("desk037"), house.udp)
        };
        let window = Phone::start(narrow).await.unwrap();
        window.register().await.unwrap();

        let (citizen, operator) = talk(&town, &op1).await;
        assert_eq!((citizen.codec(), operator.codec()), (Some(Codec::G722), Some(Codec::G722)));
        citizen.tone(HIGH[0]);
        operator.tone(HIGH[1]);
        operator.until_hears(&[HIGH[0]], &[HIGH[1], FOLDED[0]], s(20)).await.unwrap();
        citizen.until_hears(&[HIGH[1]], &[HIGH[0], FOLDED[1]], s(10)).await.unwrap();

        // A window with mu-law: it hears both, the others each other as before.
        operator.digits("*3037#").await.unwrap();
        let desk = window.incoming().await.unwrap().answer().await.unwrap();
        assert_eq!(desk.codec(), Some(Codec::Pcmu));
        desk.digits("1").await.unwrap();
        desk.tone(LOW[2]);
        citizen.until_hears(&[HIGH[1], LOW[2]], &[HIGH[0]], s(15)).await.unwrap();
        operator.until_hears(&[HIGH[0], LOW[2]], &[HIGH[1]], s(10)).await.unwrap();
        desk.until_hears(&[], &[FOLDED[0], FOLDED[1], LOW[2]], s(10)).await.unwrap();
        citizen.tone(LOW[0]);
        operator.tone(LOW[1]);
        desk.until_hears(&[LOW[0], LOW[1]], &[LOW[2]], s(10)).await.unwrap();
        citizen.until_hears(&[LOW[1], LOW[2]], &[LOW[0]], s(10)).await.unwrap();
        operator.until_hears(&[LOW[0], LOW[2]], &[LOW[1]], s(10)).await.unwrap();

        // The citizen's phone turns to G.711 and back.
        citizen.recode(&[Codec::Pcma]).await.unwrap();
        assert_eq!(citizen.codec(), Some(Codec::Pcma));
        citizen.until_hears(&[LOW[1], LOW[2]], &[LOW[0]], s(10)).await.unwrap();
        desk.until_hears(&[LOW[0], LOW[1]], &[LOW[2]], s(10)).await.unwrap();
        citizen.recode(&[Codec::G722]).await.unwrap();
        assert_eq!(citizen.codec(), Some(Codec::G722));
        citizen.tone(HIGH[0]);
        operator.until_hears(&[HIGH[0], LOW[2]], &[LOW[0], LOW[1]], s(10)).await.unwrap();
        citizen.until_hears(&[LOW[1], LOW[2]], &[HIGH[0]], s(10)).await.unwrap();
        // Staff may go on talking without the citizen.
        for call in [&citizen, &desk, &operator] {
            call.hang_up();
            call.ended().await;
        }
    });
    let call = house.only_call();
    assert_eq!(
        codecs(&call),
        rows(&[("citizen", "G722"), ("desk", "PCMU"), ("operator", "G722")]),
        "{call:#}"
    );
    house.close(&[CITIZEN, "*3037#"]);
}

#[test]
fn phones_that_could_be_wide_speak_g_711_with_a_citizen_who_can_t() {
    let house = House::open();
    runtime().block_on(async {
        // The trunk may not speak G.722, whatever the citizen's end prefers.
        let town = in_town(&house, &[Codec::G722, Codec::Pcma]).await;
        let op1 = staff(&house, "op1").await;
        let (citizen, operator) = talk(&town, &op1).await;
        assert_eq!((citizen.codec(), operator.codec()), (Some(Codec::Pcma), Some(Codec::Pcma)));
        citizen.tone(LOW[0]);
        operator.tone(LOW[1]);
        operator.until_hears(&[LOW[0]], &[LOW[1]], s(20)).await.unwrap();
        citizen.until_hears(&[LOW[1]], &[LOW[0]], s(10)).await.unwrap();
        citizen.hang_up();
        operator.ended().await;
    });
    let call = house.only_call();
    assert_eq!(codecs(&call), rows(&[("citizen", "PCMA"), ("operator", "PCMA")]), "{call:#}");
    house.close(&[CITIZEN]);
}

#[test]
fn baresip_speaks_g_722_with_the_house_and_hears_and_is_heard_above_4_khz() {
    if !peers_are_here() {
        return;
    }
    let house = House::with_trunk("codecs = [\"g722\", \"pcma\"]\n");
    let mut operator = Baresip::register_wide(&house, "op1", HIGH[1]);
    let mut window = Baresip::register_wide(&house, "desk037", HIGH[2]);
    let runtime = runtime();
    let town = runtime.block_on(in_town(&house, &[Codec::G722, Codec::Pcma]));
    let dialing = runtime.block_on(async { town.dial(phone::Dial::to("89000").caller(CITIZEN)).unwrap() });
    operator.answer();
    let citizen = runtime.block_on(dialing.answered()).unwrap();
    citizen.tone(HIGH[0]);
    operator.until_hears(&[HIGH[0]], &[HIGH[1], FOLDED[0]], s(20));
    runtime.block_on(citizen.until_hears(&[HIGH[1]], &[HIGH[0], FOLDED[1]], s(10))).unwrap();
    operator.keys("*3037#");
    window.answer();
    window.keys("1");
    window.until_hears(&[HIGH[0], HIGH[1]], &[HIGH[2]], s(15));
    operator.until_hears(&[HIGH[0], HIGH[2]], &[HIGH[1]], s(10));
    runtime.block_on(citizen.until_hears(&[HIGH[1], HIGH[2]], &[HIGH[0]], s(10))).unwrap();
    citizen.tone(LOW[0]);
    window.until_hears(&[LOW[0], HIGH[1]], &[HIGH[0], HIGH[2]], s(10));
    runtime.block_on(async {
        citizen.hang_up();
        citizen.ended().await;
    });
    operator.hang_up();
    window.hang_up();
    let call = house.only_call();
    assert_eq!(
        codecs(&call),
        rows(&[("citizen", "G722"), ("desk", "G722"), ("operator", "G722")]),
        "{call:#}"
    );
    for phone in [operator, window] {
        phone.assert_never_heard_itself();
        phone.quit();
    }
    house.close(&[CITIZEN, "*3037#"]);
}
