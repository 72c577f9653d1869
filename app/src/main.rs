//! Where the browser enters the console's first document, the fleet. Trunk builds it for wasm; on the host there is
//! nothing to run.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    rollcall_app::document::fleet::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    rollcall_app::nothing_to_run()
}
