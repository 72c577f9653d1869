//! [`Person`] and [`Watcher`] as extractors: whoever asks without a living session, and for the wall without a display's
//! token either, gets 401 before the handler begins.

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use crate::api::answer::Refusal;
use crate::api::peer::Peer;
use crate::auth::displays::DisplayToken;
use crate::auth::people::People;
use crate::auth::person::Person;
use crate::auth::secret::Secret;
use crate::auth::sessions;
use crate::auth::watcher::Watcher;

impl<S> FromRequestParts<S> for Person
where
    S: Send + Sync,
    People: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        signed_in(parts, state).await.map(|(person, _)| person)
    }
}

/// A person's session counts before a display's token: whoever signs in on a screen is that person.
impl<S> FromRequestParts<S> for Watcher
where
    S: Send + Sync,
    People: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let refused = match signed_in(parts, state).await {
            Ok((person, session)) => return Ok(Self::person(person, session)),
            Err(refused) if refused.is_unauthenticated() => refused,
            // Nobody becomes a display because the database does not answer.
            Err(refused) => return Err(refused),
        };
        let peer = Peer::from_request_parts(parts, state).await?;
        let Some(token) = DisplayToken::carried(&parts.headers, peer.secure) else {
            return Err(refused);
        };
        let display = People::from_ref(state)
            .display(&token)
            .await?
            .ok_or_else(|| Refusal::unauthenticated("This display is not let in, or no more."))?;
        Ok(Self::display(&display, token))
    }
}

async fn signed_in<S>(parts: &mut Parts, state: &S) -> Result<(Person, Secret), Refusal>
where
    S: Send + Sync,
    People: FromRef<S>,
{
    let peer = Peer::from_request_parts(parts, state).await?;
    let session = sessions::carried(&parts.headers, peer.secure)
        .ok_or_else(|| Refusal::unauthenticated("Nobody is signed in."))?;
    let person = People::from_ref(state)
        .who(&session)
        .await?
        .ok_or_else(|| Refusal::unauthenticated("The session has ended."))?;
    Ok((person, session))
}
