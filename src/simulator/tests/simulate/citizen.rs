//! Those who call: patient or not, keying anything, hanging up at any moment, by any network.

use std::net::SocketAddr;
use std::time::Duration;

use sip::sdp::{self, Codec, Direction};
use sip::{Host, Invite, NameAddr, SessionId, Target, Transport, Uri};

use super::deeds::Deed;
use super::house::{ACCESS, DESKS, HOUSE, NUMBERS, Post};
use super::phone::{KeyWay, Stage};
use super::tricks::Trick;
use super::world::{Thing, World};

/// How somebody describes their end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Offer {
    Usual,
    MuLaw,
    Late,
    Held,
    /// G.722 before G.711.
    Wide,
    NoCodec,
    Garbage,
}

impl World {
    /// The next citizen calls; then one more, or it will be evening.
    pub fn citizen_comes(&mut self) {
        if self.to_come == 0 {
            return self.no_more_citizens();
        }
        self.to_come -= 1;
        let phone = self.telephone();
        self.dial(phone);
        self.attend(phone);
        let pause = self.weather.pause;
        let wait = self.dice.ms(0, 2 * pause);
        self.later(wait, Thing::Citizen);
    }

    /// Most come through the exchanges of the trunk, some have an address of their own, some call from a phone of ours.
    fn telephone(&mut self) -> usize {
        let n = u16::try_from(self.to_come % 60_000).unwrap();
        let own = |net: u8| {
            let [high, low] = (n + 1).to_be_bytes();
            SocketAddr::from(([10, net, high + 1, low], 5060))
        };
        match self.dice.weigh(&[(35, 0), (20, 1), (10, 5), (10, 6), (12, 2), (10, 3), (3, 4)]) {
            0 => 0,
            1 => 1,
            5 => 2,
            6 => 3,
            2 => {
                let phone = self.put("citizen", Post::Citizen, own(9), Transport::Udp);
                self.phones[phone].no_ack = self.dice.permille(120);
                phone
            }
            3 => self.put("tcp-citizen", Post::Citizen, own(8), Transport::Tcp),
            _ => {
                let staff: Vec<usize> =
                    (0..self.phones.len()).filter(|p| self.phones[*p].is_staff()).collect();
                self.dice.pick(&staff)
            }
        }
    }

    fn dial(&mut self, phone: usize) {
        let keys = self.key_way();
        let mut line = self.phones[phone].line(self.now, Post::Citizen, Stage::Dialling, keys);
        let kind = self.dice.weigh(&[
            (64, Offer::Usual),
            (20, Offer::Wide),
            (4, Offer::MuLaw),
            (6, Offer::Late),
            (2, Offer::Held),
            (2, Offer::NoCodec),
            (2, Offer::Garbage),
        ]);
        line.late_offer = kind == Offer::Late;
        let offer =
            |codecs, direction| Some(sdp::offer(line.local, codecs, direction, &sdp::Shield::clear()));
        let offer = match kind {
            Offer::Usual => offer(&[Codec::Pcma, Codec::Pcmu], Direction::SendRecv),
            Offer::Wide => offer(&[Codec::G722, Codec::Pcma], Direction::SendRecv),
            Offer::MuLaw => offer(&[Codec::Pcmu], Direction::SendRecv),
            Offer::Held => offer(&[Codec::Pcma], Direction::SendOnly),
            Offer::Late => None,
            Offer::NoCodec => Some(G729.as_bytes().to_vec()),
            Offer::Garbage => Some(b"v=0\r\nthis is no description\r\n".to_vec()),
        };
        let (user, credentials) = if self.phones[phone].is_staff() {
            (self.phones[phone].name.clone(), Some(self.phones[phone].credentials()))
        } else {
            let known = format!("138{:08}", self.to_come);
            (self.dice.weigh(&[(90, known.as_str()), (5, "anonymous"), (5, "alice")]).to_owned(), None)
        };
        let mut headers = Vec::new();
        if self.dice.permille(100) {
            headers.push(("P-Asserted-Identity".to_owned(), format!("<tel:+86139{:08}>", self.to_come)));
        }
        if self.dice.permille(50) {
            headers.push(("Privacy".to_owned(), "id".to_owned()));
        }
        if matches!(kind, Offer::Usual | Offer::MuLaw) && self.dice.permille(300) {
            headers.push(("P-Early-Media".to_owned(), "supported".to_owned()));
        }
        let number = self.number();
        let (to, from) = self.ends_of_a_call(phone, &user, number);
        let invite = Invite { to, from, headers, offer, credentials, policy: None, token: 0 };
        let session = self.phones[phone].stack.invite(self.now, invite).unwrap();
        self.phones[phone].lines.insert(session, line);
        let patience = self.patience();
        self.plan(phone, session, patience, Deed::HangUp);
        if number == ACCESS {
            self.key_in(phone, session);
        }
        self.misbehave(phone, session);
    }

    /// A unit keys case and staff number, mostly well.
    fn key_in(&mut self, phone: usize, session: SessionId) {
        let case = self.dice.weigh(&[(80, "261009000012#"), (10, "261009000013#"), (10, "2610")]);
        let staff = self.dice.weigh(&[(80, "2001#"), (10, "999#"), (10, "*")]);
        let mut wait = Duration::ZERO;
        for keys in [case, staff] {
            wait += self.dice.ms(2_000, 9_000);
            self.plan(phone, session, wait, Deed::Keys(keys.to_owned()));
        }
    }

    fn ends_of_a_call(&self, phone: usize, user: &str, number: &str) -> (Target, NameAddr) {
        let house = Host::parse(&HOUSE.ip().to_string()).unwrap();
        let uri = Uri::sip(number, house.clone(), Some(HOUSE.port()));
        let to = Target::Uri(Box::new(uri), self.phones[phone].flow());
        (to, NameAddr::new(Uri::sip(user, house, None)))
    }

    /// A citizen calls who keys just this.
    pub fn sent_on_errand(&mut self, keys: KeyWay, errand: &str) {
        let phone = 0;
        let mut line = self.phones[phone].line(self.now, Post::Citizen, Stage::Dialling, keys);
        line.errand = Some(errand.to_owned());
        let offer = Some(sdp::offer(line.local, &[Codec::Pcma], Direction::SendRecv, &sdp::Shield::clear()));
        let (to, from) = self.ends_of_a_call(phone, "13800000000", NUMBERS[0]);
        let invite =
            Invite { to, from, headers: Vec::new(), offer, credentials: None, policy: None, token: 0 };
        let session = self.phones[phone].stack.invite(self.now, invite).unwrap();
        self.phones[phone].lines.insert(session, line);
        self.plan(phone, session, Duration::from_secs(90), Deed::HangUp);
        self.attend(phone);
    }

    fn number(&mut self) -> &'static str {
        self.dice.weigh(&[
            (60, NUMBERS[0]),
            (20, NUMBERS[1]),
            (15, "+8653589000"),
            (4, ACCESS),
            (3, "12345"),
            (1, "8900"),
            (1, "nobody"),
        ])
    }

    /// How long somebody stays at most.
    fn patience(&mut self) -> Duration {
        let (from, to) = self.dice.weigh(&[
            (4, (0, 60)),
            (6, (50, 3_000)),
            (20, (3_000, 25_000)),
            (40, (25_000, 100_000)),
            (30, (100_000, 300_000)),
        ]);
        self.dice.ms(from, to)
    }

    fn misbehave(&mut self, phone: usize, session: SessionId) {
        if self.dice.permille(20) {
            // Before or after anything was heard of the house.
            let wait = self.dice.ms(1, 120);
            self.plan(phone, session, wait, Deed::Trick(Trick::Cancel));
        }
        if self.dice.permille(40) {
            for _ in 0..=self.dice.below(6) {
                let (wait, trick) = (self.dice.ms(500, 40_000), Trick::any(&mut self.dice));
                self.plan(phone, session, wait, Deed::Trick(trick));
            }
        }
        if self.phones[phone].transport == Transport::Tcp && self.dice.permille(150) {
            let wait = self.dice.ms(1, 20_000);
            self.plan(phone, session, wait, Deed::Trick(Trick::Cut));
        }
    }

    /// The house answered: what this citizen is up to.
    pub fn citizen_is_up(&mut self, phone: usize, session: SessionId) {
        let errand = self.phones[phone].lines.get_mut(&session).and_then(|l| l.errand.take());
        if let Some(errand) = errand {
            return self.plan(phone, session, Duration::from_secs(20), Deed::Keys(errand));
        }
        let soon = self.dice.ms(300, 9_000);
        if let Some(keys) = self.errand() {
            self.plan(phone, session, soon, Deed::Keys(keys));
        }
        let wait = soon + self.dice.ms(1_000, 20_000);
        self.plan(phone, session, wait, Deed::Whim);
    }

    /// What somebody keys who knows what they want.
    fn errand(&mut self) -> Option<String> {
        let desk = self.dice.pick(&DESKS);
        let case = call::case_no::make("261012", 1 + u32::try_from(self.dice.below(90)).unwrap());
        let case = case.unwrap_or_default();
        let code: String = (0..4).map(|_| self.dice.digit()).collect();
        let any: String = (0..1 + self.dice.below(6)).map(|_| self.dice.pick(&KEYS)).collect();
        match self.dice.below(100) {
            0..12 => Some(format!("2{desk}1")),
            12..16 => Some(format!("2{desk}#1")),
            16..22 => Some(format!("1{case}")),
            22..26 => Some(format!("1{case}#{code}")),
            26..28 => Some(format!("1{}", "7".repeat(12))),
            28..34 => Some("3".to_owned()),
            34..38 => Some("4".to_owned()),
            38..50 => Some(any),
            50..54 => Some("0".to_owned()),
            _ => None,
        }
    }

    pub fn whim_of_citizen(&mut self) -> Option<Deed> {
        let keys = |keys: String| Some(Deed::Keys(keys));
        match self.dice.below(100) {
            0..3 => Some(Deed::HangUp),
            5..13 => keys("*0".to_owned()),
            13..30 => keys(self.dice.pick(&KEYS).to_string()),
            30..38 => keys(self.dice.pick(&["1", "2", "11", "22", "51", "5"]).to_owned()),
            49..57 => self.errand().map(Deed::Keys),
            38..42 => keys((0..1 + self.dice.below(14)).map(|_| self.dice.pick(&KEYS)).collect()),
            42..46 => self.change_of_stream(),
            46..49 => Some(Deed::Silent(self.dice.permille(400))),
            _ => None,
        }
    }
}

const KEYS: [char; 16] = ['0', '1', '1', '1', '2', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A'];

/// An offer that the house has nothing in common with.
pub const G729: &str = "v=0\r\no=- 1 1 IN IP4 10.9.0.9\r\ns=-\r\nc=IN IP4 10.9.0.9\r\nt=0 0\r\n\
                    m=audio 4000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n";
