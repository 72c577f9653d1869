//! Versions of components: which are current, which bytes they stand for, and what news each brings.

use rollcall_shared::console_api::{Component, NotificationState, Subject};
use rollcall_shared::{Cause, Sha256, Status};

use super::samples::{NOW, agent_id, enrol, transition, write};
use crate::store::Store;
use crate::store::components::{Chosen, Published};
use crate::store::journal::Entry;
use crate::store::testing::{TestDatabase, on_every_database};

on_every_database! {
    the_version_brought_last_is_current_and_news_for_everybody,
    a_version_stands_for_the_same_bytes_for_ever,
    an_older_version_can_be_made_current_again,
    what_is_withdrawn_is_offered_to_nobody_and_may_come_back,
    no_more_components_are_current_than_an_agent_is_told_of,
    versions_brought_at_once_leave_one_current,
}

async fn fleet(database: &TestDatabase) -> Store {
    let store = database.open().await;
    enrol(&store, 2).await;
    let online = transition(101, agent_id(1), Status::Online, Cause::Enrolled);
    write(&store, &[Entry::Transition(online)]).await;
    store
}

fn component(name: &str, version: &str, byte: u8) -> Component {
    Component {
        name: name.parse().unwrap(),
        version: version.parse().unwrap(),
        size: 5,
        sha256: Sha256::from_bytes([byte; 32]),
        stored: true,
        sources: Vec::new(),
        note: Some("why".to_owned()),
        author: Some("ada".to_owned()),
        created_at_ms: NOW + i64::from(byte),
        current_since_ms: None,
        withdrawn_at_ms: None,
    }
}

async fn publish(store: &Store, component: &Component) -> Component {
    match store.components().publish(component).await.unwrap() {
        Published::Made(made) => made,
        other => panic!("{other:?}"),
    }
}

async fn current(store: &Store) -> Vec<String> {
    let current = store.components().current().await.unwrap();
    current
        .iter()
        .map(|one| format!("{} {}", one.name, one.version))
        .collect()
}

/// What became of the news of this version at the one agent of the roll call.
async fn news(store: &Store, of: &Component) -> Option<NotificationState> {
    let subject = Subject::Component(of.name.clone(), of.version.clone());
    let all = store.notifications().of_agent(agent_id(1), 0, 100).await.unwrap();
    all.into_iter()
        .find(|one| one.subject == subject)
        .map(|one| one.state)
}

async fn the_version_brought_last_is_current_and_news_for_everybody(database: &TestDatabase) {
    let store = fleet(database).await;
    let (first, second) = (component("av", "1.0", 1), component("av", "2.0", 2));
    let other = component("agent-tools", "7", 3);
    let made = publish(&store, &first).await;
    assert_eq!(made.current_since_ms, Some(first.created_at_ms));
    assert_eq!(
        store.components().current().await.unwrap(),
        std::slice::from_ref(&made)
    );
    publish(&store, &other).await;
    assert_eq!(news(&store, &first).await, Some(NotificationState::Queued));
    publish(&store, &second).await;
    assert_eq!(current(&store).await, ["agent-tools 7", "av 2.0"]);
    assert_eq!(news(&store, &first).await, Some(NotificationState::Superseded));
    assert_eq!(news(&store, &second).await, Some(NotificationState::Queued));
    assert_eq!(news(&store, &other).await, Some(NotificationState::Queued));
    let versions = store.components().versions(&first.name, None, 10).await.unwrap();
    let versions: Vec<&str> = versions.iter().map(|one| one.version.as_str()).collect();
    assert_eq!(versions, ["2.0", "1.0"]);
    assert_eq!(
        store
            .components()
            .versions(&first.name, Some(&second.version), 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

async fn a_version_stands_for_the_same_bytes_for_ever(database: &TestDatabase) {
    let store = fleet(database).await;
    let named = Component {
        stored: false,
        sources: vec!["https://a.example/f".parse().unwrap()],
        ..component("av", "1.0", 1)
    };
    let made = publish(&store, &named).await;
    let uploaded = Component {
        created_at_ms: NOW + 99,
        ..component("av", "1.0", 1)
    };
    let known = store.components().publish(&uploaded).await.unwrap();
    let both = Component { stored: true, ..made };
    assert_eq!(known, Published::Known(both.clone()));
    assert_eq!(
        store.components().one(&both.name, &both.version).await.unwrap(),
        Some(both.clone())
    );
    assert!(store.components().needs(both.sha256).await.unwrap());
    for other in [
        component("av", "1.0", 2),
        Component {
            size: 6,
            ..both.clone()
        },
    ] {
        let taken = store.components().publish(&other).await.unwrap();
        assert_eq!(taken, Published::Taken(both.clone()));
    }
    store
        .components()
        .withdraw(&both.name, &both.version, NOW)
        .await
        .unwrap();
    let taken = store
        .components()
        .publish(&component("av", "1.0", 2))
        .await
        .unwrap();
    assert!(matches!(taken, Published::Taken(_)), "{taken:?}");
}

async fn an_older_version_can_be_made_current_again(database: &TestDatabase) {
    let store = fleet(database).await;
    let (first, second) = (component("av", "1.0", 1), component("av", "2.0", 2));
    publish(&store, &first).await;
    publish(&store, &second).await;
    let chosen = store
        .components()
        .choose(&first.name, &first.version, NOW + 50)
        .await
        .unwrap();
    let Chosen::Done(chosen) = chosen else {
        panic!("{chosen:?}")
    };
    assert_eq!(chosen.current_since_ms, Some(NOW + 50));
    assert_eq!(current(&store).await, ["av 1.0"]);
    assert_eq!(news(&store, &first).await, Some(NotificationState::Queued));
    assert_eq!(news(&store, &second).await, Some(NotificationState::Superseded));
    let again = store
        .components()
        .choose(&first.name, &first.version, NOW + 60)
        .await
        .unwrap();
    assert_eq!(again, Chosen::Already(chosen));
    let unknown = "3.0".parse().unwrap();
    let nothing = store
        .components()
        .choose(&first.name, &unknown, NOW)
        .await
        .unwrap();
    assert_eq!(nothing, Chosen::Unknown);
}

async fn what_is_withdrawn_is_offered_to_nobody_and_may_come_back(database: &TestDatabase) {
    let store = fleet(database).await;
    let first = component("av", "1.0", 1);
    let made = publish(&store, &first).await;
    let components = store.components();
    assert_eq!(
        components
            .withdraw(&first.name, &first.version, NOW + 9)
            .await
            .unwrap(),
        Some(made)
    );
    assert!(current(&store).await.is_empty());
    assert!(!components.needs(first.sha256).await.unwrap());
    assert_eq!(news(&store, &first).await, Some(NotificationState::Superseded));
    let twice = components
        .withdraw(&first.name, &first.version, NOW + 10)
        .await
        .unwrap();
    assert_eq!(twice.unwrap().withdrawn_at_ms, Some(NOW + 9));
    let chosen = components.choose(&first.name, &first.version, NOW).await.unwrap();
    assert_eq!(chosen, Chosen::Withdrawn);
    let unknown = "3.0".parse().unwrap();
    assert_eq!(
        components.withdraw(&first.name, &unknown, NOW).await.unwrap(),
        None
    );
    let back = publish(&store, &first).await;
    assert_eq!(back.withdrawn_at_ms, None);
    assert_eq!(components.current().await.unwrap(), [back]);
    assert_eq!(news(&store, &first).await, Some(NotificationState::Queued));
}

async fn no_more_components_are_current_than_an_agent_is_told_of(database: &TestDatabase) {
    let store = fleet(database).await;
    for number in 0..32 {
        publish(&store, &component(&format!("c{number}"), "1", 1)).await;
    }
    let full = store
        .components()
        .publish(&component("one-more", "1", 1))
        .await
        .unwrap();
    assert_eq!(full, Published::TooMany);
    publish(&store, &component("c7", "2", 2)).await;
}

async fn versions_brought_at_once_leave_one_current(database: &TestDatabase) {
    let store = fleet(database).await;
    let bring = (1..=8_u8).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let version = component("av", &number.to_string(), number);
            store.components().publish(&version).await.unwrap()
        })
    });
    for brought in bring.collect::<Vec<_>>() {
        assert!(matches!(brought.await.unwrap(), Published::Made(_)));
    }
    assert_eq!(current(&store).await.len(), 1);
}
