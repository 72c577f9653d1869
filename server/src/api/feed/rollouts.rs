//! The feed of a page that shows roll-outs: all of them, whenever one changed. And of one that shows none, and is only to
//! know that the server is there.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use rollcall_shared::feed::PULSE_MS;

use super::socket::{ASK_AGAIN_EVERY, End, every, is_let_in, send, stopped};
use crate::api::app::App;
use crate::auth::watcher::Pass;

/// How often at the most: often enough to look immediate, and ten thousand agents that report within a second are ten
/// messages.
const BEAT: Duration = Duration::from_millis(100);

/// So many beats without a change, and they are sent all the same: so that the page knows how old what it shows is.
const PULSE: u64 = PULSE_MS / 100;

/// Sends roll-outs until the console goes, or, where it is `shown` none, that the server is there. A slow one is sent newer
/// ones, never more of them: each message is made when it is sent.
pub(super) async fn talk(socket: &mut WebSocket, app: &App, pass: &Pass, shown: bool) -> End {
    let mut stopping = app.stopping.clone();
    let mut changes = app.outbox.follow();
    let mut beat = every(BEAT);
    let mut ask_again = every(ASK_AGAIN_EVERY);
    let mut quiet = PULSE;
    loop {
        tokio::select! {
            _ = beat.tick() => {
                quiet += 1;
                let is_news = shown && changes.has_changed().unwrap_or(false);
                if quiet < PULSE && !is_news {
                    continue;
                }
                quiet = 0;
                changes.mark_unchanged();
                let rollouts = if shown { app.outbox.rollouts() } else { Vec::new() };
                if !send(socket, app, app.hub.rollouts(rollouts)).await {
                    return End::Gone;
                }
            }
            message = socket.recv() => match message {
                None | Some(Err(_) | Ok(Message::Close(_))) => return End::Gone,
                // It has nothing to say here.
                Some(Ok(_)) => {}
            },
            _ = ask_again.tick() => {
                if !is_let_in(app, pass).await {
                    return End::signed_out();
                }
            }
            () = stopped(&mut stopping) => return End::stopping(),
        }
    }
}
