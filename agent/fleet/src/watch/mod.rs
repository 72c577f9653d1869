//! Watching from outside: the feed that consoles hold open, on a thread of its own, so that when something was seen
//! does not depend on what the agents are at.

mod picture;

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rollcall_shared::feed::{FromConsole, PATH, ToConsole};
use rollcall_shared::{AgentId, Status};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::tungstenite::{Error as SocketError, error::UrlError, http::Uri};

use crate::clock::Clock;
use crate::http::{Endpoint, Stream, connect};
use crate::person::Person;
use picture::Picture;

/// How long after a loss the feed is opened again.
const AGAIN: Duration = Duration::from_millis(500);

/// What was seen.
#[derive(Debug)]
pub(crate) enum News {
    /// Agents, for the first time.
    First(Vec<(AgentId, Status)>),
    /// Changes, and when they arrived.
    Changes(u64, Vec<(AgentId, Status)>),
    /// From here on nothing is missed.
    Whole,
    /// The feed was lost, and is opened again.
    Lost(String),
    /// It cannot be opened at all.
    Closed(String),
}

/// Why the feed is not open.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error("no connection: {0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Socket(Box<SocketError>),
    #[error("the server is of another build: a message of its feed cannot be read")]
    Unreadable,
    #[error("the server closed it")]
    Ended,
    #[error("the run has ended")]
    Unwanted,
}

impl From<SocketError> for WatchError {
    fn from(error: SocketError) -> Self {
        Self::Socket(Box::new(error))
    }
}

/// Opens the feed as `person`; what is seen is received until the receiver is dropped.
pub(crate) fn watch(
    endpoint: Endpoint,
    person: Person,
    clock: Clock,
) -> std::io::Result<UnboundedReceiver<News>> {
    let (news, receiver) = unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("feed".to_owned())
        .spawn(move || runtime.block_on(keep(&endpoint, &person, clock, &news)))?;
    Ok(receiver)
}

async fn keep(endpoint: &Endpoint, person: &Person, clock: Clock, news: &UnboundedSender<News>) {
    let mut picture = Picture::default();
    let mut opened = false;
    loop {
        let error = match open(endpoint, person).await {
            Ok(socket) => {
                opened = true;
                follow(socket, &mut picture, clock, news).await
            }
            Err(error) => error,
        };
        let told = match error {
            WatchError::Unwanted => return,
            WatchError::Unreadable => news.send(News::Closed(error.to_string())),
            _ if !opened => news.send(News::Closed(error.to_string())),
            _ => news.send(News::Lost(error.to_string())),
        };
        if told.is_err() || !opened || matches!(error, WatchError::Unreadable) {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn open(endpoint: &Endpoint, person: &Person) -> Result<WebSocketStream<Stream>, WatchError> {
    let scheme = if endpoint.url.is_https() { "wss" } else { "ws" };
    let address = format!("{scheme}://{}{}", endpoint.url.authority(), endpoint.path(PATH));
    let uri: Uri = address
        .parse()
        .map_err(|_| SocketError::Url(UrlError::NoPathOrQuery))?;
    let request = ClientRequestBuilder::new(uri)
        .with_header("cookie", person.cookie.as_str())
        .with_header("origin", endpoint.origin());
    let stream = connect(endpoint).await?;
    let (socket, _answer) = tokio_tungstenite::client_async(request, stream).await?;
    Ok(socket)
}

/// Follows the feed until it is lost; says how it was.
async fn follow(
    mut socket: WebSocketStream<Stream>,
    picture: &mut Picture,
    clock: Clock,
    news: &UnboundedSender<News>,
) -> WatchError {
    loop {
        let message = match socket.next().await {
            None | Some(Ok(Message::Close(_))) => return WatchError::Ended,
            Some(Err(error)) => return error.into(),
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(_)) => continue,
        };
        // Before it is decoded: what that takes is this program's time, not the server's.
        let seen_us = clock.now_us();
        let Ok(message) = postcard::from_bytes::<ToConsole>(&message) else {
            return WatchError::Unreadable;
        };
        let shown = picture.take(message);
        let mut told = Ok(());
        if !shown.first.is_empty() {
            told = told.and(news.send(News::First(shown.first)));
        }
        if !shown.changes.is_empty() {
            told = told.and(news.send(News::Changes(seen_us, shown.changes)));
        }
        if shown.whole {
            told = told.and(news.send(News::Whole));
        }
        if told.is_err() {
            return WatchError::Unwanted;
        }
        if shown.resync {
            let resync = postcard::to_allocvec(&FromConsole::Resync).unwrap_or_default();
            if let Err(error) = socket.send(Message::Binary(resync.into())).await {
                return error.into();
            }
        }
    }
}
