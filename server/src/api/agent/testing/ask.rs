//! One request through the real router, and what came back.

use std::net::IpAddr;

use axum::body::Body;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::{ORIGIN, Server};
use crate::api::peer::Trust;

/// An answer, read to its end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// `null` where it is none.
    pub(crate) json: Value,
}

/// A request in the making.
pub(crate) struct Ask<'a> {
    pub(super) server: &'a Server,
    pub(super) request: http::request::Builder,
    pub(super) body: Body,
    pub(super) peer: IpAddr,
    pub(super) reached: Option<IpAddr>,
}

impl Ask<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// As the console of the person who is signed in.
    pub(crate) fn signed_in(self) -> Self {
        let cookie = self.server.cookie.clone();
        self.header("cookie", &cookie).header("origin", ORIGIN)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sent from another machine.
    pub(crate) fn from(mut self, address: IpAddr) -> Self {
        self.peer = address;
        self
    }

    /// Sent to this address of the server.
    pub(crate) fn to(mut self, address: IpAddr) -> Self {
        self.reached = Some(address);
        self
    }

    pub(crate) async fn send(self) -> Answer {
        let mut request = self.request.body(self.body).unwrap();
        Trust::default().note(&mut request, self.peer, self.reached, false);
        let response = self.server.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            json: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        }
    }
}

impl Answer {
    /// The cookie that was set, as a browser sends it back.
    pub(crate) fn cookie(&self) -> String {
        let set = self.headers[header::SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    /// Says that this is a problem of that status and kind, and gives the fields that it names.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, kind: &str) -> Vec<&str> {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.json["type"], kind, "{self:?}");
        self.problem()
    }

    /// Says that this is a problem, and gives the fields that it names.
    #[track_caller]
    pub(crate) fn problem(&self) -> Vec<&str> {
        assert_eq!(
            self.headers[header::CONTENT_TYPE],
            "application/problem+json",
            "{self:?}"
        );
        assert_eq!(self.json["status"], self.status.as_u16(), "{self:?}");
        for word in ["type", "title", "detail"] {
            assert!(
                self.json[word].as_str().is_some_and(|text| !text.is_empty()),
                "{word}: {self:?}"
            );
        }
        self.json["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| error["field"].as_str().unwrap())
            .collect()
    }
}
