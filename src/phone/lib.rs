//! A small SIP phone for tests and trunk checks.
