//! Who asks, and what they may see.

pub mod credentials;
pub mod enrolment;
pub mod passwords;
pub mod people;
pub mod person;
pub mod scope;
pub mod secret;
pub mod sessions;
pub mod setup_link;
