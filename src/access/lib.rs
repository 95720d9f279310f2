//! Who may do what: roles, passwords, second factor, lock-out, sessions. Pure.
