//! A fleet with as much of all as there may be.

use rollcall_shared::console_api::domains::Domain;
use rollcall_shared::feed::wall::{Grouping, ToWall};

use super::*;
use crate::feed::record;
use crate::store::agents::AgentRecord;
use crate::store::domains::DomainRecord;

/// A server with so many agents, each in a domain of its own, all with the longest names.
async fn server(agents: usize) -> Served {
    let served = Served::start().await;
    let app = &served.server.backend.app;
    let root = DomainRecord {
        id: DomainId::ROOT,
        parent: None,
        name: "All".to_owned(),
    };
    let below = (2..).take(Domain::MOST - 1).map(|id| DomainRecord {
        id: DomainId(id),
        parent: Some(DomainId::ROOT),
        name: format!("{id:é>64}"),
    });
    app.roster.plant(std::iter::once(root).chain(below).collect());
    for (bits, domain) in (1..).zip(2..).take(agents) {
        let record = AgentRecord {
            name: format!("{bits:m>253}"),
            domain: DomainId(domain),
            ..record(bits)
        };
        let place = app.engine.enrol(record.id).await.unwrap();
        app.roster.insert(&record, place);
    }
    served
}

#[tokio::test]
async fn each_feed_opens_with_as_many_domains_as_there_may_be() {
    let served = server(2_500).await;
    let mut screen = Screen::open(&served).await;
    screen.until(|shown| shown.tree.len() == Domain::MOST).await;
    screen.until(|shown| shown.counts.len() == 2_500).await;

    let mut console = served.console().await;
    assert_eq!(console.snapshot().await.1.len(), 2_500);

    let path = format!("{PATH}{}", Grouping::Domain.show());
    let cookie = &served.server.cookie;
    let mut wall = served.connect_to(&path, cookie, &served.origin()).await.unwrap();
    let mut groups = 0;
    loop {
        let Message::Binary(bytes) = wall.0.next().await.unwrap().unwrap() else {
            continue;
        };
        if let ToWall::Picture {
            groups: more, last, ..
        } = postcard::from_bytes(&bytes).unwrap()
        {
            groups += more.len();
            if last {
                break;
            }
        }
    }
    assert_eq!(groups, 2_500);
}

#[tokio::test]
async fn rows_with_long_names_arrive_whole() {
    let served = server(2_500).await;
    let mut screen = Screen::open(&served).await;
    assert_eq!(screen.ask(Query::default(), 0, MOST_ROWS).await.len(), 2_000);
    screen
        .say(&FromTable::List {
            number: 7,
            query: Query::default(),
            first: 0,
            count: u32::MAX,
            rows: true,
        })
        .await;
    screen.until(|shown| shown.is_listed).await;
    assert_eq!(screen.shown.listed_rows.len(), 2_500);
    assert!(screen.shown.parts.len() > 4, "{:?}", screen.shown.parts);
}
