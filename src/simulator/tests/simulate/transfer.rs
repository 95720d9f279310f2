//! Staff phones that transfer, consult on a second line and take calls over with another phone, as desk phones do by themselves.

use std::time::Duration;

use sip::sdp::{self, Codec, Direction};
use sip::{Host, Invite, NameAddr, SessionId, Target, Uri};

use super::deeds::Deed;
use super::house::{DESKS, HOUSE, OUTSIDE, REALM};
use super::phone::Stage;
use super::world::World;

impl World {
    /// Somebody to be transferred to; mostly of the house.
    pub fn somebody(&mut self) -> String {
        let desk = self.dice.pick(&DESKS);
        let other = self.dice.pick(&["d2", "x1", "op2", "lead", "110", "999", "nobody", OUTSIDE, ""]);
        self.dice.weigh(&[(80, desk), (20, other)]).to_owned()
    }

    fn at_house(&mut self, user: &str) -> Uri {
        let elsewhere = self.dice.permille(30);
        let host = if elsewhere { "elsewhere.example" } else { REALM };
        Uri::sip(user, Host::parse(host).unwrap(), None)
    }

    /// Blind: the transfer key, then a number. Some phones hang up without waiting for what comes of it.
    pub fn refers(&mut self, phone: usize, session: SessionId, to: &str) {
        let target = self.at_house(to);
        // A machine that is busy otherwise does not send it.
        if self.phones[phone].stack.refer(self.now, session, target, None).is_ok() && self.dice.permille(250)
        {
            let wait = self.dice.ms(30, 1_500);
            self.plan(phone, session, wait, Deed::HangUp);
        }
    }

    /// Where a phone that is diverted points.
    pub fn points_to(&mut self) -> Vec<(&'static str, String)> {
        let to =
            self.dice.pick(&["sip:d2@hotline.example", "sip:x1@10.0.0.1", "sip:x@elsewhere.example", ""]);
        if to.is_empty() { Vec::new() } else { vec![("Contact", format!("<{to}>"))] }
    }

    /// Holds the line and dials somebody on a second one.
    pub fn consults(&mut self, phone: usize, first: SessionId, to: &str) {
        self.phones[phone].change(self.now, first, Direction::SendOnly, false);
        let Some(post) = self.phones[phone].lines.get(&first).map(|line| line.post) else { return };
        let headers = vec![("Subject".to_owned(), "second line".to_owned())];
        let Some(session) = self.calls_house(phone, post, to, headers) else { return };
        if let Some(line) = self.phones[phone].lines.get_mut(&session) {
            line.beside = Some(first);
        }
        if self.dice.permille(200) {
            let wait = self.dice.ms(100, 8_000);
            self.plan(phone, session, wait, Deed::Attend);
        }
    }

    fn calls_house(
        &mut self,
        phone: usize,
        post: super::house::Post,
        to: &str,
        headers: Vec<(String, String)>,
    ) -> Option<SessionId> {
        let keys = self.key_way();
        let line = self.phones[phone].line(self.now, post, Stage::Dialling, keys);
        let this = &mut self.phones[phone];
        let house = Host::parse(&HOUSE.ip().to_string()).unwrap();
        let uri = Uri::sip(to, house.clone(), Some(HOUSE.port()));
        let invite = Invite {
            to: Target::Uri(Box::new(uri), this.flow()),
            from: NameAddr::new(Uri::sip(&this.name.clone(), house, None)),
            headers,
            offer: Some(sdp::offer(
                line.local,
                &[Codec::Pcma, Codec::Pcmu],
                Direction::SendRecv,
                &sdp::Shield::clear(),
            )),
            credentials: Some(this.credentials()),
            policy: None,
            token: 0,
        };
        let session = this.stack.invite(self.now, invite).ok()?;
        this.lines.insert(session, line);
        let patience = self.dice.ms(2_000, 60_000);
        self.plan(phone, session, patience, Deed::HangUp);
        Some(session)
    }

    /// Attended: both lines become one, by a REFER in either; or the second line is given up.
    pub fn attends(&mut self, phone: usize, second: SessionId) {
        let Some(first) = self.phones[phone].lines.get(&second).and_then(|line| line.beside) else { return };
        let target = self.at_house("037");
        let (by, instead_of) = match self.dice.below(100) {
            0..65 => (first, second),
            65..85 => (second, first),
            _ => return self.plan(phone, second, Duration::from_millis(10), Deed::HangUp),
        };
        // While nothing rings there is nothing to name yet.
        let _ = self.phones[phone].stack.refer(self.now, by, target, Some(instead_of));
    }

    /// The house answered a call of a staff phone that is no call of a citizen.
    pub fn second_line_is_up(&mut self, phone: usize, session: SessionId) {
        let wait = self.dice.ms(300, 9_000);
        let beside = self.phones[phone].lines.get(&session).is_some_and(|line| line.beside.is_some());
        self.plan(phone, session, wait, if beside { Deed::Attend } else { Deed::Whim });
    }

    /// The second line is over: the first is taken back.
    pub fn retrieve(&mut self, phone: usize, first: SessionId) {
        let wait = self.dice.ms(200, 3_000);
        self.plan(phone, first, wait, Deed::Change(Direction::SendRecv, false));
    }

    /// What the house reports of a transfer: most phones hang up when it is done, and go on when it is not.
    pub fn transfer_told(&mut self, phone: usize, session: SessionId, status: u16) {
        let wait = self.dice.ms(10, 2_000);
        if status >= 300 {
            self.plan(phone, session, wait, Deed::Change(Direction::SendRecv, false));
        } else if self.dice.permille(800) {
            self.plan(phone, session, wait, Deed::HangUp);
        }
    }

    /// The same person takes the line over with another phone.
    pub fn takes_over(&mut self, phone: usize, session: SessionId) {
        let name = &self.phones[phone].name;
        let other = (0..self.phones.len()).find(|p| *p != phone && self.phones[*p].name == *name);
        let Some(line) = self.phones[phone].lines.get(&session) else { return };
        let (Some(other), Ok(value)) = (other, self.phones[phone].stack.replaces(session)) else { return };
        let headers = vec![("Replaces".to_owned(), value.to_string())];
        self.calls_house(other, line.post, "89000", headers);
        self.attend(other);
    }
}
