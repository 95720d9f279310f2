//! The control loop: world to events, actions to the world. So far it only knows telephone numbers.

pub mod numbers;
