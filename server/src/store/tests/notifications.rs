//! The outbox: whom news is queued for, and how far it gets.

use rollcall_shared::console_api::{Notification, NotificationState, Subject, Way};
use rollcall_shared::{Cause, Status};

use super::samples::{NOW, agent_id, enrol, transition, version, write};
use crate::store::Store;
use crate::store::journal::Entry;
use crate::store::notifications::{Mark, Standing};
use crate::store::testing::{TestDatabase, on_every_database};

on_every_database! {
    a_save_is_news_for_everybody_in_the_roll_call,
    a_newer_save_supersedes_what_is_open_and_nothing_else,
    who_came_while_it_was_saved_is_queued_too_and_once,
    a_mark_is_written_once_and_what_was_applied_stays_so,
    a_failure_may_be_mended_and_its_words_are_kept,
    what_ended_long_ago_is_forgotten_but_for_what_is_current,
}

/// Three agents of which the third was never heard, and a fourth that is retired.
async fn fleet(database: &TestDatabase) -> Store {
    let store = database.open().await;
    enrol(&store, 4).await;
    let becomes = |number: u32, to| {
        let id = agent_id(number);
        Entry::Transition(transition(100 + u64::from(number), id, to, Cause::Enrolled))
    };
    let entries = [
        becomes(1, Status::Online),
        becomes(2, Status::UnreachableOffline),
        becomes(4, Status::Retired),
    ];
    write(&store, &entries).await;
    store
}

async fn save(store: &Store, number: u32, at_ms: i64) -> Subject {
    assert!(
        store
            .settings()
            .append(version(number, "{}", at_ms))
            .await
            .unwrap()
    );
    Subject::Settings(number)
}

fn mark(agent: u32, subject: &Subject, state: NotificationState, at_ms: i64) -> Mark {
    Mark {
        agent: agent_id(agent),
        subject: subject.clone(),
        state,
        delivered_at_ms: Some(at_ms),
        way: Some(Way::Dial),
        ended_at_ms: state.is_final().then_some(at_ms),
        failure: None,
    }
}

async fn states(store: &Store, subject: &Subject) -> Vec<(NotificationState, u32)> {
    let mut counts = store.notifications().standing(subject).await.unwrap().counts;
    counts.sort_unstable();
    counts
}

async fn a_save_is_news_for_everybody_in_the_roll_call(database: &TestDatabase) {
    let store = fleet(database).await;
    let subject = save(&store, 2, NOW).await;
    let open = store.notifications().open(&subject).await.unwrap();
    let agents: Vec<_> = open.iter().map(|mark| mark.agent).collect();
    assert_eq!(agents, [agent_id(1), agent_id(2)]);
    assert_eq!(states(&store, &subject).await, [(NotificationState::Queued, 2)]);
    let notification = Notification {
        subject: subject.clone(),
        state: NotificationState::Queued,
        queued_at_ms: NOW,
        delivered_at_ms: None,
        ended_at_ms: None,
        way: None,
        failure: None,
    };
    let of_agent = async |number| {
        let notifications = store.notifications();
        notifications.of_agent(agent_id(number), 0, 10).await.unwrap()
    };
    assert_eq!(of_agent(1).await, [notification]);
    assert_eq!(of_agent(3).await, []);
    let unknown = store
        .notifications()
        .standing(&Subject::Settings(9))
        .await
        .unwrap();
    assert_eq!(unknown, Standing::default());
}

async fn a_newer_save_supersedes_what_is_open_and_nothing_else(database: &TestDatabase) {
    let store = fleet(database).await;
    let second = save(&store, 2, NOW).await;
    let applied = [mark(1, &second, NotificationState::Applied, NOW + 7_000)];
    store.notifications().mark(&applied).await.unwrap();
    let third = save(&store, 3, NOW + 10_000).await;
    assert_eq!(
        states(&store, &second).await,
        [
            (NotificationState::Applied, 1),
            (NotificationState::Superseded, 1)
        ]
    );
    assert_eq!(states(&store, &third).await, [(NotificationState::Queued, 2)]);
    let standing = store.notifications().standing(&second).await.unwrap();
    assert_eq!(
        (standing.queued_at_ms, standing.delays),
        (Some(NOW), vec![(7, 1)])
    );
    // Nobody can save what was saved, and then nothing is queued either.
    assert!(
        !store
            .settings()
            .append(version(2, "{}", NOW + 11_000))
            .await
            .unwrap()
    );
    assert_eq!(states(&store, &third).await, [(NotificationState::Queued, 2)]);
}

async fn who_came_while_it_was_saved_is_queued_too_and_once(database: &TestDatabase) {
    let store = fleet(database).await;
    let subject = save(&store, 2, NOW).await;
    let agents = [agent_id(1), agent_id(3)];
    let notifications = store.notifications();
    let queued = notifications.queue_also(&subject, NOW, &agents).await.unwrap();
    assert_eq!(queued, [agent_id(3)]);
    let again = notifications.queue_also(&subject, NOW, &agents).await.unwrap();
    assert_eq!(again, []);
    assert_eq!(states(&store, &subject).await, [(NotificationState::Queued, 3)]);
}

async fn a_mark_is_written_once_and_what_was_applied_stays_so(database: &TestDatabase) {
    let store = fleet(database).await;
    let subject = save(&store, 2, NOW).await;
    let notifications = store.notifications();
    for _again in 0..2 {
        let delivered = mark(1, &subject, NotificationState::Delivered, NOW + 1);
        notifications.mark(&[delivered]).await.unwrap();
    }
    assert_eq!(
        states(&store, &subject).await,
        [(NotificationState::Queued, 1), (NotificationState::Delivered, 1)]
    );
    let late = [
        mark(1, &subject, NotificationState::Applied, NOW + 2),
        mark(3, &subject, NotificationState::Applied, NOW + 2),
    ];
    notifications.mark(&late).await.unwrap();
    let delivered = mark(1, &subject, NotificationState::Delivered, NOW + 3);
    notifications.mark(&[delivered]).await.unwrap();
    let of_agent = notifications.of_agent(agent_id(1), 0, 10).await.unwrap();
    assert_eq!(of_agent[0].state, NotificationState::Applied);
    assert_eq!(of_agent[0].ended_at_ms, Some(NOW + 2));
    assert_eq!(of_agent[0].way, Some(Way::Dial));
    // Who has none of a subject is given none by a mark.
    assert_eq!(notifications.of_agent(agent_id(3), 0, 10).await.unwrap(), []);
}

async fn a_failure_may_be_mended_and_its_words_are_kept(database: &TestDatabase) {
    let store = fleet(database).await;
    let subject = save(&store, 2, NOW).await;
    let notifications = store.notifications();
    let failed = Mark {
        failure: Some("no\0space".to_owned()),
        ..mark(1, &subject, NotificationState::Failed, NOW + 1)
    };
    notifications.mark(&[failed]).await.unwrap();
    let of_agent = notifications.of_agent(agent_id(1), 0, 10).await.unwrap();
    assert_eq!(of_agent[0].failure.as_deref(), Some("no space"));
    assert_eq!(notifications.open(&subject).await.unwrap().len(), 2);
    let applied = mark(1, &subject, NotificationState::Applied, NOW + 2);
    notifications.mark(&[applied]).await.unwrap();
    assert_eq!(notifications.open(&subject).await.unwrap().len(), 1);
}

async fn what_ended_long_ago_is_forgotten_but_for_what_is_current(database: &TestDatabase) {
    let store = fleet(database).await;
    let second = save(&store, 2, NOW).await;
    let third = save(&store, 3, NOW + 1).await;
    let applied = [mark(1, &third, NotificationState::Applied, NOW + 2)];
    store.notifications().mark(&applied).await.unwrap();
    let forgotten = store
        .notifications()
        .forget(NOW + 100, std::slice::from_ref(&third))
        .await
        .unwrap();
    assert_eq!(forgotten, 2);
    assert_eq!(states(&store, &second).await, []);
    assert_eq!(states(&store, &third).await.len(), 2);
    assert_eq!(store.notifications().forget(NOW + 2, &[]).await.unwrap(), 0);
    assert_eq!(store.notifications().forget(NOW + 3, &[]).await.unwrap(), 1);
}
