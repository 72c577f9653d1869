//! Components, their versions, and the upload of one.

use gloo_net::http::Method;
use js_sys::Promise;
use rollcall_shared::component::{ComponentName, ComponentVersion};
use rollcall_shared::console_api::{Component, NewComponent, Page};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ProgressEvent, XmlHttpRequest};

use super::{Failure, call, read, write};
use crate::json;

/// The current versions.
pub(crate) async fn current() -> Result<Vec<Component>, Failure> {
    let page: Page<Component> = read(&call(Method::GET, "components", None).await?)?;
    Ok(page.items)
}

/// Versions of one name, those brought last first: the newest ones, or those after (older than) one.
pub(crate) async fn versions(
    name: &ComponentName,
    after: Option<&str>,
    limit: u32,
) -> Result<Page<Component>, Failure> {
    let after = after.map_or_else(String::new, |after| format!("&after={}", encoded(after)));
    let path = format!("components/{name}/versions?limit={limit}{after}");
    read(&call(Method::GET, &path, None).await?)
}

/// Names a version with its sources.
pub(crate) async fn name_sources(new: &NewComponent) -> Result<Component, Failure> {
    read(&call(Method::POST, "components", write(new)).await?)
}

/// Makes a version current.
pub(crate) async fn choose(name: &ComponentName, version: &ComponentVersion) -> Result<Component, Failure> {
    let path = format!("{}/current", path_of(name, version));
    read(&call(Method::POST, &path, None).await?)
}

/// Withdraws a version.
pub(crate) async fn withdraw(name: &ComponentName, version: &ComponentVersion) -> Result<(), Failure> {
    call(Method::DELETE, &path_of(name, version), None)
        .await
        .map(drop)
}

/// An upload under way. Not by `fetch`, which does not tell how far it is.
#[derive(Clone)]
pub(crate) struct Upload(XmlHttpRequest);

impl Upload {
    /// One that has not begun; nothing where the browser has none.
    pub(crate) fn new() -> Option<Self> {
        XmlHttpRequest::new().ok().map(Self)
    }

    /// Gives it up.
    pub(crate) fn cancel(&self) {
        // One that is over already stays as it is.
        let _ = self.0.abort();
    }

    /// Sends the file. `sent` is told how many bytes have gone. It takes as long as it takes.
    pub(crate) async fn send(
        &self,
        name: &ComponentName,
        version: &ComponentVersion,
        note: &str,
        file: &File,
        sent: impl Fn(f64) + 'static,
    ) -> Result<Component, Failure> {
        let request = &self.0;
        let note = match note.trim() {
            "" => String::new(),
            note => format!("?note={}", encoded(note)),
        };
        let address = format!("/api/v1/{}{note}", path_of(name, version));
        let progress =
            Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| sent(event.loaded()));
        let begun = request
            .open("PUT", &address)
            .and_then(|()| request.set_request_header("content-type", "application/octet-stream"))
            .and_then(|()| request.upload())
            .map(|upload| upload.set_onprogress(Some(progress.as_ref().unchecked_ref())));
        begun.map_err(|_| Failure::Unreachable)?;
        let over = Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
        request
            .send_with_opt_blob(Some(file))
            .map_err(|_| Failure::Unreachable)?;
        // It is never refused: `loadend` comes whatever became of it.
        let _ = JsFuture::from(over).await;
        let status = request.status().unwrap_or_default();
        let text = request.response_text().ok().flatten().unwrap_or_default();
        match status {
            0 => Err(Failure::Unreachable),
            200..300 => read(&text),
            _ => Err(json::read(&text).map_or(Failure::Unreadable(status), Failure::Refused)),
        }
    }
}

fn path_of(name: &ComponentName, version: &ComponentVersion) -> String {
    format!("components/{name}/versions/{}", encoded(version.as_str()))
}

/// A version may hold a `+`, and a note anything.
fn encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}
