//! The tables, row by row as they are stored. Only the repositories see them; everyone else gets the records
//! that these hand out.

#![expect(
    unreachable_pub,
    reason = "the derives of sea-orm need the models to be `pub`; the module is not"
)]

pub(super) mod agents;
pub(super) mod blind_spans;
pub(super) mod components;
pub(super) mod contact_checkpoints;
pub(super) mod displays;
pub(super) mod domains;
pub(super) mod engine_state;
pub(super) mod identity;
pub(super) mod notifications;
pub(super) mod sessions;
pub(super) mod settings;
pub(super) mod tokens;
pub(super) mod transitions;
pub(super) mod users;
