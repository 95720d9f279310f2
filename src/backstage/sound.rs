//! A recording as it comes, judged by its sound and brought into the form of the house.

use api::{Taken, Words};

/// Samples a second of the house.
const RATE: u64 = 8_000;
/// The longest recording, milliseconds: nobody listens longer.
const LONGEST: u64 = 120_000;
/// Shorter is a click.
const SHORTEST: u64 = 100;
/// No sample beyond this: silence, as from a muted microphone.
const SILENT: u16 = 300;
/// Root mean square of speech that is hard to understand on a telephone.
const QUIET: f64 = 500.0;
/// Samples from here on are cut off.
const CLIPPED: u16 = 32_000;
/// One sample of so many may be cut off.
const CLIPPED_ONE_OF: usize = 200;

/// Takes it, or says what is wrong with it.
pub(super) fn take(wav: &[u8]) -> Result<Taken, Words> {
    let samples = audio::wav::any(wav).map_err(|why| {
        Words::new(format!("不是可用的 WAV：{why}"), format!("this WAV can't be used: {why}"))
    })?;
    let ms = samples.len() as u64 * 1_000 / RATE;
    if ms > LONGEST {
        let (is, most) = (ms / 1_000, LONGEST / 1_000);
        return Err(Words::new(
            format!("录音 {is} 秒，最长 {most} 秒；请剪短"),
            format!("{is} s are too long: at most {most} s"),
        ));
    }
    let peak = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
    if ms < SHORTEST || peak < SILENT {
        return Err(Words::new(
            "录音里没有声音；请检查麦克风后重录",
            "there is no sound in it: check the microphone and record again",
        ));
    }
    let mut warnings = Vec::new();
    let squares: f64 = samples.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
    if (squares / samples.len() as f64).sqrt() < QUIET {
        warnings.push(Words::new(
            "声音太小，电话里听不清；请靠近麦克风重录",
            "it is too quiet for a telephone: record it nearer to the microphone",
        ));
    }
    let clipped = samples.iter().filter(|s| s.unsigned_abs() >= CLIPPED).count();
    if clipped > samples.len() / CLIPPED_ONE_OF {
        warnings.push(Words::new(
            "声音太大，有削波失真；请调低音量重录",
            "it is too loud and cut off: record it with less gain",
        ));
    }
    let wav = audio::wav::write(&samples).map_err(|why| Words::new(why.to_string(), why.to_string()))?;
    Ok(Taken { wav, ms, warnings })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn wav(seconds: usize, loud: i16) -> Vec<u8> {
        let wave =
            |i: usize| ((i as f32 * 0.4).sin() * f32::from(loud) * 2.0).clamp(-32_768.0, 32_767.0) as i16;
        audio::wav::write(&(0..seconds * 8_000).map(wave).collect::<Vec<i16>>()).unwrap()
    }

    #[test]
    fn good_sound_is_taken_and_bad_sound_is_told() {
        let good = take(&wav(2, 6_000)).unwrap();
        assert_eq!((good.ms, good.warnings.len()), (2_000, 0));
        assert_eq!(audio::wav::read(&good.wav).unwrap().len(), 16_000);
        let told = |warnings: &[Words]| warnings.iter().map(|w| w.en.clone()).collect::<String>();
        assert!(told(&take(&wav(2, 32_000)).unwrap().warnings).contains("too loud"));
        assert!(told(&take(&wav(2, 200)).unwrap().warnings).contains("too quiet"));
        assert!(take(&wav(2, 50)).unwrap_err().en.contains("no sound"));
        assert!(take(&wav(0, 6_000)).unwrap_err().zh.contains("没有声音"));
        assert!(take(&wav(130, 6_000)).unwrap_err().en.contains("130 s are too long"));
        assert!(take(b"MP3").unwrap_err().zh.contains("不是可用的 WAV"));
    }
}
