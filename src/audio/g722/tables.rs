//! The tables of ITU-T G.722: band filter, quantisers, scale factors.

/// Half of the symmetric band filter (table 11), 1/8192 a unit.
pub const FILTER: [i16; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

/// Decision levels of the lower band (table 14, Q6). Three zeros before them make whole vectors; they are always passed.
pub const DECISIONS: [i16; 32] = [
    0, 0, 0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1_023,
    1_121, 1_219, 1_339, 1_458, 1_612, 1_765, 1_980, 2_195, 2_557, 2_919,
];
/// The only decision level of the upper band.
pub const DECISION_HIGH: i32 = 564;

/// What each code of 6, 5 and 4 bits stands for (QM6, QM5, QM4), in units of the scale factor / 32768.
pub static LEVELS_6: [i16; 64] = levels(&[
    24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280, 11_192, 10_232, 9_360, 8_576, 7_856, 7_192,
    6_576, 6_000, 5_456, 4_944, 4_464, 4_008, 3_576, 3_168, 2_776, 2_400, 2_032, 1_688, 1_360, 1_040, 728,
    432, 136,
]);
/// Of 5 bits.
pub static LEVELS_5: [i16; 32] = levels(&[
    23_352, 17_560, 14_120, 11_664, 9_752, 8_184, 6_864, 5_712, 4_696, 3_784, 2_960, 2_208, 1_520, 880, 280,
]);
/// Of 4 bits.
pub static LEVELS_4: [i16; 16] = levels(&[20_456, 12_896, 8_968, 6_288, 4_240, 2_584, 1_200, 0]);
/// Of the upper band's 2 bits (QM2).
pub const LEVELS_HIGH: [i16; 4] = [-7_408, -1_616, 7_408, 1_616];

/// How a code of 4 bits moves the lower band's logarithmic scale factor (WL of RL42), and one of 2 bits the upper one's.
pub static STEPS_LOW: [i16; 16] =
    [-60, 3_042, 1_198, 538, 334, 172, 58, -30, 3_042, 1_198, 538, 334, 172, 58, -30, -60];
/// The upper band's (WH of RH2).
pub const STEPS_HIGH: [i16; 4] = [798, -214, 798, -214];
/// Where the logarithmic scale factors end.
pub const MOST_LOW: i32 = 18_432;
/// The upper band's.
pub const MOST_HIGH: i32 = 22_528;

/// 2048 * 2^(i / 32): the fraction of a scale factor (ILB).
pub static POWERS: [i16; 32] = [
    2_048, 2_093, 2_139, 2_186, 2_233, 2_282, 2_332, 2_383, 2_435, 2_489, 2_543, 2_599, 2_656, 2_714, 2_774,
    2_834, 2_896, 2_960, 3_025, 3_091, 3_158, 3_228, 3_298, 3_371, 3_444, 3_520, 3_597, 3_676, 3_756, 3_838,
    3_922, 4_008,
];

/// Codes count down from the largest negative level, then from the largest positive one; the few smallest negative levels
/// are the last codes, and codes that no encoder sends (all first bits zero) stand for the smallest negative level.
const fn levels<const CODES: usize, const LEVELS: usize>(magnitudes: &[i16; LEVELS]) -> [i16; CODES] {
    let (half, mut out, mut code) = (CODES / 2, [0; CODES], 0);
    // 4, 2 or 1 codes are never sent.
    let unused = CODES / 16;
    while code < CODES {
        out[code] = if code < unused {
            -magnitudes[LEVELS - 1]
        } else if code < half {
            -magnitudes[code - unused]
        } else if code < half + LEVELS {
            magnitudes[code - half]
        } else {
            -magnitudes[LEVELS - (CODES - code)]
        };
        code += 1;
    }
    out
}
