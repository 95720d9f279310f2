//! A citizen behind the trunk: our own phone by SIP over UDP, with its tone and its ear.

use std::time::Duration;

use phone::{Account, Call, Dial, Ending, Phone};
use tokio::runtime::{Builder, Runtime};

use crate::house::House;
use crate::patience::s;

/// A number of nobody.
pub const NUMBER: &str = "13800001234";

/// One who dialled and was answered.
pub struct Citizen {
    call: Call,
    phone: Phone,
    runtime: Runtime,
}

impl Citizen {
    /// Dials the hotline, is answered, and says this tone from then on.
    pub fn dials(house: &House, hertz: u32) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (phone, call) = runtime.block_on(async {
            let phone = Phone::start(Account::new("trunk", "", house.udp)).await.unwrap();
            let call = phone.call(Dial::to("89000").caller(NUMBER)).await.unwrap();
            call.tone(hertz);
            (phone, call)
        });
        Self { call, phone, runtime }
    }

    /// Waits until it hears these tones and not those.
    pub fn hears(&self, loud: &[u32], still: &[u32], within: Duration) {
        let heard = self.runtime.block_on(self.call.until_hears(loud, still, within));
        heard.unwrap_or_else(|e| panic!("the citizen should hear {loud:?} and not {still:?}: {e}"));
    }

    /// Hangs up.
    pub fn hangs_up(&self) {
        self.call.hang_up();
        self.ends();
    }

    /// Waits for the end of its call.
    pub fn ends(&self) -> Ending {
        let ended = self.runtime.block_on(async { tokio::time::timeout(s(30), self.call.ended()).await });
        ended.expect("the citizen's call ends")
    }
}

impl Drop for Citizen {
    fn drop(&mut self) {
        self.phone.stop();
    }
}
