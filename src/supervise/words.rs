//! What a process says to whoever watches it, as `sd_notify(3)` writes it.

/// One word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// It has begun, and takes no calls yet.
    Begins,
    /// It takes calls.
    Ready,
    /// Its control loop has answered just now.
    Alive,
    /// It ends, as it was told to.
    Stopping,
}

impl Word {
    /// As it is sent.
    pub(crate) fn written(self) -> &'static str {
        match self {
            Self::Begins => "STATUS=begins",
            Self::Ready => "READY=1\nSTATUS=takes calls",
            Self::Alive => "WATCHDOG=1",
            Self::Stopping => "STOPPING=1\nSTATUS=ends",
        }
    }

    /// As it was sent; `None`: something that is not needed here.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        [Self::Begins, Self::Ready, Self::Alive, Self::Stopping]
            .into_iter()
            .find(|word| word.written().as_bytes() == bytes)
    }
}
