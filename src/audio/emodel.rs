//! The E-model (ITU-T G.107) for G.711: from loss and delay, how good a talk would be called. An estimate, no listening.
//!
//! Everything that is not known of a call has the recommendation's default, as it asks for.

/// Basic signal-to-noise ratio and the impairments at the same time as the voice, at the defaults of table 3.
const RO: f64 = 94.769;
const IS: f64 = 1.414;
/// Total noise at the 0 dBr point, dBm0p; receive loudness rating, talker echo loudness rating, echo path loss: dB.
const NO: f64 = -61.179;
const RLR: f64 = 2.0;
const TELR: f64 = 65.0;
const WEPL: f64 = 110.0;
/// Equipment impairment of G.711 without loss, and how it stands loss: without a concealment that fills gaps by the form of
/// the voice (ITU-T G.113 appendix I). Ours repeats the last frame, and its measured quality (PESQ 3.5 at 1 %, 2.6 at 5 %)
/// lies at this value, far from that of a full G.711 appendix I (25.1).
const IE: f64 = 0.0;
const BPL: f64 = 4.3;
/// What is known of each call's delay: 20 ms in a packet at either end, 20 ms until the next mix.
const FIXED_MS: f64 = 60.0;
/// A buffer that loses little holds about twice the jitter.
const BUFFERS: f64 = 2.0;

/// The rating R, 0 to 93.2. `loss` of packets, 0.0 ..= 1.0; `burst`: how much longer its runs are than those of random loss
/// (BurstR), 1.0 upwards; `delay_ms` from mouth to ear, one way.
pub fn rating(loss: f64, burst: f64, delay_ms: f64) -> f64 {
    let percent = loss.clamp(0.0, 1.0) * 100.0;
    let equipment = IE + (95.0 - IE) * percent / (percent / burst.max(1.0) + BPL);
    (RO - IS - delay_impairment(delay_ms.max(0.0)) - equipment).max(0.0)
}

/// Id, section 7.4: talker echo, listener echo, and delay alone.
fn delay_impairment(t: f64) -> f64 {
    let terv = TELR - 40.0 * ((1.0 + t / 10.0) / (1.0 + t / 150.0)).log10() + 6.0 * (-0.3 * t * t).exp();
    let re = 80.0 + 2.5 * (terv - 14.0);
    let roe = -1.5 * (NO - RLR);
    let half = (roe - re) / 2.0;
    let talker = (half + (half * half + 100.0).sqrt() - 1.0) * (1.0 - (-t).exp());
    let rle = 10.5 * (WEPL + 7.0) * (2.0 * t + 1.0).powf(-0.25);
    let half = (RO - rle) / 2.0;
    let listener = half + (half * half + 169.0).sqrt();
    let alone = if t > 100.0 {
        let x = (t / 100.0).log2();
        let sixth = |value: f64| (1.0 + value.powi(6)).powf(1.0 / 6.0);
        25.0 * (sixth(x) - 3.0 * sixth(x / 3.0) + 2.0)
    } else {
        0.0
    };
    talker + listener + alone
}

/// Mean opinion score of a rating, 1.0 ..= 4.5 (G.107 annex B).
pub fn mos(rating: f64) -> f64 {
    if rating >= 100.0 {
        return 4.5;
    }
    let r = rating.max(0.0);
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).max(1.0)
}

/// What is known of a talk.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Talk {
    /// Packets that were not heard, late ones included, 0.0 ..= 1.0.
    pub loss: f32,
    /// How much longer their runs were than those of random loss ([`crate::bursts::Found::ratio`]), 1.0 upwards.
    pub burst: f32,
    /// Interarrival jitter, ms.
    pub jitter_ms: f32,
    /// From here to the far end and back, ms, when it is known.
    pub round_trip_ms: Option<f32>,
}

/// The rating of a talk, 0 to 93.2. Half the round trip counts as the way; not known: none.
pub fn rating_of(talk: &Talk) -> f64 {
    let way = f64::from(talk.round_trip_ms.unwrap_or_default().max(0.0)) / 2.0;
    let delay = FIXED_MS + BUFFERS * f64::from(talk.jitter_ms.max(0.0)) + way;
    rating(f64::from(talk.loss), f64::from(talk.burst), delay)
}

/// The score of a talk, 1.0 ..= 4.4.
pub fn score(talk: &Talk) -> f32 {
    mos(rating_of(talk)) as f32
}

/// The score of a stream that lost this part of its packets at random, late ones included, and had this jitter.
pub fn estimate(loss: f32, jitter_ms: f32) -> f32 {
    score(&Talk { loss, burst: 1.0, jitter_ms, round_trip_ms: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out from the formulas of the recommendation with all its defaults, by another program.
    #[test]
    fn the_rating_is_the_recommendations() {
        for (loss, delay, r) in [
            (0.0, 0.0, 93.2),
            (0.0, 20.0, 92.53),
            (0.0, 60.0, 91.52),
            (0.0, 100.0, 90.66),
            (0.0, 150.0, 89.54),
            (0.0, 200.0, 85.80),
            (0.0, 300.0, 72.67),
            (0.0, 400.0, 62.25),
            // Loss of Bpl percent costs half of what there is.
            (0.043, 0.0, 93.2 - 47.5),
            (0.01, 0.0, 93.2 - 17.92),
            (1.0, 400.0, 0.0),
        ] {
            let rating = rating(loss, 1.0, delay);
            assert!((rating - r).abs() < 0.02, "{loss} {delay}: {rating}, wanted {r}");
        }
    }

    /// Table B.1 of annex B, and the ends of its formula.
    #[test]
    fn the_score_is_that_of_annex_b() {
        for (r, score) in [(93.2, 4.41), (90.0, 4.34), (80.0, 4.03), (70.0, 3.60), (60.0, 3.10), (50.0, 2.58)]
        {
            assert!((mos(r) - score).abs() < 0.01, "{r}: {}", mos(r));
        }
        assert_eq!((mos(-5.0), mos(0.0), mos(3.0), mos(120.0)), (1.0, 1.0, 1.0, 4.5));
    }

    #[test]
    fn an_estimate_falls_with_loss_and_with_jitter() {
        assert!(estimate(0.0, 2.0) > 4.3);
        assert!((3.6..3.9).contains(&estimate(0.01, 2.0)), "{}", estimate(0.01, 2.0));
        assert!((1.9..2.3).contains(&estimate(0.05, 2.0)), "{}", estimate(0.05, 2.0));
        assert!(estimate(0.0, 150.0) < 3.7, "{}", estimate(0.0, 150.0));
        assert!(estimate(1.0, 9_999.0) >= 1.0 && estimate(f32::NAN, -1.0) >= 1.0);
    }

    /// Section 7.3: the same loss in runs that are twice as long stands like a Ppl / 2 in the denominator.
    #[test]
    fn losses_in_runs_and_a_long_way_cost_more() {
        let found = rating(0.02, 2.0, 0.0);
        assert!((found - (93.2 - 95.0 * 2.0 / (1.0 + BPL))).abs() < 0.05, "{found}");
        let talk = Talk { loss: 0.01, burst: 1.0, jitter_ms: 2.0, round_trip_ms: None };
        let score_of = |burst, round_trip_ms| score(&Talk { burst, round_trip_ms, ..talk });
        assert!(score_of(3.0, None) < score_of(1.0, None) - 0.05);
        assert!(score_of(1.0, Some(500.0)) < score_of(1.0, Some(20.0)) - 0.3);
        assert!(score_of(f32::NAN, Some(f32::NAN)) >= 1.0);
    }
}
