//! Believing a server: by the fingerprint of its certificate, or not at all.

use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::home::{Home, text};
use crate::stub::Stub;

/// A server with a certificate that it made itself, and the certificate's fingerprint.
fn start() -> (Stub, String) {
    let made = rcgen::generate_simple_self_signed(vec!["another.name".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let digest = ring::digest::digest(&ring::digest::SHA256, &certificate);
    let fingerprint = digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
    (
        Stub::start_tls(RustlsConfig::from_config(Arc::new(config))),
        fingerprint.join(":"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pinned_certificate_is_believed_from_enrolment_on() {
    let (stub, fingerprint) = start();
    let home = Home::new();
    let line = [
        "enroll",
        "--server",
        &stub.url,
        "--token",
        "good",
        "--fingerprint",
        &fingerprint,
    ];
    let output = home.output(&line).await;
    assert!(output.status.success(), "{output:?}");
    let _agent = home.run();
    stub.nth("heartbeat", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fingerprint_that_is_none_is_refused_before_anything_is_sent() {
    let home = Home::new();
    let line = [
        "enroll",
        "--server",
        "https://127.0.0.1:1",
        "--token",
        "good",
        "--fingerprint",
        "00ff",
    ];
    let output = home.output(&line).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("64 hexadecimal digits"),
        "{output:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_the_pinned_one_or_that_nobody_vouches_for_gets_no_token() {
    let (stub, fingerprint) = start();
    let home = Home::new();
    let other = "00".repeat(32);
    let line = ["enroll", "--server", &stub.url, "--token", "good"];
    let wrong = home
        .output(&[&line[..], &["--fingerprint", &other]].concat())
        .await;
    assert_eq!(wrong.status.code(), Some(1));
    let shown = fingerprint.replace(':', "").to_lowercase();
    let said = text(&wrong.stderr);
    assert!(said.contains(&shown) && said.contains(&other), "{said}");

    let unknown = home.output(&line).await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("--fingerprint"), "{unknown:?}");
    assert!(stub.calls().is_empty());
    assert!(!home.file("identity.json").exists());
}
