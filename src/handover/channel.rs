//! One conversation over a unix socket: a JSON head, bytes as they are, and descriptors (SCM_RIGHTS).

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, Shutdown, recvmsg, sendmsg, shutdown,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::Interest;
use tokio::net::UnixStream;

use crate::HandoverError;

/// Descriptors that one message may bring (the system's limit is 253). Who has more sends several messages.
pub const MOST_DESCRIPTORS: usize = 200;
/// The longest message, bytes: ten thousand registrations are 4 MiB. A longer one is not of ours: the channel is given up.
const MOST_BYTES: usize = 64 << 20;
/// Bytes read in one go.
const READ: usize = 64 << 10;
/// Bytes before each message: length of the head, length of the body, number of descriptors.
const PREFIX: usize = 12;

/// One message.
#[derive(Debug)]
pub struct Parcel<T> {
    /// What it says.
    pub head: T,
    /// Bytes that it brings.
    pub body: Vec<u8>,
    /// Descriptors that it brings.
    pub descriptors: Vec<OwnedFd>,
}

/// One end of the conversation.
#[derive(Debug)]
pub struct Channel {
    /// What comes in.
    pub(crate) reader: Reader,
    /// What goes out.
    pub(crate) writer: Writer,
}

impl Channel {
    /// Over this socket.
    pub fn new(stream: UnixStream) -> Self {
        let stream = Arc::new(stream);
        let reader = Reader { stream: stream.clone(), bytes: Vec::new(), found: VecDeque::new() };
        Self { reader, writer: Writer { stream } }
    }

    /// Says something; `descriptors` are copied into the other process.
    ///
    /// # Errors
    /// [`HandoverError::BrokenOff`]; [`HandoverError::System`], also with more than [`MOST_DESCRIPTORS`].
    pub async fn send<T: Serialize>(
        &mut self,
        head: &T,
        body: &[u8],
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), HandoverError> {
        self.writer.send(head, body, descriptors).await
    }

    /// Says something without more.
    ///
    /// # Errors
    /// As [`Channel::send`].
    pub async fn say<T: Serialize>(&mut self, head: &T) -> Result<(), HandoverError> {
        self.writer.send(head, &[], &[]).await
    }

    /// Waits for the next message.
    ///
    /// # Errors
    /// [`HandoverError::BrokenOff`] at the end of the conversation, [`HandoverError::Strange`].
    pub async fn receive<T: DeserializeOwned>(&mut self) -> Result<Parcel<T>, HandoverError> {
        self.reader.receive().await
    }
}

/// What comes in.
#[derive(Debug)]
pub(crate) struct Reader {
    stream: Arc<UnixStream>,
    bytes: Vec<u8>,
    found: VecDeque<OwnedFd>,
}

impl Reader {
    pub(crate) async fn receive<T: DeserializeOwned>(&mut self) -> Result<Parcel<T>, HandoverError> {
        let prefix = self.fill(PREFIX).await?;
        let number = |at: usize| -> usize {
            let bytes = prefix.get(at..at + 4).and_then(|b| b.try_into().ok()).unwrap_or_default();
            usize::try_from(u32::from_be_bytes(bytes)).unwrap_or(usize::MAX)
        };
        let (head, body, count) = (number(0), number(4), number(8));
        if head.saturating_add(body) > MOST_BYTES || count > MOST_DESCRIPTORS {
            return Err(HandoverError::Strange("a message without measure".to_owned()));
        }
        let head = self.fill(head).await?;
        let body = self.fill(body).await?;
        // They came with the first byte.
        if self.found.len() < count {
            return Err(HandoverError::Strange("descriptors are missing".to_owned()));
        }
        let descriptors = self.found.drain(..count).collect();
        let head =
            serde_json::from_slice(&head).map_err(|error| HandoverError::Strange(error.to_string()))?;
        Ok(Parcel { head, body, descriptors })
    }

    /// The next so many bytes.
    async fn fill(&mut self, wanted: usize) -> Result<Vec<u8>, HandoverError> {
        while self.bytes.len() < wanted {
            let (bytes, found) = (&mut self.bytes, &mut self.found);
            let stream = &self.stream;
            let read = stream.async_io(Interest::READABLE, || read(stream, bytes, found)).await?;
            if read == 0 {
                return Err(HandoverError::BrokenOff);
            }
        }
        let rest = self.bytes.split_off(wanted);
        Ok(std::mem::replace(&mut self.bytes, rest))
    }
}

fn read(stream: &UnixStream, bytes: &mut Vec<u8>, found: &mut VecDeque<OwnedFd>) -> io::Result<usize> {
    let mut buffer = vec![0; READ];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got = recvmsg(stream, &mut [IoSliceMut::new(&mut buffer)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            found.extend(descriptors);
        }
    }
    bytes.extend_from_slice(buffer.get(..got.bytes).unwrap_or_default());
    Ok(got.bytes)
}

/// What goes out.
#[derive(Debug)]
pub(crate) struct Writer {
    stream: Arc<UnixStream>,
}

impl Writer {
    /// Nothing more is said: the other end reads what was, and then the end.
    pub(crate) fn finish(self) {
        // Whoever is gone needs no end.
        let _ = shutdown(&self.stream, Shutdown::Write);
    }

    pub(crate) async fn send<T: Serialize>(
        &mut self,
        head: &T,
        body: &[u8],
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), HandoverError> {
        if descriptors.len() > MOST_DESCRIPTORS {
            return Err(io::Error::from(io::ErrorKind::InvalidInput).into());
        }
        let head = serde_json::to_vec(head).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(PREFIX + head.len() + body.len());
        for length in [head.len(), body.len(), descriptors.len()] {
            let length = u32::try_from(length).map_err(io::Error::other)?;
            bytes.extend_from_slice(&length.to_be_bytes());
        }
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(body);
        let mut sent = 0;
        while let Some(rest) = bytes.get(sent..).filter(|rest| !rest.is_empty()) {
            // The descriptors go with the first byte, once.
            let with: &[BorrowedFd<'_>] = if sent == 0 { descriptors } else { &[] };
            let stream = &self.stream;
            let write = stream.async_io(Interest::WRITABLE, || write(stream, rest, with)).await;
            sent += write.map_err(|_| HandoverError::BrokenOff)?;
        }
        Ok(())
    }
}

fn write(stream: &UnixStream, bytes: &[u8], descriptors: &[BorrowedFd<'_>]) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(sendmsg(stream, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?)
}
