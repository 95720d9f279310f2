//! Sound, pure: G.711, G.722, RTP and RTCP, playout, keys, the mix of a room, how good it is, WAV files, tones, and speaking numbers.

/// Samples of a frame at 8 kHz, and bytes of it in G.711 and G.722: 20 ms.
pub const FRAME: usize = 160;

pub mod align;
pub mod bursts;
pub mod codec;
pub mod comfort;
pub mod conceal;
pub mod dtmf;
pub mod ear;
pub mod emodel;
pub mod g711;
pub mod g722;
pub mod inband;
pub mod limit;
pub mod mixer;
pub mod playout;
pub mod polyphase;
pub mod resample;
pub mod rtcp;
pub mod rtp;
pub mod speech;
pub mod tones;
pub mod wav;
