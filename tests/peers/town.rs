//! A window of the house whose telephone is in the town, behind the carrier: the configuration, and the talk in which it is rung.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use phone::{Call, Phone};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::baresip::Baresip;
use crate::folder::{append, edit};
use crate::house::{House, runtime, staff};
use crate::kamailio::{CITIZEN_TONE, IN_TOWN, STAFF_TONE, leg};
use crate::patience::{s, until};
use crate::ports::Ports;

/// The account of the house at the carrier.
pub const ACCOUNT: &str = "053589000";

/// A house with further settings of its trunk, whose window 037 has its telephone in the town.
pub fn house(settings: impl FnOnce(&Path, &Ports) -> String) -> House {
    House::open_with(|config, ports| {
        let more = settings(config, ports);
        append(&config.join("trunks.toml"), &more);
        let number = format!("number = \"{IN_TOWN}\"");
        edit(&config.join("staff.toml"), &[("phone = \"desk037\"", &number)]);
        edit(
            &config.join("routing.toml"),
            &[("allowed_outside = []", &format!("allowed_outside = [\"{IN_TOWN}\"]"))],
        );
    })
}

/// Writes down the password that the carrier gave for the trunk.
pub fn password(config: &Path, password: &str) {
    let data = config.parent().unwrap().join("data");
    fs::create_dir_all(&data).unwrap();
    let secrets = data.join("secrets.toml");
    fs::write(&secrets, format!("\"trunk.sipp\" = \"{password}\"\n")).unwrap();
    fs::set_permissions(secrets, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A citizen and an operator, phones of our own, in talk.
pub struct Talk {
    citizen: Call,
    operator: Call,
    /// A call ends with its phone.
    phones: [Phone; 2],
    runtime: Runtime,
}

impl Talk {
    pub fn begin(house: &House) -> Self {
        let runtime = runtime();
        let phones = runtime.block_on(async { [staff(house, "citizen1").await, staff(house, "op1").await] });
        let (citizen, operator) = runtime.block_on(async {
            let dialing = phones[0].dial("89000").unwrap();
            let operator = phones[1].incoming().await.unwrap().answer().await.unwrap();
            let citizen = dialing.answered().await.unwrap();
            citizen.tone(CITIZEN_TONE);
            operator.until_hears(&[CITIZEN_TONE], &[], s(15)).await.unwrap();
            (citizen, operator)
        });
        Self { citizen, operator, phones, runtime }
    }

    /// The operator brings the window in, which accepts; citizen and window hear each other.
    pub fn brings_the_town_in(&self, desk: &mut Baresip) {
        self.runtime.block_on(self.operator.digits("*3037#")).unwrap();
        desk.answer();
        // The whisper is for the desk; key 1 takes the call.
        desk.keys("1");
        desk.until_hears(&[CITIZEN_TONE], &[STAFF_TONE], s(10));
        self.runtime.block_on(self.citizen.until_hears(&[STAFF_TONE], &[CITIZEN_TONE], s(10))).unwrap();
    }

    /// The operator tries it, and nobody takes the call.
    pub fn asks_in_vain(&self, house: &House) {
        let failed = || house.log().matches("kind=\"leg.failed\" actor=\"desk:037\"").count();
        let before = failed();
        self.runtime.block_on(self.operator.digits("*3037#")).unwrap();
        until("the window's leg has failed", s(15), || (failed() > before).then_some(()));
    }

    /// Everybody hangs up. The record.
    pub fn end(self, house: &House) -> Value {
        self.runtime.block_on(async {
            self.citizen.hang_up();
            self.citizen.ended().await;
            self.operator.hang_up();
            self.operator.ended().await;
            self.phones.iter().for_each(Phone::stop);
        });
        house.last_call()
    }

    /// The same when the window is in the call: it hangs up last.
    pub fn end_with(self, house: &House, desk: &mut Baresip) -> Value {
        let Self { citizen, operator, phones, runtime } = self;
        runtime.block_on(async {
            citizen.hang_up();
            citizen.ended().await;
            operator.hang_up();
            operator.ended().await;
        });
        desk.hang_up();
        phones.iter().for_each(Phone::stop);
        let call = house.last_call();
        let of_desk = leg(&call, "desk");
        assert!(of_desk["joined_at"].is_i64() && of_desk["left_at"].is_i64(), "{call:#}");
        assert_eq!(call["call"]["outcome"], "bridged", "{call:#}");
        call
    }
}
