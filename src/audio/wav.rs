//! WAV files (by hound): prompts in, 8 kHz mono out.

use std::io::Cursor;

use crate::resample;

/// Why a sound file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// Not a WAV that can be read.
    #[error("not a readable WAV ({0}): save it as 16-bit PCM")]
    Unreadable(#[from] hound::Error),
    /// A form that is not spoken here.
    #[error("{channels} channels of {bits} bits at {rate} Hz: save it as 16-bit mono at 8 to 48 kHz")]
    Form {
        /// Channels.
        channels: u16,
        /// Bits a sample.
        bits: u16,
        /// Samples a second.
        rate: u32,
    },
}

/// Reads a 16-bit PCM file of 8 to 48 kHz, mono or stereo, as 8 kHz mono.
///
/// # Errors
/// [`WavError`], with what to save instead.
pub fn read(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    let mut reader = hound::WavReader::new(Cursor::new(bytes))?;
    let spec = reader.spec();
    let (channels, bits, rate) = (spec.channels, spec.bits_per_sample, spec.sample_rate);
    let fits = spec.sample_format == hound::SampleFormat::Int
        && bits == 16
        && (1..=2).contains(&channels)
        && (resample::RATE..=48_000).contains(&rate);
    if !fits {
        return Err(WavError::Form { channels, bits, rate });
    }
    let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    let mono = match channels {
        1 => samples,
        _ => samples.chunks(2).map(average).collect(),
    };
    Ok(resample::from(&mono, rate))
}

/// Reads a PCM file of any usual form, as 8 kHz mono: integers of 8 to 32 bits or floats, 1 to 8 channels, 4 to 192 kHz.
///
/// # Errors
/// [`WavError`], with what to save instead.
pub fn any(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    let mut reader = hound::WavReader::new(Cursor::new(bytes))?;
    let spec = reader.spec();
    let (channels, bits, rate) = (spec.channels, spec.bits_per_sample, spec.sample_rate);
    if !(1..=8).contains(&channels) || !(4_000..=192_000).contains(&rate) {
        return Err(WavError::Form { channels, bits, rate });
    }
    let wide: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>()?,
        hound::SampleFormat::Int => {
            let whole = (1_i64 << bits.clamp(1, 32).saturating_sub(1)) as f32;
            let all = reader.samples::<i32>().map(|s| s.map(|s| s as f32 / whole));
            all.collect::<Result<_, _>>()?
        }
    };
    let width = usize::from(channels);
    let mono = |frame: &[f32]| {
        let sum: f32 = frame.iter().sum();
        (sum / width as f32 * 32_768.0).round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
    };
    let samples: Vec<i16> = wide.chunks_exact(width).map(mono).collect();
    // Below 8 kHz there is nothing to filter: the nearest sample is taken.
    if rate < resample::RATE {
        let (rate, out) = (u64::from(rate), u64::from(resample::RATE));
        let length = samples.len() as u64 * out / rate;
        let at = |i: u64| samples.get((i * rate / out) as usize).copied().unwrap_or(0);
        return Ok((0..length).map(at).collect());
    }
    Ok(resample::from(&samples, rate))
}

/// A file of 8 kHz mono, 16 bits.
///
/// # Errors
/// [`WavError::Unreadable`] when it would be too long for the form.
pub fn write(samples: &[i16]) -> Result<Vec<u8>, WavError> {
    let spec = hound::WavSpec {
        channels: 1,
        bits_per_sample: 16,
        sample_rate: resample::RATE,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
    for sample in samples {
        writer.write_sample(*sample)?;
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}

/// How long a PCM file of any form takes; its sound is not read.
///
/// # Errors
/// [`WavError::Unreadable`].
pub fn length(bytes: &[u8]) -> Result<std::time::Duration, WavError> {
    let reader = hound::WavReader::new(Cursor::new(bytes))?;
    let rate = u64::from(reader.spec().sample_rate.max(1));
    Ok(std::time::Duration::from_micros(u64::from(reader.duration()) * 1_000_000 / rate))
}

/// Reads a 16-bit PCM file of 8 kHz with any number of channels, as recordings of calls are: each channel for itself.
///
/// # Errors
/// [`WavError`], with what to save instead.
pub fn tracks(bytes: &[u8]) -> Result<Vec<Vec<i16>>, WavError> {
    let mut reader = hound::WavReader::new(Cursor::new(bytes))?;
    let spec = reader.spec();
    let (channels, bits, rate) = (spec.channels, spec.bits_per_sample, spec.sample_rate);
    if spec.sample_format != hound::SampleFormat::Int || bits != 16 || rate != resample::RATE {
        return Err(WavError::Form { channels, bits, rate });
    }
    let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
    let channels = usize::from(channels);
    Ok((0..channels).map(|c| samples.iter().copied().skip(c).step_by(channels.max(1)).collect()).collect())
}

fn average(pair: &[i16]) -> i16 {
    let sum: i32 = pair.iter().map(|s| i32::from(*s)).sum();
    (sum / 2) as i16
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ear;

    fn file(channels: u16, bits: u16, rate: u32, hertz: f32) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels,
            bits_per_sample: bits,
            sample_rate: rate,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for i in 0..rate {
            let sample = (i as f32 * hertz * std::f32::consts::TAU / rate as f32).sin() * 10_000.0;
            for _ in 0..channels {
                if bits == 16 {
                    writer.write_sample(sample as i16).unwrap();
                } else {
                    writer.write_sample(sample as i8).unwrap();
                }
            }
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn files_of_all_usual_forms_sound_the_same() {
        for (channels, rate) in
            [(1, 8_000), (1, 16_000), (2, 16_000), (1, 48_000), (2, 48_000), (1, 24_000), (1, 22_050)]
        {
            let samples = read(&file(channels, 16, rate, 1_000.0)).unwrap();
            assert_eq!(samples.len(), 8_000, "{channels} channels at {rate} Hz");
            let level = ear::level(&samples, 1_000.0);
            assert!((9_000.0..11_000.0).contains(&level), "{level} at {rate} Hz");
        }
    }

    #[test]
    fn the_tracks_of_a_recording_are_told_apart() {
        let spec = hound::WavSpec {
            channels: 3,
            bits_per_sample: 16,
            sample_rate: 8_000,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for sample in [1, 10, 100, 2, 20, 200] {
            writer.write_sample::<i16>(sample).unwrap();
        }
        writer.finalize().unwrap();
        assert_eq!(tracks(&bytes.into_inner()).unwrap(), [[1, 2], [10, 20], [100, 200]]);
        assert!(tracks(&file(2, 16, 16_000, 400.0)).is_err() && tracks(b"RIFF").is_err());
    }

    #[test]
    fn any_form_of_pcm_is_taken_and_what_is_written_is_read() {
        for (channels, bits, rate) in
            [(1, 8, 8_000), (2, 8, 22_050), (1, 16, 44_100), (6, 16, 96_000), (1, 16, 6_000)]
        {
            let mut bytes = file(channels, 16, rate, 1_000.0);
            if bits == 8 {
                bytes = eight_bits(channels, rate);
            }
            let samples = any(&bytes).unwrap();
            assert!(samples.len().abs_diff(8_000) < 3, "{channels} {bits} {rate}: {}", samples.len());
            let level = ear::level(&samples, 1_000.0);
            assert!((7_500.0..11_500.0).contains(&level), "{level} at {channels} {bits} {rate}");
            assert_eq!(read(&write(&samples).unwrap()).unwrap(), samples);
        }
        assert_eq!(length(&file(2, 16, 16_000, 400.0)).unwrap(), std::time::Duration::from_secs(1));
        assert!(any(b"RIFF").is_err() && any(b"").is_err() && length(b"RIFF").is_err());
        assert!(any(&file(9, 16, 8_000, 400.0)).is_err() && any(&file(1, 16, 3_000, 400.0)).is_err());
    }

    fn eight_bits(channels: u16, rate: u32) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels,
            bits_per_sample: 8,
            sample_rate: rate,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        for i in 0..rate {
            let sample = (i as f32 * 1_000.0 * std::f32::consts::TAU / rate as f32).sin() * 39.0;
            for _ in 0..channels {
                writer.write_sample(sample as i8).unwrap();
            }
        }
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn other_files_are_refused_with_what_to_do() {
        assert!(read(&file(1, 8, 8_000, 400.0)).unwrap_err().to_string().contains("16-bit mono"));
        assert!(read(&file(1, 16, 6_000, 400.0)).is_err());
        assert!(read(b"RIFFxxxxWAVEjunk").is_err() && read(b"").is_err());
    }
}
