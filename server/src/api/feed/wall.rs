//! The feed of a wall: pictures and cells out, who a cell is in.

use axum::extract::ws::{Message, WebSocket};
use rollcall_shared::feed::wall::{FromWall, Grouping};
use tokio::sync::broadcast::error::RecvError;

use super::socket::{ASK_AGAIN_EVERY, End, NOT_UNDERSTOOD, SNAPSHOT_EVERY, every, is_let_in, send, stopped};
use crate::api::app::App;
use crate::auth::watcher::Pass;
use crate::scope::Scope;

/// Serves a wall until it goes.
pub(super) async fn talk(
    socket: &mut WebSocket,
    app: &App,
    scope: &Scope,
    pass: &Pass,
    grouping: Grouping,
) -> End {
    let mut stopping = app.stopping.clone();
    let mut ask_again = every(ASK_AGAIN_EVERY);
    let mut picture = every(SNAPSHOT_EVERY);
    // Before the first question, so that no revocation falls between the two.
    let mut revoked = app.people.watch_revocations();
    let is_display = matches!(pass, Pass::Display(_));
    // Each round begins with a picture; a wall that missed something begins a new one.
    loop {
        picture.tick().await;
        let subscription = app.hub.subscribe_wall(scope, grouping);
        let mut messages = subscription.messages;
        for part in subscription.opening {
            if !send(socket, app, part).await {
                return End::Gone;
            }
        }
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
                        Ok(FromWall::Who(asked)) => {
                            if !send(socket, app, app.hub.who(scope, grouping, asked)).await {
                                return End::Gone;
                            }
                        }
                        Ok(FromWall::Resync) => break,
                        Err(_) => return End::Close(NOT_UNDERSTOOD, "not a message of the feed"),
                    },
                },
                _ = ask_again.tick() => {
                    if !is_let_in(app, pass).await {
                        return End::signed_out();
                    }
                }
                // A display was revoked, maybe this one. Persons are asked about at their time.
                Ok(()) = revoked.changed(), if is_display => ask_again.reset_immediately(),
                () = stopped(&mut stopping) => return End::stopping(),
            }
        }
    }
}
