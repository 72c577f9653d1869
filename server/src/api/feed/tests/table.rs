//! A screen that lists agents, over real sockets: its window, what is counted, and what it asks for besides.

mod burst;
mod large;

use rollcall_shared::feed::table::{FromTable, Happened, MOST_ROWS, Query, SortKey, TABLE, ToTable};
use rollcall_shared::{AgentId, Statuses};

use super::*;
use crate::feed::Shown;

/// A screen with what it was told.
struct Screen {
    console: Console,
    shown: Shown,
    asked: u32,
}

impl Screen {
    async fn open(served: &Served) -> Self {
        let path = format!("{PATH}{TABLE}");
        let console = served
            .connect_to(&path, &served.server.cookie, &served.origin())
            .await
            .unwrap();
        Self {
            console,
            shown: Shown::default(),
            asked: 0,
        }
    }

    async fn next(&mut self) -> ToTable {
        loop {
            match self.console.0.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => {
                    let message: ToTable = postcard::from_bytes(&bytes).unwrap();
                    self.shown.take(message.clone());
                    return message;
                }
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads on until that is so.
    async fn until(&mut self, is_so: impl Fn(&Shown) -> bool) {
        while !is_so(&self.shown) {
            self.next().await;
        }
    }

    async fn say(&mut self, message: &FromTable) {
        let bytes = postcard::to_allocvec(message).unwrap();
        self.console.send(Message::Binary(bytes.into())).await;
    }

    /// Asks for a window, and reads until it is there.
    async fn ask(&mut self, query: Query, first: u32, count: u32) -> Vec<String> {
        self.asked += 1;
        let number = self.asked;
        self.say(&FromTable::Window {
            number,
            query,
            first,
            count,
        })
        .await;
        self.until(|shown| shown.number == number).await;
        self.shown.names().into_iter().map(str::to_owned).collect()
    }

    fn counted(&self, status: Status) -> u32 {
        let counts = self.shown.counts.values();
        counts.map(|counted| counted[status as usize]).sum()
    }
}

fn searched(search: &str) -> Query {
    Query {
        search: search.to_owned(),
        ..Query::default()
    }
}

fn sorted(sort: SortKey, descending: bool) -> Query {
    Query {
        sort,
        descending,
        ..Query::default()
    }
}

#[tokio::test]
async fn a_screen_is_greeted_then_told_the_tree_the_counts_and_what_happened() {
    let served = Served::start().await;
    served.server.online("web-1").await;
    let mut screen = Screen::open(&served).await;
    let build = "abc".to_owned();
    assert_eq!(screen.next().await, ToTable::Hello { build });
    assert!(matches!(screen.next().await, ToTable::Tree { domains, .. } if domains.len() == 1));
    let ToTable::Counts { whole, counts, .. } = screen.next().await else {
        panic!()
    };
    assert_eq!((whole, counts.len(), counts[0].0), (true, 1, DomainId::ROOT));
    assert_eq!(screen.counted(Status::Online), 1);
    let ToTable::Happened { whole, happened, .. } = screen.next().await else {
        panic!()
    };
    let told: Vec<_> = happened.iter().map(|one| (one.name.as_str(), one.to)).collect();
    assert!(whole);
    assert_eq!(told, [("web-1", Status::Online), ("web-1", Status::Pending)]);
}

#[tokio::test]
async fn what_changes_in_the_window_is_sent_and_what_changes_beside_it_is_counted() {
    let served = Served::start().await;
    let mut inside = served.server.agent("web-1").await;
    let mut outside = served.server.agent("web-2").await;
    let mut screen = Screen::open(&served).await;
    assert_eq!(screen.ask(Query::default(), 0, 1).await, ["web-1"]);
    assert_eq!((screen.shown.total, screen.shown.first), (2, 0));
    let row = screen.shown.order[0];

    outside.register(&served.server).await;
    screen
        .until(|shown| shown.counts[&DomainId::ROOT][Status::Online as usize] == 1)
        .await;
    let newest = |happened: &[Happened]| (happened[0].name.clone(), happened[0].to);
    assert_eq!(
        newest(&screen.shown.happened),
        ("web-2".to_owned(), Status::Online)
    );
    assert_eq!(screen.shown.rows_sent, 1, "nothing in the window changed");

    inside.register(&served.server).await;
    screen
        .until(|shown| shown.rows[&row].status == Status::Online)
        .await;
    screen
        .until(|shown| shown.counts[&DomainId::ROOT][Status::Online as usize] == 2)
        .await;
    assert_eq!(screen.counted(Status::Pending), 0);

    // Who comes before it is in the window then, and nobody else.
    served.server.agent("web-0").await;
    screen.until(|shown| shown.names() == ["web-0"]).await;
    screen.until(|shown| shown.total == 3).await;
}

#[tokio::test]
async fn a_window_is_of_the_list_that_is_asked_for() {
    let served = Served::start().await;
    for name in ["pos-10", "pos-9", "atm-1"] {
        served.server.agent(name).await;
    }
    served.server.online("kiosk-1").await;
    let mut screen = Screen::open(&served).await;
    let all = ["atm-1", "kiosk-1", "pos-9", "pos-10"];
    assert_eq!(screen.ask(Query::default(), 0, 10).await, all);
    let sent = screen.shown.rows_sent;
    let turned = ["pos-10", "pos-9", "kiosk-1", "atm-1"];
    assert_eq!(screen.ask(sorted(SortKey::Name, true), 0, 10).await, turned);
    assert_eq!(
        screen.shown.rows_sent, sent,
        "rows that it has are not sent again"
    );
    assert_eq!(screen.ask(searched(" POS "), 0, 10).await, ["pos-9", "pos-10"]);
    assert_eq!(screen.ask(searched("nobody"), 0, 10).await, [""; 0]);
    let online = Query {
        statuses: Statuses::from_keys("online"),
        ..Query::default()
    };
    assert_eq!(screen.ask(online, 0, 10).await, ["kiosk-1"]);
    let by_status = screen.ask(sorted(SortKey::Status, false), 0, 2).await;
    assert_eq!(by_status, ["kiosk-1", "atm-1"]);
    let by_contact = screen.ask(sorted(SortKey::Contact, false), 0, 1).await;
    assert_eq!(by_contact, ["kiosk-1"]);

    // Nearer where the list is shorter, as many as there may be, and none.
    assert_eq!(screen.ask(Query::default(), 3, 2).await, ["pos-9", "pos-10"]);
    assert_eq!(screen.shown.first, 2);
    assert_eq!(screen.ask(Query::default(), u32::MAX, u32::MAX).await, all);
    assert_eq!(screen.shown.first, 0);
    assert_eq!(screen.ask(searched("pos"), 1, 0).await, [""; 0]);
    assert_eq!(
        (screen.shown.total, screen.shown.first),
        (0, 0),
        "nobody is looked for"
    );
    // One that is asked for again is answered.
    screen.ask(searched("pos"), 1, 0).await;
}

#[tokio::test]
async fn a_domain_holds_who_is_put_into_it() {
    let served = Served::start().await;
    let api = &served.server;
    let agent = api.agent("web-1").await;
    let other = api.agent("web-2").await;
    let made = api
        .post("/api/v1/domains")
        .signed_in()
        .json(&json!({ "name": "Berlin", "parent": 1 }))
        .send()
        .await;
    let berlin = i32::try_from(made.json["id"].as_i64().unwrap()).unwrap();
    let put = async |id: &str, domain: i32| {
        let body = json!({ "agents": [id], "domain": domain });
        let moved = api
            .post("/api/v1/agents/move")
            .signed_in()
            .json(&body)
            .send()
            .await;
        assert_eq!(moved.status, 200, "{moved:?}");
    };
    let mut screen = Screen::open(&served).await;
    let within = Query {
        domain: Some(DomainId(berlin)),
        ..Query::default()
    };
    assert_eq!(screen.ask(within, 0, 10).await, [""; 0]);
    assert_eq!(screen.shown.tree.len(), 2);
    put(&agent.id, berlin).await;
    screen.until(|shown| shown.names() == ["web-1"]).await;
    put(&other.id, berlin).await;
    screen.until(|shown| shown.names() == ["web-1", "web-2"]).await;
    put(&agent.id, 1).await;
    screen.until(|shown| shown.names() == ["web-2"]).await;
    let is_in = |shown: &Shown| {
        shown
            .counts
            .values()
            .map(|counted| counted.iter().sum())
            .collect::<Vec<u32>>()
    };
    screen.until(|shown| is_in(shown) == [1, 1]).await;
    let by_domain = screen.ask(sorted(SortKey::Domain, true), 0, 10).await;
    assert_eq!(by_domain, ["web-2", "web-1"]);
}

#[tokio::test]
async fn the_opened_agent_is_told_wherever_the_window_is() {
    let served = Served::start().await;
    let mut agent = served.server.agent("web-1").await;
    let id: AgentId = agent.id.parse().unwrap();
    let mut screen = Screen::open(&served).await;
    screen.say(&FromTable::Open { agent: Some(id) }).await;
    screen.until(|shown| shown.opened.len() == 1).await;
    let status = |shown: &Shown| shown.opened.last().unwrap().1.as_ref().map(|row| row.status);
    assert_eq!(status(&screen.shown), Some(Status::Pending));
    agent.register(&served.server).await;
    screen.until(|shown| status(shown) == Some(Status::Online)).await;
    let heard = |shown: &Shown| {
        let agent = shown.opened.last()?.1.as_ref();
        Some(agent?.last_contact?.1)
    };
    assert_eq!(heard(&screen.shown), Some(ContactKind::Register));
    assert_eq!(agent.heartbeat(&served.server).await.status, StatusCode::OK);
    screen
        .until(|shown| heard(shown) == Some(ContactKind::Heartbeat))
        .await;

    let stranger = AgentId::from_bits(12);
    screen
        .say(&FromTable::Open {
            agent: Some(stranger),
        })
        .await;
    screen
        .until(|shown| shown.opened.last() == Some(&(stranger, None)))
        .await;
    screen.say(&FromTable::Open { agent: None }).await;
    assert_eq!(screen.ask(Query::default(), 0, 1).await, ["web-1"]);
}

#[tokio::test]
async fn the_contacts_of_the_window_are_told() {
    let served = Served::start().await;
    let mut agent = served.server.online("web-1").await;
    let mut screen = Screen::open(&served).await;
    screen.ask(Query::default(), 0, 5).await;
    let row = screen.shown.order[0];
    let kind = |shown: &Shown| shown.rows[&row].last_contact.map(|(_, kind)| kind);
    assert_eq!(kind(&screen.shown), Some(ContactKind::Register));
    assert_eq!(agent.heartbeat(&served.server).await.status, StatusCode::OK);
    screen
        .until(|shown| kind(shown) == Some(ContactKind::Heartbeat))
        .await;
    assert_eq!(screen.shown.windows, 1, "a contact is no new window");
}

#[tokio::test]
async fn a_stretch_of_a_list_is_sent_once() {
    let served = Served::start().await;
    for name in ["web-1", "web-2", "web-3"] {
        served.server.agent(name).await;
    }
    for (rows, search, count, expected) in [
        (false, "", 2, 2),
        (true, "", u32::MAX, 2),
        (false, "nobody", 5, 0),
        (true, "", 0, 0),
    ] {
        let mut screen = Screen::open(&served).await;
        screen
            .say(&FromTable::List {
                number: 7,
                query: searched(search),
                first: 1,
                count,
                rows,
            })
            .await;
        screen.until(|shown| shown.is_listed).await;
        let Shown {
            listed, listed_rows, ..
        } = &screen.shown;
        let (ids, whole) = if rows { (0, expected) } else { (expected, 0) };
        assert_eq!((listed.len(), listed_rows.len()), (ids, whole), "{rows} {search}");
        if whole > 0 {
            assert_eq!((&*listed_rows[0].name, &*listed_rows[1].name), ("web-2", "web-3"));
        }
    }
}

#[tokio::test]
async fn who_may_see_other_domains_sees_none_of_it() {
    let server = Server::start().await;
    let agent = server.online("web-1").await;
    let hub = &server.backend.app.hub;
    let elsewhere = Scope::Domains([DomainId(DomainId::ROOT.0 + 1)].into());
    for (scope, count) in [
        (Scope::All, 1),
        (Scope::Domains([DomainId::ROOT].into()), 1),
        (elsewhere, 0),
    ] {
        let mut shown = Shown::default();
        for part in hub.subscribe_table(&scope).await.unwrap().opening {
            shown.take_bytes(&part);
        }
        let mut table = hub.table(&scope);
        table.ask(1, Query::default(), 0, MOST_ROWS);
        table.open(Some(agent.id.parse().unwrap()));
        for message in table.look().await.unwrap() {
            shown.take_bytes(&message);
        }
        let mut stretch = table.stretch(1, Query::default(), (0, 9), false).await.unwrap();
        while let Some(part) = table.part(&mut stretch) {
            shown.take_bytes(&part);
        }
        assert_eq!(shown.tree.len(), count, "{scope:?}");
        assert_eq!(shown.counts.len(), count, "{scope:?}");
        assert_eq!(shown.happened.is_empty(), count == 0, "{scope:?}");
        assert_eq!(shown.rows.len(), count, "{scope:?}");
        assert_eq!(shown.opened[0].1.is_some(), count == 1, "{scope:?}");
        assert_eq!(shown.listed.len(), count, "{scope:?}");
    }
}

#[tokio::test]
async fn a_message_that_no_screen_sends_ends_the_feed_and_the_server_goes_on() {
    let served = Served::start().await;
    let senseless = [
        Message::Binary(vec![0xff; 8].into()),
        Message::Binary(Vec::new().into()),
        // A search that claims to be longer than any memory.
        Message::Binary(
            vec![
                0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
            ]
            .into(),
        ),
        Message::Text("{\"open\": null}".into()),
    ];
    for message in senseless {
        let mut screen = Screen::open(&served).await;
        screen.console.send(message.clone()).await;
        assert_eq!(screen.console.closed().await, 1007, "{message:?}");
    }
    // What no screen asks for makes no harm either.
    let mut screen = Screen::open(&served).await;
    let odd = Query {
        domain: Some(DomainId(7_000)),
        ..searched(&"é".repeat(5_000))
    };
    screen.ask(odd, u32::MAX, u32::MAX).await;
}
