//! The moment of a hand-over, from both sides: what a life finds when it begins, and how it lets the next one take over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use handover::{Channel, Side, link};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Loop;
use crate::contract::{Inheritance, Input};
use crate::lives::{GoOn, Left};

/// How long the loop waits while the next life is told what there is: a copy of some lists over a local socket. Then it goes on
/// as before.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the life before left.
#[derive(Debug)]
pub struct Heir {
    /// The conversation with it.
    pub channel: Channel,
    /// What it knew.
    pub inheritance: Inheritance,
    /// Requests that it still answers.
    pub open: Vec<String>,
}

impl Loop {
    /// Falls silent, tells what there is, and goes on beside the next life. What was heard before is answered before.
    pub(super) async fn hand_over(&mut self, reply: oneshot::Sender<Left>) {
        if self.desk.relay.is_followed() {
            // Whoever asks is told by the dropped reply.
            return;
        }
        self.desk.gauges.handed_at.store(self.clock.now().utc_ms, Ordering::Relaxed);
        self.desk.wire.fall_silent().await;
        while let Ok(inbound) = self.ears.inbound.try_recv() {
            self.heard(inbound);
        }
        let now = self.clock.now();
        let (lent, ports) = (self.turn.lend_ports(now), self.turn.all_ports());
        let copies = self.desk.engine.copies(&ports).and_then(|rtp| Ok((rtp, self.desk.wire.copies()?)));
        let (rtp, sip) = match copies {
            Ok(copies) => copies,
            Err(error) => {
                tracing::error!(%error, "no hand-over: the system gives no further descriptors; raise their limit");
                return self.go_on_alone();
            }
        };
        let (mut inheritance, mut open) = self.turn.leave(now);
        let kept = ports.iter().map(|port| port.addr).filter(|at| !lent.contains(at));
        inheritance.away = kept.collect();
        open.extend(self.desk.relay.open());
        let (next, given) = oneshot::channel();
        let told = reply.send(Left { inheritance, open, sip, rtp, next: GoOn(next) }).is_ok();
        match timeout(PATIENCE, given).await {
            Ok(Ok(channel)) if told => {
                let (side, tell) = (Side::After, self.desk.relay.teller());
                self.desk.relay.follow(link(channel, side, tell));
            }
            Ok(Ok(_) | Err(_)) | Err(_) => self.go_on_alone(),
        }
    }

    /// There is no next life, or no more: everything is heard here again.
    pub(super) fn go_on_alone(&mut self) {
        self.turn.take_ports_back();
        if let Err(error) = self.desk.wire.listen() {
            // What there is of ears goes on; the rest needs a new start.
            tracing::error!(%error, "the sockets can't all be heard again: start the house anew soon");
        }
    }

    /// The next life hears all from now on: nothing new is begun here.
    pub(super) fn followed(&mut self) {
        tracing::warn!("the next life of this house takes all new calls; this one ends with its last");
        self.desk.gauges.draining.store(true, Ordering::Relaxed);
        self.take(Input::Followed);
    }
}
