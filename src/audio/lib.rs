//! Sound, pure: so far G.711 and the mix of a room.

pub mod g711;
pub mod mixer;
