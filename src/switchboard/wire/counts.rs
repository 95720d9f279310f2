//! The figures of the wire.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Counters since the start, written from all tasks.
        #[derive(Default, Debug)]
        pub(super) struct Counters {
            $(pub $name: Counter,)*
        }

        /// Figures of the sockets. All but `connections` only grow.
        #[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
        pub struct Counts {
            /// Connections that stand, or are being opened, now.
            pub connections: usize,
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Counters {
            pub fn read(&self, connections: usize) -> Counts {
                Counts { connections, $($name: self.$name.0.load(Ordering::Relaxed),)* }
            }
        }
    };
}

counters! {
    /// Datagrams handed to the loop.
    datagrams_in,
    /// Datagrams sent.
    datagrams_out,
    /// Empty datagrams and such that hold line ends only.
    keep_alives,
    /// Datagrams dropped because the loop's channel was full.
    dropped_loop_full,
    /// Datagrams dropped because their source brought too many.
    dropped_rate,
    /// Messages dropped, and connections reset, because their source is listed.
    dropped_shut,
    /// Messages of streams that waited because their source brought too many.
    slowed,
    /// Datagrams dropped because they were longer than a SIP message may be.
    dropped_too_large,
    /// Datagrams dropped because the socket's send buffer was full.
    dropped_socket_full,
    /// Messages cut out of streams and handed to the loop.
    messages_in,
    /// Messages written to streams.
    messages_out,
    /// Connections that others opened.
    accepted,
    /// Connections that we opened.
    opened,
    /// Connections of ours that could not be opened.
    unreachable,
    /// Connections reset because there were too many.
    refused_full,
    /// Connections reset because there were too many from their source.
    refused_source,
    /// Connections closed because a message did not become whole in time.
    cut_slow,
    /// Connections closed because nothing came for too long.
    cut_idle,
    /// Connections closed because the far end did not read.
    cut_unread,
    /// Connections closed because their bytes could not be cut into messages.
    cut_garbage,
    /// Connections closed because begun messages held too much memory.
    cut_crowded,
    /// Connections closed because of keep-alives without number.
    cut_flood,
    /// Connections of ours closed because their far end answered no keep-alive any more.
    cut_dead,
    /// Connections closed before their first message because others wanted to bring theirs.
    cut_half_open,
    /// Requests for a WebSocket that were refused: no SIP, or a page of somebody else.
    refused_web,
    /// TLS handshakes that ended because of the far end's certificate.
    refused_certificate,
    /// TLS handshakes that came to nothing otherwise.
    handshakes_failed,
    /// TLS handshakes that took too long.
    handshakes_slow,
    /// Failures to accept a connection: most often, too many open files.
    accept_failed,
    /// Failed sendings that the loop was not told of because too many waited to be told; transactions time out instead.
    failures_untold,
}

/// One figure.
#[derive(Default, Debug)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}
