//! Being connected to: by the server, whose part the tests play, and by strangers.

use std::sync::Arc;

use nix::sys::signal::Signal;
use ring::hmac;
use rollcall_shared::dial::{self, KEY_PURPOSE, NONCE, Order, PROOF, Proof, Purpose, RECEIPT};
use rollcall_shared::problem::kind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::home::{Agent, Home, text};
use crate::stub::{PATIENCE, SECRET, Scripted, Stub, agent};

/// The key of the agent that enrolled with [`SECRET`].
fn key(secret: &str) -> hmac::Key {
    use base64::Engine as _;
    let secret = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(secret)
        .unwrap();
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), KEY_PURPOSE);
    hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
}

const NONCE_OF_SERVER: [u8; NONCE] = [7; NONCE];

/// The port that the agent registered.
async fn port(stub: &Stub) -> u16 {
    let register = stub.nth("register", 1).await;
    stub.nth("heartbeat", 1).await;
    register.body["notify_port"].as_u64().unwrap().try_into().unwrap()
}

/// Connects from an address of this machine.
async fn connect(from: [u8; 4], port: u16) -> std::io::Result<TcpStream> {
    let socket = tokio::net::TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(([127, 0, 0, 1], port).into()).await
}

/// Connects from where the agent's calls go, and greets; the proof where one is given.
async fn greet(port: u16) -> Option<(TcpStream, Proof)> {
    greet_from([127, 0, 0, 1], port).await
}

async fn greet_from(from: [u8; 4], port: u16) -> Option<(TcpStream, Proof)> {
    let mut stream = connect(from, port).await.ok()?;
    let mut bytes = [0; PROOF];
    let exchanged = async {
        stream.write_all(&dial::greeting(&NONCE_OF_SERVER)).await?;
        stream.read_exact(&mut bytes).await
    };
    tokio::time::timeout(PATIENCE, exchanged).await.unwrap().ok()?;
    Some((stream, Proof::of_bytes(&bytes).unwrap()))
}

/// Orders under a key; whether that was taken.
async fn order(mut stream: TcpStream, proof: &Proof, purpose: Purpose, key: &hmac::Key) -> bool {
    let text = dial::order_text(agent(), &NONCE_OF_SERVER, &proof.nonce, purpose);
    let mac = hmac::sign(key, &text).as_ref().try_into().unwrap();
    let mut receipt = [0; 1];
    let exchanged = async {
        stream.write_all(&Order { purpose, mac }.to_bytes()).await?;
        stream.read_exact(&mut receipt).await
    };
    let read = tokio::time::timeout(PATIENCE, exchanged).await.unwrap();
    read.is_ok() && receipt == [RECEIPT]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_verifies_that_the_agent_is_there_and_news_make_it_poll() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    home.knows_of_no_components();
    let process = home.run();
    let port = port(&stub).await;
    let key = key(SECRET);
    let (stream, proof) = greet(port).await.unwrap();
    let text = dial::proof_text(agent(), &NONCE_OF_SERVER, &proof.nonce, proof.fence);
    hmac::verify(&key, &text, &proof.mac).unwrap();
    let register = stub.nth("register", 1).await;
    assert_eq!(proof.fence.boot.to_string(), register.boot());
    assert_eq!(proof.fence.applied, 1);
    assert!(order(stream, &proof, Purpose::Verify, &key).await);
    // The next call goes on behind the proof's sequence.
    let behind = stub.wait_for("a heartbeat behind the proof", |calls| {
        calls
            .last()
            .is_some_and(|call| call.body["sequence"].as_u64() > Some(proof.fence.sequence.into()))
    });
    behind.await;
    assert!(stub.of("poll").is_empty(), "a verification brings no news");

    let (stream, proof) = greet(port).await.unwrap();
    assert!(order(stream, &proof, Purpose::News, &key).await);
    stub.nth("poll", 1).await;
    assert_eq!(stub.boots(), 1);
    let (report, _) = home.status().await;
    assert!(report["last_dialled"].is_u64(), "{report}");
    process.signal(Signal::SIGTERM);
    assert!(process.end().await.0.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_changes_nothing() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    home.knows_of_no_components();
    let process = home.run();
    let port = port(&stub).await;
    let strange = key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let (stream, proof) = greet(port).await.unwrap();
    assert!(!order(stream, &proof, Purpose::News, &strange).await);
    // An order for another conversation is none for this one.
    let (_gone, before) = greet(port).await.unwrap();
    let (stream, _) = greet(port).await.unwrap();
    assert!(!order(stream, &before, Purpose::News, &key(SECRET)).await);
    for noise in [
        &b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"[..],
        &[0xff; 4096],
        b"RCd1",
        b"",
    ] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _ = stream.write_all(noise).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer));
        let _ = read.await.expect("it is hung up on");
        assert_eq!(answer, b"");
    }
    let beats = stub.of("heartbeat").len();
    stub.nth("heartbeat", beats + 2).await;
    assert!(stub.of("poll").is_empty());
    assert_eq!(stub.boots(), 1);
    let (report, _) = home.status().await;
    assert!(report["last_dialled"].is_null(), "{report}");
    process.signal(Signal::SIGTERM);
    let (status, said) = process.end().await;
    assert!(status.success() && !said.contains("Someone"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn proofs_are_rationed() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _process = home.run();
    let port = port(&stub).await;
    let mut proofs = 0;
    while let Some((stream, _)) = greet(port).await {
        drop(stream);
        proofs += 1;
        assert!(proofs < 200, "there is no end to it");
    }
    assert!(proofs >= 1);
    let beats = stub.of("heartbeat").len();
    stub.nth("heartbeat", beats + 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_connections_open_is_hung_up_on_in_time() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _process = home.run();
    let port = port(&stub).await;
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    for mut stream in held {
        let mut answer = Vec::new();
        let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer));
        let _ = read.await.expect("it is hung up on");
    }
    let (stream, proof) = greet(port).await.expect("there is room again");
    assert!(order(stream, &proof, Purpose::Verify, &key(SECRET)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_hold_connections_open_do_not_keep_out_the_server() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _process = home.run();
    let port = port(&stub).await;
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(connect([127, 0, 0, 2], port).await.unwrap());
    }
    let (stream, proof) = greet(port)
        .await
        .expect("the server comes from where the calls go");
    assert!(order(stream, &proof, Purpose::Verify, &key(SECRET)).await);
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_from_elsewhere_is_let_in_beside_a_stranger_and_then_beside_all_of_them() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _process = home.run();
    let port = port(&stub).await;
    let elsewhere = [127, 0, 0, 3];
    // One stranger has what it gets of proofs, and then of connections.
    while greet_from([127, 0, 0, 2], port).await.is_some() {}
    let mut held = Vec::new();
    for _ in 0..10 {
        held.push(connect([127, 0, 0, 2], port).await.unwrap());
    }
    let (stream, proof) = greet_from(elsewhere, port).await.expect("there is room");
    assert!(order(stream, &proof, Purpose::Verify, &key(SECRET)).await);
    // From here on it is known by its address, and strangers have nothing that it needs.
    for last in 10..100 {
        drop(greet_from([127, 0, 0, last], port).await);
    }
    assert!(
        greet_from([127, 0, 0, 100], port).await.is_none(),
        "no proofs are left"
    );
    for last in 10..100 {
        held.push(connect([127, 0, 0, last], port).await.unwrap());
    }
    for _ in 0..5 {
        let (stream, proof) = greet_from(elsewhere, port).await.expect("it is known");
        assert!(order(stream, &proof, Purpose::Verify, &key(SECRET)).await);
    }
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_that_a_proof_overtook_is_sent_again_by_the_same_boot() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _process = home.run();
    let port = port(&stub).await;
    let release = Arc::new(tokio::sync::Notify::new());
    let refusal = Scripted::Problem(409, kind::STALE_SEQUENCE, "Stale.");
    let held = Scripted::After(Arc::clone(&release), Box::new(refusal));
    stub.script("heartbeat", held);
    let calls = stub.wait_for("the heartbeat that is held", |calls| {
        calls.last().is_some_and(|call| call.scripted)
    });
    let stale = calls.await.pop().unwrap();
    let (stream, proof) = greet(port).await.unwrap();
    assert!(u64::from(proof.fence.sequence) > stale.sequence());
    assert!(order(stream, &proof, Purpose::Verify, &key(SECRET)).await);
    release.notify_one();
    let (_, again) = stub.scripted_and_next("heartbeat").await;
    assert_eq!(again.sequence(), u64::from(proof.fence.sequence) + 1);
    assert_eq!(again.boot(), stale.boot());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_connects_before_it_is_registered_is_hung_up_on_at_once() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    stub.always(Some(Scripted::Hangs));
    let _process = home.run();
    let register = stub.nth("register", 1).await;
    let port = register.body["notify_port"].as_u64().unwrap();
    assert!(greet(port.try_into().unwrap()).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_is_the_one_that_was_named_or_none() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = home.output(&["run", "--notify-port", &port]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        text(&output.stderr).contains(&format!("cannot listen on port {port}")),
        "{output:?}"
    );
    assert!(stub.of("register").is_empty());

    let process = Agent::start(home.command(&["run", "--notify-port", "off"]));
    assert!(stub.nth("register", 1).await.body["notify_port"].is_null());
    process.kill().await;
    drop(taken);
    let _process = Agent::start(home.command(&["run", "--notify-port", &port]));
    let register = stub.nth("register", 2).await;
    assert_eq!(register.body["notify_port"].to_string(), port);
    let wrong = home.output(&["run", "--notify-port", "0"]).await;
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("1 to 65535, or `off`"), "{wrong:?}");
}
