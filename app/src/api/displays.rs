//! Screens on walls: letting them in, and being one.

use gloo_net::http::Method;
use rollcall_shared::console_api::{Display, DisplayMade, DisplaySession, DisplaySignIn, NewDisplay, Page};

use super::{Failure, call, read, write};

/// Comes in by a display's token.
pub(crate) async fn enter(token: String) -> Result<DisplaySession, Failure> {
    read(&call(Method::POST, "session/display", write(&DisplaySignIn { token })).await?)
}

/// As which display this screen is let in.
pub(crate) async fn own() -> Result<DisplaySession, Failure> {
    read(&call(Method::GET, "session/display", None).await?)
}

/// The displays, the newest first.
pub(crate) async fn all() -> Result<Vec<Display>, Failure> {
    let page: Page<Display> = read(&call(Method::GET, "displays", None).await?)?;
    Ok(page.items)
}

/// Lets one in.
pub(crate) async fn make(new: &NewDisplay) -> Result<DisplayMade, Failure> {
    read(&call(Method::POST, "displays", write(new)).await?)
}

/// Lets one in no more.
pub(crate) async fn revoke(id: i64) -> Result<(), Failure> {
    call(Method::DELETE, &format!("displays/{id}"), None)
        .await
        .map(drop)
}
