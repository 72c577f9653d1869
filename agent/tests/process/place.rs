//! A place that components come from, which sends whatever bytes a test wants.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rollcall_shared::SourceUrl;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::stub::PATIENCE;

/// The place; ends with the test's runtime.
pub(crate) struct Place {
    pub(crate) source: SourceUrl,
    requests: watch::Receiver<Vec<String>>,
    answers: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Place {
    /// Answers so, one answer a connection, the last one over and over. Each connection is closed behind its answer.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let (sender, requests) = watch::channel(Vec::new());
        let queue = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if stream.read_exact(&mut byte).await.is_err() {
                        break;
                    }
                    head.extend_from_slice(&byte);
                }
                sender.send_modify(|all: &mut Vec<String>| all.push(String::from_utf8(head).unwrap()));
                let answer = {
                    let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                    let next = queue.pop_front().unwrap_or_default();
                    if queue.is_empty() {
                        queue.push_back(next.clone());
                    }
                    next
                };
                // Whoever hung up meanwhile wants none.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        });
        Self {
            source: format!("http://{address}/dist/av?x=1").parse().unwrap(),
            requests,
            answers,
        }
    }

    /// From now on only this.
    pub(crate) fn answer(&self, answer: Vec<u8>) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        *answers = [answer].into();
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.borrow().clone()
    }

    /// Waits until there were so many.
    pub(crate) async fn asked(&self, times: usize) -> Vec<String> {
        let mut requests = self.requests.clone();
        let asked = tokio::time::timeout(PATIENCE, requests.wait_for(|all| all.len() >= times)).await;
        asked.expect("the place is asked").unwrap().clone()
    }
}

/// An answer with these header lines and this body.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// All of it, as it should be.
pub(crate) fn whole(body: &[u8]) -> Vec<u8> {
    answer("200 OK", &format!("content-length: {}", body.len()), body)
}
