//! The end of the loop: the last calls are hung up, the last records written, everything is closed.

use std::time::Duration;

use call::action::{Answer, Refusal};
use call::event::Order;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::{Desk, Loop};
use crate::contract::{Input, Output};

/// How long the house waits at its end for the far ends to answer its BYEs and for the recordings to be closed.
const FAREWELL: Duration = Duration::from_secs(3);

impl Loop {
    /// Hangs up, waits for the far ends and the recordings, and writes the last records.
    pub(super) async fn farewell(mut self) {
        self.take(Input::Drain(true));
        let calls = match self.ask_core(Order::ListCalls) {
            Some(Ok(Answer::Calls(calls))) => calls,
            Some(_) | None => Vec::new(),
        };
        for view in calls {
            self.ask_core(Order::HangUp(view.call));
        }
        // The next life has the registrations now.
        if !self.desk.relay.is_followed() {
            self.take(Input::Closing);
        }
        self.after();
        let never = CancellationToken::new();
        let quiet = async {
            loop {
                let counts = self.turn.counts(self.clock.now().mono);
                let empty = counts.calls == 0 && counts.legs == 0 && counts.sessions == 0;
                if empty && self.turn.is_closed() {
                    break;
                }
                self.step(&never).await;
            }
        };
        if tokio::time::timeout(FAREWELL, quiet).await.is_err() {
            tracing::warn!("some far ends did not say goodbye in time");
        }
        self.last_words().await;
    }

    fn ask_core(&mut self, order: Order) -> Option<Result<Answer, Refusal>> {
        let (reply, mut answer) = oneshot::channel();
        let request = self.desk.wait_for(reply);
        self.take(Input::Order(request, order));
        answer.try_recv().ok()
    }

    /// Ends the media threads, takes what they and the recorder still tell, and closes the store.
    async fn last_words(mut self) {
        let Desk { engine, browsers, writer, wire, relay, .. } = self.desk;
        if let Some(browsers) = browsers {
            browsers.stop().await;
        }
        let stopped = tokio::task::spawn_blocking(move || engine.stop());
        let mut sound = self.ears.sound;
        while let Some(event) = sound.recv().await {
            self.turn.handle(self.clock.now(), Input::Media(event));
            while let Some(output) = self.turn.poll() {
                if let Output::Store(entry) = output
                    && writer.write(entry).is_err()
                {
                    tracing::error!("the store's queue is full: a last record is lost");
                }
            }
        }
        // The channel has closed, so the threads have ended.
        let _ = stopped.await;
        wire.stop().await;
        relay.close().await;
        // The writer's task waits for room to tell: nobody needs to hear it any more.
        self.ears.told.close();
        if let Err(error) = writer.stop().await {
            tracing::error!(%error, "the last records are not on disk");
        }
    }
}
