//! What only those who run the server may read: `/metrics` and `/readyz`.
//!
//! That is this machine and the ranges of `metrics-allow`. A local peer that speaks for others (a proxy that is
//! not configured as trusted) is not this machine: whoever stands behind it would pass for it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::answer::Refusal;
use super::peer::Peer;
use crate::config::Ranges;

/// Whether a peer is one of those who run the server.
fn is_insider(allowed: &Ranges, peer: Peer) -> bool {
    !peer.forwards && (peer.address.is_loopback() || allowed.contain(peer.address))
}

/// Lets only insiders pass. For `axum::middleware::from_fn_with_state`.
pub async fn only(State(allowed): State<Arc<Ranges>>, peer: Peer, request: Request, next: Next) -> Response {
    if is_insider(&allowed, peer) {
        next.run(request).await
    } else {
        Refusal::forbidden("This is for those who run the server (metrics-allow).").into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ranges;

    #[test]
    fn this_machine_and_the_allowed_ranges_are_insiders_and_proxies_are_not() {
        let allowed = Ranges(vec![ranges::parse("10.0.0.0/8").unwrap()]);
        for (address, forwards, inside) in [
            ("127.0.0.1", false, true),
            ("::1", false, true),
            ("::ffff:127.0.0.1", false, true),
            ("10.9.8.7", false, true),
            ("192.0.2.1", false, false),
            ("127.0.0.1", true, false),
            ("10.9.8.7", true, false),
        ] {
            let peer = Peer {
                forwards,
                ..Peer::direct(address.parse().unwrap(), false)
            };
            assert_eq!(is_insider(&allowed, peer), inside, "{address} {forwards}");
        }
    }
}
