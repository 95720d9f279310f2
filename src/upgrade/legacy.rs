//! What one life knows, from the switchboard's terms into those of the hand-over, and back.

use std::time::Duration;

use call::event::AgentState;
use call::ids::StaffNo;
use handover::contract::{Leased, Legacy, Lent, Way};
use switchboard::contract::Inheritance;

const OFF: &str = "off";
const BREAK: &str = "break";

/// As it is told; `now`: time since the start of the telling life.
pub(super) fn told(inheritance: Inheritance, open: Vec<String>, parts: u32, now: Duration) -> Legacy {
    let Inheritance { phones, leases, proven, operators, outbound_stopped, away } = inheritance;
    let phone = |lent: sip::Lent| Lent {
        user: lent.user,
        by: lent.by,
        contact: lent.contact.to_string(),
        way: Way::from(&lent.flow),
        call_id: lent.call_id,
        seq: lent.seq,
        left_ms: millis(lent.left),
    };
    let lease = |lease: sip::Lease| Leased {
        name: lease.name,
        user: lease.user,
        password: lease.password.to_string(),
        left_ms: millis(lease.until.saturating_sub(now)),
    };
    let resting = |(staff, state): (StaffNo, AgentState)| {
        let word = if state == AgentState::Off { OFF } else { BREAK };
        (staff.0.to_string(), word.to_owned())
    };
    Legacy {
        parts,
        open,
        phones: phones.into_iter().map(phone).collect(),
        leases: leases.into_iter().map(lease).collect(),
        proven,
        operators: operators.into_iter().map(resting).collect(),
        outbound_stopped,
        away,
    }
}

/// As it was told; `now`: time since the start of this life. What can't be read is left out: such a phone registers anew.
pub(super) fn heard(legacy: Legacy, now: Duration) -> (Inheritance, Vec<String>) {
    let Legacy { open, phones, leases, proven, operators, outbound_stopped, away, .. } = legacy;
    let phone = |lent: Lent| {
        Some(sip::Lent {
            user: lent.user,
            by: lent.by,
            contact: sip::Uri::parse(&lent.contact)?,
            flow: lent.way.flow()?,
            call_id: lent.call_id,
            seq: lent.seq,
            left: Duration::from_millis(lent.left_ms),
        })
    };
    let lease = |leased: Leased| sip::Lease {
        name: leased.name,
        user: leased.user,
        password: leased.password.into(),
        until: now.saturating_add(Duration::from_millis(leased.left_ms)),
    };
    let resting = |(staff, word): (String, String)| {
        let state = match word.as_str() {
            OFF => AgentState::Off,
            BREAK => AgentState::Break,
            _ => return None,
        };
        Some((StaffNo(staff.as_str().into()), state))
    };
    let inheritance = Inheritance {
        phones: phones.into_iter().filter_map(phone).collect(),
        leases: leases.into_iter().map(lease).collect(),
        proven,
        operators: operators.into_iter().filter_map(resting).collect(),
        outbound_stopped,
        away,
    };
    (inheritance, open)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_heard_and_times_go_on() {
        let flow = sip::Flow::new(
            sip::Transport::Wss,
            "192.0.2.1:443".parse().unwrap(),
            "[2001:db8::9]:5".parse().unwrap(),
            (3 << 40) + 7,
        );
        let phone = sip::Lent {
            user: "op1".to_owned(),
            by: "page-7".to_owned(),
            contact: sip::Uri::parse("sip:op1@192.0.2.9:5062;transport=ws;ob").unwrap(),
            flow,
            call_id: "c".to_owned(),
            seq: 9,
            left: Duration::from_millis(90_500),
        };
        let lease = sip::Lease {
            name: "page-7".to_owned(),
            user: "op1".to_owned(),
            password: "p".to_owned().into(),
            until: Duration::from_secs(1_030),
        };
        let before = Inheritance {
            phones: vec![phone],
            leases: vec![lease],
            proven: vec![(7, vec!["sip.example.org".to_owned()])],
            operators: vec![
                (StaffNo("1001".into()), AgentState::Off),
                (StaffNo("1002".into()), AgentState::Break),
            ],
            outbound_stopped: true,
            away: vec!["127.0.0.1:20000".parse().unwrap()],
        };
        let open = vec!["c|a|1|INVITE".to_owned()];
        let told = told(before.clone(), open.clone(), 2, Duration::from_secs(1_000));
        assert_eq!(told.parts, 2);
        let (mut after, still) = heard(told, Duration::from_secs(2));
        assert_eq!(after.leases[0].until, Duration::from_secs(32), "30 s are left, in either life's time");
        after.leases[0].until = before.leases[0].until;
        assert_eq!((after, still), (before, open));
    }
}
