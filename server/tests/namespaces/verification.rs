//! The server connects to real agents when it is asked to: one, and a selection. Who cannot be reached keeps its status.

use std::time::Duration;

use rollcall_shared::console_api::{VerificationOutcome, Verified};
use rollcall_shared::why::Why;
use rollcall_shared::{AgentId, ContactKind, Status};
use serde_json::json;

use crate::lab::{Family, Lab};
use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::server::{Plan, Server};

fn verify(admin: &Admin, agents: &[AgentId]) -> Vec<VerificationOutcome> {
    let body = json!({ "agents": agents });
    let answer = admin
        .call("POST", "/api/v1/verifications", &[], Some(&body))
        .unwrap();
    let verified: Vec<Verified> = answer.json();
    let asked: Vec<_> = verified.iter().map(|one| one.agent).collect();
    assert_eq!(asked, agents, "each is answered, in the order of the request");
    verified.iter().map(|one| one.outcome).collect()
}

fn why(admin: &Admin, agent: AgentId) -> Why {
    admin.read(&format!("/api/v1/agents/{agent}/why"))
}

#[test]
fn agents_prove_themselves_when_asked_and_who_cannot_be_reached_keeps_its_status() {
    let Some(lab) = Lab::lay("verification", Family::V4, Family::V4) else {
        return;
    };
    // Heartbeats are too rare to be taken for the proofs.
    let mut server = Server::start(Plan {
        minute: Duration::from_secs(1),
        heartbeat_every: 600,
        offline_after: 6_000,
        ..lab.plan()
    });
    let admin = Admin::first(&server);
    let (url, token) = (&server.announcement.url, server.announcement.token());
    let live = |name: &str, role: &str| {
        let agent = Agent::enrolled(name, lab.network(role), url, token);
        let id = admin.sees(name, Status::Online).id;
        // What it does after it was registered and new settings are known is over: nothing more is to come by itself.
        agent.until_says("Registered");
        (agent, id)
    };
    let (one, first) = live("outside-1", "outside");
    let (other, second) = live("outside-2", "outside");
    let (inside, hidden) = live("inside", "inside");
    let before = admin.history();

    assert_eq!(verify(&admin, &[first]), [VerificationOutcome::Verified]);
    // A selection, in which one cannot be reached: behind the router nothing listens for it.
    let outcomes = verify(&admin, &[second, hidden, first]);
    assert_eq!(
        (outcomes[0], outcomes[2]),
        (VerificationOutcome::Verified, VerificationOutcome::Verified)
    );
    assert!(
        matches!(
            outcomes[1],
            VerificationOutcome::ConnectionRefused | VerificationOutcome::TimedOut
        ),
        "{outcomes:?}"
    );
    for agent in [first, second] {
        let why = why(&admin, agent);
        let proof = why
            .proofs
            .iter()
            .find(|proof| proof.path == ContactKind::Verification);
        assert!(proof.is_some(), "a proof is a contact: {why:?}");
        assert_eq!(
            why.verification.map(|one| one.outcome),
            Some(VerificationOutcome::Verified)
        );
    }
    let failed = why(&admin, hidden);
    assert_eq!(failed.status, Status::Online, "rule 11: {failed:?}");
    assert_eq!(failed.verification.map(|one| one.outcome), Some(outcomes[1]));

    // In the unreachable network it is not even tried, and changes as little.
    admin.save(|settings| settings.unreachable_network = vec!["10.77.0.0/24".parse().unwrap()]);
    admin.sees("inside", Status::UnreachableOnline);
    inside_knows(&admin, hidden, &inside);
    assert_eq!(
        verify(&admin, &[hidden, first]),
        [
            VerificationOutcome::InUnreachableNetwork,
            VerificationOutcome::Verified
        ]
    );
    assert_eq!(admin.agent("inside").status, Status::UnreachableOnline);
    let after = admin.history();
    after.still_has(&before);
    after.nobody_falsely_offline(&[first, second, hidden]);
    server.must_run();
    drop((one, other, inside));
}

/// Has it poll, and waits until it has told what it applied: membership for dialling is that of the version it knows.
fn inside_knows(admin: &Admin, id: AgentId, agent: &Agent) {
    let newest = admin.settings().version;
    agent.poll();
    crate::real::moment::until_so("it knows the range", || {
        let why: Why = why(admin, id);
        why.lease.is_some_and(|lease| lease.applied == newest)
    });
}
