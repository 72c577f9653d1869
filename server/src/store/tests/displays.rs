//! Screens on walls.

use rollcall_shared::console_api::Role;
use rollcall_shared::{DomainId, UserId};

use super::samples::{NOW, hash};
use crate::scope::Scope;
use crate::store::displays::DisplayRecord;
use crate::store::testing::{TestDatabase, on_every_database};
use crate::store::users::UserRecord;
use crate::store::{Store, StoreError};

on_every_database! {
    a_display_is_found_by_its_hash_and_listed_as_it_was_made,
    a_display_is_seen_and_revoked_only_within_the_scope,
    a_display_of_nothing_or_by_nobody_is_refused,
}

async fn ada(store: &Store) -> UserId {
    let id = UserId::from_bits(1);
    let ada = UserRecord {
        id,
        name: "ada".to_owned(),
        password_hash: "none".to_owned(),
        role: Role::Admin,
        created_at_ms: NOW,
    };
    assert!(store.users().create_first(ada).await.unwrap());
    id
}

async fn make(store: &Store, number: u32, domain: DomainId) -> DisplayRecord {
    let user = UserId::from_bits(1);
    let made = store
        .displays()
        .create(hash(number), "left", domain, NOW, user)
        .await;
    made.unwrap().unwrap()
}

async fn a_display_is_found_by_its_hash_and_listed_as_it_was_made(database: &TestDatabase) {
    let store = database.open().await;
    let user = ada(&store).await;
    let first = make(&store, 1, DomainId::ROOT).await;
    let expected = DisplayRecord {
        id: first.id,
        name: "left".to_owned(),
        domain: DomainId::ROOT,
        created_at_ms: NOW,
        last_seen_ms: None,
        created_by: Some(user),
    };
    assert_eq!(first, expected);
    let second = make(&store, 2, DomainId::ROOT).await;
    let displays = store.displays();
    assert_eq!(displays.find(hash(1)).await.unwrap(), Some(first.clone()));
    assert_eq!(displays.find(hash(3)).await.unwrap(), None);
    assert_eq!(
        displays.list(&Scope::All).await.unwrap(),
        [second.clone(), first.clone()]
    );

    displays.seen(first.id, NOW + 7).await.unwrap();
    displays.seen(second.id + 1, NOW + 7).await.unwrap();
    assert_eq!(
        displays.find(hash(1)).await.unwrap().unwrap().last_seen_ms,
        Some(NOW + 7)
    );
    assert_eq!(displays.find(hash(2)).await.unwrap().unwrap().last_seen_ms, None);
}

async fn a_display_is_seen_and_revoked_only_within_the_scope(database: &TestDatabase) {
    let store = database.open().await;
    ada(&store).await;
    let berlin = store.domains().create("Berlin", DomainId::ROOT).await.unwrap().id;
    let mitte = store.domains().create("Mitte", berlin).await.unwrap().id;
    let display = make(&store, 1, mitte).await;
    let id = display.id;
    let displays = store.displays();
    let only = |domain: DomainId| Scope::Domains([domain].into());
    assert_eq!(displays.list(&only(berlin)).await.unwrap(), [display]);
    let lyon = store.domains().create("Lyon", DomainId::ROOT).await.unwrap().id;
    assert!(displays.list(&only(lyon)).await.unwrap().is_empty());
    assert!(!displays.delete(&only(lyon), id).await.unwrap());
    assert!(displays.delete(&only(berlin), id).await.unwrap());
    assert!(!displays.delete(&Scope::All, id).await.unwrap());
    assert_eq!(displays.find(hash(1)).await.unwrap(), None);
}

async fn a_display_of_nothing_or_by_nobody_is_refused(database: &TestDatabase) {
    let store = database.open().await;
    let user = ada(&store).await;
    let displays = store.displays();
    for (domain, user) in [(DomainId(7), user), (DomainId::ROOT, UserId::from_bits(9))] {
        let refused = displays.create(hash(1), "left", domain, NOW, user).await;
        assert!(refused.is_err_and(|error: StoreError| error.is_fault_of_data()));
    }
    make(&store, 1, DomainId::ROOT).await;
    assert!(
        displays
            .create(hash(1), "again", DomainId::ROOT, NOW, user)
            .await
            .is_err()
    );
}
