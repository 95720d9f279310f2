//! One connection: cuts what comes into messages, writes what waits, asks whether the far end is still there, and closes when
//! it is slow, silent, gone or senseless.

use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use sip::Flow;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::Shared;
use super::budget::Share;
use super::cutter::{Broken, Cut, Cutter, Dress};
use super::door::Heard;
use super::table::{Parcel, Place};

/// Bytes read in one go. The buffer lies on the stack, so that an idle connection holds none.
const READ: usize = 16 << 10;
/// How long a connection that is closed may still write what waits, or the answer to a message that has no end.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How long a connection whose source brings too much rests before it is looked at again.
const BREATH: Duration = Duration::from_millis(20);
/// Keep-alives without a message between them that a far end may send within [`Reader::patience`] of ten seconds; the usual
/// is one in half a minute. When more come: the connection is closed.
const MOST_PINGS: u32 = 100;
const PINGS_WITHIN: Duration = Duration::from_secs(10);
/// Our own keep-alive (RFC 5626 section 3.5.1).
const PING: &[u8] = b"\r\n\r\n";

/// Why a connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// The far end closed it, or the loop listens no more.
    Over,
    /// It broke while we wrote.
    Broken,
    /// Nothing came for too long.
    Idle,
    /// A message did not become whole in time.
    Slow,
    /// A message that does not say where it ends; its header went up, to be answered.
    Unframed,
    /// Bytes that are no messages.
    Garbage,
    /// No request for SIP over WebSocket, or not from a page that may.
    Refused,
    /// Nothing but keep-alives, far too many.
    Flood,
    /// Begun messages hold too much memory.
    Crowded,
    /// The far end does not read.
    Unread,
    /// The far end, which had answered keep-alives, does so no more.
    Dead,
    /// All that waited is written, and nothing more is taken.
    Said,
    /// Closed from elsewhere: the queue was full, or all ends.
    Cut,
}

/// Reads and writes until either end closes. `guest`: the far end opened it.
pub(super) async fn converse<S>(shared: &Shared, stream: S, mut place: Place, flow: Flow, guest: bool)
where
    S: AsyncRead + AsyncWrite,
{
    let Some(share) = shared.halves.take(0) else { return };
    let (id, cut, remote) = (place.id, place.cut.clone(), flow.remote);
    let (from, to) = tokio::io::split(stream);
    let cutter = Cutter::new(place.dress);
    let mut reader = Reader::new(shared, from, flow, cutter, share, guest);
    let mut writing = std::pin::pin!(write(shared, to, &mut place.waiting));
    let end = tokio::select! {
        end = reader.run() => end,
        end = &mut writing => end,
        () = cut.cancelled() => End::Cut,
    };
    shared.count(end);
    tracing::debug!(%remote, id, ?end, "connection ends");
    match end {
        End::Unframed => {}
        // Only who reads WebSocket gets a last word in the middle of something.
        End::Slow | End::Garbage | End::Crowded if place.dress == Dress::Plain => return,
        End::Cut if !shared.end.is_cancelled() => return,
        End::Over
        | End::Idle
        | End::Refused
        | End::Flood
        | End::Dead
        | End::Slow
        | End::Garbage
        | End::Crowded
        | End::Cut => {
            shared.table.write_bare(id, reader.cutter.goodbye(end));
            shared.table.shut(id);
        }
        // The writing has ended already.
        End::Broken | End::Unread | End::Said => return,
    }
    tokio::select! {
        _ = timeout(LAST_WORDS, &mut writing) => {}
        () = reader.discard() => {}
    }
}

/// Writes what waits, message by message.
async fn write<S>(shared: &Shared, mut to: WriteHalf<S>, waiting: &mut mpsc::Receiver<Parcel>) -> End
where
    S: AsyncRead + AsyncWrite,
{
    while let Some(parcel) = waiting.recv().await {
        let written = async {
            to.write_all(&parcel.bytes).await?;
            to.flush().await
        };
        match timeout(shared.settings.unread, written).await {
            Ok(Ok(())) => shared.counters.messages_out.add(),
            Ok(Err(_)) => return End::Broken,
            Err(_) => return End::Unread,
        }
    }
    // The far end sees an end, not a reset, also when not all it sent was read.
    let _ = to.shutdown().await;
    End::Said
}

/// What is to be done when nothing comes until a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Late {
    End(End),
    /// Ask whether the far end is still there.
    Ask,
}

struct Reader<'a, S> {
    shared: &'a Shared,
    from: ReadHalf<S>,
    flow: Flow,
    cutter: Cutter,
    share: Share,
    /// Another opened the connection and brought no whole message yet.
    mute: bool,
    /// When something whole came last.
    heard: Instant,
    /// When the message began whose end is not there yet.
    begun: Option<Instant>,
    /// Keep-alives since the last message, or since this moment.
    pings: (u32, Instant),
    ours: Option<Asking>,
}

/// Keep-alives of ours, on a connection that we opened.
struct Asking {
    /// Between two of them.
    every: Duration,
    last: Instant,
    /// The last one has no answer yet.
    open: bool,
    /// The far end has answered one: from now on it must. Many don't know how (RFC 5626 is no duty), and for them the
    /// time-outs of TCP decide, which our asking sets off.
    answers: bool,
}

impl<'a, S: AsyncRead> Reader<'a, S> {
    fn new(
        shared: &'a Shared,
        from: ReadHalf<S>,
        flow: Flow,
        cutter: Cutter,
        share: Share,
        guest: bool,
    ) -> Self {
        let heard = Instant::now();
        let every = spread(shared.settings.ask, flow.id);
        let ours = (!guest).then_some(Asking { every, last: heard, open: false, answers: false });
        Self { shared, from, flow, cutter, share, mute: guest, heard, begun: None, pings: (0, heard), ours }
    }

    async fn run(&mut self) -> End {
        loop {
            let (until, late) = self.patience();
            match (timeout_at(until, self.take()).await, late) {
                (Err(_), Late::End(end)) => return end,
                (Err(_), Late::Ask) => {
                    self.ask();
                    continue;
                }
                (Ok(Ok(0) | Err(_)), _) => return End::Over,
                (Ok(Ok(_)), _) => {}
            }
            if let Some(end) = self.cut().await {
                return end;
            }
        }
    }

    /// How long the far end may be silent now, and what follows if it is longer.
    fn patience(&self) -> (Instant, Late) {
        let settings = &self.shared.settings;
        let silent = match self.begun {
            Some(begun) => (begun + settings.half_message, Late::End(End::Slow)),
            None if self.mute => (self.heard + settings.half_message, Late::End(End::Slow)),
            None => (self.heard + settings.idle, Late::End(End::Idle)),
        };
        let asking = self.ours.as_ref().map(|ours| {
            let dead = ours.open && ours.answers;
            if dead {
                (ours.last + settings.pong, Late::End(End::Dead))
            } else {
                (ours.last + ours.every, Late::Ask)
            }
        });
        match asking {
            Some(asking) if asking.0 < silent.0 => asking,
            Some(_) | None => silent,
        }
    }

    fn ask(&mut self) {
        let Some(ours) = &mut self.ours else { return };
        (ours.last, ours.open) = (Instant::now(), true);
        self.shared.table.write_bare(self.flow.id, PING.to_vec());
    }

    /// Reads what is there.
    async fn take(&mut self) -> io::Result<usize> {
        let Self { from, cutter, .. } = self;
        poll_fn(|context| {
            let mut bytes = [0; READ];
            let mut buffer = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut *from).poll_read(context, &mut buffer))?;
            cutter.push(buffer.filled());
            Poll::Ready(Ok(buffer.filled().len()))
        })
        .await
    }

    /// Gives up whole messages to the loop, which may make us wait; then nothing is read either.
    async fn cut(&mut self) -> Option<End> {
        let (mut whole, mut pinged) = (false, 0_u32);
        let broken = loop {
            match self.cutter.cut(&self.shared.settings.origins) {
                Ok(Some(Cut::Message(bytes))) => {
                    whole = true;
                    if std::mem::replace(&mut self.mute, false) {
                        self.shared.table.spoke(self.flow.id);
                    }
                    if !self.tell(bytes).await {
                        return Some(End::Over);
                    }
                }
                Ok(Some(Cut::Ping)) => pinged = pinged.saturating_add(1),
                Ok(None) => break None,
                Err(broken) => break Some(broken),
            }
        };
        self.shared.table.write_bare(self.flow.id, self.cutter.replies(pinged > 0));
        match broken {
            Some(Broken::Unframed(head)) => {
                self.shared.table.last_word(self.flow.id);
                return Some(if self.tell(head).await { End::Unframed } else { End::Over });
            }
            Some(Broken::Ends(end)) => return Some(end),
            None => {}
        }
        self.note(whole, pinged)
    }

    /// Notes when what was heard.
    fn note(&mut self, whole: bool, pinged: u32) -> Option<End> {
        let now = Instant::now();
        if let Some(ours) = &mut self.ours {
            // Whatever comes is a sign of life.
            if std::mem::replace(&mut ours.open, false) {
                self.cutter.take_pong();
                ours.answers |= !whole && !self.cutter.begun();
            }
            ours.last = now;
            self.heard = now;
        }
        if whole || pinged > 0 && !self.mute {
            self.heard = now;
        }
        if whole || now.duration_since(self.pings.1) > PINGS_WITHIN {
            self.pings = (0, now);
        }
        self.pings.0 = self.pings.0.saturating_add(pinged);
        if self.pings.0 > MOST_PINGS {
            return Some(End::Flood);
        }
        let since = if whole { now } else { self.begun.unwrap_or(now) };
        self.begun = self.cutter.begun().then_some(since);
        (!self.share.resize(self.cutter.waiting())).then_some(End::Crowded)
    }

    /// Waits while the far end brings too much: it is read no further, and must wait too.
    async fn heard(&self) -> bool {
        let ip = self.flow.remote.ip();
        let mut slowed = false;
        loop {
            match self.shared.door.hears(ip) {
                Heard::Yes => return true,
                Heard::Shut => {
                    self.shared.counters.dropped_shut.add();
                    return false;
                }
                Heard::TooMany if slowed => {}
                Heard::TooMany => {
                    slowed = true;
                    self.shared.counters.slowed.add();
                }
            }
            tokio::time::sleep(BREATH).await;
        }
    }

    async fn tell(&self, bytes: Vec<u8>) -> bool {
        if !self.heard().await {
            return false;
        }
        let told = self.shared.tell.message(self.flow.clone(), bytes).await;
        if told {
            self.shared.counters.messages_in.add();
        }
        told
    }

    /// Throws away what still comes: bytes that nobody read would turn our last answer into a reset. Ends when the connection
    /// is broken, not when the far end has finished.
    async fn discard(&mut self) {
        loop {
            let from = &mut self.from;
            let read = poll_fn(|context| {
                let mut bytes = [0; READ];
                let mut buffer = ReadBuf::new(&mut bytes);
                ready!(Pin::new(&mut *from).poll_read(context, &mut buffer))?;
                Poll::Ready(io::Result::Ok(buffer.filled().len()))
            });
            match read.await {
                Ok(0) => return std::future::pending().await,
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

/// A duration between 80 and 100 % of the given one (RFC 5626 section 4.4.1), so that connections don't ask in step.
fn spread(most: Duration, id: u64) -> Duration {
    let part = RandomState::new().hash_one(id) % 20;
    let part = u32::try_from(part).unwrap_or_default();
    most.saturating_mul(80_u32.saturating_add(part)) / 100
}
