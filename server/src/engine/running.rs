//! The engine's thread: made ready, started, stopped.

use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use rollcall_presence::{Place, TableFull};

use super::command::Command;
use super::driver::Driver;
use super::{Known, Sink};

/// An engine that does not tick yet: whoever follows its changes can be made first.
pub struct Prepared {
    pub(super) driver: Driver,
    pub(super) inbox: Receiver<Command>,
    pub(super) commands: Sender<Command>,
}

/// The driver's thread, to be joined at the end.
pub struct Running {
    thread: Mutex<Option<JoinHandle<()>>>,
    commands: Sender<Command>,
}

impl Prepared {
    /// Takes an agent up as it was; gives where it is kept.
    ///
    /// # Errors
    /// Where there is no room for it.
    pub fn take_up(&mut self, known: &Known) -> Result<Place, TableFull> {
        self.driver.take_up(known)
    }

    /// Starts the thread. All news goes to each sink, in their order. Engine time stands still until
    /// [`Engine::go_on`](super::Engine::go_on).
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(self, sinks: Vec<Sink>) -> std::io::Result<Running> {
        let Self {
            driver,
            inbox,
            commands,
        } = self;
        let thread = std::thread::Builder::new()
            .name("presence".to_owned())
            .spawn(move || {
                let _alive = MustNotPanic;
                driver.run(&inbox, &sinks);
            })?;
        Ok(Running {
            thread: Mutex::new(Some(thread)),
            commands,
        })
    }
}

/// Ends the process where the driver panics: without it heartbeats would go on being answered, and nobody would
/// ever go offline again. A supervisor starts the server anew, and nobody is falsely offline for it (rule 6).
struct MustNotPanic;

impl Drop for MustNotPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("the presence engine panicked: the process ends, to be started again");
            std::process::abort();
        }
    }
}

impl Running {
    /// Stops the driver and waits until it has published what it had.
    pub fn stop(&self) {
        if self.commands.send(Command::Stop).is_err() {
            tracing::debug!("the presence engine had stopped by itself");
        }
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the presence engine ended by a panic");
        }
    }
}
