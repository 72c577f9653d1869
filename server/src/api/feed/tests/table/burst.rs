//! A screen that asks for more than it can look at, or for what takes long.

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

#[tokio::test]
async fn who_waits_for_a_list_is_told_that_the_server_is_there() {
    let served = Served::start().await;
    served.server.agent("web-1").await;
    for is_window in [true, false] {
        let mut screen = Screen::open(&served).await;
        let busy = served.server.backend.app.hub.busy().await;
        let (number, query) = (1, searched("web"));
        let asked = if is_window {
            FromTable::Window {
                number,
                query,
                first: 0,
                count: 5,
            }
        } else {
            FromTable::List {
                number,
                query,
                first: 0,
                count: 5,
                rows: true,
            }
        };
        screen.say(&asked).await;
        // One may come before the server has read what is asked.
        let mut pulses = 0;
        while pulses < 3 {
            match screen.next().await {
                ToTable::Pulse { now_ms } => {
                    assert!(now_ms > 0);
                    pulses += 1;
                }
                ToTable::Window { .. } | ToTable::Listed { .. } => panic!("nothing can be built"),
                _ => {}
            }
        }
        drop(busy);
        screen
            .until(|shown| shown.windows == 1 || shown.listed_rows.len() == 1)
            .await;
    }
}

#[tokio::test]
async fn a_server_that_stops_waits_for_no_list() {
    let served = Served::start().await;
    let mut screen = Screen::open(&served).await;
    let _busy = served.server.backend.app.hub.busy().await;
    screen
        .say(&FromTable::Window {
            number: 1,
            query: Query::default(),
            first: 0,
            count: 5,
        })
        .await;
    for _ in 0..3 {
        while !matches!(screen.next().await, ToTable::Pulse { .. }) {}
    }
    served.server.backend.announce_stop();
    assert_eq!(screen.console.closed().await, 1001);
}
