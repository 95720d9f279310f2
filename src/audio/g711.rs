//! G.711 A-law and mu-law (ITU-T G.711): tables for reading, arithmetic for writing. 8 kHz, 8 bit, 16-bit samples outside.

/// Which of the two laws.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Law {
    /// A-law, payload type 8: China, Europe.
    A,
    /// mu-law, payload type 0: North America, Japan.
    Mu,
}

static A_TABLE: [i16; 256] = table(Law::A);
static MU_TABLE: [i16; 256] = table(Law::Mu);

const fn table(law: Law) -> [i16; 256] {
    let mut out = [0; 256];
    let mut code = 0u8;
    loop {
        out[code as usize] = match law {
            Law::A => expand_a(code),
            Law::Mu => expand_mu(code),
        };
        if code == 255 {
            return out;
        }
        code += 1;
    }
}

/// Even bits are inverted on the line (G.711 section 3.2).
const fn expand_a(code: u8) -> i16 {
    let code = code ^ 0x55;
    let segment = (code >> 4) & 7;
    let step = ((code & 15) as i16) << 4;
    let magnitude = match segment {
        0 => step + 8,
        1 => step + 0x108,
        _ => (step + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -magnitude } else { magnitude }
}

const fn expand_mu(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 7;
    let magnitude = (((((code & 15) as i16) << 3) + 0x84) << segment) - 0x84;
    if code & 0x80 != 0 { -magnitude } else { magnitude }
}

/// One byte to one sample.
#[inline]
pub fn expand(law: Law, code: u8) -> i16 {
    let table = match law {
        Law::A => &A_TABLE,
        Law::Mu => &MU_TABLE,
    };
    table.get(usize::from(code)).copied().unwrap_or(0)
}

/// One sample to one byte.
#[inline]
pub fn compress(law: Law, sample: i16) -> u8 {
    match law {
        Law::A => compress_a(sample),
        Law::Mu => compress_mu(sample),
    }
}

/// Segment and step are the exponent of a floating-point number and the first bits of its mantissa (IEEE 754), so that what
/// takes the logarithm is a conversion, and the compiler makes vectors of a frame. `first` is the exponent of segment 0.
#[inline]
fn segment_and_step(magnitude: i16, first: i16) -> i16 {
    (f32::from(magnitude).to_bits() >> 19) as i16 - ((127 + first) << 4)
}

#[inline]
fn compress_a(sample: i16) -> u8 {
    // 13 bits; negative values count down from -1, so that -0 and +0 are told apart as the standard does.
    let value = sample >> 3;
    let sign = value >> 15;
    let magnitude = value ^ sign;
    // The lower half of the first two segments has no leading bit: it is counted on its own.
    let code = segment_and_step(magnitude.max(32), 4) + (magnitude.min(32) >> 1) - 16;
    (code ^ 0xd5 ^ (sign & 0x80)) as u8
}

#[inline]
fn compress_mu(sample: i16) -> u8 {
    let sign = sample >> 15;
    let clipped = sample.clamp(-32_635, 32_635);
    let code = segment_and_step(((clipped ^ sign) - sign) + 0x84, 7);
    (code ^ 0xff ^ (sign & 0x80)) as u8
}

/// Reads a frame; the shorter of both lengths counts.
pub fn decode(law: Law, bytes: &[u8], samples: &mut [i16]) {
    let table = match law {
        Law::A => &A_TABLE,
        Law::Mu => &MU_TABLE,
    };
    for (sample, byte) in samples.iter_mut().zip(bytes) {
        *sample = table.get(usize::from(*byte)).copied().unwrap_or(0);
    }
}

/// Writes a frame; the shorter of both lengths counts.
pub fn encode(law: Law, samples: &[i16], bytes: &mut [u8]) {
    match law {
        Law::A => bytes.iter_mut().zip(samples).for_each(|(byte, sample)| *byte = compress_a(*sample)),
        Law::Mu => bytes.iter_mut().zip(samples).for_each(|(byte, sample)| *byte = compress_mu(*sample)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit, as G.711 describes it.
    fn by_the_book(law: Law, sample: i16) -> u8 {
        let (mask, magnitude, first) = match law {
            Law::A if sample >= 0 => (0xd5, i32::from(sample >> 3), 5),
            Law::A => (0x55, i32::from(!(sample >> 3)), 5),
            Law::Mu => {
                let magnitude = i32::from(sample).abs().min(32_635) + 0x84;
                (if sample < 0 { 0x7f } else { 0xff }, magnitude, 8)
            }
        };
        let segment = (32 - magnitude.leading_zeros()).saturating_sub(first);
        let step = if law == Law::A { magnitude >> segment.max(1) } else { magnitude >> (segment + 3) };
        ((segment << 4) as u8 | (step & 15) as u8) ^ mask
    }

    #[test]
    fn every_sample_is_written_as_the_standard_says() {
        let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        for law in [Law::A, Law::Mu] {
            let mut bytes = vec![0; all.len()];
            encode(law, &all, &mut bytes);
            for (sample, byte) in all.iter().zip(bytes) {
                assert_eq!(byte, by_the_book(law, *sample), "{law:?} {sample}");
            }
        }
    }

    #[test]
    fn known_values_of_the_standard() {
        // Positive and negative full scale, and the smallest steps, of G.711 tables 1a and 2a, scaled to 16 bits.
        for (code, value) in [(0xaa, 32_256), (0x2a, -32_256), (0xd5, 8), (0x55, -8), (0x80, 5_504)] {
            assert_eq!(expand(Law::A, code), value, "A {code:#x}");
        }
        for (code, value) in [(0x80, 32_124), (0x00, -32_124), (0xff, 0), (0xfe, 8), (0xf0, 120)] {
            assert_eq!(expand(Law::Mu, code), value, "mu {code:#x}");
        }
    }

    #[test]
    fn every_code_comes_back() {
        for code in 0..=255u8 {
            assert_eq!(compress(Law::A, expand(Law::A, code)), code, "A {code:#x}");
            // mu-law has two zeros; the negative one is written as the positive.
            let back = compress(Law::Mu, expand(Law::Mu, code));
            assert!(back == code || code == 0x7f && back == 0xff, "mu {code:#x} came back as {back:#x}");
        }
    }

    #[test]
    fn no_sample_is_off_by_more_than_its_step() {
        for law in [Law::A, Law::Mu] {
            for sample in i16::MIN..=i16::MAX {
                let error = (i32::from(expand(law, compress(law, sample))) - i32::from(sample)).abs();
                // Half a step of its segment, with the cut at full scale.
                let most = (i32::from(sample).abs() / 32 + 17).max(i32::from(sample).abs() - 32_124 + 8);
                assert!(error <= most, "{law:?} {sample}: off by {error}, at most {most}");
            }
        }
    }
}
