//! The feed of a screen that lists agents: its window out, which window and which agent it shows in.

use axum::extract::ws::{Message, WebSocket};
use rollcall_shared::feed::table::FromTable;
use tokio::sync::broadcast::error::RecvError;

use super::socket::{
    ASK_AGAIN_EVERY, CONTACTS_EVERY, End, NOT_UNDERSTOOD, SNAPSHOT_EVERY, every, is_let_in, send, stopped,
};
use crate::api::app::App;
use crate::auth::watcher::Pass;
use crate::feed::Table;
use crate::scope::Scope;

/// Serves such a screen until it goes.
pub(super) async fn talk(socket: &mut WebSocket, app: &App, scope: &Scope, pass: &Pass) -> End {
    let mut stopping = app.stopping.clone();
    let mut contacts = every(CONTACTS_EVERY);
    let mut ask_again = every(ASK_AGAIN_EVERY);
    let mut opening = every(SNAPSHOT_EVERY);
    let mut table = app.hub.table(scope);
    let mut beats = app.hub.beats();
    // Each round begins with an opening; a screen that missed something begins a new one. Its window stays.
    loop {
        opening.tick().await;
        let Some(subscription) = app.hub.subscribe_table(scope).await else {
            return End::stopping();
        };
        let mut messages = subscription.messages;
        for part in subscription.opening {
            if !send(socket, app, part).await {
                return End::Gone;
            }
        }
        loop {
            let done = tokio::select! {
                message = messages.recv() => match message {
                    Ok(message) => tell(socket, app, [message]).await,
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return End::stopping(),
                },
                message = socket.recv() => match message {
                    None | Some(Err(_) | Ok(Message::Close(_))) => return End::Gone,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                    Some(Ok(Message::Text(_))) => return End::Close(NOT_UNDERSTOOD, "not a message of the feed"),
                    Some(Ok(Message::Binary(bytes))) => match postcard::from_bytes(&bytes) {
                        Ok(said) => {
                            contacts.reset_immediately();
                            hear(socket, app, &mut table, said).await
                        }
                        Err(_) => return End::Close(NOT_UNDERSTOOD, "not a message of the feed"),
                    },
                },
                Ok(()) = beats.changed() => look(socket, app, &mut table).await,
                _ = contacts.tick() => heard(socket, app, &mut table).await,
                _ = ask_again.tick() => {
                    if is_let_in(app, pass).await { Ok(()) } else { Err(End::signed_out()) }
                }
                () = stopped(&mut stopping) => return End::stopping(),
            };
            if let Err(end) = done {
                return end;
            }
        }
    }
}

async fn tell(
    socket: &mut WebSocket,
    app: &App,
    messages: impl IntoIterator<Item = bytes::Bytes>,
) -> Result<(), End> {
    for message in messages {
        if !send(socket, app, message).await {
            return Err(End::Gone);
        }
    }
    Ok(())
}

/// Takes what the screen says.
async fn hear(socket: &mut WebSocket, app: &App, table: &mut Table, said: FromTable) -> Result<(), End> {
    match said {
        FromTable::Window {
            number,
            query,
            first,
            count,
        } => table.ask(number, query, first, count),
        FromTable::Open { agent } => table.open(agent),
        FromTable::List {
            number,
            query,
            first,
            count,
            rows,
        } => {
            let stretch = table.stretch(number, query, (first, count), rows).await;
            let mut stretch = stretch.ok_or_else(End::stopping)?;
            while let Some(part) = table.part(&mut stretch) {
                tell(socket, app, [part]).await?;
            }
            return Ok(());
        }
    }
    look(socket, app, table).await
}

/// Sends what is not as the screen was told.
async fn look(socket: &mut WebSocket, app: &App, table: &mut Table) -> Result<(), End> {
    let messages = table.look().await.ok_or_else(End::stopping)?;
    tell(socket, app, messages).await
}

/// Sends who was heard. Where rows stand by that, some stand elsewhere now.
async fn heard(socket: &mut WebSocket, app: &App, table: &mut Table) -> Result<(), End> {
    if table.is_sorted_by_contact() {
        look(socket, app, table).await?;
    }
    let contacts = table.contacts();
    tell(socket, app, contacts).await
}
