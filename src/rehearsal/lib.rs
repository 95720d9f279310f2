//! What would happen: the live decision code asked about any number at any moment.
