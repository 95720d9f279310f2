//! The HTTP interface: health, calls, orders, live events.
