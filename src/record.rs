//! Where the case store is, and the journal in front of it, in the store's terms.

use config::Settings;
use config::secrets;
use config::settings::StorePlace;
use store::{JournalAt, Server, StoreAt};

use crate::sound;
use crate::start::{StartError, random};

/// A server's password; it goes before the one in the file of secrets.
const PASSWORD: &str = "HOTLINE_STORE_PASSWORD";
/// Its name in the file of secrets.
const SECRET: &str = "store";

/// The store of this house.
///
/// # Errors
/// The file of secrets can't be read.
pub(crate) fn settings(settings: &Settings) -> Result<store::Settings, StartError> {
    let at = match &settings.store {
        StorePlace::File(path) => StoreAt::File(path.clone()),
        StorePlace::Server { url, .. } => StoreAt::Server(Server::new(url.clone(), password(settings)?)),
    };
    let config::settings::Journal { folder, reserve_mib } = settings.journal.clone();
    let journal = Some(JournalAt { folder, reserve_mib });
    let (key_file, cipher) = (settings.store.key_file(), sound::algorithm(settings).unwrap_or_default());
    Ok(store::Settings { at, node: settings.node.clone(), key_file, cipher, journal })
}

fn password(settings: &Settings) -> Result<Option<String>, StartError> {
    if let Ok(password) = std::env::var(PASSWORD) {
        return Ok(Some(password));
    }
    let secrets = secrets::ensure(&settings.secrets, [], random)?;
    Ok(secrets.get(SECRET).map(str::to_owned))
}
