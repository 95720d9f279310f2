//! Sound, pure: G.711, G.722, RTP and RTCP, the jitter buffer, keys, the mix of a room, how good it is, WAV files, tones, and speaking numbers.

pub mod bursts;
pub mod codec;
pub mod dtmf;
pub mod ear;
pub mod emodel;
pub mod g711;
pub mod g722;
pub mod jitter;
pub mod mixer;
pub mod polyphase;
pub mod resample;
pub mod rtcp;
pub mod rtp;
pub mod speech;
pub mod tones;
pub mod wav;
