//! Tags, branches and Call-IDs: unguessable, from the injected seed (RFC 3261 section 19.3).

use sha2::{Digest as _, Sha256};

use crate::digest::hex;
use crate::whose::mark;

#[derive(Debug)]
pub(crate) struct Ids {
    seed: [u8; 32],
    count: u64,
    /// Shows in which life of the house it was made.
    mark: String,
}

impl Ids {
    pub fn new(seed: [u8; 32], generation: u16) -> Self {
        Self { seed, count: 0, mark: mark(generation) }
    }

    /// 32 bytes nobody can foresee, the same each time for a purpose.
    pub fn secret(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(purpose.as_bytes());
        hash.finalize().into()
    }

    fn next(&mut self, digits: usize) -> String {
        self.count = self.count.wrapping_add(1);
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.count.to_be_bytes());
        let bytes = hash.finalize();
        hex(bytes.get(..digits.div_ceil(2)).unwrap_or_default())
    }

    pub fn tag(&mut self) -> String {
        self.next(16) + &self.mark
    }

    /// The same tag for each repetition of a request that is answered without a transaction (section 8.2.7).
    pub fn tag_for(&self, transaction: &str) -> String {
        let secret = self.secret(transaction);
        hex(secret.get(..8).unwrap_or_default())
    }

    pub fn branch(&mut self) -> String {
        format!("z9hG4bK{}{}", self.next(24), self.mark)
    }

    pub fn call_id(&mut self) -> String {
        self.next(32)
    }

    /// A UUID without its dashes, as RFC 7989 section 4.1 wants it: version 4, of RFC 9562's variant.
    pub fn uuid(&mut self) -> String {
        let mut uuid = self.next(32);
        uuid.replace_range(12..13, "4");
        uuid.replace_range(16..17, "a");
        uuid
    }

    /// A number below `limit`, for back-off times.
    pub fn below(&mut self, limit: u64) -> u64 {
        u64::from_str_radix(&self.next(12), 16).unwrap_or(0).checked_rem(limit).unwrap_or(0)
    }
}
