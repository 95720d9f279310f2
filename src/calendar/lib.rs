//! Working time, pure: layers of closings, State Council days and weekly patterns.
