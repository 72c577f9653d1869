//! Where the browser enters the console. Trunk builds it for wasm; on the host there is nothing to run.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    rollcall_app::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use std::io::Write as _;

    let words: &[u8] =
        b"This is the console's browser program: build it with `trunk build` and let the server serve it.\n";
    // Nothing is left to do where even the terminal is gone.
    drop(std::io::stderr().write_all(words));
    std::process::ExitCode::FAILURE
}
