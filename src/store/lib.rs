//! The case store: schema, journal, writer and queries.
