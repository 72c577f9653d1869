//! One console's socket: what the hub has for it goes out, what it watches comes in.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use bytes::Bytes;
use rollcall_shared::feed::{FromConsole, MOST_WATCHED_ROWS};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, timeout};

use super::{Show, Wanted, rollouts, table, wall};
use crate::api::app::App;
use crate::auth::watcher::{Pass, Watcher};
use crate::feed::LONGEST;
use crate::scope::Scope;

/// How often the contacts of the rows on the screen are sent.
pub(super) const CONTACTS_EVERY: Duration = Duration::from_secs(1);

/// How often it is asked whether the session still stands: who signed out elsewhere stops seeing within this.
pub(super) const ASK_AGAIN_EVERY: Duration = Duration::from_secs(15);

/// How long a console may take none of what it is sent. It is gone, or as good as.
const STALLED: Duration = Duration::from_secs(30);

/// How often a console is given a whole snapshot at the most, however often it asks.
pub(super) const SNAPSHOT_EVERY: Duration = Duration::from_secs(2);

/// Close codes (RFC 6455 section 7.4): the server goes; what was sent makes no sense; and, of our own, the
/// session ended.
const GOING_AWAY: u16 = 1001;
pub(super) const NOT_UNDERSTOOD: u16 = 1007;
const SIGNED_OUT: u16 = 4401;

/// Why a feed ends.
pub(super) enum End {
    /// The console went, or its connection did.
    Gone,
    /// We say why.
    Close(u16, &'static str),
}

impl End {
    pub(super) const fn stopping() -> Self {
        Self::Close(GOING_AWAY, "the server stops")
    }

    pub(super) const fn signed_out() -> Self {
        Self::Close(SIGNED_OUT, "the session ended")
    }
}

/// Serves a console until it goes.
pub(super) async fn serve(mut socket: WebSocket, app: Arc<App>, watcher: Watcher, wanted: Wanted) {
    let scope = watcher.scope().clone();
    let pass = &watcher.into_pass();
    let end = if send(&mut socket, &app, app.hub.hello()).await {
        match wanted.show {
            Some(Show::Rollouts) => rollouts::talk(&mut socket, &app, pass, true).await,
            Some(Show::Standing) => rollouts::talk(&mut socket, &app, pass, false).await,
            Some(Show::Wall) => wall::talk(&mut socket, &app, &scope, pass, wanted.group).await,
            Some(Show::Table) => table::talk(&mut socket, &app, &scope, pass).await,
            None => talk(&mut socket, &app, &scope, pass).await,
        }
    } else {
        End::Gone
    };
    if let End::Close(code, reason) = end {
        let close = Message::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        }));
        // It may be gone by now.
        let _sent = timeout(STALLED, socket.send(close)).await;
    }
}

async fn talk(socket: &mut WebSocket, app: &App, scope: &Scope, pass: &Pass) -> End {
    let mut stopping = app.stopping.clone();
    let mut contacts = every(CONTACTS_EVERY);
    let mut ask_again = every(ASK_AGAIN_EVERY);
    let mut snapshot = every(SNAPSHOT_EVERY);
    let mut watched: Vec<u32> = Vec::new();
    let mut known: HashMap<u32, i64> = HashMap::new();
    // Each round begins with a snapshot; a console that missed something begins a new one.
    loop {
        snapshot.tick().await;
        let subscription = app.hub.subscribe(scope);
        let mut messages = subscription.messages;
        for part in subscription.opening {
            if !send(socket, app, part).await {
                return End::Gone;
            }
        }
        known.clear();
        loop {
            tokio::select! {
                message = messages.recv() => match message {
                    Ok(message) => if !send(socket, app, message).await { return End::Gone },
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return End::stopping(),
                },
                message = socket.recv() => match message {
                    None | Some(Err(_) | Ok(Message::Close(_))) => return End::Gone,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Text(_))) => return End::Close(NOT_UNDERSTOOD, "not a message of the feed"),
                    Some(Ok(Message::Binary(bytes))) => match postcard::from_bytes(&bytes) {
                        Ok(FromConsole::Watch { mut rows }) => {
                            rows.truncate(MOST_WATCHED_ROWS);
                            known.retain(|row, _| rows.contains(row));
                            watched = rows;
                            contacts.reset_immediately();
                        }
                        Ok(FromConsole::Resync) => break,
                        Err(_) => return End::Close(NOT_UNDERSTOOD, "not a message of the feed"),
                    },
                },
                _ = contacts.tick() => {
                    if let Some(message) = app.hub.contacts(scope, &watched, &mut known)
                        && !send(socket, app, message).await
                    {
                        return End::Gone;
                    }
                }
                _ = ask_again.tick() => {
                    if !is_let_in(app, pass).await {
                        return End::signed_out();
                    }
                }
                () = stopped(&mut stopping) => return End::stopping(),
            }
        }
    }
}

pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that whoever could say it is gone: then the server is, too.
    let _said = stopping.wait_for(|stop| *stop).await;
}

/// Sends a message, unless the console takes none or the server stops.
pub(super) async fn send(socket: &mut WebSocket, app: &App, message: Bytes) -> bool {
    if message.len() > LONGEST {
        tracing::error!(bytes = message.len(), "a feed ends: its next message is too long");
        return false;
    }
    let mut stopping = app.stopping.clone();
    tokio::select! {
        sent = timeout(STALLED, socket.send(Message::Binary(message))) => matches!(sent, Ok(Ok(()))),
        () = stopped(&mut stopping) => false,
    }
}

/// Whether who watches is let in still. A database that is away ends no session.
pub(super) async fn is_let_in(app: &App, pass: &Pass) -> bool {
    app.people.lets_in(pass).await.unwrap_or(true)
}

pub(super) fn every(period: Duration) -> Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
