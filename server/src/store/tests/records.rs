//! Tokens, settings, domains, engine state.

use std::collections::BTreeSet;

use rollcall_shared::{DomainId, UserId};
use tokio::task::JoinSet;

use super::samples::{NOW, TOKEN, hash, make_token, version};
use crate::scope::Scope;
use crate::store::StoreError;
use crate::store::domains::DomainRecord;
use crate::store::engine_state::EngineState;
use crate::store::settings::SettingsRecord;
use crate::store::testing::{TestDatabase, on_every_database};
use crate::store::tokens::TokenRecord;

on_every_database! {
    a_token_is_listed_as_it_was_made,
    a_token_is_seen_and_revoked_only_within_the_scope,
    a_token_for_nowhere_or_by_nobody_is_refused,
    two_tokens_never_have_one_hash,
    a_settings_version_is_saved_once,
    a_hundred_thousand_domains_fit_into_a_scope,
    the_tree_begins_with_one_domain,
    the_engine_state_is_the_last_one_saved,
    every_settings_version_is_kept,
    a_partition_has_the_checkpoint_that_was_saved_last,
}

fn only(domain: i32) -> Scope {
    Scope::Domains(BTreeSet::from([DomainId(domain)]))
}

async fn a_token_is_listed_as_it_was_made(database: &TestDatabase) {
    let store = database.open().await;
    let tokens = store.tokens();
    let first = tokens
        .create(TOKEN, DomainId::ROOT, u32::MAX, NOW, NOW + 1, None)
        .await
        .unwrap();
    let second = tokens
        .create(hash(1), DomainId::ROOT, 1, NOW, i64::MAX, None)
        .await
        .unwrap();
    assert_eq!(
        first,
        TokenRecord {
            id: first.id,
            domain: DomainId::ROOT,
            uses: u32::MAX,
            uses_left: u32::MAX,
            created_at_ms: NOW,
            expires_at_ms: NOW + 1,
            revoked: false,
            created_by: None,
        }
    );
    assert_eq!(tokens.list(&Scope::All).await.unwrap(), [second, first]);
}

async fn a_token_is_seen_and_revoked_only_within_the_scope(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 1).await;
    let tokens = store.tokens();
    let id = tokens.list(&only(1)).await.unwrap()[0].id;
    assert!(tokens.list(&only(2)).await.unwrap().is_empty());
    assert!(!tokens.revoke(&only(2), id).await.unwrap());
    assert!(!tokens.list(&Scope::All).await.unwrap()[0].revoked);
    assert!(tokens.revoke(&only(1), id).await.unwrap());
    assert!(tokens.revoke(&Scope::All, id).await.unwrap());
    assert!(tokens.list(&Scope::All).await.unwrap()[0].revoked);
    assert!(!tokens.revoke(&Scope::All, id + 1).await.unwrap());
}

async fn a_token_for_nowhere_or_by_nobody_is_refused(database: &TestDatabase) {
    let store = database.open().await;
    let nowhere = store.tokens().create(TOKEN, DomainId(7), 1, NOW, NOW, None).await;
    assert!(!nowhere.unwrap_err().is_transient());
    let nobody = Some(UserId::from_bits(7));
    assert!(
        store
            .tokens()
            .create(TOKEN, DomainId::ROOT, 1, NOW, NOW, nobody)
            .await
            .is_err()
    );
}

async fn two_tokens_never_have_one_hash(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 1).await;
    let second = store
        .tokens()
        .create(TOKEN, DomainId::ROOT, 1, NOW, NOW, None)
        .await;
    assert!(matches!(second, Err(StoreError::Database(_))));
}

async fn a_settings_version_is_saved_once(database: &TestDatabase) {
    let store = database.open().await;
    let settings = store.settings();
    assert_eq!(settings.current().await.unwrap(), None);
    let mut tasks = JoinSet::new();
    for number in 0..10 {
        let store = store.clone();
        tasks.spawn(async move {
            store
                .settings()
                .append(version(1, &format!("{{\"by\":{number}}}"), NOW))
                .await
                .unwrap()
        });
    }
    let saved = tasks.join_all().await.into_iter().filter(|saved| *saved).count();
    assert_eq!(saved, 1);
    let document = "{\"name\":\"🦀\"}".to_owned();
    let second = SettingsRecord {
        author: Some("mira".to_owned()),
        note: Some("for the branch offices".to_owned()),
        ..version(2, &document, NOW + 1)
    };
    assert!(settings.append(second.clone()).await.unwrap());
    assert!(!settings.append(version(1, "{}", NOW + 2)).await.unwrap());
    assert_eq!(settings.current().await.unwrap(), Some(second.clone()));
    assert_eq!(settings.one(2).await.unwrap(), Some(second));
    assert_eq!(settings.one(3).await.unwrap(), None);
}

async fn a_hundred_thousand_domains_fit_into_a_scope(database: &TestDatabase) {
    let store = database.open().await;
    let scope = Scope::Domains((1..=100_000).map(DomainId).collect());
    assert_eq!(store.domains().list(&scope).await.unwrap().len(), 1);
}

async fn the_tree_begins_with_one_domain(database: &TestDatabase) {
    let store = database.open().await;
    let root = DomainRecord {
        id: DomainId::ROOT,
        parent: None,
        name: "All".to_owned(),
    };
    assert_eq!(store.domains().list(&Scope::All).await.unwrap(), [root]);
    assert!(store.domains().list(&only(2)).await.unwrap().is_empty());
}

async fn the_engine_state_is_the_last_one_saved(database: &TestDatabase) {
    let store = database.open().await;
    let state = store.engine_state();
    assert_eq!(state.load().await.unwrap(), None);
    for engine_ms in [i64::MAX, 5] {
        let saved = EngineState {
            engine_ms,
            saved_wall_ms: NOW,
        };
        state.save(saved).await.unwrap();
        assert_eq!(state.load().await.unwrap(), Some(saved));
    }
}

async fn every_settings_version_is_kept(database: &TestDatabase) {
    let store = database.open().await;
    assert_eq!(store.settings().all().await.unwrap(), []);
    for number in [1, 2, u32::MAX] {
        let saved = store
            .settings()
            .append(version(number, &format!("[{number}]"), NOW))
            .await;
        assert!(saved.unwrap());
    }
    let all = store.settings().all().await.unwrap();
    let versions: Vec<u32> = all.iter().map(|record| record.version).collect();
    assert_eq!(versions, [1, 2, u32::MAX]);
    assert_eq!(all[1].document, "[2]");
    let page = async |before| {
        let page = store.settings().page(before, 2).await.unwrap();
        page.iter().map(|record| record.version).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, [u32::MAX, 2]);
    assert_eq!(page(Some(2)).await, [1]);
}

async fn a_partition_has_the_checkpoint_that_was_saved_last(database: &TestDatabase) {
    let store = database.open().await;
    let checkpoints = store.checkpoints();
    assert_eq!(checkpoints.of(0).await.unwrap(), None);
    let large: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    checkpoints.save(u16::MAX, 7, vec![0, 255, 0]).await.unwrap();
    checkpoints.save(0, 1, Vec::new()).await.unwrap();
    checkpoints.save(0, 2, large.clone()).await.unwrap();
    assert_eq!(checkpoints.of(0).await.unwrap(), Some((2, large)));
    assert_eq!(
        checkpoints.of(u16::MAX).await.unwrap(),
        Some((7, vec![0, 255, 0]))
    );
    assert_eq!(checkpoints.of(1).await.unwrap(), None);
}
