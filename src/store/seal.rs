//! The store's key and what is done with it: sealing numbers, finding them again by hash, query codes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use call::ids::CallId;
use ring::hmac;
use vault::machine::{System, key_file};
use vault::{Algorithm, Chance as _, Class, Masters, Month, Safe, Scope, VaultError};

use crate::error::StoreError;

/// The store's keys: the data keys that seal values, and those that never change, by which they are found again.
pub(crate) struct Keys {
    /// Read by each value that is sealed or opened; written a few times a month.
    safe: RwLock<Safe>,
    number: hmac::Key,
    code: hmac::Key,
    /// Stored beside the data, so that a wrong key file is noticed at the start and not in the middle.
    pub(crate) mark: String,
    /// The key file.
    pub(crate) file: PathBuf,
    chance: System,
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

impl From<VaultError> for SealFault {
    fn from(_: VaultError) -> Self {
        Self
    }
}

/// What a value is, by the place that it is sealed for.
pub(crate) fn class_of(place: &str) -> Class {
    match place {
        "call.caller_e164"
        | "call.caller_raw"
        | "call.diverted_from"
        | "callback.number"
        | "cases.applicant_phone"
        | "short_message.number" => Class::Number,
        "cases.applicant_name" => Class::Name,
        "stated.note" | "short_message.text" | "cases.content" | "cases.place" | "case_log.what" => {
            Class::Case
        }
        "config_text.text" => Class::Configuration,
        _ => Class::Staff,
    }
}

/// The month of a call or case: a ULID begins with its millisecond.
pub(crate) fn month_of(owner: &str) -> Option<Month> {
    let ms = i64::try_from(CallId::parse(owner)?.0 >> 80).ok()?;
    Some(Month::of_utc_ms(ms))
}

impl Keys {
    pub(crate) fn of(masters: Masters, file: PathBuf) -> Result<Self, SealFault> {
        let keyed = |label: &str| hmac::Key::new(hmac::HMAC_SHA256, &*masters.fixed(label));
        let (number, code) = (keyed("hotline number"), keyed("hotline query code"));
        let mark = hex(&*masters.fixed("hotline mark"));
        let safe = RwLock::new(Safe::new(masters, Algorithm::default())?);
        Ok(Self { safe, number, code, mark, file, chance: System::new() })
    }

    /// The data keys.
    pub(crate) fn safe(&self) -> RwLockReadGuard<'_, Safe> {
        self.safe.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what data keys there are.
    pub(crate) fn with_safe<T>(&self, change: impl FnOnce(&mut Safe) -> T) -> T {
        change(&mut self.safe.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where its random bytes come from.
    pub(crate) fn chance(&self) -> &System {
        &self.chance
    }

    /// Seals a value for one place, as `call.caller_e164` of a call: moved to another place it does not open. Its data key is
    /// that of the owner's month, so that it can be destroyed with what is as old. Where that month has none (a clock was
    /// wrong, or it is long destroyed) it is the newest: such a value is never destroyed too early.
    pub(crate) fn seal(&self, place: &str, owner: &str, text: &str) -> Result<Vec<u8>, SealFault> {
        let (class, safe) = (class_of(place), self.safe());
        let month = month_of(owner).map(Scope::Month).filter(|month| safe.has(class, *month));
        Ok(match month.or_else(|| safe.newest(class)) {
            Some(scope) => safe.seal((class, scope), (place, owner), text.as_bytes(), &self.chance)?,
            None => safe.seal_before((place, owner), text.as_bytes(), &self.chance)?,
        })
    }

    /// Opens what [`Self::seal`] made for the same place, now or before there were data keys. What was erased is empty.
    pub(crate) fn open(&self, place: &str, owner: &str, sealed: &[u8]) -> Result<String, SealFault> {
        if sealed.is_empty() {
            return Ok(String::new());
        }
        let plain = self.safe().open((place, owner), sealed)?;
        String::from_utf8(plain).map_err(|_| SealFault)
    }

    /// Seals what is on its way into the database: by the key that needs no database to be opened.
    pub(crate) fn seal_bytes(&self, place: &str, owner: &str, body: &[u8]) -> Result<Vec<u8>, SealFault> {
        Ok(self.safe().seal_before((place, owner), body, &self.chance)?)
    }

    /// Opens what [`Self::seal_bytes`] made for the same place.
    pub(crate) fn open_bytes(&self, place: &str, owner: &str, sealed: &[u8]) -> Result<Vec<u8>, SealFault> {
        Ok(self.safe().open((place, owner), sealed)?)
    }

    /// A random number that nobody else has.
    pub(crate) fn draw(&self) -> Result<u128, SealFault> {
        let mut bytes = [0; 16];
        self.chance.fill(&mut bytes)?;
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
            self.chance.fill(&mut bytes)?;
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
        self.chance.fill(&mut chance)?;
        let time = u128::from(u64::try_from(now_utc_ms).unwrap_or(0)) << 80;
        let id = (time & (u128::MAX << 80)) | (u128::from_be_bytes(chance) >> 48);
        Ok(CallId(id).to_string())
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
    Keys::of(masters, path.to_owned()).map(Some).map_err(|SealFault| bad("it makes no keys".to_owned()))
}

/// Makes a new key file: complete and on disk before it bears its name. What wraps data keys in it has nothing to do with what
/// the hashes come from, so that it can be destroyed some day.
pub(crate) fn make(path: &Path) -> Result<Keys, StoreError> {
    let bad = |e: VaultError| match e {
        VaultError::File { path, why } => StoreError::NotWritable { path, why },
        other => StoreError::BadKey { path: path.to_owned(), why: other.to_string() },
    };
    let chance = System::new();
    let masters = Masters::first(&chance).and_then(|first| first.renewed(&chance)).map_err(bad)?.retired();
    key_file::save(path, &masters).map_err(bad)?;
    Keys::of(masters, path.to_owned()).map_err(|SealFault| bad(VaultError::NoChance))
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
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn of(byte: u8) -> Keys {
        let keys = Keys::of(Masters::read(&[byte; 32]).unwrap(), PathBuf::new()).unwrap();
        keys.with_safe(|safe| {
            safe.mint(Class::Number, Scope::Month(Month::new(2026, 11).unwrap()), &System::new())
        })
        .unwrap();
        keys
    }

    fn keys() -> Keys {
        of(7)
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_only() {
        let keys = keys();
        let sealed = keys.seal("call.caller_e164", "A", "13800001234").unwrap();
        assert_eq!(keys.open("call.caller_e164", "A", &sealed).unwrap(), "13800001234");
        assert!(keys.open("call.caller_e164", "B", &sealed).is_err());
        assert!(keys.open("staff.number", "A", &sealed).is_err());
        let other = of(8);
        assert!(other.open("call.caller_e164", "A", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[at] ^= 1;
            assert!(keys.open("call.caller_e164", "A", &bent).is_err(), "byte {at} was changed");
            assert!(at == 0 || keys.open("call.caller_e164", "A", &sealed[..at]).is_err(), "cut at {at}");
        }
        let again = keys.seal("call.caller_e164", "A", "13800001234").unwrap();
        assert_ne!(sealed, again, "the same number must not look the same twice");
        assert_eq!(
            (vault::key_of(&sealed).is_some(), keys.open("staff.number", "A", &[]).unwrap()),
            (true, String::new())
        );
        // Of a class without data key: as before there were any.
        let before = keys.seal("staff.number", "2001", "13800001234").unwrap();
        assert_eq!(
            (before[0], keys.open("staff.number", "2001", &before).unwrap().as_str()),
            (1, "13800001234")
        );
    }

    #[test]
    fn a_value_is_sealed_by_the_key_of_its_owner_s_month_or_the_newest() {
        let keys = keys();
        let [october, november, december] = [10, 11, 12].map(|month| Month::new(2026, month).unwrap());
        keys.with_safe(|safe| safe.mint(Class::Number, Scope::Month(december), &System::new())).unwrap();
        let scope = |owner: &str| {
            let sealed = keys.seal("callback.number", owner, "1").unwrap();
            let safe = keys.safe();
            safe.key(vault::key_of(&sealed).unwrap()).unwrap().scope
        };
        let call = |month: Month| CallId(u128::try_from(month.begins()).unwrap() << 80).to_string();
        assert_eq!(month_of(&call(october)), Some(october));
        assert_eq!(scope(&call(november)), Scope::Month(november));
        assert_eq!(scope(&call(october)), Scope::Month(december), "never a key that dies earlier");
        assert_eq!(scope("01ABC.echo"), Scope::Month(december));
    }

    #[test]
    fn hashes_depend_on_key_and_case() {
        let (keys, other) = (keys(), of(8));
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
        assert!(early < late && CallId::parse(&early).is_some());
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
        let renewed = Masters::read(&[7; 32]).unwrap().renewed(&System::new()).unwrap();
        key_file::save(&path, &renewed).unwrap();
        assert_eq!(
            load(&path).unwrap().unwrap().mark,
            keys().mark,
            "a renewed master key finds numbers again"
        );
        assert_eq!(format!("{made:?}"), "Keys", "Debug must not show the key");
    }
}
