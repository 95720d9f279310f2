//! Recordings as files of chunks, each authentic by itself: a head, then chunks whose nonce counts and says which is the last.
//!
//! Two layouts: a *tape* grows while it is recorded, a chunk for each piece, and reads as far as a crash let it come;
//! *blocks* are of one length, so that any place is found without reading what is before it.
//!
//! Head, 76 bytes: `HLRS`, format 1, algorithm, layout, 0, the data key's number (8 bytes, big-endian), and the file's own
//! secret, wrapped by the data key (nonce 12, secret 32, tag 16). The whole head is sealed along with each chunk. Nonce of a
//! chunk: 7 bytes of the head's, the chunk's number (4 bytes, big-endian), 1 for the last one (Hoang, Reyhanitabar, Rogaway,
//! Vizár, Online authenticated encryption and its nonce-reuse misuse-resistance, STREAM).

mod blocks;
mod tape;

pub use blocks::{BlocksReader, BlocksWriter, CHUNK};
pub use tape::{TapeReader, TapeWriter};

use std::io::{self, Read};

use crate::Chance;
use crate::cipher::{Algorithm, Cipher, NONCE, Secret};
use crate::drawn;
use crate::error::VaultError;
use crate::key::{DataKey, KeyId, WRAPPED, unwrap, wrap};

/// First bytes of a sealed file.
pub const MAGIC: [u8; 4] = *b"HLRS";
const FORMAT: u8 = 1;
/// Bytes of a head.
pub(crate) const HEAD: usize = 16 + WRAPPED;

/// How the chunks lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// One for each piece that was written.
    Tape,
    /// All of one length but the last.
    Blocks,
}

/// The head of a sealed file, as it was read.
#[derive(Clone, Debug)]
pub struct Head {
    bytes: [u8; HEAD],
    /// How the chunks lie.
    pub layout: Layout,
    /// The data key that wraps the file's own.
    pub key: KeyId,
    algorithm: Algorithm,
}

impl Head {
    /// Draws the secret of a new file.
    pub(crate) fn draw(
        layout: Layout,
        key: &DataKey,
        chance: &dyn Chance,
    ) -> Result<(Self, Chunks), VaultError> {
        let secret = Secret::new(drawn(chance)?);
        let mut bytes = [0; HEAD];
        let [m, a, g, i] = MAGIC;
        let of = match layout {
            Layout::Tape => 1,
            Layout::Blocks => 2,
        };
        let start =
            [m, a, g, i, FORMAT, key.algorithm.code(), of, 0].into_iter().chain(key.id.0.to_be_bytes());
        bytes.iter_mut().zip(start).for_each(|(to, from)| *to = from);
        let wrapped = wrap(&key.cipher, &label(&bytes), &secret, chance)?;
        bytes.iter_mut().skip(16).zip(wrapped).for_each(|(to, from)| *to = from);
        let head = Self { bytes, layout, key: key.id, algorithm: key.algorithm };
        let chunks = head.chunks(&secret)?;
        Ok((head, chunks))
    }

    /// Reads a head; `None`: it is no sealed file.
    ///
    /// # Errors
    /// The reader's; [`io::ErrorKind::InvalidData`]: it is cut, or newer.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut bytes = [0; HEAD];
        let mut have = 0;
        while let Some(rest) = bytes.get_mut(have..).filter(|rest| !rest.is_empty()) {
            match from.read(rest) {
                Ok(0) => break,
                Ok(read) => have += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if !bytes.starts_with(&MAGIC) {
            return Ok(None);
        }
        if have < HEAD {
            return Err(VaultError::NotAuthentic.into());
        }
        let [_, _, _, _, format, algorithm, layout, _, a, b, c, d, e, f, g, h, ..] = bytes;
        let layout = match (format, layout) {
            (FORMAT, 1) => Layout::Tape,
            (FORMAT, 2) => Layout::Blocks,
            _ => return Err(VaultError::Newer.into()),
        };
        let key = KeyId(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
        Ok(Some(Self { bytes, layout, key, algorithm: Algorithm::of_code(algorithm)? }))
    }

    /// What opens the chunks, of the data key that the head names.
    pub(crate) fn open(&self, key: &DataKey) -> Result<Chunks, VaultError> {
        let wrapped = self.bytes.last_chunk::<WRAPPED>().ok_or(VaultError::NotAuthentic)?;
        self.chunks(&unwrap(&key.cipher, &label(&self.bytes), wrapped)?)
    }

    fn chunks(&self, secret: &Secret) -> Result<Chunks, VaultError> {
        Ok(Chunks { cipher: Cipher::new(self.algorithm, secret)?, head: self.bytes })
    }
}

fn label(head: &[u8; HEAD]) -> Vec<u8> {
    [b"hotline recording ", head.get(..16).unwrap_or_default()].concat()
}

/// Seals and opens the chunks of one file.
#[derive(Debug)]
pub(crate) struct Chunks {
    cipher: Cipher,
    head: [u8; HEAD],
}

impl Chunks {
    fn nonce(&self, no: u32, last: bool) -> [u8; NONCE] {
        let (mut nonce, [a, b, c, d]) = ([0; NONCE], no.to_be_bytes());
        let prefix = self.head.iter().skip(16).take(7).copied();
        nonce.iter_mut().zip(prefix.chain([a, b, c, d, u8::from(last)])).for_each(|(to, from)| *to = from);
        nonce
    }

    /// Seals what stands behind the first bytes, and appends the tag.
    pub(crate) fn seal(
        &self,
        from: usize,
        no: u32,
        last: bool,
        body: &mut Vec<u8>,
    ) -> Result<(), VaultError> {
        self.cipher.seal_from(from, self.nonce(no, last), &self.head, body)
    }

    pub(crate) fn open<'b>(
        &self,
        no: u32,
        last: bool,
        body: &'b mut [u8],
    ) -> Result<&'b mut [u8], VaultError> {
        self.cipher.open(self.nonce(no, last), &self.head, body)
    }
}
