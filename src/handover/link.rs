//! The standing connection of two lives: frames in both directions, in order, until one of them is gone.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::frame::Head;
use crate::{Channel, Frame, HandoverError};

/// Frames that wait for the other life. When full: a SIP message is lost as on the way, and repeated by its transaction; all
/// else is lost too and [`Link::send`] says so.
const WAITING: usize = 8_192;

/// Which of its neighbours a life hears.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The life before, which ends its calls.
    Before,
    /// The life after, which takes the new ones.
    After,
}

/// What a link tells.
#[derive(Debug)]
pub enum Told {
    /// The other life says this.
    Frame(Frame),
    /// The other life is gone. After a [`Frame::Farewell`] it ended well.
    Gone,
}

/// The near end. Dropping it ends the link once what waits is written.
#[derive(Debug)]
pub struct Link {
    out: mpsc::Sender<Frame>,
    writing: JoinHandle<()>,
}

impl Link {
    /// Tells the other life, and never waits; `false`: it was lost, as too much waits, or the other life is gone.
    pub fn send(&self, frame: Frame) -> bool {
        self.out.try_send(frame).is_ok()
    }

    /// Ends it; what waits is written before.
    pub async fn close(self) {
        let Self { out, writing } = self;
        drop(out);
        // A task that panicked has ended too.
        let _ = writing.await;
    }
}

/// Makes a link of a conversation. What the other life says is told as of this side; tells [`Told::Gone`] last.
pub fn link(channel: Channel, side: Side, tell: mpsc::Sender<(Side, Told)>) -> Link {
    let Channel { mut reader, mut writer } = channel;
    let (out, mut waiting) = mpsc::channel::<Frame>(WAITING);
    tokio::spawn(async move {
        loop {
            let told = match reader.receive::<Head>().await {
                Ok(parcel) => match Frame::of(parcel.head, parcel.body) {
                    Some(frame) => Told::Frame(frame),
                    None => continue,
                },
                Err(error) => {
                    if !matches!(error, HandoverError::BrokenOff) {
                        tracing::error!(%error, "the link to the other life of this house is given up");
                    }
                    Told::Gone
                }
            };
            let gone = matches!(told, Told::Gone);
            // Whoever listens no more has ended.
            if tell.send((side, told)).await.is_err() || gone {
                return;
            }
        }
    });
    let writing = tokio::spawn(async move {
        while let Some(frame) = waiting.recv().await {
            let (head, body) = frame.parts();
            if writer.send(&head, &body, &[]).await.is_err() {
                return;
            }
        }
        writer.finish();
    });
    Link { out, writing }
}
