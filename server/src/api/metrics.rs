//! Counts and times of requests for Prometheus, and the page that it reads all metrics from.
//!
//! By route template, method and class of status: a bounded number of series, whatever is asked. Never by
//! agent. The handles of a series are looked up once and kept, so that counting a heartbeat allocates nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, StatusCode, header};
use metrics::{Counter, Histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use papaya::HashMap;

/// Upper ends of the buckets in seconds: from a contact answered out of memory to a request that is given up.
const SECONDS: &[f64] = &[
    0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0,
];

const REQUESTS: &str = "rollcall_http_requests_total";
const DURATION: &str = "rollcall_http_request_duration_seconds";

/// Times that may wait for their buckets: each is kept apart until somebody reads the page or tidies up, and on
/// a server that nobody scrapes that would be for ever. 64 KiB, sorted in a tenth of a millisecond.
const MOST_APART: u64 = 8192;

/// The text format that Prometheus reads.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The methods that are told apart; all others are one.
const METHODS: [(Method, &str); 6] = [
    (Method::GET, "GET"),
    (Method::POST, "POST"),
    (Method::PUT, "PUT"),
    (Method::PATCH, "PATCH"),
    (Method::DELETE, "DELETE"),
    (Method::HEAD, "HEAD"),
];
const OTHER_METHOD: &str = "other";

/// The classes of status, by their first digit.
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// Takes what the whole process counts and gives it to Prometheus.
#[derive(Debug, Clone)]
pub struct Metrics {
    page: PrometheusHandle,
    routes: Arc<HashMap<String, Arc<Series>>>,
    apart: Arc<AtomicU64>,
}

/// The series of one route: a pair of handles a method and class, made at first use.
#[derive(Default)]
struct Series([[OnceLock<(Counter, Histogram)>; CLASSES.len()]; METHODS.len() + 1]);

impl std::fmt::Debug for Series {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Series")
    }
}

/// Metrics cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The recorder cannot be made.
    #[error("metrics cannot be recorded")]
    Build(#[source] BuildError),
    /// There is one already.
    #[error("metrics are recorded already")]
    Twice(#[source] metrics::SetRecorderError<metrics_exporter_prometheus::PrometheusRecorder>),
}

impl Metrics {
    /// Begins to take what the process counts by the macros of `metrics`. Once a process.
    ///
    /// # Errors
    /// Where somebody takes it already.
    pub fn install() -> Result<Self, MetricsError> {
        let recorder = builder().map_err(MetricsError::Build)?.build_recorder();
        let page = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(MetricsError::Twice)?;
        metrics::describe_counter!(REQUESTS, "HTTP requests that were answered");
        metrics::describe_histogram!(DURATION, metrics::Unit::Seconds, "Time until an answer began");
        Ok(Self {
            page,
            routes: Arc::default(),
            apart: Arc::default(),
        })
    }

    /// Counts a request that was answered. `route` is the template (`/api/v1/agents/{id}`), never the path.
    pub fn answered(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let routes = self.routes.pin();
        let series = match routes.get(route) {
            Some(series) => Arc::clone(series),
            None => Arc::clone(routes.get_or_insert_with(route.to_owned(), Arc::default)),
        };
        let (counter, histogram) = series.of(method, route, status);
        counter.increment(1);
        histogram.record(took.as_secs_f64());
        if self.apart.fetch_add(1, Ordering::Relaxed) % MOST_APART == MOST_APART - 1 {
            self.page.run_upkeep();
        }
    }

    /// `GET /metrics`.
    #[must_use]
    pub fn answer(&self) -> Response {
        ([(header::CONTENT_TYPE, TEXT)], self.page.render()).into_response()
    }
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
}

impl Series {
    fn of(&self, method: &Method, route: &str, status: StatusCode) -> &(Counter, Histogram) {
        let row = METHODS
            .iter()
            .position(|(known, _)| known == method)
            .unwrap_or(METHODS.len());
        let column = usize::from((status.as_u16() / 100).clamp(1, 5) - 1);
        self.0[row][column].get_or_init(|| {
            let name = METHODS.get(row).map_or(OTHER_METHOD, |(_, name)| *name);
            let labels = [
                ("method", name.to_owned()),
                ("route", route.to_owned()),
                ("status", CLASSES[column].to_owned()),
            ];
            (
                metrics::counter!(REQUESTS, &labels),
                metrics::histogram!(DURATION, &labels),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn requests_are_counted_by_route_method_and_class() {
        let recorder = builder().unwrap().build_recorder();
        let metrics = Metrics {
            page: recorder.handle(),
            routes: Arc::default(),
            apart: Arc::default(),
        };
        metrics::with_local_recorder(&recorder, || {
            let route = "/api/v1/agents/{id}";
            for status in [StatusCode::OK, StatusCode::CREATED, StatusCode::NOT_FOUND] {
                metrics.answered(&Method::GET, route, status, Duration::from_millis(2));
            }
            let brew = Method::from_bytes(b"BREW").unwrap();
            metrics.answered(&brew, route, StatusCode::OK, Duration::ZERO);
        });
        let body = metrics.answer().into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        for line in [
            r#"rollcall_http_requests_total{method="GET",route="/api/v1/agents/{id}",status="2xx"} 2"#,
            r#"rollcall_http_requests_total{method="GET",route="/api/v1/agents/{id}",status="4xx"} 1"#,
            r#"rollcall_http_requests_total{method="other",route="/api/v1/agents/{id}",status="2xx"} 1"#,
            r#"status="2xx",le="0.005"} 2"#,
        ] {
            assert!(text.contains(line), "no {line} in {text}");
        }
    }

    #[test]
    fn times_that_nobody_reads_are_counted_and_not_kept() {
        let recorder = builder().unwrap().build_recorder();
        let metrics = Metrics {
            page: recorder.handle(),
            routes: Arc::default(),
            apart: Arc::default(),
        };
        let requests = MOST_APART + 5;
        metrics::with_local_recorder(&recorder, || {
            for _ in 0..requests {
                metrics.answered(&Method::GET, "/", StatusCode::OK, Duration::ZERO);
            }
        });
        let count = format!("{DURATION}_count{{method=\"GET\",route=\"/\",status=\"2xx\"}} {requests}");
        assert!(metrics.page.render().contains(&count));
    }
}
