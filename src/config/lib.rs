//! sip-config files as written, all their faults at once, and the checked plan.
