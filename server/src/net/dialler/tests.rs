//! Through a whole backend, with agents that listen on loopback.

use serde_json::json;
use tokio::task::JoinSet;

use super::*;
use crate::api::agent::testing::{Server, TestAgent};
use crate::net::testing::Listening;

fn id(agent: &TestAgent) -> AgentId {
    agent.id.parse().unwrap()
}

#[tokio::test]
async fn an_agent_whose_registration_was_lost_is_told_to_register() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let mut listening = Listening::of(&mut agent).await;
    agent.register(&server).await;
    // As if the server had never heard of this boot.
    agent.boot = "000000b2".to_owned();
    let dialler = server.backend.app.dialler.clone();
    let (verified, ordered) = tokio::join!(dialler.dial(id(&agent), Purpose::Verify, Lane::Turn), async {
        [
            listening.ordered(&mut agent).await,
            listening.ordered(&mut agent).await,
        ]
    });
    assert_eq!(verified.outcome, VerificationOutcome::MustRegister);
    assert_eq!(ordered, [Purpose::Verify, Purpose::News]);

    agent.register(&server).await;
    let (verified, ordered) = tokio::join!(
        dialler.dial(id(&agent), Purpose::Verify, Lane::Turn),
        listening.ordered(&mut agent)
    );
    assert_eq!(
        (verified.outcome, ordered),
        (VerificationOutcome::Verified, Purpose::Verify)
    );
}

#[tokio::test]
async fn a_count_that_runs_behind_is_no_proof_of_being_here() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let mut listening = Listening::of(&mut agent).await;
    agent.sequence = 40;
    agent.register(&server).await;
    agent.sequence = 7;
    let dialler = server.backend.app.dialler.clone();
    let (verified, ordered) = tokio::join!(dialler.dial(id(&agent), Purpose::Verify, Lane::Turn), async {
        [
            listening.ordered(&mut agent).await,
            listening.ordered(&mut agent).await,
        ]
    });
    assert_eq!(verified.outcome, VerificationOutcome::MustRegister);
    assert_eq!(ordered, [Purpose::Verify, Purpose::News]);
}

#[tokio::test]
async fn a_proof_that_a_newer_contact_overtakes_is_one_all_the_same() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let mut listening = Listening::of(&mut agent).await;
    agent.register(&server).await;
    let dialler = server.backend.app.dialler.clone();
    let (verified, ordered) = tokio::join!(dialler.dial(id(&agent), Purpose::Verify, Lane::Turn), async {
        let stream = listening.taken().await;
        agent.heartbeat(&server).await;
        // The proof has the sequence before that.
        agent.sequence -= 2;
        listening.converse(stream, &mut agent).await
    });
    assert_eq!(
        (verified.outcome, ordered),
        (VerificationOutcome::Verified, Purpose::Verify)
    );
}

#[tokio::test]
async fn those_who_do_not_answer_keep_no_place_from_those_who_do() {
    let server = Server::start().await;
    let mut living = server.agent("web-1").await;
    let mut listening = Listening::of(&mut living).await;
    living.register(&server).await;
    let mut dead = server.agent("web-2").await;
    let silent = Listening::of(&mut dead).await;
    dead.register(&server).await;

    let dialler = server.backend.app.dialler.clone();
    let mut held = JoinSet::new();
    held.spawn(async move {
        silent.hold_on().await;
        unreachable!("it holds on for ever");
    });
    // Each of them holds a place until it is given up; the second half waits for the first.
    for _ in 0..Lane::Spare.places() * 2 {
        let (dialler, dead) = (dialler.clone(), id(&dead));
        held.spawn(async move { dialler.dial(dead, Purpose::Verify, Lane::Spare).await });
    }
    // Until all places of that lane are taken.
    while dialler.0.places.free(Lane::Spare) > 0 {
        tokio::task::yield_now().await;
    }
    let (verified, _) = tokio::join!(
        dialler.dial(id(&living), Purpose::Verify, Lane::Turn),
        listening.ordered(&mut living)
    );
    assert_eq!(verified.outcome, VerificationOutcome::Verified);
    assert_eq!(dialler.0.places.free(Lane::Spare), 0, "they still hold on");
}

#[tokio::test]
async fn only_an_attempt_to_connect_is_remembered() {
    let server = Server::start().await;
    let app = &server.backend.app;
    let mut agent = server.online("web-1").await;
    let dial = async |agent: &TestAgent| app.dialler.dial(id(agent), Purpose::Verify, Lane::Turn).await;
    assert_eq!(dial(&agent).await.outcome, VerificationOutcome::NotListening);
    assert_eq!(app.dialler.last(id(&agent)), None);

    // Port 1 of loopback: nothing listens there.
    agent.notify_port = Some(1);
    agent.register(&server).await;
    let refused = dial(&agent).await;
    assert_eq!(refused.outcome, VerificationOutcome::ConnectionRefused);
    assert_eq!(app.dialler.last(id(&agent)), Some(refused));

    assert_eq!(
        server
            .save(&json!({ "unreachable_network": ["10.12.0.0/16"] }))
            .await
            .status,
        200
    );
    agent.applied = 2;
    agent.heartbeat(&server).await;
    assert_eq!(
        dial(&agent).await.outcome,
        VerificationOutcome::InUnreachableNetwork
    );
    // The save may have had it dialled once more, with news.
    let last = app.dialler.last(id(&agent)).unwrap();
    assert_eq!(last.outcome, VerificationOutcome::ConnectionRefused);
}
