//! A screen that asks for more than it can look at.

use super::*;

#[tokio::test]
async fn of_windows_that_are_asked_for_in_a_burst_the_last_is_shown_and_lists_come_one_after_another() {
    let served = Served::start().await;
    served.server.agent("web-1").await;
    let mut screen = Screen::open(&served).await;
    let mut burst = Vec::new();
    for number in 1..=60 {
        let query = searched(if number == 60 { "web" } else { "nobody" });
        let query = Query {
            descending: number % 2 == 0,
            ..query
        };
        burst.push(FromTable::Window {
            number,
            query,
            first: 0,
            count: 5,
        });
    }
    // More than may wait.
    for number in 1..=9 {
        burst.push(FromTable::List {
            number,
            query: Query::default(),
            first: 0,
            count: 5,
            rows: false,
        });
    }
    for message in &burst {
        let bytes = postcard::to_allocvec(message).unwrap();
        screen
            .console
            .0
            .feed(Message::Binary(bytes.into()))
            .await
            .unwrap();
    }
    screen.console.0.flush().await.unwrap();
    let mut listed = Vec::new();
    while listed.len() < 9 || screen.shown.number < 60 {
        if let ToTable::Listed { number, agents, .. } = screen.next().await {
            assert_eq!(agents.len(), 1);
            listed.push(number);
            screen.shown.is_listed = false;
        }
    }
    assert_eq!(listed, (1..=9).collect::<Vec<_>>());
    assert_eq!(screen.shown.names(), ["web-1"]);
    assert!(screen.shown.windows < 60, "{}", screen.shown.windows);
}
