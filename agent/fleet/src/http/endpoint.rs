//! Where and how to call: the server's address, looked up once, and whether calls are encrypted.

use core::net::SocketAddr;
use std::io;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use tokio::net::lookup_host;
use tokio_rustls::TlsConnector;

use crate::server_url::ServerUrl;
use crate::tls::{self, Fingerprint, TlsError};

/// A server that can be called.
#[derive(Clone)]
pub(crate) struct Endpoint {
    pub(crate) url: ServerUrl,
    /// Its address; the first one where it has several, so that a run measures one way.
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// Why there is no way to call it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EndpointError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("{url}: this host cannot be named in TLS")]
    ServerName { url: ServerUrl },
    #[error("the address of {host} cannot be found")]
    Resolve { host: String, source: io::Error },
    #[error("{host} has no address")]
    Nowhere { host: String },
    #[error(
        "{url} is not encrypted, and the agents' secrets would be sent over the network for all to read. Use \
         https://, or where that is truly wanted, --allow-plain-http"
    )]
    Plain { url: ServerUrl },
}

impl Endpoint {
    /// Finds the server's address.
    pub(crate) async fn find(
        url: ServerUrl,
        pinned: Option<Fingerprint>,
        plain_anywhere: bool,
    ) -> Result<Self, EndpointError> {
        let tls = if url.is_https() {
            let name = ServerName::try_from(url.host().to_owned())
                .map_err(|_| EndpointError::ServerName { url: url.clone() })?;
            Some((TlsConnector::from(Arc::new(tls::client_config(pinned)?)), name))
        } else {
            None
        };
        let host = url.host().to_owned();
        let found = lookup_host((host.as_str(), url.port()))
            .await
            .map(|mut addresses| addresses.next());
        let address = match found {
            Ok(Some(address)) => address,
            Ok(None) => return Err(EndpointError::Nowhere { host }),
            Err(source) => return Err(EndpointError::Resolve { host, source }),
        };
        // Not by its name: what counts is where the secrets go.
        if tls.is_none() && !address.ip().to_canonical().is_loopback() && !plain_anywhere {
            return Err(EndpointError::Plain { url });
        }
        Ok(Self { url, address, tls })
    }

    /// What the console's calls have to say that they come from: the server's own origin.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.url.is_https() { "https" } else { "http" };
        format!("{scheme}://{}", self.url.authority())
    }

    /// A path of the people's API below this address.
    pub(crate) fn path(&self, path: &str) -> String {
        let below = self.url.path("");
        let prefix = below.strip_suffix("/api/agent/v1/").unwrap_or_default();
        format!("{prefix}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_people_s_api_is_below_the_same_prefix() {
        let url = "http://127.0.0.1:8080/roll".parse().unwrap();
        let endpoint = Endpoint::find(url, None, false).await.unwrap();
        assert_eq!(endpoint.path("/api/v1/feed"), "/roll/api/v1/feed");
        assert_eq!(endpoint.origin(), "http://127.0.0.1:8080");
    }

    #[tokio::test]
    async fn secrets_are_not_sent_to_another_machine_in_the_clear() {
        let url: ServerUrl = "http://192.0.2.1".parse().unwrap();
        let refused = Endpoint::find(url.clone(), None, false).await;
        assert!(matches!(refused, Err(EndpointError::Plain { .. })));
        assert!(Endpoint::find(url, None, true).await.is_ok());
    }
}
