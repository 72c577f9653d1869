//! Screens on walls, which show the wall and nothing else: each by a token of its own.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::id::DomainId;

/// `POST displays`: lets a screen in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDisplay {
    /// What it is called, 1 to [`Display::LONGEST_NAME`] characters: where it hangs, say.
    pub name: String,
    /// The domain whose agents it shows, with those below it; the one that holds all unless said otherwise.
    #[serde(default)]
    pub domain: DomainId,
}

/// A screen that is let in; its token is known only to whom it was given at its making.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Display {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// The domain whose agents it shows, with those below it.
    pub domain: DomainId,
    /// When it was let in.
    pub created_at_ms: i64,
    /// When it last showed the wall, to five minutes; nothing where it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_ms: Option<i64>,
    /// Who let it in; nothing where they are gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

impl Display {
    /// Characters that a name has at most.
    pub const LONGEST_NAME: usize = 64;
    /// Screens that may be let in at a time.
    pub const MOST: usize = 1_000;
}

/// The answer to [`NewDisplay`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DisplayMade {
    /// The screen.
    pub display: Display,
    /// Its token, shown once. The screen is let in by opening `/wall?kiosk#token=` and this.
    pub secret: String,
}

/// `POST session/display`: a screen comes with its token.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DisplaySignIn {
    /// The token: `rcd_` and 43 characters.
    pub token: String,
}

/// As which display a screen is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DisplaySession {
    /// What it is called.
    pub name: String,
    /// The domain whose agents it shows, with those below it.
    pub domain: DomainId,
    /// What that is called.
    pub domain_name: String,
}
