//! The store's key and what is done with it: sealing numbers, finding them again by hash, query codes.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use vault::VaultError;
use vault::machine::key_file;

use crate::error::StoreError;

/// Bytes of the key file.
const KEY_LEN: usize = 32;
/// First byte of a sealed value: this format, so that another can follow.
const FORMAT: u8 = 1;

/// Three keys, one for each use, drawn from the one in the file.
pub(crate) struct Keys {
    seal: LessSafeKey,
    number: hmac::Key,
    code: hmac::Key,
    /// Stored beside the data, so that a wrong key file is noticed at the start and not in the middle.
    pub(crate) mark: String,
    random: SystemRandom,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}

/// The system gave no randomness, or a value could not be sealed or opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SealFault;

impl From<SealFault> for sqlx::Error {
    fn from(_: SealFault) -> Self {
        Self::Encode("the system's randomness or the key does not work".into())
    }
}

impl Keys {
    fn new(secret: &[u8; KEY_LEN]) -> Result<Self, SealFault> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let derived = |label: &str| hmac::sign(&root, label.as_bytes());
        let seal = UnboundKey::new(&AES_256_GCM, derived("hotline seal").as_ref()).map_err(|_| SealFault)?;
        let keyed = |label: &str| hmac::Key::new(hmac::HMAC_SHA256, derived(label).as_ref());
        Ok(Self {
            seal: LessSafeKey::new(seal),
            number: keyed("hotline number"),
            code: keyed("hotline query code"),
            mark: hex(derived("hotline mark").as_ref()),
            random: SystemRandom::new(),
        })
    }

    /// Seals a value for one place, as `call.caller_e164` of a call: moved to another place it does not open.
    pub(crate) fn seal(&self, place: &str, owner: &str, text: &str) -> Result<Vec<u8>, SealFault> {
        self.seal_bytes(place, owner, text.as_bytes().to_vec())
    }

    /// The same for what is no text.
    pub(crate) fn seal_bytes(
        &self,
        place: &str,
        owner: &str,
        mut body: Vec<u8>,
    ) -> Result<Vec<u8>, SealFault> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| SealFault)?;
        let aad = Aad::from(format!("{place}:{owner}"));
        self.seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body)
            .map_err(|_| SealFault)?;
        let mut sealed = vec![FORMAT];
        sealed.extend_from_slice(&nonce);
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made for the same place.
    pub(crate) fn open(&self, place: &str, owner: &str, sealed: &[u8]) -> Result<String, SealFault> {
        String::from_utf8(self.open_bytes(place, owner, sealed)?).map_err(|_| SealFault)
    }

    /// Opens what [`Self::seal_bytes`] made for the same place.
    pub(crate) fn open_bytes(&self, place: &str, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, SealFault> {
        let rest = sealed.strip_prefix(&[FORMAT]).ok_or(SealFault)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealFault)?;
        let mut body = body.to_vec();
        let aad = Aad::from(format!("{place}:{owner}"));
        let plain = self
            .seal
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut body)
            .map_err(|_| SealFault)?
            .len();
        body.truncate(plain);
        Ok(body)
    }

    /// A random number that nobody else has.
    pub(crate) fn draw(&self) -> Result<u128, SealFault> {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes).map_err(|_| SealFault)?;
        Ok(u128::from_le_bytes(bytes))
    }

    /// The hash by which a number is found again, hex.
    pub(crate) fn number_hash(&self, number: &str) -> String {
        hex(hmac::sign(&self.number, number.as_bytes()).as_ref())
    }

    /// The hash of a case's query code, hex. Four digits would fall to any hash without a key.
    pub(crate) fn code_hash(&self, case_no: &str, code: &str) -> String {
        hex(hmac::sign(&self.code, format!("{case_no}:{code}").as_bytes()).as_ref())
    }

    /// Whether the code is the one that was hashed, in constant time.
    pub(crate) fn is_code(&self, case_no: &str, code: &str, hash: &str) -> bool {
        let Some(hash) = unhex(hash) else { return false };
        hmac::verify(&self.code, format!("{case_no}:{code}").as_bytes(), &hash).is_ok()
    }

    /// Four digits, each code as likely as any other.
    pub(crate) fn mint_code(&self) -> Result<String, SealFault> {
        loop {
            let mut bytes = [0; 2];
            self.random.fill(&mut bytes).map_err(|_| SealFault)?;
            let drawn = u16::from_be_bytes(bytes);
            // The last, incomplete run of 10,000 would make low codes likelier.
            if drawn < 60_000 {
                return Ok(format!("{:04}", drawn % 10_000));
            }
        }
    }

    /// A new ULID: 48 bits of time, 80 of chance.
    pub(crate) fn mint_id(&self, now_utc_ms: i64) -> Result<String, SealFault> {
        let mut chance = [0; 16];
        self.random.fill(&mut chance).map_err(|_| SealFault)?;
        let time = u128::from(u64::try_from(now_utc_ms).unwrap_or(0)) << 80;
        let id = (time & (u128::MAX << 80)) | (u128::from_be_bytes(chance) >> 48);
        Ok(call::CallId(id).to_string())
    }
}

/// Reads the key file; `None` when there is none.
pub(crate) fn load(path: &Path) -> Result<Option<Keys>, StoreError> {
    let bad = |why: String| StoreError::BadKey { path: path.to_owned(), why };
    let masters = match key_file::load(path) {
        Ok(Some(masters)) => masters,
        Ok(None) => return Ok(None),
        Err(VaultError::OpenKeyFile(path)) => return Err(StoreError::OpenKey { path }),
        Err(e) => return Err(bad(e.to_string())),
    };
    // What these keys are drawn from stays, whatever version of the master key wraps data keys.
    Keys::new(masters.index()).map(Some).map_err(|SealFault| bad("it makes no keys".to_owned()))
}

/// Makes a new key file: complete and on disk before it bears its name.
pub(crate) fn make(path: &Path) -> Result<Keys, StoreError> {
    let unwritable =
        |e: std::io::Error| StoreError::NotWritable { path: path.to_owned(), why: e.to_string() };
    let no_chance = |_| StoreError::BadKey {
        path: path.to_owned(),
        why: "the system gave no randomness for a new one".to_owned(),
    };
    let mut secret = [0; KEY_LEN];
    SystemRandom::new().fill(&mut secret).map_err(no_chance)?;
    let keys = Keys::new(&secret).map_err(|SealFault| no_chance(ring::error::Unspecified))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unwritable)?;
    let draft = path.with_extension("key-draft");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .map_err(unwritable)?;
    file.write_all(&secret).and_then(|()| file.sync_all()).map_err(unwritable)?;
    fs::rename(&draft, path).map_err(unwritable)?;
    File::open(folder).and_then(|f| f.sync_all()).map_err(unwritable)?;
    Ok(keys)
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |at: usize| text.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    (0..text.len()).step_by(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt;

    fn keys() -> Keys {
        Keys::new(&[7; KEY_LEN]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_only() {
        let keys = keys();
        let sealed = keys.seal("call.caller_e164", "A", "13800001234").unwrap();
        assert_eq!(keys.open("call.caller_e164", "A", &sealed).unwrap(), "13800001234");
        assert!(keys.open("call.caller_e164", "B", &sealed).is_err());
        assert!(keys.open("staff.number", "A", &sealed).is_err());
        let other = Keys::new(&[8; KEY_LEN]).unwrap();
        assert!(other.open("call.caller_e164", "A", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(keys.open("call.caller_e164", "A", &bent).is_err(), "byte {at} was changed");
            assert!(keys.open("call.caller_e164", "A", &sealed[..at]).is_err(), "cut at {at}");
        }
        let again = keys.seal("call.caller_e164", "A", "13800001234").unwrap();
        assert_ne!(sealed, again, "the same number must not look the same twice");
    }

    #[test]
    fn hashes_depend_on_key_and_case() {
        let (keys, other) = (keys(), Keys::new(&[8; KEY_LEN]).unwrap());
        assert_eq!(keys.number_hash("13800001234").len(), 64);
        assert_ne!(keys.number_hash("13800001234"), other.number_hash("13800001234"));
        let hash = keys.code_hash("261009000012", "0042");
        assert!(keys.is_code("261009000012", "0042", &hash));
        assert!(!keys.is_code("261009000012", "0043", &hash));
        assert!(!keys.is_code("261009000023", "0042", &hash));
        assert!(!keys.is_code("261009000012", "0042", "") && !keys.is_code("261009000012", "0042", "xyz"));
    }

    #[test]
    fn minted_codes_and_ids_have_their_shape() {
        let keys = keys();
        let codes: BTreeSet<_> = (0..500).map(|_| keys.mint_code().unwrap()).collect();
        assert!(codes.iter().all(|c| c.len() == 4 && c.bytes().all(|b| b.is_ascii_digit())));
        assert!(codes.len() > 400, "hardly any chance in it");
        let (early, late) = (keys.mint_id(1_000).unwrap(), keys.mint_id(2_000).unwrap());
        assert!(early < late && call::CallId::parse(&early).is_some());
        assert_ne!(keys.mint_id(1_000).unwrap(), early);
    }

    #[test]
    fn a_key_file_is_made_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/store.key");
        assert!(load(&path).unwrap().is_none());
        let made = make(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(load(&path).unwrap().unwrap().mark, made.mark);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(load(&path).unwrap_err().to_string().contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        assert!(load(&path).unwrap_err().to_string().contains("neither 32 bytes"));
        let renewed =
            vault::Masters::read(&[7; KEY_LEN]).unwrap().renewed(&vault::machine::System::new()).unwrap();
        key_file::save(&path, &renewed).unwrap();
        assert_eq!(
            load(&path).unwrap().unwrap().mark,
            keys().mark,
            "a renewed master key finds numbers again"
        );
        assert_eq!(format!("{made:?}"), "Keys", "Debug must not show the key");
    }
}
