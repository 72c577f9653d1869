//! The settings, their versions, and how far they have got.

use gloo_net::http::Method;
use rollcall_shared::Settings;
use rollcall_shared::console_api::{
    Page, SettingsInForce, SettingsSaved, SettingsVersion, Subject, VersionSummary, Waiting,
};
use serde::Serialize;

use super::{Failure, call, call_if, read, write};

/// The document, and what is noted with it.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    settings: &'a Settings,
    note: Option<&'a str>,
}

/// The settings in force.
pub(crate) async fn in_force() -> Result<SettingsInForce, Failure> {
    read(&call(Method::GET, "settings", None).await?)
}

/// Saves settings that were made from version `of`.
pub(crate) async fn save(of: u32, settings: &Settings, note: &str) -> Result<SettingsSaved, Failure> {
    let note = note.trim();
    let body = write(&Document {
        settings,
        note: (!note.is_empty()).then_some(note),
    });
    read(&call_if(Method::PUT, "settings", body, Some(&format!("\"{of}\""))).await?)
}

/// One version.
pub(crate) async fn version(version: u32) -> Result<SettingsVersion, Failure> {
    read(&call(Method::GET, &format!("settings/versions/{version}"), None).await?)
}

/// Versions, newest first: the newest ones, or those after (older than) one.
pub(crate) async fn versions(after: Option<&str>, limit: u32) -> Result<Page<VersionSummary>, Failure> {
    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
    read(
        &call(
            Method::GET,
            &format!("settings/versions?limit={limit}{after}"),
            None,
        )
        .await?,
    )
}

/// The first of those that a roll-out waits for, those on which it failed before the others.
pub(crate) async fn waiting(subject: &Subject, limit: u32) -> Result<Page<Waiting>, Failure> {
    let path = format!("rollouts/{subject}/waiting?limit={limit}");
    read(&call(Method::GET, &path, None).await?)
}
