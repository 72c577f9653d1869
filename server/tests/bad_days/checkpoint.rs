//! A server that is killed remembers whom it heard as of its last checkpoint: no heartbeat is in the database otherwise.

use std::time::Duration;

use rollcall_shared::ContactKind;
use rollcall_shared::why::Why;

use crate::driven::Driven;
use crate::real::admin::Admin;
use crate::real::moment::{pass, wall_ms};
use crate::real::server::{Plan, Server};

/// A round of the checkpoints (`server/src/background/checkpoints.rs`), and half of one for a busy machine.
const OVER_A_ROUND: Duration = Duration::from_secs(90);

/// When an agent was last heard by a heartbeat, where that is known.
fn heartbeat_of(admin: &Admin, agent: &Driven) -> Option<i64> {
    let why: Why = admin.read(&format!("/api/v1/agents/{}/why", agent.id));
    let proof = why
        .proofs
        .iter()
        .find(|proof| proof.path == ContactKind::Heartbeat);
    proof.map(|proof| proof.at_ms)
}

#[test]
fn a_killed_server_remembers_whom_it_heard_by_its_checkpoints() {
    let plan = Plan {
        minute: Duration::from_secs(1),
        offline_after: 600,
        ..Plan::on_loopback()
    };
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    // In more than one partition.
    let mut agents: Vec<_> = (1..=8)
        .map(|number| {
            let name = format!("driven-{number}");
            Driven::enrolled(&server.peer(), server.announcement.token(), &name, number)
        })
        .collect();
    let began = wall_ms();
    for agent in &mut agents {
        assert!(agent.heartbeat().unwrap().is_success());
        assert!(agent.heartbeat().unwrap().is_success());
    }
    let heard_by = wall_ms();
    pass(OVER_A_ROUND);
    server.kill();
    server.start_again();

    for agent in &mut agents {
        // Without a checkpoint only the registration is known, and these sequences would be new.
        for sequence in 2..=agent.sequence() {
            let repeated = agent.repeat(sequence).unwrap();
            assert_eq!(repeated.status, 409, "{agent:?}: {repeated:?}");
            assert!(repeated.body.contains("stale-sequence"), "{repeated:?}");
        }
        let heard = heartbeat_of(&admin, agent).expect("its heartbeat is known");
        // Paths are known to the second.
        assert!(
            (began - 1_000..=heard_by + 1_000).contains(&heard),
            "{began} {heard} {heard_by}"
        );
        assert!(agent.heartbeat().unwrap().is_success(), "the next one is good");
    }
    server.must_run();
}
