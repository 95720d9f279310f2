//! Where a dialog's requests go when its first Route, or else its target, is a name: asked as soon as the dialog has it.
//!
//! Until the answer is here, and where it leads nowhere, requests take the way of the last message of the dialog. The ACK of
//! a 2xx that went out meanwhile goes out once more, to where it belongs: the far end repeats its 2xx until it has it.

use super::Stack;
use super::contract::{Output, SessionId};
use super::table::Key;
use crate::flow::Flow;
use crate::uri::Uri;

/// The next hop of a dialog, by name.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    /// Which URI was asked for; when a refresh of the target names another one, this one is of no use any more.
    pub uri: Uri,
    /// The number under which it was asked for.
    ticket: u64,
    /// Ways to it, the one in use first. Empty until the answer comes, and when there is none.
    pub ways: Vec<Flow>,
    /// The INVITE or re-INVITE whose 2xx brought this hop: its ACK may have gone elsewhere.
    ack: Key,
}

impl Hop {
    /// Nothing is at the end of the way in use: the next one (RFC 3263 section 4.3).
    pub fn turn(&mut self) {
        if !self.ways.is_empty() {
            self.ways.rotate_left(1);
        }
    }
}

impl Stack {
    /// Asks for the next hop of a dialog that has just been made, or whose target has changed by this INVITE of ours or theirs,
    /// when it is a name.
    pub(crate) fn ask_hop(&mut self, id: SessionId, by: &Key) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let Some(uri) = session.hop_by_name().cloned() else {
            session.hop = None;
            return;
        };
        if session.hop.as_ref().is_some_and(|hop| hop.uri == uri) {
            return;
        }
        let ticket = self.mint();
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.hop = Some(Hop { uri: uri.clone(), ticket, ways: Vec::new(), ack: by.clone() });
        self.asked.insert(ticket, id);
        self.out.push_back(Output::Locate(ticket, Box::new(uri)));
    }

    /// Answers [`Output::Locate`]: ways to that URI in the order of trying, or none.
    pub fn located(&mut self, ticket: u64, ways: Vec<Flow>) {
        if self.parting_located(ticket, &ways) {
            return;
        }
        let Some(id) = self.asked.remove(&ticket) else { return };
        let Some(session) = self.sessions.get_mut(&id) else { return };
        let before = session.way();
        // The target may have changed since.
        let Some(hop) = session.hop.as_mut().filter(|hop| hop.ticket == ticket) else { return };
        hop.ways = ways;
        let key = hop.ack.clone();
        if session.way() != before {
            self.acknowledge_anew(id, &key);
        }
    }

    /// Sends the ACK of the first 2xx by the way that is known now.
    fn acknowledge_anew(&mut self, id: SessionId, key: &Key) {
        let Some(session) = self.sessions.get(&id) else { return };
        let Some(tag) = session.dialog.as_ref().map(|d| d.remote_tag().to_owned()) else { return };
        let Some(client) = self.clients.get_mut(key) else { return };
        if let Some(at) = client.acks.iter().position(|ack| ack.tag == tag) {
            let body = client.acks.remove(at).body;
            self.send_ack(id, key, body);
        }
    }

    /// Nothing is at the end of this way: dialogs that use it and know another one take that for their next request.
    pub(crate) fn hop_lost(&mut self, lost: &Flow) {
        for hop in self.sessions.values_mut().filter_map(|s| s.hop.as_mut()) {
            if hop.ways.first() == Some(lost) {
                hop.turn();
            }
        }
    }
}
