//! The server on real sockets of this machine.

mod families;

use std::sync::Arc;

use axum::routing::{get, post};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio_rustls::TlsConnector;

use super::*;
use crate::api::peer::Peer;

/// A server under test.
struct Running {
    address: SocketAddr,
    fingerprint: Option<String>,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

fn config(flags: &[&str]) -> Config {
    let args = ["rollcall-server", "--listen", "127.0.0.1:0"].iter().chain(flags);
    Config::load(args, |_| None).unwrap()
}

fn start(config: &Config, router: Router, limits: Option<Limits>) -> Running {
    let mut server = Server::bind(config).unwrap();
    server.limits = limits.unwrap_or_default();
    let listening = server.listening().clone();
    let (stop, stopping) = watch::channel(false);
    Running {
        address: listening.addresses[0],
        fingerprint: listening.fingerprint,
        stop,
        served: tokio::spawn(server.run(router, stopping, || {})),
    }
}

fn router() -> Router {
    Router::new()
        .route("/", get(|| async { "here" }))
        .route(
            "/peer",
            get(|peer: Peer| async move { format!("{} {}", peer.address, peer.scheme()) }),
        )
        .route("/echo", post(|body: String| async { body }))
}

/// Sends a text and reads all that comes until the server closes.
async fn exchange(address: SocketAddr, text: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

const CLOSE: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_request_is_answered_and_the_peer_is_known() {
    let running = start(&config(&[]), router(), None);
    let answer = exchange(running.address, CLOSE).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("here"),
        "{answer}"
    );
    let ask = b"GET /peer HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.1\r\nConnection: close\r\n\r\n";
    assert!(exchange(running.address, ask).await.ends_with("127.0.0.1 http"));
    let trusting = start(&config(&["--trusted-proxy", "127.0.0.1"]), router(), None);
    assert!(
        exchange(trusting.address, ask)
            .await
            .ends_with("203.0.113.1 http")
    );
}

#[tokio::test]
async fn an_address_in_use_is_named_with_the_flag() {
    let running = start(&config(&[]), router(), None);
    let taken = running.address.to_string();
    let config = Config::load(["rollcall-server", "--listen", &taken], |_| None).unwrap();
    let refused = Server::bind(&config).unwrap_err();
    let text = chain(&refused);
    assert!(
        text.contains(&taken) && text.contains("--listen") && text.contains("in use"),
        "{text}"
    );
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let limits = Limits {
        look_every: Duration::from_millis(20),
        ..Limits::default()
    };
    let running = start(&config(&[]), router(), Some(limits));
    let answer = exchange(running.address, b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;
    assert!(!answer.contains("200"), "{answer}");
}

#[tokio::test]
async fn heads_that_are_too_large_get_431_and_garbage_gets_400() {
    let running = start(&config(&[]), router(), None);
    let long = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n",
        "x".repeat(20_000)
    );
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(200));
    for (head, status) in [
        (long.as_str(), "431"),
        (many.as_str(), "431"),
        ("\u{1}\u{2}\r\n\r\n", "400"),
    ] {
        let answer = exchange(running.address, head.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{status} {answer}"
        );
    }
    assert!(exchange(running.address, CLOSE).await.ends_with("here"));
}

#[tokio::test]
async fn a_stop_takes_no_new_connection_and_finishes_the_request_under_way() {
    let (begun, finish) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let slow = {
        let (begun, finish) = (Arc::clone(&begun), Arc::clone(&finish));
        get(move || async move {
            begun.notify_one();
            finish.notified().await;
            "done"
        })
    };
    let running = start(&config(&[]), router().route("/slow", slow), None);
    // One that holds its connection open and asks nothing must not hold up the stop.
    let idle = TcpStream::connect(running.address).await.unwrap();
    let asking = tokio::spawn(exchange(
        running.address,
        b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n",
    ));
    begun.notified().await;
    running.stop.send(true).unwrap();
    while TcpStream::connect(running.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!running.served.is_finished());
    finish.notify_one();
    assert!(asking.await.unwrap().ends_with("done"));
    running.served.await.unwrap();
    drop(idle);
}

#[tokio::test]
async fn a_request_that_does_not_end_is_cut_off_after_its_time() {
    let begun = Arc::new(Notify::new());
    let endless = {
        let begun = Arc::clone(&begun);
        get(move || async move {
            begun.notify_one();
            std::future::pending::<()>().await;
        })
    };
    let running = start(&config(&[]), router().route("/endless", endless), None);
    let asking = tokio::spawn(exchange(
        running.address,
        b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n",
    ));
    begun.notified().await;
    running.stop.send(true).unwrap();
    // Only from here on: with time that flies, the connection would not wait for its request.
    tokio::time::pause();
    running.served.await.unwrap();
    assert_eq!(asking.await.unwrap(), "");
}

/// Shakes hands with a server of this certificate, offering these protocols.
async fn shake_hands(
    address: SocketAddr,
    certificate: &std::path::Path,
    protocols: &[&str],
) -> tokio_rustls::client::TlsStream<TcpStream> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(certificate).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .unwrap()
}

/// The fingerprint of the certificate that is shown, and the answer to a request.
async fn over_tls(address: SocketAddr, certificate: &std::path::Path) -> (String, String) {
    let mut stream = shake_hands(address, certificate, &[]).await;
    let leaf = stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    let digest = ring::digest::digest(&ring::digest::SHA256, &leaf);
    let fingerprint = crate::api::hex::of(digest.as_ref());
    stream
        .write_all(b"GET /peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (fingerprint, answer)
}

#[tokio::test]
async fn a_server_with_its_own_certificate_shows_the_fingerprint_that_it_announced() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let running = start(&config(&["--tls-self-signed", "--data", data]), router(), None);
    let (shown, answer) = over_tls(running.address, &folder.path().join("tls/cert.pem")).await;
    assert_eq!(Some(shown), running.fingerprint);
    assert!(answer.ends_with("127.0.0.1 https"), "{answer}");
    // Who speaks no TLS gets nothing, and takes nobody's place.
    assert!(!exchange(running.address, CLOSE).await.contains("here"));
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, other] = ["ours", "other"].map(|name| folder.path().join(name));
    let names = || vec!["localhost".to_owned()];
    Certificate::own(&ours, names()).unwrap();
    let replacement = Certificate::own(&other, names()).unwrap();
    let (cert, key) = (ours.join("cert.pem"), ours.join("key.pem"));
    let config = config(&[
        "--tls-cert",
        cert.to_str().unwrap(),
        "--tls-key",
        key.to_str().unwrap(),
    ]);
    let server = Server::bind(&config).unwrap();
    assert_eq!(server.listening().fingerprint, None);
    let (address, watched) = (
        server.listening().addresses[0],
        server.certificate.clone().unwrap(),
    );
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(server.run(router(), stopping, || {}));
    let (before, _) = over_tls(address, &cert).await;
    assert_ne!(before, replacement.fingerprint());
    for name in ["cert.pem", "key.pem"] {
        std::fs::copy(other.join(name), ours.join(name)).unwrap();
    }
    assert!(watched.refresh().unwrap());
    assert_eq!(over_tls(address, &cert).await.0, replacement.fingerprint());
}

#[tokio::test]
async fn http2_is_spoken_where_the_handshake_chose_it_and_the_host_is_known() {
    use http_body_util::{BodyExt as _, Empty};
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let host = get(|headers: http::HeaderMap| async move { headers["host"].to_str().unwrap().to_owned() });
    let running = start(
        &config(&["--tls-self-signed", "--data", data]),
        router().route("/host", host),
        None,
    );
    let stream = shake_hands(
        running.address,
        &folder.path().join("tls/cert.pem"),
        &["h2", "http/1.1"],
    )
    .await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut asking, connection) =
        hyper::client::conn::http2::handshake(executor, hyper_util::rt::TokioIo::new(stream))
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    for (path, expected) in [("peer", "127.0.0.1 https"), ("host", "rollcall.example.org")] {
        let request = http::Request::get(format!("https://rollcall.example.org/{path}"));
        let response = asking
            .send_request(request.body(Empty::<bytes::Bytes>::new()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.version(), http::Version::HTTP_2);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.as_ref(), expected.as_bytes());
    }
    // A stop ends it in good order, although the client would go on.
    running.stop.send(true).unwrap();
    running.served.await.unwrap();
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_websocket_outlives_every_time_limit_of_http() {
    use axum::extract::ws::{WebSocket, WebSocketUpgrade};
    use futures_util::{SinkExt as _, StreamExt as _};
    async fn echo(mut socket: WebSocket) {
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
    }
    let upgrade = get(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(echo) });
    let running = start(&config(&[]), router().route("/feed", upgrade), None);
    let url = format!("ws://{}/feed", running.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    for text in ["one", "two"] {
        socket.send(text.into()).await.unwrap();
        assert_eq!(
            socket
                .next()
                .await
                .unwrap()
                .unwrap()
                .into_text()
                .unwrap()
                .as_str(),
            text
        );
        tokio::time::pause();
        tokio::time::advance(Duration::from_mins(10)).await;
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_caller_for_whom_there_is_no_place_waits_until_there_is_one() {
    let mut server = Server::bind(&config(&[])).unwrap();
    server.connections = Arc::new(Semaphore::new(1));
    let address = server.listening().addresses[0];
    let (_stop, stopping) = watch::channel(false);
    tokio::spawn(server.run(router(), stopping, || {}));
    let mut first = TcpStream::connect(address).await.unwrap();
    first
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    assert_ne!(first.read(&mut [0; 1024]).await.unwrap(), 0);
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(CLOSE).await.unwrap();
    let mut answer = String::new();
    let early = tokio::time::timeout(Duration::from_millis(50), second.read_to_string(&mut answer)).await;
    assert!(early.is_err(), "{answer}");
    drop(first);
    second.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("here"), "{answer}");
}

#[tokio::test]
async fn a_stop_waits_for_a_websocket_to_be_closed() {
    use axum::extract::ws::WebSocketUpgrade;
    use futures_util::StreamExt as _;
    let finish = Arc::new(Notify::new());
    let upgrade = {
        let finish = Arc::clone(&finish);
        get(|upgrade: WebSocketUpgrade| async {
            upgrade.on_upgrade(|mut socket| async move {
                finish.notified().await;
                socket.send("goodbye".into()).await.unwrap();
            })
        })
    };
    let mut running = start(&config(&[]), router().route("/feed", upgrade), None);
    let url = format!("ws://{}/feed", running.address);
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    running.stop.send(true).unwrap();
    let early = tokio::time::timeout(Duration::from_millis(50), &mut running.served).await;
    assert!(early.is_err(), "did not wait");
    finish.notify_one();
    assert_eq!(
        socket
            .next()
            .await
            .unwrap()
            .unwrap()
            .into_text()
            .unwrap()
            .as_str(),
        "goodbye"
    );
    drop(socket);
    running.served.await.unwrap();
}
