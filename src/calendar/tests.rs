//! Every vector of the specification of working time.
