//! One connection: cuts what comes into messages, writes what waits, and closes when the far end is slow, silent or senseless.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use sip::framing::{Frame, Framer};
use sip::{Flow, Transport};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::budget::Share;
use super::table::{Parcel, Place};
use super::{Shared, sockets};

/// Bytes read in one go. The buffer lies on the stack, so that an idle connection holds none.
const READ: usize = 16 << 10;
/// How long a connection that is closed may still write what waits, or the answer to a message that has no end.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// What answers a keep-alive (RFC 5626 section 3.5.1).
const PONG: &[u8] = b"\r\n";

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
    /// Begun messages hold too much memory.
    Crowded,
    /// The far end does not read.
    Unread,
    /// All that waited is written, and nothing more is taken.
    Said,
    /// Closed from elsewhere: the queue was full, or all ends.
    Cut,
}

/// Reads and writes until either end closes.
pub(super) async fn converse(
    shared: &Shared,
    mut stream: TcpStream,
    mut place: Place,
    local: SocketAddr,
    remote: SocketAddr,
    guest: bool,
) {
    sockets::tune(&stream);
    let Some(share) = shared.halves.take(0) else { return };
    let (id, cut) = (place.id, place.cut.clone());
    let flow = Flow::new(Transport::Tcp, local, remote, id);
    let (from, to) = stream.split();
    let mut reader = Reader::new(shared, from, flow, share, guest);
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
        End::Over | End::Idle => shared.table.shut(id),
        End::Cut if shared.end.is_cancelled() => shared.table.shut(id),
        End::Cut | End::Slow | End::Garbage | End::Crowded => return,
        // The writing has ended already.
        End::Broken | End::Unread | End::Said => return,
    }
    tokio::select! {
        _ = timeout(LAST_WORDS, &mut writing) => {}
        () = reader.discard() => {}
    }
}

/// Writes what waits, message by message.
async fn write(shared: &Shared, mut to: WriteHalf<'_>, waiting: &mut mpsc::Receiver<Parcel>) -> End {
    while let Some(parcel) = waiting.recv().await {
        match timeout(shared.settings.unread, to.write_all(&parcel.bytes)).await {
            Ok(Ok(())) => shared.counters.messages_out.add(),
            Ok(Err(_)) => return End::Broken,
            Err(_) => return End::Unread,
        }
    }
    // The far end sees an end, not a reset, also when not all it sent was read.
    let _ = to.shutdown().await;
    End::Said
}

struct Reader<'a> {
    shared: &'a Shared,
    from: ReadHalf<'a>,
    flow: Flow,
    framer: Framer,
    share: Share,
    /// Another opened the connection and brought no whole message yet.
    mute: bool,
    /// When something whole came last.
    heard: Instant,
    /// When the message began whose end is not there yet.
    begun: Option<Instant>,
}

impl<'a> Reader<'a> {
    fn new(shared: &'a Shared, from: ReadHalf<'a>, flow: Flow, share: Share, guest: bool) -> Self {
        let (framer, heard) = (Framer::default(), Instant::now());
        Self { shared, from, flow, framer, share, mute: guest, heard, begun: None }
    }

    async fn run(&mut self) -> End {
        loop {
            let (until, late) = self.patience();
            match timeout_at(until, self.from.readable()).await {
                Err(_) => return late,
                Ok(Err(_)) => return End::Over,
                Ok(Ok(())) => {}
            }
            match self.take() {
                Ok(0) => return End::Over,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(_) => return End::Over,
            }
            if let Some(end) = self.cut().await {
                return end;
            }
        }
    }

    /// How long the far end may be silent now, and what it is if it is longer.
    fn patience(&self) -> (Instant, End) {
        let settings = &self.shared.settings;
        match self.begun {
            Some(begun) => (begun + settings.half_message, End::Slow),
            None if self.mute => (self.heard + settings.half_message, End::Slow),
            None => (self.heard + settings.idle, End::Idle),
        }
    }

    fn take(&mut self) -> io::Result<usize> {
        let mut buffer = [0; READ];
        let length = self.from.try_read(&mut buffer)?;
        self.framer.push(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }

    /// Gives up whole messages to the loop, which may make us wait; then nothing is read either.
    async fn cut(&mut self) -> Option<End> {
        let (mut whole, mut pinged) = (false, false);
        let broken = loop {
            match self.framer.cut() {
                Ok(Some(Frame::Message(bytes))) => {
                    (whole, self.mute) = (true, false);
                    if !self.tell(bytes).await {
                        return Some(End::Over);
                    }
                }
                Ok(Some(Frame::Ping)) => pinged = true,
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        if pinged {
            // One answer for all that came at once: a far end that only asks must not fill its queue.
            self.shared.table.write(self.flow.id, PONG.to_vec());
        }
        if broken {
            return Some(self.break_off().await);
        }
        let now = Instant::now();
        if whole || pinged && !self.mute {
            self.heard = now;
        }
        let since = if whole { now } else { self.begun.unwrap_or(now) };
        self.begun = self.framer.begun().then_some(since);
        (!self.share.resize(self.framer.waiting())).then_some(End::Crowded)
    }

    async fn tell(&self, bytes: Vec<u8>) -> bool {
        let told = self.shared.tell.message(self.flow.clone(), bytes).await;
        if told {
            self.shared.counters.messages_in.add();
        }
        told
    }

    /// The next message has no end to find. A request whose header is whole goes up all the same, to be answered 400.
    async fn break_off(&mut self) -> End {
        let Some(head) = self.framer.head().map(<[u8]>::to_vec) else { return End::Garbage };
        self.shared.table.last_word(self.flow.id);
        if self.tell(head).await { End::Unframed } else { End::Over }
    }

    /// Throws away what still comes: bytes that nobody read would turn our last answer into a reset. Ends when the connection
    /// is broken, not when the far end has finished.
    async fn discard(&mut self) {
        let mut buffer = [0; 1_024];
        loop {
            if self.from.readable().await.is_err() {
                return;
            }
            match self.from.try_read(&mut buffer) {
                Ok(0) => return std::future::pending().await,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}
