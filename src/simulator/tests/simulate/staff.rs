//! Those who work for the house: operators, desks, liaisons, emergency lines. Each does what comes to mind.

use std::net::SocketAddr;
use std::time::Duration;

use sip::sdp::Direction;
use sip::{SessionId, Transport};

use super::carrier::CARRIERS;
use super::citizen::G729;
use super::deeds::Deed;
use super::house::{self, DESKS, Post};
use super::tricks::Trick;
use super::world::{Chore, World};

impl World {
    /// Puts every phone in its place; the registered ones come in the first seconds.
    pub fn install(&mut self) {
        self.put("exchange", Post::Trunk, house::exchange(1), Transport::Udp);
        self.put("exchange-2", Post::Trunk, house::exchange(2), Transport::Udp);
        self.put("exchange-3", Post::Trunk, house::exchange(3), Transport::Udp);
        self.put("exchange-4", Post::Trunk, house::exchange(4), Transport::Udp);
        for (n, (name, post)) in (1u8..).zip(house::phones_of(&self.weather).collect::<Vec<_>>()) {
            let at = SocketAddr::from(([10, 1, 0, n], 5060));
            let by = self.dice.weigh(&[(85, Transport::Udp), (15, Transport::Tcp)]);
            let phone = self.put(name, post, at, by);
            if self.dice.permille(80) {
                // A second phone of the same person: whichever registered last is rung.
                let at = SocketAddr::from(([10, 1, 1, n], 5060));
                let other = self.put(name, post, at, Transport::Udp);
                let wait = self.dice.ms(0, 60_000);
                self.chore_later(other, wait, Chore::Register);
            }
            let absent = self.dice.permille(if post == Post::Operator { 50 } else { 120 });
            if !absent {
                let wait = self.dice.ms(0, 2_500);
                self.chore_later(phone, wait, Chore::Register);
            }
        }
    }

    /// It rings: whether, how and when this person picks up.
    pub fn decide_about_ringing(&mut self, phone: usize, session: SessionId, post: Post) {
        let ringing = self.dice.ms(20, 400);
        let refusals: &[u16] = &[486, 600, 603, 480, 404, 484, 500, 503, 408, 302];
        let refuse = Deed::Refuse(self.dice.pick(refusals));
        let good = if post == Post::Emergency { 850 } else { 700 };
        let deed = match self.dice.below(1000) {
            n if n < good => Some((self.dice.ms(300, 9_000), Deed::Answer)),
            // Just as the house gives up.
            n if n < good + 4 => Some((self.dice.ms(500, 9_000), Deed::TakeOver)),
            n if n < good + 60 => Some((self.dice.ms(19_800, 20_150), Deed::Answer)),
            n if n < good + 140 => Some((self.dice.ms(100, 15_000), refuse)),
            n if n < good + 155 => {
                let body = self.dice.pick(&["", "v=0\r\nnonsense\r\n", G729]);
                Some((self.dice.ms(300, 5_000), Deed::AnswerBadly(body)))
            }
            _ => None,
        };
        // Who says nothing at all for long could not be told that it is over.
        let at_once = deed.as_ref().is_some_and(|(wait, _)| *wait < Duration::from_secs(9));
        if !at_once || self.dice.permille(930) {
            let status = self.dice.weigh(&[(90, 180), (10, 183)]);
            self.plan(phone, session, ringing, Deed::Ring(status));
        }
        if let Some((wait, deed)) = deed {
            self.plan(phone, session, wait.max(ringing), deed);
        }
    }

    /// Picked up: what comes first.
    pub fn plan_talk(&mut self, phone: usize, session: SessionId, post: Post) {
        let soon = self.dice.ms(500, 6_000);
        match post {
            Post::Desk | Post::Liaison => {
                let keys = self.dice.weigh(&[
                    (70, "1"),
                    (6, "2"),
                    (6, "21"),
                    (4, "23"),
                    (4, "51"),
                    (2, "*1"),
                    (6, "17001#1"),
                    (3, "17001#2"),
                    (8, ""),
                ]);
                self.plan(phone, session, soon, Deed::Keys(keys.to_owned()));
                if self.dice.permille(60) {
                    self.plan(phone, session, soon, Deed::HangUp);
                }
                let wait = soon + self.dice.ms(3_000, 20_000);
                self.plan(phone, session, wait, Deed::Whim);
            }
            Post::Operator | Post::Lead | Post::Emergency | Post::Trunk | Post::Citizen => {
                self.plan(phone, session, soon, Deed::Whim)
            }
        }
    }

    /// Something that this person does now; the next one follows.
    pub fn whim(&mut self, phone: usize, session: SessionId, post: Post) {
        let deed = match post {
            Post::Operator | Post::Lead => self.whim_of_operator(phone),
            Post::Desk | Post::Liaison => self.whim_of_desk(phone),
            Post::Emergency | Post::Trunk => self.whim_of_others(),
            Post::Citizen => self.whim_of_citizen(),
        };
        let wait = self.dice.weigh(&[(80, self.weather.whims), (20, (9_000, 40_000))]);
        let wait = self.dice.ms(wait.0, wait.1);
        self.plan(phone, session, wait, Deed::Whim);
        if let Some(deed) = deed {
            self.deed(phone, session, deed);
        }
    }

    fn whim_of_operator(&mut self, phone: usize) -> Option<Deed> {
        let desk = self.dice.pick(&DESKS);
        let line = self.dice.pick(&["1", "2", "3", "4"]);
        let keys = |keys: &str| Some(Deed::Keys(keys.to_owned()));
        match self.dice.below(100) {
            0..8 => Some(Deed::HangUp),
            8..25 => keys(&format!("*2{desk}#")),
            25..42 => keys(&format!("*3{desk}#")),
            42..44 => keys(self.dice.pick(&["*2#", "*3#"])),
            44..50 => keys(self.dice.pick(&["*4", "0"])),
            50..56 => keys(self.dice.pick(&["*5", "#"])),
            56..62 => keys(self.dice.pick(&["*7", "*"])),
            62..68 => keys("*6"),
            68..70 => keys("*1"),
            70..75 => keys("*8"),
            75..80 => keys(&format!("*9{line}{line}")),
            80..82 => keys(self.dice.pick(&["**", "*9", "*99", "123#", "*30#", "*0"])),
            82..86 => self.change_of_stream(),
            86..89 => Some(Deed::Silent(self.dice.permille(500))),
            89..91 => self.mishap(phone),
            91 => Some(Deed::Trick(Trick::any(&mut self.dice))),
            92..94 => Some(Deed::Refer(self.somebody())),
            94..97 => Some(Deed::Consult(self.somebody())),
            97 => Some(Deed::TakeOver),
            _ => None,
        }
    }

    fn whim_of_desk(&mut self, phone: usize) -> Option<Deed> {
        let keys = |keys: &str| Some(Deed::Keys(keys.to_owned()));
        match self.dice.below(100) {
            0..15 => Some(Deed::HangUp),
            15..35 => keys("*5"),
            35..42 => keys("*6"),
            42..55 => keys("*7"),
            55..60 => keys(self.dice.pick(&["1", "2", "*", "3#", "*9"])),
            60..68 => self.change_of_stream(),
            68..72 => Some(Deed::Silent(self.dice.permille(500))),
            72..74 => self.mishap(phone),
            74 => Some(Deed::Trick(Trick::any(&mut self.dice))),
            75..77 => Some(Deed::Trick(Trick::Fork)),
            77..83 => Some(Deed::Refer(self.somebody())),
            83..85 => Some(Deed::TakeOver),
            85 => Some(Deed::Consult(self.somebody())),
            _ => None,
        }
    }

    fn whim_of_others(&mut self) -> Option<Deed> {
        match self.dice.below(100) {
            0..30 => Some(Deed::HangUp),
            30..36 => self.change_of_stream(),
            36..40 => Some(Deed::Silent(self.dice.permille(500))),
            40..45 => Some(Deed::Keys("*7".into())),
            // Asked after the fact.
            45..65 => Some(Deed::Keys(self.dice.pick(&["1", "1", "2", "5", "3", "0", "#"]).into())),
            _ => None,
        }
    }

    /// Hold, retrieval, another address.
    pub fn change_of_stream(&mut self) -> Option<Deed> {
        let direction = self.dice.weigh(&[
            (40, Direction::SendRecv),
            (30, Direction::SendOnly),
            (20, Direction::Inactive),
            (10, Direction::RecvOnly),
        ]);
        let moves = self.dice.permille(200);
        Some(Deed::Change(direction, moves))
    }

    /// The phone itself fails in the middle of a talk.
    fn mishap(&mut self, phone: usize) -> Option<Deed> {
        let span = self.dice.weigh(&[(50, (500, 8_000)), (50, (8_000, 50_000))]);
        let span = self.dice.ms(span.0, span.1);
        let chore = self.dice.weigh(&[
            (40, Chore::Unregister),
            (20, Chore::Restart),
            (40, Chore::Deaf(span)),
            (30, Chore::Cut),
        ]);
        self.chore_later(phone, Duration::from_millis(1), chore);
        None
    }

    /// A phone fails, whether it is in use or not; or the exchange is cut off.
    pub fn something_fails(&mut self) {
        let all: Vec<usize> =
            (0..self.phones.len()).filter(|p| *p < CARRIERS || self.phones[*p].is_staff()).collect();
        let phone = self.dice.pick(&all);
        if phone < CARRIERS {
            let span = self.dice.ms(1_000, 20_000);
            self.carriers.unwell(phone, self.now + span);
            return self.chore(phone, Chore::Deaf(span));
        }
        self.mishap(phone);
    }
}
