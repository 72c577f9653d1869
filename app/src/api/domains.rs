//! The agent tree, and the tokens that let machines into it.

use gloo_net::http::Method;
use rollcall_shared::DomainId;
use rollcall_shared::console_api::{Domain, DomainChange, NewDomain, Page, Token};

use super::{Failure, call, read, write};

/// Makes a domain.
pub(crate) async fn make(new: &NewDomain) -> Result<Domain, Failure> {
    read(&call(Method::POST, "domains", write(new)).await?)
}

/// Renames or moves a domain.
pub(crate) async fn change(id: DomainId, change: &DomainChange) -> Result<(), Failure> {
    call(Method::PATCH, &format!("domains/{id}"), write(change))
        .await
        .map(drop)
}

/// Deletes an empty domain.
pub(crate) async fn delete(id: DomainId) -> Result<(), Failure> {
    call(Method::DELETE, &format!("domains/{id}"), None)
        .await
        .map(drop)
}

/// The enrolment tokens, the newest first.
pub(crate) async fn tokens() -> Result<Vec<Token>, Failure> {
    let page: Page<Token> = read(&call(Method::GET, "tokens", None).await?)?;
    Ok(page.items)
}

/// Revokes a token.
pub(crate) async fn revoke(id: i64) -> Result<(), Failure> {
    call(Method::DELETE, &format!("tokens/{id}"), None)
        .await
        .map(drop)
}
