//! Enrolment: one use, one agent, however it is asked for.

use rollcall_shared::{DomainId, Status};
use tokio::task::JoinSet;

use super::samples::{NOW, TOKEN, agent_id, all_agents, enrol, hash, make_token, new_agent};
use crate::scope::Scope;
use crate::store::enrolment::{EnrollOutcome, NewAgent};
use crate::store::testing::{TestDatabase, on_every_database};
use crate::store::{Store, StoreError};

on_every_database! {
    an_agent_is_enrolled_with_its_first_line_of_history,
    a_token_for_one_gives_one_agent_however_many_ask_at_once,
    one_key_asked_at_once_gives_one_agent_and_takes_one_use,
    one_key_and_a_token_for_one_asked_at_once_is_refused_to_nobody,
    one_key_with_two_tokens_at_once_gives_one_agent,
    asking_again_with_the_same_key_gives_the_first_agent,
    asking_again_works_when_the_token_is_used_up_or_expired_but_not_revoked,
    a_token_that_is_not_good_enrols_nobody,
    an_agent_goes_where_its_token_says,
    a_failed_enrolment_leaves_nothing,
    a_name_is_kept_whatever_it_holds,
    a_name_with_nul_is_an_error,
}

async fn ask(store: &Store, agent: NewAgent) -> EnrollOutcome {
    store.agents().enroll(agent, NOW).await.expect("an answer")
}

async fn uses_left(store: &Store) -> Vec<u32> {
    let tokens = store.tokens().list(&Scope::All).await.expect("the tokens");
    tokens.into_iter().map(|token| token.uses_left).collect()
}

/// Asks for all of these at the same moment.
async fn at_once(store: &Store, requests: impl Iterator<Item = NewAgent>) -> Vec<EnrollOutcome> {
    let mut tasks = JoinSet::new();
    for request in requests {
        let store = store.clone();
        tasks.spawn(async move { ask(&store, request).await });
    }
    tasks.join_all().await
}

async fn an_agent_is_enrolled_with_its_first_line_of_history(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 2).await;
    let asked = new_agent(1);
    assert_eq!(
        ask(&store, asked.clone()).await,
        EnrollOutcome::Made(asked.record.clone())
    );
    assert_eq!(all_agents(&store).await, [new_agent(1).record]);
    assert_eq!(
        store.agents().by_id(asked.record.id).await.unwrap(),
        Some(asked.record)
    );
    assert_eq!(uses_left(&store).await, [1]);
    let history = store
        .transitions()
        .page(&Scope::All, None, None, 10)
        .await
        .unwrap();
    assert_eq!(history.len(), 1);
    assert_eq!((history[0].from, history[0].to), (None, Status::Pending));
    assert_eq!(
        store.transitions().greatest_id().await.unwrap(),
        Some(history[0].id)
    );
}

async fn a_token_for_one_gives_one_agent_however_many_ask_at_once(database: &TestDatabase) {
    // A commit of SQLite waits for the disk; Postgres does not, in tests.
    let requests = if database.folder().is_some() { 200 } else { 1000 };
    let store = database.open().await;
    make_token(&store, 1).await;
    let outcomes = at_once(&store, (1..=requests).map(new_agent)).await;
    let made = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, EnrollOutcome::Made(_)))
        .count();
    let refused = outcomes
        .iter()
        .filter(|outcome| **outcome == EnrollOutcome::TokenUsedUp)
        .count();
    assert_eq!((made, refused), (1, outcomes.len() - 1));
    assert_eq!(all_agents(&store).await.len(), 1);
    assert_eq!(uses_left(&store).await, [0]);
}

async fn one_key_asked_at_once_gives_one_agent_and_takes_one_use(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 50).await;
    let key_hash = hash(3);
    let outcomes = at_once(
        &store,
        (1..=50).map(|number| NewAgent {
            key_hash,
            ..new_agent(number)
        }),
    )
    .await;
    let made = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, EnrollOutcome::Made(_)))
        .count();
    assert_eq!(made, 1);
    let agents = all_agents(&store).await;
    assert_eq!(agents.len(), 1);
    for outcome in outcomes {
        match outcome {
            EnrollOutcome::Made(agent) | EnrollOutcome::Again(agent) => assert_eq!(agent, agents[0]),
            refused => panic!("{refused:?}"),
        }
    }
    assert_eq!(uses_left(&store).await, [49]);
}

async fn one_key_and_a_token_for_one_asked_at_once_is_refused_to_nobody(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 1).await;
    let key_hash = hash(3);
    let requests = (1..=30).map(|number| NewAgent {
        key_hash,
        ..new_agent(number)
    });
    for outcome in at_once(&store, requests).await {
        assert!(
            matches!(outcome, EnrollOutcome::Made(_) | EnrollOutcome::Again(_)),
            "{outcome:?}"
        );
    }
    assert_eq!(all_agents(&store).await.len(), 1);
}

async fn one_key_with_two_tokens_at_once_gives_one_agent(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 100).await;
    let other = hash(4);
    store
        .tokens()
        .create(other, DomainId::ROOT, 100, NOW, NOW + 1, None)
        .await
        .unwrap();
    for round in 0..10 {
        let key_hash = hash(100 + round);
        let requests = (1..=10).map(|number| NewAgent {
            key_hash,
            token_hash: if number % 2 == 0 { TOKEN } else { other },
            ..new_agent(round * 10 + number)
        });
        let outcomes = at_once(&store, requests).await;
        let made = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, EnrollOutcome::Made(_)))
            .count();
        let again = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, EnrollOutcome::Again(_)))
            .count();
        assert_eq!((made, again), (1, 9));
    }
    assert_eq!(all_agents(&store).await.len(), 10);
    assert_eq!(uses_left(&store).await.iter().sum::<u32>(), 190);
}

async fn asking_again_with_the_same_key_gives_the_first_agent(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 5).await;
    let first = new_agent(1);
    ask(&store, first.clone()).await;
    let again = NewAgent {
        key_hash: first.key_hash,
        ..new_agent(2)
    };
    assert_eq!(ask(&store, again).await, EnrollOutcome::Again(first.record));
    assert_eq!(uses_left(&store).await, [4]);
    assert_eq!(
        store
            .transitions()
            .page(&Scope::All, None, None, 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

async fn asking_again_works_when_the_token_is_used_up_or_expired_but_not_revoked(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    assert_eq!(uses_left(&store).await, [0]);
    let first = new_agent(1);
    assert_eq!(
        ask(&store, first.clone()).await,
        EnrollOutcome::Again(first.record.clone())
    );
    let years_later = store.agents().enroll(first.clone(), NOW * 2).await.unwrap();
    assert_eq!(years_later, EnrollOutcome::Again(first.record.clone()));
    assert!(store.tokens().revoke(&Scope::All, 1).await.unwrap());
    assert_eq!(ask(&store, first).await, EnrollOutcome::TokenRevoked);
}

async fn a_token_that_is_not_good_enrols_nobody(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 1).await;
    let stranger = NewAgent {
        token_hash: hash(9),
        ..new_agent(1)
    };
    assert_eq!(ask(&store, stranger).await, EnrollOutcome::TokenUnknown);
    let late = store
        .agents()
        .enroll(new_agent(1), NOW + 3_600_000)
        .await
        .unwrap();
    assert_eq!(late, EnrollOutcome::TokenExpired);
    let just_in_time = store
        .agents()
        .enroll(new_agent(1), NOW + 3_599_999)
        .await
        .unwrap();
    assert!(matches!(just_in_time, EnrollOutcome::Made(_)));
    assert_eq!(ask(&store, new_agent(2)).await, EnrollOutcome::TokenUsedUp);
    assert_eq!(all_agents(&store).await.len(), 1);
}

async fn an_agent_goes_where_its_token_says(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 1).await;
    let mut asked = new_agent(1);
    asked.record.domain = DomainId(42);
    asked.record.status = Status::Online;
    assert_eq!(ask(&store, asked).await, EnrollOutcome::Made(new_agent(1).record));
}

async fn a_failed_enrolment_leaves_nothing(database: &TestDatabase) {
    let store = database.open().await;
    enrol(&store, 1).await;
    store
        .tokens()
        .create(hash(5), DomainId::ROOT, 1, NOW, NOW + 1, None)
        .await
        .unwrap();
    let asked = NewAgent {
        token_hash: hash(5),
        ..new_agent(2)
    };
    // Another agent's id, and the id of a line in another's history.
    let mut agents_id = asked.clone();
    agents_id.record.id = agent_id(1);
    let mut lines_id = asked;
    lines_id.transition.id = new_agent(1).transition.id;
    for clash in [agents_id, lines_id] {
        let error = store.agents().enroll(clash, NOW).await.unwrap_err();
        assert!(!error.is_transient());
    }
    assert_eq!(uses_left(&store).await, [1, 0]);
    assert_eq!(all_agents(&store).await, [new_agent(1).record]);
}

async fn a_name_is_kept_whatever_it_holds(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 10).await;
    let names = [
        "'; DROP TABLE agents; --",
        "\"\\\"",
        "🦀 e\u{301}\u{202e}\u{fffd}",
        "$1 ? {rows}",
        "",
        "\n\t\u{1}",
    ];
    for (number, name) in (1..).zip(names) {
        let mut asked = new_agent(number);
        asked.record.name = name.to_owned();
        asked.record.machine_id = name.to_owned();
        asked.record.platform = name.repeat(1000);
        assert_eq!(
            ask(&store, asked.clone()).await,
            EnrollOutcome::Made(asked.record)
        );
    }
    let kept: Vec<String> = all_agents(&store)
        .await
        .into_iter()
        .map(|agent| agent.name)
        .collect();
    assert_eq!(kept, names);
}

async fn a_name_with_nul_is_an_error(database: &TestDatabase) {
    let store = database.open().await;
    make_token(&store, 1).await;
    let mut asked = new_agent(1);
    asked.record.name = "a\0b".to_owned();
    let error = store.agents().enroll(asked, NOW).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Unstorable { field: "name" }),
        "{error}"
    );
    assert_eq!(uses_left(&store).await, [1]);
    assert_eq!(store.agents().by_id(agent_id(1)).await.unwrap(), None);
}
