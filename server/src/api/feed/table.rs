//! The feed of a screen that lists agents: its window out, which window and which agent it shows in.

mod asked;

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket};
use rollcall_shared::feed::PULSE_MS;
use rollcall_shared::feed::table::FromTable;
use tokio::sync::broadcast::error::RecvError;

use super::socket::{
    ASK_AGAIN_EVERY, CONTACTS_EVERY, End, NOT_UNDERSTOOD, SNAPSHOT_EVERY, every, is_let_in, send, stopped,
};
use crate::api::app::App;
use crate::auth::watcher::Pass;
use crate::feed::Table;
use crate::scope::Scope;
use asked::{Asked, List, REST, Window};

/// How often a screen that waits is told that the server is there.
const PULSE: Duration = Duration::from_millis(PULSE_MS);

/// Serves such a screen until it goes.
pub(super) async fn talk(socket: &mut WebSocket, app: &App, scope: &Scope, pass: &Pass) -> End {
    let mut stopping = app.stopping.clone();
    let mut contacts = every(CONTACTS_EVERY);
    let mut ask_again = every(ASK_AGAIN_EVERY);
    let mut opening = every(SNAPSHOT_EVERY);
    let mut rest = every(REST);
    let mut table = app.hub.table(scope);
    let mut asked = Asked::default();
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
                message = socket.recv(), if asked.has_room() => match message {
                    None | Some(Err(_) | Ok(Message::Close(_))) => return End::Gone,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
                    Some(Ok(Message::Text(_))) => return End::Close(NOT_UNDERSTOOD, "not a message of the feed"),
                    Some(Ok(Message::Binary(bytes))) => match postcard::from_bytes(&bytes) {
                        Ok(said) => {
                            contacts.reset_immediately();
                            hear(socket, app, (&mut table, &mut asked), said).await
                        }
                        Err(_) => return End::Close(NOT_UNDERSTOOD, "not a message of the feed"),
                    },
                },
                _ = rest.tick(), if asked.waits() => {
                    let done = answer(socket, app, (&mut table, &mut asked)).await;
                    rest.reset();
                    contacts.reset_immediately();
                    done
                }
                () = std::future::ready(()), if asked.stretch.is_some() => {
                    tell(socket, app, asked.part(&table)).await
                }
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

/// Takes what the screen says. What may have a list built waits for its turn.
async fn hear(
    socket: &mut WebSocket,
    app: &App,
    (table, asked): (&mut Table, &mut Asked),
    said: FromTable,
) -> Result<(), End> {
    match said {
        FromTable::Window {
            number,
            query,
            first,
            count,
        } => {
            if !table.has_list(&query, count) {
                asked.window = Some(Window {
                    number,
                    query,
                    first,
                    count,
                });
                return Ok(());
            }
            asked.window = None;
            table.ask(number, query, first, count);
        }
        FromTable::Open { agent } => table.open(agent),
        FromTable::List {
            number,
            query,
            first,
            count,
            rows,
        } => {
            asked.lists.push_back(List {
                number,
                query,
                stretch: (first, count),
                rows,
            });
            return Ok(());
        }
    }
    look(socket, app, table).await
}

/// Gives what may have had to wait: the window before all lists.
async fn answer(
    socket: &mut WebSocket,
    app: &App,
    (table, asked): (&mut Table, &mut Asked),
) -> Result<(), End> {
    if let Some(window) = asked.window.take() {
        table.ask(window.number, window.query, window.first, window.count);
        return look(socket, app, table).await;
    }
    if let Some(list) = asked.lists.pop_front() {
        let making = table.stretch(list.number, list.query, list.stretch, list.rows);
        let stretch = while_waiting(socket, app, making).await?;
        asked.stretch = Some(stretch);
    }
    Ok(())
}

/// What comes of it; not where the server stops meanwhile, which waits for no list to be built. Where that takes long, the
/// screen is told that the server is there: it would connect anew, and wait again from the start.
async fn while_waiting<T>(
    socket: &mut WebSocket,
    app: &App,
    made: impl Future<Output = Option<T>>,
) -> Result<T, End> {
    let mut stopping = app.stopping.clone();
    let mut pulse = every(PULSE);
    pulse.reset();
    // Beside what is made and not between two looks at it: a screen that takes nothing must not keep a builder's permit
    // that it was given meanwhile. A pulse that is cut off half sent is whole in the library, and goes before what follows.
    let telling = async {
        loop {
            pulse.tick().await;
            if !send(socket, app, app.hub.table_pulse()).await {
                return End::Gone;
            }
        }
    };
    tokio::select! {
        made = made => made.ok_or_else(End::stopping),
        end = telling => Err(end),
        () = stopped(&mut stopping) => Err(End::stopping()),
    }
}

/// Sends what is not as the screen was told.
async fn look(socket: &mut WebSocket, app: &App, table: &mut Table) -> Result<(), End> {
    let messages = while_waiting(socket, app, table.look()).await?;
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
