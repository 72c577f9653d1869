//! Acknowledging news, beside heartbeats and polls.

use super::*;

#[test]
fn what_became_of_news_is_told_at_once_and_once() {
    let mut agent = Agent::settled();
    let _ = agent.tell(Input::Ack);
    let before = agent.now;
    let sent = agent.next();
    assert_eq!((sent.call, agent.now), (Call::Ack, before));
    let _ = agent.answer(sent, Answer::Noted);
    assert_eq!(agent.next().call, Call::Heartbeat);
    assert_eq!(
        agent.now - before,
        10 * MINUTE,
        "it changes nothing of what is due"
    );
}

#[test]
fn an_acknowledgement_that_fails_is_made_again_and_holds_up_neither_heartbeats_nor_polls() {
    let mut agent = Agent::settled();
    let _ = agent.tell(Input::Ack);
    let mut calls = Vec::new();
    while agent.now < 2 * DAY {
        let sent = agent.next();
        calls.push((sent.call, agent.now));
        let _ = match sent.call {
            Call::Ack => agent.tell(Input::Failed {
                sequence: sent.fence.sequence,
                retry_after_ms: None,
            }),
            Call::Heartbeat => agent.answer(sent, heard(agent.epoch(), 1)),
            Call::Poll => agent.answer(sent, polled(agent.epoch(), None)),
            other => panic!("{other:?}"),
        };
    }
    let count = |wanted| calls.iter().filter(|(call, _)| *call == wanted).count();
    assert!(
        count(Call::Poll) >= 1 && count(Call::Ack) > 100,
        "{}",
        count(Call::Ack)
    );
    let contacts: Vec<u64> = calls
        .iter()
        .filter(|(call, _)| *call != Call::Ack)
        .map(|(_, at)| *at)
        .collect();
    for pair in contacts.windows(2) {
        // A failed call holds back whatever comes next, as any does: by five minutes at the most.
        assert!(pair[1] - pair[0] <= 15 * MINUTE, "{pair:?}");
    }
}

#[test]
fn a_refused_acknowledgement_is_made_again_when_the_agent_has_registered() {
    let mut agent = Agent::settled();
    let _ = agent.tell(Input::Ack);
    let sent = agent.next();
    let step = agent.tell(Input::Refused {
        sequence: sent.fence.sequence,
        refusal: Refusal::RegisterFirst,
    });
    let register = step.send.unwrap();
    assert!(matches!(register.call, Call::Register(_)));
    let _ = agent.answer(register, registered(10 * MINUTE));
    assert_eq!(agent.next().call, Call::Ack);
}
