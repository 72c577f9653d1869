//! Which build of the console this is.
//!
//! Trunk names the console's files by their content, so the name of its wasm file *is* its build. The server
//! reads it from the `index.html` that it embeds, the console from the document that it was started by; where
//! the two differ, the console reloads itself.

/// The build of a console that was not bundled by Trunk.
pub const UNBUNDLED: &str = "unbundled";

/// What the console's wasm files end in.
const SUFFIX: &str = "_bg.wasm";

/// The build that a page's text or a file's address names: what stands between the last `-` and `_bg.wasm`.
#[must_use]
pub fn id_in(text: &str) -> Option<&str> {
    let before = &text[..text.find(SUFFIX)?];
    let id = &before[before.rfind('-')? + 1..];
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_build_is_read_from_a_page_and_from_an_address() {
        let page =
            r#"<link rel="preload" href="/rollcall-app-91ad0c4be2d1_bg.wasm" crossorigin="anonymous">"#;
        assert_eq!(id_in(page), Some("91ad0c4be2d1"));
        assert_eq!(id_in("/rollcall-app-91ad0c4be2d1_bg.wasm"), Some("91ad0c4be2d1"));
        assert_eq!(id_in("<p>the console is not built</p>"), None);
        assert_eq!(id_in("-_bg.wasm"), None);
    }
}
