use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const BRIEFLY: Duration = Duration::from_millis(300);

fn endpoint(peer: SocketAddr) -> Endpoint {
    let url: ServerUrl = format!("http://{peer}").parse().unwrap();
    let credential = format!("{}.{}", "0".repeat(13), "s".repeat(43));
    Endpoint::new(url, None, Some(credential), false).unwrap()
}

async fn beat(endpoint: &Endpoint, within: Duration) -> Result<Reply, CallError> {
    let body = |_| br#"{"boot":"9f3a01c2","sequence":4294967295,"applied":4294967295}"#.to_vec();
    let outgoing = Outgoing {
        call: "heartbeat",
        body: &body,
    };
    call(endpoint, None, outgoing, within).await.1
}

/// A peer that reads a request, then writes `answer` and holds the connection open.
async fn peer_that_says(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(&answer).await;
                core::future::pending::<()>().await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_heartbeat_takes_at_most_300_bytes_on_the_wire() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint(listener.local_addr().unwrap());
    let read = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            assert!(stream.read_buf(&mut request).await.unwrap() > 0);
        }
        request
    };
    let (request, _) = tokio::join!(read, beat(&endpoint, BRIEFLY));
    let text = String::from_utf8_lossy(&request);
    assert!(request.len() <= 300, "{} bytes: {text}", request.len());
}

#[tokio::test]
async fn an_answer_that_drips_forever_is_given_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint(listener.local_addr().unwrap());
    let drip = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await;
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n";
        let _ = stream.write_all(head).await;
        // Slowly enough that the answer would take minutes, until the agent hangs up.
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let (result, ()) = tokio::join!(beat(&endpoint, BRIEFLY), drip);
    assert!(
        matches!(result, Err(CallError::TimedOut { within_ms: 300 })),
        "{result:?}"
    );
}

#[tokio::test]
async fn what_is_not_http_or_too_large_is_an_error() {
    let huge = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n".to_vec();
    let mut endless_header = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    endless_header.extend(vec![b'a'; 1 << 20]);
    let mut body = huge.clone();
    body.extend(vec![b' '; 1 << 20]);
    for (answer, what) in [
        (b"220 mail.example ESMTP\r\n".to_vec(), "another protocol"),
        (vec![0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x16], "a TLS alert"),
        (endless_header, "an endless header"),
    ] {
        let result = beat(&endpoint(peer_that_says(answer).await), Duration::from_secs(30)).await;
        assert!(
            matches!(result, Err(CallError::Exchange(_))),
            "{what}: {result:?}"
        );
    }
    let result = beat(&endpoint(peer_that_says(body).await), Duration::from_secs(30)).await;
    assert!(matches!(result, Err(CallError::TooLarge)), "{result:?}");
}

#[tokio::test]
async fn nobody_there_is_an_error_that_names_the_peer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = listener.local_addr().unwrap();
    drop(listener);
    let error = beat(&endpoint(peer), Duration::from_secs(30)).await.unwrap_err();
    assert!(error.to_string().contains(&peer.to_string()), "{error}");
}

#[test]
fn another_machine_is_not_called_without_encryption() {
    let url: ServerUrl = "http://192.0.2.1".parse().unwrap();
    assert!(matches!(
        Endpoint::new(url.clone(), None, None, false),
        Err(EndpointError::Plain { .. })
    ));
    assert!(Endpoint::new(url, None, None, true).is_ok());
}
