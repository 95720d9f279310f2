//! The control loop: what the world tells becomes events of the core, what the core wants is done to the world.
//!
//! Read [`contract`] first. [`Turn`] is the loop's pure body (simulations drive it), [`run`] gives it sockets and threads,
//! [`Handle`] is the door for everybody else.

mod clock;
pub mod contract;
mod diverted;
pub mod handle;
mod line;
pub mod lives;
mod meter;
pub mod names;
mod notes;
pub mod numbers;
pub mod outward;
pub mod run;
pub mod severed;
mod turn;
pub mod voice;
pub mod wire;

pub use clock::Clock;
pub use contract::Setup;
pub use guard::{Listed, Origin, OutboundView, Reason};
pub use handle::{Gauges, Handle, HandleError};
pub use media::quality::{Fault, Quality};
pub use turn::{Counts, Turn, recording_row};
