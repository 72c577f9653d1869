//! What is answered to whoever asks, and how often.

use super::*;

#[tokio::test]
async fn anybody_is_told_the_own_address_but_not_without_end() {
    const MANY: u64 = 200;
    let mut server = Server::start().await;
    let mut wire = Wire::to(&mut server, "127.0.0.1");
    let asked = wire.plain();
    let answer = wire.receive();
    let answer = read_answer(&answer).unwrap();
    assert_eq!(answer.transaction, asked);
    assert_eq!(
        answer.outcome,
        Says::Echo {
            mapped: wire.local(),
            news: None
        }
    );
    let mut taken = 1;
    for _ in 1..MANY {
        wire.plain();
        taken += 1;
        // Each is judged before the next, so that the kernel drops none.
        loop {
            let judged = counted(&server, "plain").await + counted(&server, "flooded").await;
            if judged == taken {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let plain = counted(&server, "plain").await;
    assert!(plain < MANY / 2, "{plain} of {MANY} were answered");
    wire.socket.set_nonblocking(true).unwrap();
    let mut room = [0; 1500];
    let answered = std::iter::from_fn(|| wire.socket.recv(&mut room).ok()).count();
    assert_eq!(answered as u64 + 1, plain);
}
