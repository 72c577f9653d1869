use rollcall_shared::Reachability;
use serde_json::json;

use super::*;
use crate::api::agent::testing::Server;
use crate::net::testing::Listening;

#[test]
fn rule_14_who_is_told_follows_from_what_it_does_by_the_version_that_it_applied() {
    let late = Case {
        knows_newest: false,
        ..Case::VERIFIED
    };
    let table = [
        (late, Some(Lane::News)),
        (
            Case {
                newest: LeaseKind::Heartbeat,
                ..late
            },
            Some(Lane::News),
        ),
        (
            Case {
                lives_by: LeaseKind::Heartbeat,
                ..late
            },
            Some(Lane::Spare),
        ),
        (Case::VERIFIED, None),
        (
            Case {
                delivery: Reachability::Unreachable,
                ..late
            },
            None,
        ),
        (
            Case {
                presence: Some(Presence::Offline),
                ..late
            },
            None,
        ),
        (
            Case {
                presence: None,
                ..late
            },
            None,
        ),
        (
            Case {
                listens: false,
                ..late
            },
            None,
        ),
    ];
    for (case, lane) in table {
        assert_eq!(lane_of(&case), lane, "{case:?}");
    }
}

#[tokio::test]
async fn a_save_is_told_to_who_sends_heartbeats_and_to_who_waits_for_the_server() {
    let server = Server::start().await;
    let mut agent = server.agent("web-1").await;
    let mut listening = Listening::of(&mut agent).await;
    agent.register(&server).await;
    assert_eq!(server.save(&json!({ "heartbeat": false })).await.status, 200);
    assert_eq!(listening.ordered(&mut agent).await, Purpose::News);

    agent.applied = 2;
    agent.poll(&server).await;
    assert_eq!(server.save(&json!({ "heartbeat": true })).await.status, 200);
    assert_eq!(listening.ordered(&mut agent).await, Purpose::News);
}
