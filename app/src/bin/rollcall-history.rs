//! Where the browser enters the console's eighth document, the history. See `main.rs` for the first.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    rollcall_app::document::history::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    rollcall_app::nothing_to_run()
}
