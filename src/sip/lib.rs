//! SIP, pure: messages, transactions, dialogs, sessions and the registrar.
