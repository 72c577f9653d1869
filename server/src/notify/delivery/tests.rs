use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rollcall_shared::Presence;
use rollcall_shared::console_api::NotificationState;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::api::agent::testing::Server;
use crate::net::Case;
use crate::net::testing::Listening;
use crate::notify::plan::Dialled;

fn known(case: Case) -> Known {
    Known {
        case: Some(Case {
            knows_newest: false,
            ..case
        }),
        state: NotificationState::Queued,
        dialled: Dialled::NotYet,
    }
}

#[test]
fn who_hears_of_it_by_itself_is_told_last_and_who_may_not_be_connected_to_is_not() {
    let beating = Case {
        lives_by: LeaseKind::Heartbeat,
        ..Case::VERIFIED
    };
    let offline = Case {
        presence: Some(Presence::Offline),
        ..Case::VERIFIED
    };
    let deaf = Case {
        listens: false,
        ..Case::VERIFIED
    };
    for (case, lane) in [
        (Case::VERIFIED, Some(Lane::News)),
        (beating, Some(Lane::Spare)),
        (offline, None),
        (deaf, None),
    ] {
        assert_eq!(lane_of(&known(case)), lane, "{case:?}");
    }
    let told = Known {
        dialled: Dialled::Told,
        ..known(Case::VERIFIED)
    };
    assert_eq!(lane_of(&told), None, "once, however much news there is");
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

/// An ear that takes connections and never says anything; how many it holds.
async fn mute() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0))
        .await
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(listener.accept().await.unwrap());
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, taken)
}

#[tokio::test]
async fn many_who_do_not_answer_hold_no_more_places_than_there_are_and_nobody_else_up() {
    let server = Server::start().await;
    let (port, taken) = mute().await;
    // Nobody sends heartbeats, and nobody's turn to be verified comes in the time of this test.
    let seldom = json!({ "heartbeat": false, "verify_every": 129_600 });
    assert_eq!(server.save(&seldom).await.status, 200);
    let places = Lane::News.places();
    for number in 0..places + 8 {
        let mut agent = server.agent(&format!("mute-{number}")).await;
        agent.notify_port = Some(port);
        agent.applied = 2;
        agent.register(&server).await;
    }
    let mut well = server.agent("well").await;
    well.register(&server).await;
    assert_eq!(server.save(&json!({ "offline_after": 61 })).await.status, 200);
    while taken.load(Ordering::SeqCst) < places {
        tokio::task::yield_now().await;
    }
    let beat = well.heartbeat(&server).await;
    assert_eq!(
        (beat.status.as_u16(), &beat.json["poll_now"]),
        (200, &json!(true))
    );
    assert_eq!(
        taken.load(Ordering::SeqCst),
        places,
        "the others wait for a place"
    );
}
