//! The feed of a wall: pictures and cells out, who a cell is in.

use axum::extract::ws::{Message, WebSocket};
use rollcall_shared::feed::wall::{FromWall, Grouping};
use tokio::sync::broadcast::error::RecvError;

use super::socket::{
    ASK_AGAIN_EVERY, End, NOT_UNDERSTOOD, SNAPSHOT_EVERY, every, send, still_signed_in, stopped,
};
use crate::api::app::App;
use crate::auth::person::Person;
use crate::auth::secret::Secret;

/// Serves a wall until it goes.
pub(super) async fn talk(
    socket: &mut WebSocket,
    app: &App,
    person: &Person,
    session: Option<&Secret>,
    grouping: Grouping,
) -> End {
    let mut stopping = app.stopping.clone();
    let mut ask_again = every(ASK_AGAIN_EVERY);
    let mut picture = every(SNAPSHOT_EVERY);
    // Each round begins with a picture; a wall that missed something begins a new one.
    loop {
        picture.tick().await;
        let subscription = app.hub.subscribe_wall(&person.scope, grouping);
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
                            if !send(socket, app, app.hub.who(&person.scope, grouping, asked)).await {
                                return End::Gone;
                            }
                        }
                        Ok(FromWall::Resync) => break,
                        Err(_) => return End::Close(NOT_UNDERSTOOD, "not a message of the feed"),
                    },
                },
                _ = ask_again.tick() => {
                    if !still_signed_in(app, session).await {
                        return End::signed_out();
                    }
                }
                () = stopped(&mut stopping) => return End::stopping(),
            }
        }
    }
}
