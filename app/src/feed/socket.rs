//! The connection of the feed: opened while somebody is signed in, opened again when it is lost.
//!
//! One set of listeners serves every connection, so a night of reconnecting leaves nothing behind.

use core::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use rollcall_shared::build;
use rollcall_shared::feed::{FromConsole, PATH};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{BinaryType, MessageEvent, WebSocket, js_sys};

use super::asking::Asked;
use super::backoff;
use super::live::Live;
use super::mirror::Answer;
use super::spoken::Spoken;
use crate::clock;
use crate::people::People;

/// An open connection that is silent for so long is taken for dead: the banner has been up for a while, and a
/// path that was lost without a word would keep it up for minutes.
const DEAD_AFTER_MS: i64 = 8_000;

/// A snapshot that was asked for is asked for again after so long: a busy server must not be asked twice for one.
const ASKED_FOR_MS: i64 = 5_000;

/// The connection, for those who may open, close and write to it.
#[derive(Clone, Copy)]
pub(crate) struct Feed {
    live: Live,
    people: People,
    show: &'static str,
    spoken: Spoken,
    line: StoredValue<Line, LocalStorage>,
    asked: StoredValue<Asked, LocalStorage>,
}

#[derive(Default)]
struct Line {
    /// Whether it should be open.
    wanted: bool,
    /// Counts the attempts to connect, so that what was meant for an earlier one is known as stale.
    attempt: u32,
    socket: Option<WebSocket>,
    opened_ms: i64,
    asked_ms: i64,
    failures: u32,
    retry: Option<TimeoutHandle>,
    listeners: Option<Listeners>,
}

struct Listeners {
    message: Closure<dyn FnMut(MessageEvent)>,
    close: Closure<dyn FnMut(web_sys::CloseEvent)>,
}

impl Feed {
    /// A closed one. Listens for the network's return and for the page's being looked at again. `show` stands behind
    /// the feed's path: what this document wants of it; `spoken` reads that.
    pub(crate) fn new(live: Live, people: People, show: &'static str, spoken: Spoken) -> Self {
        let feed = Self {
            live,
            people,
            show,
            spoken,
            line: StoredValue::new_local(Line::default()),
            asked: StoredValue::new_local(Asked::default()),
        };
        let listeners = Listeners {
            message: Closure::new(move |event: MessageEvent| feed.message(&event)),
            close: Closure::new(move |event: web_sys::CloseEvent| feed.closed(&event)),
        };
        feed.line.update_value(|line| line.listeners = Some(listeners));
        window_event_listener_untyped("online", move |_| feed.nudge());
        let looked_at = Closure::<dyn FnMut()>::new(move || {
            if !document().hidden() {
                feed.nudge();
            }
        });
        // The listener lives as long as the page.
        let _ = document()
            .add_event_listener_with_callback("visibilitychange", looked_at.as_ref().unchecked_ref());
        looked_at.forget();
        feed
    }

    /// Opens it, and keeps it open.
    pub(crate) fn start(self) {
        self.line.update_value(|line| line.wanted = true);
        self.connect();
    }

    /// Closes it, and forgets what it told.
    pub(crate) fn stop(self) {
        self.line.update_value(|line| {
            line.wanted = false;
            line.attempt = line.attempt.wrapping_add(1);
        });
        self.hang_up();
        self.forget_lists();
        self.live.clear();
    }

    /// What stands behind the feed's path.
    pub(super) fn show(self) -> &'static str {
        self.show
    }

    /// What it tells.
    pub(super) fn live(self) -> Live {
        self.live
    }

    /// What is asked for; nothing where the page is gone.
    pub(super) fn asked<T>(self, change: impl FnOnce(&mut Asked) -> T) -> Option<T> {
        self.asked.try_update_value(change)
    }

    /// Once a second: asks again for a snapshot that did not come, and hangs up on a connection that went silent
    /// without closing.
    pub(crate) fn tick(self) {
        let asked_ms = self.line.with_value(|line| line.asked_ms);
        if self.live.is_adrift() && clock::steady_ms() - asked_ms > ASKED_FOR_MS {
            self.ask();
        }
        let dead = self
            .line
            .with_value(|line| line.socket.is_some() && clock::steady_ms() - line.opened_ms > DEAD_AFTER_MS);
        if dead && self.live.silent_ms() > DEAD_AFTER_MS {
            self.lost();
        }
    }

    /// Connects now instead of later, where there is no live connection.
    fn nudge(self) {
        let waiting = self.line.with_value(|line| line.wanted && line.socket.is_none());
        if waiting {
            self.connect();
        } else {
            self.live.tick();
        }
    }

    fn connect(self) {
        self.hang_up();
        self.forget_lists();
        if !self.line.with_value(|line| line.wanted) {
            return;
        }
        self.line
            .update_value(|line| line.attempt = line.attempt.wrapping_add(1));
        // Whatever was said over the connection before holds for this one no more.
        self.live.disconnected();
        let location = window().location();
        let scheme = match location.protocol() {
            Ok(protocol) if protocol == "https:" => "wss",
            _ => "ws",
        };
        let host = location.host().unwrap_or_default();
        let show = self.show;
        match WebSocket::new(&format!("{scheme}://{host}{PATH}{show}")) {
            Ok(socket) => self.line.update_value(|line| {
                socket.set_binary_type(BinaryType::Arraybuffer);
                if let Some(listeners) = &line.listeners {
                    socket.set_onmessage(Some(listeners.message.as_ref().unchecked_ref()));
                    socket.set_onclose(Some(listeners.close.as_ref().unchecked_ref()));
                }
                line.opened_ms = clock::steady_ms();
                line.socket = Some(socket);
            }),
            Err(_) => self.again(),
        }
    }

    fn hang_up(self) {
        self.line.update_value(|line| {
            if let Some(retry) = line.retry.take() {
                retry.clear();
            }
            if let Some(socket) = line.socket.take() {
                socket.set_onmessage(None);
                socket.set_onclose(None);
                // Closing can only fail for a wrong code, and none is given.
                let _ = socket.close();
            }
        });
    }

    fn message(self, event: &MessageEvent) {
        let Ok(buffer) = event.data().dyn_into::<js_sys::ArrayBuffer>() else {
            return;
        };
        let bytes = js_sys::Uint8Array::new(&buffer).to_vec();
        // What cannot be read is of another build, or broken: a fresh connection begins with the build.
        let was_whole = self.live.is_whole();
        let Some(answer) = self.spoken.take(&bytes) else {
            self.lost();
            return;
        };
        match answer {
            Answer::Resync => self.ask(),
            Answer::Build(shipped) => {
                follow(&shipped);
                self.greet();
            }
            Answer::Listed(number, listed) => self.listed(number, listed),
            Answer::Draw | Answer::Nothing => {}
        }
        self.catch_up();
        if !was_whole && self.live.is_whole() {
            self.line.update_value(|line| line.failures = 0);
        }
    }

    fn closed(self, _event: &web_sys::CloseEvent) {
        self.lost();
    }

    /// The connection is gone. It says not why, so the API is asked whether somebody still is signed in; the next
    /// attempt does not wait for the answer, which may never come.
    fn lost(self) {
        self.hang_up();
        self.live.disconnected();
        self.forget_lists();
        self.again();
        let attempt = self.attempt();
        spawn_local(async move {
            if let Err(failure) = self.people.ask_again().await
                && self.attempt() == attempt
            {
                self.people.heed(&failure);
            }
        });
    }

    fn attempt(self) -> u32 {
        self.line.with_value(|line| line.attempt)
    }

    fn again(self) {
        let failures = self.line.try_update_value(|line| {
            line.failures = line.failures.saturating_add(1);
            line.failures - 1
        });
        let wait_ms = backoff::delay_ms(failures.unwrap_or(0), clock::draw());
        let wait = Duration::from_millis(u64::from(wait_ms));
        let attempt = self.attempt();
        let connect = move || {
            if self.attempt() == attempt {
                self.connect();
            }
        };
        let retry = set_timeout_with_handle(connect, wait).ok();
        self.line.update_value(|line| {
            if let Some(earlier) = core::mem::replace(&mut line.retry, retry) {
                earlier.clear();
            }
        });
    }

    /// Asks for a snapshot.
    fn ask(self) {
        self.line.update_value(|line| line.asked_ms = clock::steady_ms());
        self.send(&FromConsole::Resync);
    }

    /// Says something, where the connection is open.
    pub(crate) fn send(self, message: &impl Serialize) {
        self.line.with_value(|line| {
            if let (Some(socket), Ok(bytes)) = (&line.socket, postcard::to_allocvec(message))
                && socket.ready_state() == WebSocket::OPEN
            {
                // A connection that cannot be written to is about to be closed, and is opened anew then.
                let _ = socket.send_with_u8_array(&bytes);
            }
        });
    }
}

/// Reloads the page where the server ships another build than this page runs; once for each build, so that a
/// cache on the way that serves the old one cannot make it reload for ever.
fn follow(shipped: &str) {
    const RELOADED_FOR: &str = "rollcall.reloaded-for";
    let Some(own) = own_build() else { return };
    if own == shipped || shipped == build::UNBUNDLED {
        return;
    }
    let Ok(Some(storage)) = window().session_storage() else {
        return;
    };
    let reloaded = storage.get_item(RELOADED_FOR).ok().flatten();
    if reloaded.as_deref() != Some(shipped) && storage.set_item(RELOADED_FOR, shipped).is_ok() {
        let _ = window().location().reload();
    }
}

fn own_build() -> Option<String> {
    let link = document()
        .query_selector(r#"link[href*="_bg.wasm"]"#)
        .ok()
        .flatten()?;
    build::id_in(&link.get_attribute("href")?).map(ToOwned::to_owned)
}
