//! The control loop: world to events, actions to the world.
