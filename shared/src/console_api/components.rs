//! Components as people see and hand them out: `/api/v1/components`.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::component::{ComponentName, ComponentVersion, Sha256, SourceUrl};

/// One version of a component. `GET components` lists the current one of each name, `GET components/{name}/versions`
/// all of one name, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Component {
    /// What it is called.
    pub name: ComponentName,
    /// Which version.
    pub version: ComponentVersion,
    /// How many bytes it has.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: Sha256,
    /// Whether the server has the bytes and gives them to agents.
    pub stored: bool,
    /// Where else agents get the bytes, tried in this order before the server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceUrl>,
    /// What who brought it noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who uploaded it or named its sources, by the name that they had then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When that was.
    pub created_at_ms: i64,
    /// Since when agents are to have it; nothing where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_since_ms: Option<i64>,
    /// When it was withdrawn; its name stays taken, so that a version never stands for other bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at_ms: Option<i64>,
}

/// `POST components`: names a version with its sources. The bytes are uploaded by
/// `PUT components/{name}/versions/{version}` instead where the server is to have them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewComponent {
    /// What it is called.
    pub name: ComponentName,
    /// Which version.
    pub version: ComponentVersion,
    /// How many bytes it has: at least 1.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: Sha256,
    /// Where agents get the bytes, tried in this order: 1 to 4.
    pub sources: Vec<SourceUrl>,
    /// What to remember of it: up to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
