//! [`Person`] as an extractor: whoever asks without a living session gets 401 before the handler begins.

use axum::extract::{FromRef, FromRequestParts};
use http::request::Parts;

use crate::api::answer::Refusal;
use crate::api::peer::Peer;
use crate::auth::people::People;
use crate::auth::person::Person;
use crate::auth::sessions;

impl<S> FromRequestParts<S> for Person
where
    S: Send + Sync,
    People: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let peer = Peer::from_request_parts(parts, state).await?;
        let session = sessions::carried(&parts.headers, peer.secure)
            .ok_or_else(|| Refusal::unauthenticated("Nobody is signed in."))?;
        People::from_ref(state)
            .who(&session)
            .await?
            .ok_or_else(|| Refusal::unauthenticated("The session has ended."))
    }
}
