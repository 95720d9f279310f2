//! The processes of the house, by descriptor: a number that another process got meanwhile is never signalled.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use rustix::process::{Pid, PidfdFlags, Signal, WaitOptions, pidfd_open, pidfd_send_signal, wait};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::mpsc;

use crate::watcher::End;

/// Processes that end at one moment and are not looked at yet; a house has two or three. When full their tasks wait.
const ENDED: usize = 16;

/// The processes that are looked after.
#[derive(Debug)]
pub(crate) struct Processes {
    /// By number. A pidfd is no pipe, but it is waited for as one: it becomes readable when its process has ended.
    known: HashMap<i32, Arc<Receiver>>,
    tell: mpsc::Sender<i32>,
    ended: mpsc::Receiver<i32>,
}

impl Processes {
    /// None yet.
    pub(crate) fn new() -> Self {
        let (tell, ended) = mpsc::channel(ENDED);
        Self { known: HashMap::new(), tell, ended }
    }

    /// Looks after this one too; whether it is there. One that is known stays.
    pub(crate) fn take(&mut self, pid: Pid) -> bool {
        let number = pid.as_raw_pid();
        if self.known.contains_key(&number) {
            return true;
        }
        let opened = pidfd_open(pid, PidfdFlags::NONBLOCK).map_err(io::Error::from);
        let Ok(descriptor) = opened.and_then(Receiver::from_owned_fd_unchecked) else { return false };
        let descriptor = Arc::new(descriptor);
        self.known.insert(number, Arc::clone(&descriptor));
        let tell = self.tell.clone();
        tokio::spawn(async move {
            // Readable once: at its end. Whoever listens no more has ended.
            if descriptor.readable().await.is_ok() {
                let _ = tell.send(number).await;
            }
        });
        true
    }

    /// Waits for the end of one of them. Cancel safe.
    pub(crate) async fn one_ended(&mut self) -> Option<i32> {
        self.ended.recv().await
    }

    /// How those have ended that are ours to bury; `pid` in any case, when it was known.
    pub(crate) fn bury(&mut self, pid: Option<i32>) -> Vec<(i32, End)> {
        let mut ends = Vec::new();
        while let Ok(Some((buried, status))) = wait(WaitOptions::NOHANG) {
            let buried = buried.as_raw_pid();
            // What a life had started and left is buried too, and nobody's news.
            if self.known.remove(&buried).is_some() {
                let code = status.exit_status().and_then(|code| u8::try_from(code).ok());
                let end = match (code, status.terminating_signal()) {
                    (Some(code), _) => End::Code(code),
                    (None, Some(signal)) => End::Signal(signal),
                    (None, None) => End::Unseen,
                };
                ends.push((buried, end));
            }
        }
        if let Some(pid) = pid.filter(|pid| self.known.remove(pid).is_some()) {
            ends.push((pid, End::Unseen));
        }
        ends
    }

    /// Sends a signal to one of them.
    pub(crate) fn signal(&self, pid: i32, signal: Signal) {
        if let Some(process) = self.known.get(&pid)
            && let Err(error) = pidfd_send_signal(process, signal)
        {
            tracing::warn!(pid, %error, "a signal could not be passed on");
        }
    }
}
