//! A file that the browser saves without having loaded it from anywhere.

use core::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// The browser has begun to read the file by then.
const READ_BY: Duration = Duration::from_secs(30);

/// Lets the browser save a text as a file of that name.
///
/// # Errors
///
/// Where it has no room for the text.
pub(crate) fn save(name: &str, media_type: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    link.set_href(&address);
    link.set_download(name);
    link.click();
    set_timeout(
        move || {
            // An address that is given up already needs no giving up.
            let _ = Url::revoke_object_url(&address);
        },
        READ_BY,
    );
    Ok(())
}
