//! Staying present, and leaving.

use nix::sys::signal::Signal;

use crate::home::{Agent, Home, text};
use crate::stub::{self, SECRET, Scripted, Stub};

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_enrols_runs_is_killed_and_comes_back_as_another_boot() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = home.run();
    let first = stub.nth("register", 1).await;
    assert_eq!(first.reason(), "install");
    assert_eq!(
        first.authorization.as_deref().unwrap().split('.').next_back(),
        Some(SECRET)
    );
    assert_eq!(first.body["local_address"], "127.0.0.1");
    stub.nth("heartbeat", 3).await;
    agent.kill().await;
    let before = stub.of("heartbeat").len();

    let _agent = home.run();
    let second = stub.nth("register", 2).await;
    assert_eq!(second.reason(), "start");
    assert_ne!(second.boot(), first.boot());
    assert_eq!(second.sequence(), 1);
    let beat = stub.nth("heartbeat", before + 2).await;
    assert_eq!(beat.boot(), second.boot());
}

#[tokio::test(flavor = "multi_thread")]
async fn sequences_rise_by_one_over_all_paths_of_a_boot() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = home.run();
    stub.nth("heartbeat", 2).await;
    agent.signal(Signal::SIGHUP);
    stub.nth("register", 2).await;
    agent.signal(Signal::SIGTERM);
    stub.nth("goodbye", 1).await;
    let sequences: Vec<u64> = stub.calls()[1..].iter().map(stub::Recorded::sequence).collect();
    let expected: Vec<u64> = (1..=sequences.len() as u64).collect();
    assert_eq!(sequences, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_is_refused_with_its_own_exit_code() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let _agent = home.run();
    stub.nth("register", 1).await;
    let output = home.output(&["run"]).await;
    assert_eq!(output.status.code(), Some(3));
    assert!(
        text(&output.stderr).contains("another rollcall-agent runs"),
        "{output:?}"
    );
    assert_eq!(stub.boots(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_says_goodbye_and_exits_well() {
    for (signal, arguments, kind, reason) in [
        (
            Signal::SIGTERM,
            &["run", "--goodbye", "stop"][..],
            "stop",
            "start",
        ),
        (
            Signal::SIGINT,
            &["run", "--goodbye", "restart"][..],
            "restart",
            "restart",
        ),
    ] {
        let (stub, home) = (Stub::start().await, Home::new());
        home.enrol(&stub).await;
        let agent = Agent::start(home.command(arguments));
        let register = stub.nth("register", 1).await;
        stub.nth("heartbeat", 1).await;
        agent.signal(signal);
        let goodbye = stub.nth("goodbye", 1).await;
        assert_eq!(
            (goodbye.body["kind"].as_str(), goodbye.boot()),
            (Some(kind), register.boot())
        );
        let (status, said) = agent.end().await;
        assert!(status.success(), "{said}");
        let _agent = home.run();
        assert_eq!(stub.nth("register", 2).await.reason(), reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_that_nobody_answers_does_not_hold_up_the_end() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = home.run();
    stub.nth("register", 1).await;
    stub.always(Some(Scripted::Hangs));
    agent.signal(Signal::SIGTERM);
    let (status, said) = agent.end().await;
    assert!(status.success(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_people_and_programs_how_it_stands() {
    let (stub, home) = (Stub::start().await, Home::new());
    let (report, code) = home.status().await;
    assert_eq!((report["enrolled"].as_bool(), code), (Some(false), 1));
    home.enrol(&stub).await;
    let (report, code) = home.status().await;
    assert_eq!((report["running"].as_bool(), code), (Some(false), 1));

    let agent = home.run();
    stub.nth("heartbeat", 2).await;
    let (report, code) = home.status().await;
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["pid"].as_u64(), Some(agent.pid().into()));
    assert_eq!(report["server"].as_str(), Some(stub.url.as_str()));
    assert_eq!(report["settings_version"].as_u64(), Some(1));
    assert_eq!(report["observed_address"].as_str(), Some("127.0.0.1"));
    let said = text(&home.output(&["status"]).await.stdout);
    assert!(
        said.contains("in contact") && said.contains("The server sees: 127.0.0.1"),
        "{said}"
    );

    agent.kill().await;
    assert_eq!(home.status().await.1, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_is_told_when_it_is_ready_though_the_server_is_away_and_when_it_stops() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    stub.always(Some(Scripted::Hangs));
    let manager = tokio::net::UnixDatagram::bind(home.file("notify")).unwrap();
    let mut command = home.command(&["run", "--goodbye", "stop"]);
    command.env("NOTIFY_SOCKET", home.file("notify"));
    let agent = Agent::start(command);
    for state in ["READY=1", "STOPPING=1"] {
        let mut told = [0; 64];
        let length = tokio::time::timeout(stub::PATIENCE, manager.recv(&mut told))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(&told[..length], state.as_bytes());
        agent.signal(Signal::SIGTERM);
    }
    assert!(agent.end().await.0.success());
}
