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

#[tokio::test]
async fn rule_8_packets_of_an_earlier_boot_are_answered_some_times_a_second_however_often_they_come() {
    const MANY: u64 = 100;
    let mut server = Server::start().await;
    let mut agent = server.online("web-1").await;
    let mut other = server.online("web-2").await;
    let mut wire = Wire::to(&mut server, "127.0.0.1");
    let mut of_before = Vec::new();
    for _ in 0..MANY {
        of_before.push(packet(&mut agent));
    }
    // It was started anew since, and somebody kept what it sent.
    agent.boot = "000000b2".to_owned();
    assert_eq!(agent.register(&server).await.status, 200);
    let begun = server.backend.app.clock.monotonic();
    for packet in &of_before {
        wire.send(packet);
    }
    let answers = wire.answers();
    let took_s = server
        .backend
        .app
        .clock
        .monotonic()
        .saturating_sub(begun)
        .as_secs()
        + 2;
    for answer in &answers {
        let answer = believed(answer, &agent);
        assert_eq!(answer.outcome, Says::Refused(code::REGISTER_FIRST));
    }
    let answered = u64::try_from(answers.len()).unwrap();
    assert!((2..=2 * took_s).contains(&answered), "{answered} in {took_s} s");
    assert_eq!(counted(&server, "register_first").await, answered);
    assert_eq!(counted(&server, "insistent").await, MANY - answered);
    // That harms neither its own packets, nor another agent that has to register.
    wire.send(&packet(&mut agent));
    believed(&wire.receive(), &agent);
    other.boot = "000000b2".to_owned();
    wire.send(&packet(&mut other));
    let refused = wire.receive();
    assert_eq!(
        believed(&refused, &other).outcome,
        Says::Refused(code::REGISTER_FIRST)
    );
}
