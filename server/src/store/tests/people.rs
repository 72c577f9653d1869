//! People and their sessions.

use rollcall_shared::UserId;
use rollcall_shared::console_api::Role;
use tokio::task::JoinSet;

use super::samples::{NOW, hash};
use crate::store::sessions::SessionRecord;
use crate::store::testing::{TestDatabase, on_every_database};
use crate::store::users::UserRecord;
use crate::store::{Store, StoreError};

on_every_database! {
    the_first_person_is_added_once_however_many_try,
    a_person_is_found_however_the_name_is_capitalized,
    a_name_with_nul_is_nobodys,
    a_session_is_good_until_it_expires_or_ends,
    a_session_that_is_used_lasts_longer,
    expired_sessions_are_removed_and_counted,
}

fn admin(number: u32) -> UserRecord {
    UserRecord {
        id: UserId::from_bits(u64::from(number)),
        name: "Jörg Groß".to_owned(),
        password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned(),
        role: Role::Admin,
        created_at_ms: NOW,
    }
}

async fn first(store: &Store, user: UserRecord) -> bool {
    store.users().create_first(user).await.expect("an answer")
}

async fn the_first_person_is_added_once_however_many_try(database: &TestDatabase) {
    let store = database.open().await;
    assert_eq!(store.users().count().await.unwrap(), 0);
    let mut tasks = JoinSet::new();
    for number in 1..=20 {
        let store = store.clone();
        tasks.spawn(async move {
            first(
                &store,
                UserRecord {
                    name: format!("admin {number}"),
                    ..admin(number)
                },
            )
            .await
        });
    }
    let added = tasks.join_all().await.into_iter().filter(|added| *added).count();
    assert_eq!(added, 1);
    assert_eq!(store.users().count().await.unwrap(), 1);
}

async fn a_person_is_found_however_the_name_is_capitalized(database: &TestDatabase) {
    let store = database.open().await;
    assert!(first(&store, admin(1)).await);
    for name in ["Jörg Groß", "jörg groß", "JÖRG GROSS"] {
        assert_eq!(
            store.users().by_name(name).await.unwrap(),
            Some(admin(1)),
            "{name}"
        );
    }
    for name in ["Jorg Groß", "Jörg Groß ", "", "' OR 1=1 --", "%"] {
        assert_eq!(store.users().by_name(name).await.unwrap(), None, "{name}");
    }
    assert_eq!(
        store.users().by_id(UserId::from_bits(1)).await.unwrap(),
        Some(admin(1))
    );
    assert_eq!(store.users().by_id(UserId::from_bits(2)).await.unwrap(), None);
}

async fn a_name_with_nul_is_nobodys(database: &TestDatabase) {
    let store = database.open().await;
    let name = "ad\0min".to_owned();
    assert_eq!(store.users().by_name(&name).await.unwrap(), None);
    let error = store
        .users()
        .create_first(UserRecord { name, ..admin(1) })
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Unstorable { field: "name" }),
        "{error}"
    );
}

async fn a_session_is_good_until_it_expires_or_ends(database: &TestDatabase) {
    let store = database.open().await;
    assert!(first(&store, admin(1)).await);
    let sessions = store.sessions();
    sessions
        .create(hash(1), admin(1).id, NOW, NOW + 10)
        .await
        .unwrap();
    let session = SessionRecord {
        expires_at_ms: NOW + 10,
        last_used_ms: NOW,
    };
    assert_eq!(
        sessions.find(hash(1), NOW + 9).await.unwrap(),
        Some((admin(1), session))
    );
    assert_eq!(sessions.find(hash(1), NOW + 10).await.unwrap(), None);
    assert_eq!(sessions.find(hash(2), NOW).await.unwrap(), None);
    sessions.delete(hash(1)).await.unwrap();
    sessions.delete(hash(1)).await.unwrap();
    assert_eq!(sessions.find(hash(1), NOW).await.unwrap(), None);
    assert!(
        sessions
            .create(hash(3), UserId::from_bits(9), NOW, NOW + 1)
            .await
            .is_err()
    );
}

async fn a_session_that_is_used_lasts_longer(database: &TestDatabase) {
    let store = database.open().await;
    assert!(first(&store, admin(1)).await);
    let sessions = store.sessions();
    sessions
        .create(hash(1), admin(1).id, NOW, NOW + 10)
        .await
        .unwrap();
    sessions.touch(hash(1), NOW + 8, NOW + 18).await.unwrap();
    sessions.touch(hash(2), NOW, NOW + 18).await.unwrap();
    let (_, session) = sessions.find(hash(1), NOW + 17).await.unwrap().unwrap();
    assert_eq!((session.last_used_ms, session.expires_at_ms), (NOW + 8, NOW + 18));
    assert_eq!(sessions.find(hash(2), NOW).await.unwrap(), None);
}

async fn expired_sessions_are_removed_and_counted(database: &TestDatabase) {
    let store = database.open().await;
    assert!(first(&store, admin(1)).await);
    let sessions = store.sessions();
    for number in 0..5 {
        sessions
            .create(hash(number), admin(1).id, NOW, NOW + i64::from(number))
            .await
            .unwrap();
    }
    assert_eq!(sessions.delete_expired(NOW + 2).await.unwrap(), 3);
    assert_eq!(sessions.delete_expired(NOW + 2).await.unwrap(), 0);
    assert!(sessions.find(hash(3), NOW + 2).await.unwrap().is_some());
}
