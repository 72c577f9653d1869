//! The agent tree: one name among siblings, no ring, nothing deleted that holds something, however many ask at once.

use std::collections::BTreeSet;

use rollcall_shared::console_api::Domain;
use rollcall_shared::{Cause, DomainId, Status};
use tokio::task::JoinSet;

use super::samples::{
    NOW, TOKEN, agent_id, all_agents, enrol, hash, make_token, new_agent, transition, write,
};
use crate::scope::Scope;
use crate::store::Store;
use crate::store::domains::{Contents, DomainRecord, TreeError};
use crate::store::enrolment::EnrollOutcome;
use crate::store::journal::Entry;
use crate::store::testing::{TestDatabase, on_every_database};

on_every_database! {
    a_domain_is_made_renamed_moved_and_deleted,
    one_name_asked_for_at_once_is_given_once,
    two_moves_at_once_never_make_a_ring,
    a_number_is_never_given_twice,
    a_tree_is_so_deep_and_no_deeper,
    what_is_in_a_domain_keeps_it,
    tombstones_and_dead_tokens_go_to_the_parent,
    a_domain_that_is_being_enrolled_into_is_not_deleted_under_the_agent,
    agents_are_moved_all_or_none,
    a_scope_holds_what_is_below_it_also_after_a_move,
    who_retired_an_agent_is_kept,
}

async fn make(store: &Store, name: &str, parent: DomainId) -> DomainId {
    store.domains().create(name, parent).await.expect("a domain").id
}

async fn numbers(store: &Store, scope: &Scope) -> Vec<DomainId> {
    let domains = store.domains().list(scope).await.expect("the domains");
    domains.into_iter().map(|domain| domain.id).collect()
}

async fn a_domain_is_made_renamed_moved_and_deleted(database: &TestDatabase) {
    let store = database.open().await;
    let domains = store.domains();
    let europe = make(&store, "Europe", DomainId::ROOT).await;
    let berlin = make(&store, "Berlin", DomainId::ROOT).await;
    let changed = domains
        .change_one(berlin, Some("Köln"), Some(europe))
        .await
        .unwrap();
    let expected = DomainRecord {
        id: berlin,
        parent: Some(europe),
        name: "Köln".to_owned(),
    };
    assert_eq!(changed, expected);
    assert_eq!(domains.list(&Scope::All).await.unwrap()[2], expected);
    assert_eq!(domains.delete(berlin, NOW).await.unwrap(), europe);
    assert_eq!(numbers(&store, &Scope::All).await, [DomainId::ROOT, europe]);
    for (outcome, what) in [
        (
            domains.change_one(berlin, None, None).await.map(|_| ()),
            "changed",
        ),
        (domains.delete(berlin, NOW).await.map(|_| ()), "deleted"),
    ] {
        assert!(matches!(outcome, Err(TreeError::Unknown)), "{what}");
    }
    assert!(matches!(
        domains.delete(DomainId::ROOT, NOW).await,
        Err(TreeError::Root)
    ));
    assert!(matches!(
        domains.create("x", berlin).await,
        Err(TreeError::NoParent)
    ));
    let renamed = domains.change_one(DomainId::ROOT, Some("World"), None).await;
    assert_eq!(renamed.unwrap().parent, None);
}

async fn one_name_asked_for_at_once_is_given_once(database: &TestDatabase) {
    let store = database.open().await;
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        let name = if number % 2 == 0 { "STRASSE" } else { "Straße" };
        tasks.spawn(async move { store.domains().create(name, DomainId::ROOT).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(
        outcomes
            .iter()
            .all(|outcome| matches!(outcome, Ok(_) | Err(TreeError::NameTaken))),
        "{outcomes:?}"
    );
}

async fn two_moves_at_once_never_make_a_ring(database: &TestDatabase) {
    let store = database.open().await;
    for round in 0..10 {
        let one = make(&store, &format!("a{round}"), DomainId::ROOT).await;
        let two = make(&store, &format!("b{round}"), DomainId::ROOT).await;
        let put = async |id, parent| store.domains().change_one(id, None, Some(parent)).await;
        let (first, second) = tokio::join!(put(one, two), put(two, one));
        let refused = [first, second]
            .into_iter()
            .filter(|outcome| matches!(outcome, Err(TreeError::BelowItself)))
            .count();
        assert_eq!(refused, 1);
    }
}

async fn a_number_is_never_given_twice(database: &TestDatabase) {
    let store = database.open().await;
    let first = make(&store, "a", DomainId::ROOT).await;
    store.domains().delete(first, NOW).await.unwrap();
    assert!(make(&store, "a", DomainId::ROOT).await > first);
}

async fn a_tree_is_so_deep_and_no_deeper(database: &TestDatabase) {
    let store = database.open().await;
    let mut parent = DomainId::ROOT;
    for level in 1..=Domain::MOST_LEVELS {
        parent = make(&store, &level.to_string(), parent).await;
    }
    assert!(matches!(
        store.domains().create("deeper", parent).await,
        Err(TreeError::TooDeep)
    ));
    let two = make(&store, "two", DomainId::ROOT).await;
    make(&store, "levels", two).await;
    let levels = numbers(&store, &Scope::All).await;
    // With what is below it, it would be one too deep there, and fits one level higher.
    let at = |level: usize| levels[level];
    let put = async |parent| store.domains().change_one(two, None, Some(parent)).await;
    assert!(matches!(
        put(at(Domain::MOST_LEVELS - 1)).await,
        Err(TreeError::TooDeep)
    ));
    put(at(Domain::MOST_LEVELS - 2)).await.unwrap();
}

async fn what_is_in_a_domain_keeps_it(database: &TestDatabase) {
    let store = database.open().await;
    let domains = store.domains();
    let berlin = make(&store, "Berlin", DomainId::ROOT).await;
    make(&store, "Mitte", berlin).await;
    enrol(&store, 3).await;
    domains
        .move_agents(&[agent_id(1), agent_id(2)], berlin)
        .await
        .unwrap();
    store
        .tokens()
        .create(hash(9), berlin, 1, NOW, NOW + 1, None)
        .await
        .unwrap();
    let Err(TreeError::InUse(contents)) = domains.delete(berlin, NOW).await else {
        panic!()
    };
    let expected = Contents {
        domains: 1,
        agents: 2,
        tokens: 1,
        displays: 0,
    };
    assert_eq!(contents, expected);
    // The token expires by the time that is passed in, and at no other.
    let Err(TreeError::InUse(contents)) = domains.delete(berlin, NOW + 1).await else {
        panic!()
    };
    assert_eq!(contents.tokens, 0);
}

async fn tombstones_and_dead_tokens_go_to_the_parent(database: &TestDatabase) {
    let store = database.open().await;
    let berlin = make(&store, "Berlin", DomainId::ROOT).await;
    store
        .tokens()
        .create(TOKEN, berlin, 1, NOW, NOW + 10, None)
        .await
        .unwrap();
    let made = store.agents().enroll(new_agent(1), NOW).await.unwrap();
    assert!(matches!(&made, EnrollOutcome::Made(record) if record.domain == berlin));
    let retired = transition(5, agent_id(1), Status::Retired, Cause::Retired);
    write(&store, &[Entry::Transition(retired)]).await;
    store.domains().delete(berlin, NOW).await.unwrap();
    assert_eq!(all_agents(&store).await[0].domain, DomainId::ROOT);
    let tokens = store.tokens().list(&Scope::All).await.unwrap();
    assert_eq!(tokens[0].domain, DomainId::ROOT);
}

async fn a_domain_that_is_being_enrolled_into_is_not_deleted_under_the_agent(database: &TestDatabase) {
    let store = database.open().await;
    for round in 1..=20 {
        let domain = make(&store, &format!("d{round}"), DomainId::ROOT).await;
        let mut request = new_agent(round);
        request.token_hash = hash(round);
        store
            .tokens()
            .create(hash(round), domain, 1, NOW, NOW + 10, None)
            .await
            .unwrap();
        let (agents, domains) = (store.agents(), store.domains());
        let (enrolled, deleted) = tokio::join!(agents.enroll(request, NOW), domains.delete(domain, NOW));
        // The token keeps the domain until the agent does.
        assert!(matches!(enrolled, Ok(EnrollOutcome::Made(_))), "{enrolled:?}");
        assert!(matches!(deleted, Err(TreeError::InUse(_))), "{deleted:?}");
        let agent = [agent_id(round)];
        let moved = domains.move_agents(&agent, DomainId::ROOT);
        let (moved, deleted) = tokio::join!(moved, domains.delete(domain, NOW));
        moved.unwrap();
        assert!(matches!(deleted, Ok(_) | Err(TreeError::InUse(_))), "{deleted:?}");
    }
    assert!(
        all_agents(&store)
            .await
            .iter()
            .all(|agent| agent.domain == DomainId::ROOT)
    );
}

async fn agents_are_moved_all_or_none(database: &TestDatabase) {
    let store = database.open().await;
    let berlin = make(&store, "Berlin", DomainId::ROOT).await;
    enrol(&store, 3).await;
    let some = [agent_id(1), agent_id(3), agent_id(99)];
    assert!(matches!(
        store.domains().move_agents(&some, DomainId(99)).await,
        Err(TreeError::Unknown)
    ));
    store.domains().move_agents(&some, berlin).await.unwrap();
    let domains: Vec<DomainId> = all_agents(&store)
        .await
        .iter()
        .map(|agent| agent.domain)
        .collect();
    assert_eq!(domains, [berlin, DomainId::ROOT, berlin]);
}

async fn a_scope_holds_what_is_below_it_also_after_a_move(database: &TestDatabase) {
    let store = database.open().await;
    let europe = make(&store, "Europe", DomainId::ROOT).await;
    let berlin = make(&store, "Berlin", europe).await;
    let mitte = make(&store, "Mitte", berlin).await;
    make_token(&store, 1).await;
    store
        .tokens()
        .create(hash(9), mitte, 1, NOW, NOW + 1, None)
        .await
        .unwrap();
    let scope = Scope::Domains(BTreeSet::from([europe]));
    assert_eq!(numbers(&store, &scope).await, [europe, berlin, mitte]);
    assert_eq!(store.tokens().list(&scope).await.unwrap().len(), 1);
    assert!(store.domains().is_there(&scope, mitte).await.unwrap());
    assert!(!store.domains().is_there(&scope, DomainId::ROOT).await.unwrap());
    store
        .domains()
        .change_one(berlin, None, Some(DomainId::ROOT))
        .await
        .unwrap();
    assert_eq!(numbers(&store, &scope).await, [europe]);
    assert!(store.tokens().list(&scope).await.unwrap().is_empty());
}

async fn who_retired_an_agent_is_kept(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 2).await;
    let by = |number, person: &str| Entry::RetiredBy {
        agent: agent_id(number),
        person: person.to_owned(),
    };
    write(&store, &[by(2, "ada"), by(99, "nobody")]).await;
    let names: Vec<Option<String>> = all_agents(&store)
        .await
        .into_iter()
        .map(|agent| agent.retired_by)
        .collect();
    assert_eq!(names, [None, Some("ada".to_owned())]);
}
