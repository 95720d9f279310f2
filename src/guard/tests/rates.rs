//! Messages a second: friends within their measure, floods, and a flood of false addresses.

use std::time::Duration;

use super::{host, s};
use crate::{RateSettings, Rates, Standing};

fn flood(rates: &mut Rates, of: u32, standing: Standing, seconds: u64, a_second: u32) -> u32 {
    let mut heard = 0;
    for n in 0..u64::from(a_second) * seconds {
        let at = s(60) + Duration::from_secs_f64(n as f64 / f64::from(a_second));
        heard += u32::from(rates.take(at, host(of), standing));
    }
    heard
}

#[test]
fn each_kind_of_source_has_its_measure() {
    let mut rates = Rates::new(RateSettings { a_second: 100 });
    assert_eq!(flood(&mut rates, 1, Standing::Phone, 10, 100), 1_000, "within it nothing is lost");
    let heard = flood(&mut rates, 2, Standing::Phone, 10, 2_000);
    assert!((1_490..=1_510).contains(&heard), "{heard} of a phone: 500 at once, then 100 a second");
    let heard = flood(&mut rates, 3, Standing::Trunk, 10, 20_000);
    assert!((14_990..=15_010).contains(&heard), "{heard} of a trunk");
    let heard = flood(&mut rates, 4, Standing::Stranger, 10, 2_000);
    assert!((149..=151).contains(&heard), "{heard} of a stranger");
}

#[test]
fn false_addresses_fill_no_memory_and_known_ones_go_on() {
    let mut rates = Rates::new(RateSettings { a_second: 100 });
    assert!(rates.take(s(60), host(1), Standing::Phone));
    let mut heard = 0;
    for n in 0..200_000u32 {
        let at = s(60) + Duration::from_micros(u64::from(n) * 10);
        heard += u32::from(rates.take(at, host(100 + n), Standing::Stranger));
    }
    assert!(rates.len() <= 8_192);
    assert!(heard < 8_300, "{heard}: those beyond the table share one measure");
    assert!(rates.take(s(62), host(1), Standing::Phone));
    assert!(rates.take(s(90), host(3), Standing::Phone), "the quiet ones are forgotten");
    assert!(rates.len() < 10);
}
