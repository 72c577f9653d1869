//! Being connected to by the server.

use super::*;

#[test]
fn a_proof_takes_the_next_sequence_and_leaves_what_is_due_as_it_is() {
    let mut agent = Agent::settled();
    let due = agent.schedule.due();
    let proof = agent.schedule.prove().unwrap();
    assert_eq!((proof.sequence, proof.applied), (2, 1));
    assert_eq!(agent.schedule.due(), due);
    let beat = agent.next();
    assert_eq!(
        (beat.call, beat.fence.sequence, beat.fence.boot),
        (Call::Heartbeat, 3, proof.boot)
    );
}

#[test]
fn no_proof_is_given_before_the_boot_is_registered_nor_by_one_who_leaves() {
    let mut agent = Agent::started();
    assert_eq!(agent.schedule.prove(), None);
    let register = agent.next();
    assert_eq!(agent.schedule.prove(), None);
    let _ = agent.answer(register, registered(10 * MINUTE));
    assert!(agent.schedule.prove().is_some());
    // A new boot is as one that starts.
    agent.schedule.sequence = u32::MAX;
    assert_eq!(agent.schedule.prove(), None, "no sequence is left");
    let register = agent.next();
    assert_eq!(agent.schedule.prove(), None);
    let _ = agent.answer(register, registered(10 * MINUTE));
    assert_eq!(agent.schedule.prove().unwrap().sequence, 2);
    let _ = agent.tell(Input::Leave(GoodbyeKind::Stop));
    assert_eq!(agent.schedule.prove(), None);
}

#[test]
fn a_call_that_a_proof_overtook_is_made_again_and_nothing_is_thought_of_it() {
    let register = Call::Register(RegisterReason::Reload);
    for (wanted, refusal) in [
        (Call::Heartbeat, Refusal::StaleSequence),
        (Call::Poll, Refusal::StaleSequence),
        (register, Refusal::StaleSequence),
        (register, Refusal::RegisterFirst),
    ] {
        let mut agent = Agent::settled();
        match wanted {
            Call::Poll => drop(agent.tell(Input::PollNow)),
            Call::Register(_) => drop(agent.tell(Input::Reload)),
            _ => {}
        }
        let mut sent = agent.next();
        // As often as it is overtaken: a counted refusal would make a new boot at the third.
        for _ in 0..5 {
            assert_eq!(sent.call, wanted);
            let proof = agent.schedule.prove().unwrap();
            assert_eq!(proof.sequence, sent.fence.sequence + 1);
            let again = agent.refuse(sent, refusal).send.unwrap();
            assert_eq!(again.fence.sequence, proof.sequence + 1);
            assert_eq!((again.call, again.fence.boot), (wanted, proof.boot));
            sent = again;
        }
        let answer = match wanted {
            Call::Heartbeat => heard(agent.epoch(), 1),
            Call::Poll => polled(agent.epoch(), None),
            _ => registered(10 * MINUTE),
        };
        assert_ne!(agent.answer(sent, answer).change, Some(Change::Lost));
        assert_eq!(agent.schedule.failures, 0);
    }
}

#[test]
fn a_call_that_nothing_overtook_is_stale_for_another_reason() {
    let mut agent = Agent::settled();
    let _ = agent.schedule.prove();
    let beat = agent.next();
    assert_eq!(agent.refuse(beat, Refusal::StaleSequence), Step::default());
    assert!(agent.schedule.due() > Some(agent.now));
}

#[test]
fn proofs_do_not_shorten_a_back_off() {
    let mut agent = Agent::settled();
    for _ in 0..20 {
        let beat = agent.next();
        let _ = agent.fail(beat, None);
    }
    let due = agent.schedule.due();
    for _ in 0..100 {
        assert!(agent.schedule.prove().is_some());
    }
    assert_eq!(agent.schedule.due(), due);
    let beat = agent.next();
    let _ = agent.fail(beat, None);
    assert_eq!(agent.schedule.due(), Some(agent.now + 5 * MINUTE));
}
