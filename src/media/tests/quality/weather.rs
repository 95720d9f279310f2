//! What a network does to a stream of packets, from a seed: loss alone or in bursts, jitter, stalls, overtaking, doubles, black-outs.

use std::time::Duration;

/// Between two packets of a sender.
pub const PACKET: Duration = Duration::from_millis(20);
/// The way without any jitter.
const WAY: Duration = Duration::from_millis(30);

/// One kind of bad weather.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Weather {
    /// Each packet is lost with this probability, whatever happened to the others.
    Loss(f64),
    /// Gilbert's model: so much is lost in all, in bursts of so many packets on average.
    Bursts { loss: f64, length: f64 },
    /// Each packet is later by an exponential delay of this mean, milliseconds; their order stays.
    Jitter(f64),
    /// Every so many milliseconds nothing comes for so many; then all of it at once.
    Stalls { every: u64, ms: u64 },
    /// Each packet is overtaken by the two behind it with this probability.
    Overtaken(f64),
    /// Each packet comes twice with this probability.
    Doubled(f64),
    /// From this millisecond on nothing comes for so many, and none of it ever does.
    BlackOut { at: u64, ms: u64 },
}

/// A generator of chances from a seed (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0.0 .. 1.0.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// When which of a sender's `count` packets arrive, in the order of arrival. A packet may be missing, or be there twice.
pub fn arrivals(weather: Weather, count: usize, seed: u64) -> Vec<(Duration, usize)> {
    let mut dice = Dice(seed);
    let (mut bad, mut latest) = (false, Duration::ZERO);
    let mut all = Vec::with_capacity(count);
    for n in 0..count {
        let sent = PACKET * n as u32 + Duration::from_millis(7);
        let ms = sent.as_millis() as u64;
        let mut at = sent + WAY;
        match weather {
            Weather::Loss(p) if dice.share() < p => continue,
            Weather::Bursts { loss, length } => {
                // From bad to good with 1 / length; the other way so that the shares of both states come out right.
                let leave = 1.0 / length;
                bad = dice.share() < if bad { 1.0 - leave } else { leave * loss / (1.0 - loss) };
                if bad {
                    continue;
                }
            }
            Weather::Jitter(mean) => {
                at += Duration::from_secs_f64(-mean / 1_000.0 * (1.0 - dice.share()).ln());
                at = at.max(latest);
            }
            Weather::Stalls { every, ms: length } if ms % every < length && ms > every => {
                at = Duration::from_millis(ms - ms % every + length) + WAY;
            }
            Weather::Overtaken(p) if dice.share() < p => at += PACKET * 2 + Duration::from_millis(5),
            Weather::Doubled(p) if dice.share() < p => all.push((at + Duration::from_millis(25), n)),
            Weather::BlackOut { at, ms: length } if (at..at + length).contains(&ms) => continue,
            _ => {}
        }
        latest = at;
        all.push((at, n));
    }
    all.sort_by_key(|(at, _)| *at);
    all
}

#[test]
fn the_weather_is_as_it_is_named() {
    let lost = |weather| 1.0 - arrivals(weather, 100_000, 7).len() as f64 / 100_000.0;
    assert!((lost(Weather::Loss(0.05)) - 0.05).abs() < 0.003);
    assert!((lost(Weather::Bursts { loss: 0.05, length: 3.0 }) - 0.05).abs() < 0.006);
    assert!((lost(Weather::Doubled(0.1)) + 0.1).abs() < 0.01);
    let gaps = arrivals(Weather::Bursts { loss: 0.05, length: 3.0 }, 100_000, 7);
    let gaps: Vec<usize> = gaps.windows(2).map(|w| w[1].1 - w[0].1 - 1).filter(|g| *g > 0).collect();
    let mean = gaps.iter().sum::<usize>() as f64 / gaps.len() as f64;
    assert!((mean - 3.0).abs() < 0.3, "bursts of {mean} packets");
    let order = |weather| arrivals(weather, 1_000, 7).windows(2).filter(|w| w[0].1 > w[1].1).count();
    assert_eq!((order(Weather::Jitter(30.0)), order(Weather::Stalls { every: 2_000, ms: 200 })), (0, 0));
    assert!(order(Weather::Overtaken(0.1)) > 50);
}
