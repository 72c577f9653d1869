//! An agent leaves for good (rule 10), and is not taken for one that is missing.

use rollcall_shared::{Cause, GoodbyeKind, Status};

use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::network::Network;
use crate::real::server::{Plan, Server};

#[test]
fn an_agent_that_is_uninstalled_is_retired_and_does_not_come_back() {
    let mut server = Server::start(Plan::on_loopback());
    let admin = Admin::first(&server);
    let (url, token) = (
        server.announcement.url.clone(),
        server.announcement.token().to_owned(),
    );
    let mut agent = Agent::enrolled("leaving", Network::Here, &url, &token);
    let id = admin.sees("leaving", Status::Online).id;
    agent.until_says("Registered");
    let refused = agent.uninstall().expect_err("it runs");
    assert!(refused.contains("stop it first"), "{refused}");
    assert_eq!(admin.agent("leaving").status, Status::Online);

    agent.stop();
    let said = agent.uninstall().unwrap();
    assert!(said.contains(&id.to_string()), "{said}");
    let shown = admin.agent("leaving");
    assert_eq!(shown.status, Status::Retired, "{shown:?}");
    assert_eq!(shown.cause, Cause::Goodbye(GoodbyeKind::Uninstall), "{shown:?}");
    admin.transition(id, "it left for good", |one| one.to == Status::Retired);
    assert!(!agent.state().join("identity.json").exists());

    // What was told outlives a kill; and the machine can be enrolled anew, as another agent.
    server.kill();
    server.start_again();
    assert_eq!(admin.agent("leaving").status, Status::Retired);
    agent.enrol(&url, &token).unwrap();
    agent.start(&[]);
    agent.until_says("Registered");
    let named = |status| {
        admin
            .agents()
            .into_iter()
            .filter(move |one| one.name == "leaving" && one.status == status)
    };
    assert_eq!(named(Status::Retired).map(|one| one.id).collect::<Vec<_>>(), [id]);
    assert_eq!(named(Status::Online).count(), 1);
    server.must_run();
}
