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

fn compress_a(sample: i16) -> u8 {
    // 13 bits; negative values count down from -1, so that -0 and +0 are told apart as the standard does.
    let value = sample >> 3;
    let (mask, magnitude) = if value >= 0 { (0xd5, value) } else { (0x55, !value) };
    let segment = (16 - magnitude.max(31).unsigned_abs().leading_zeros()).saturating_sub(5);
    let shift = if segment < 2 { 1 } else { segment };
    let step = u8::try_from((magnitude >> shift) & 15).unwrap_or(15);
    let segment = u8::try_from(segment.min(7)).unwrap_or(7);
    ((segment << 4) | step) ^ mask
}

fn compress_mu(sample: i16) -> u8 {
    let mask = if sample < 0 { 0x7f } else { 0xff };
    let magnitude = i32::from(sample).abs().min(32_635) + 0x84;
    let segment = (32 - magnitude.leading_zeros()).saturating_sub(8).min(7);
    let step = u8::try_from((magnitude >> (segment + 3)) & 15).unwrap_or(15);
    (u8::try_from(segment << 4).unwrap_or(0x70) | step) ^ mask
}

/// Reads a frame; the shorter of both lengths counts.
pub fn decode(law: Law, bytes: &[u8], samples: &mut [i16]) {
    for (sample, byte) in samples.iter_mut().zip(bytes) {
        *sample = expand(law, *byte);
    }
}

/// Writes a frame; the shorter of both lengths counts.
pub fn encode(law: Law, samples: &[i16], bytes: &mut [u8]) {
    for (byte, sample) in bytes.iter_mut().zip(samples) {
        *byte = compress(law, *sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
