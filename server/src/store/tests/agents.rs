//! Agents, read many at once and one by one: two ways that must agree.

use rollcall_shared::{AgentId, ContactKind};

use super::samples::{NOW, agent_id, all_agents, boot, enrol, write};
use crate::store::journal::Entry;
use crate::store::testing::{TestDatabase, on_every_database};

on_every_database! {
    a_fleet_is_read_as_each_of_it_is,
}

/// What agents say of themselves, unusual and empty.
const NAMES: [&str; 5] = [
    "Ünïcode 🦀 'quoted' \"twice\" \\ \\x41 $1 ?",
    "line\nbreak\ttab",
    "",
    "null",
    "a,b;{}[]",
];

fn registered(agent: u32, name: &str) -> Entry {
    let has_more = agent.is_multiple_of(2);
    Entry::Registered {
        agent: agent_id(agent),
        boot: boot(u32::MAX),
        name: name.to_owned(),
        platform: "Windows 11".to_owned(),
        machine_id: name.to_owned(),
        agent_version: name.to_owned(),
        address: has_more.then(|| "2001:db8::7".parse().unwrap()),
        applied: u32::MAX,
        local_address: has_more.then(|| "10.12.0.20".parse().unwrap()),
        addresses: if has_more {
            vec!["192.168.7.9".parse().unwrap(), "fd77::10".parse().unwrap()]
        } else {
            Vec::new()
        },
        notify_port: has_more.then_some(u16::MAX),
        proof_key: has_more.then(|| vec![0, 1, 0xff, b'\\', b'"']),
        last_contact: (NOW + 5, ContactKind::Register),
    }
}

async fn a_fleet_is_read_as_each_of_it_is(database: &TestDatabase) {
    let store = database.open().await;
    // The last one has never registered.
    enrol(&store, 6).await;
    let entries: Vec<_> = (1..)
        .zip(NAMES)
        .map(|(agent, name)| registered(agent, name))
        .collect();
    write(&store, &entries).await;
    let all = all_agents(&store).await;
    assert_eq!(all.len(), 6);
    for agent in &all {
        let one = store.agents().by_id(agent.id).await.unwrap();
        assert_eq!(one.as_ref(), Some(agent));
    }
    let names: Vec<_> = all.iter().map(|agent| agent.name.as_str()).collect();
    assert_eq!(names[..5], NAMES);
    let within = store.agents().within(agent_id(2)..=agent_id(3)).await.unwrap();
    assert_eq!(within, all[1..3]);
    // In pieces they are the same, each once, however many pieces there are.
    for count in [1, 2, 64] {
        let begins = |piece: u64| AgentId::from_bits((8 << 30) * piece / count);
        let ids = (0..count).map(|piece| begins(piece)..=AgentId::from_bits(begins(piece + 1).bits() - 1));
        let mut pieces = Vec::new();
        for piece in store.agents().pieces(ids.collect()).await.unwrap() {
            pieces.extend(store.agents().of_piece(&piece).await.unwrap());
        }
        pieces.sort_by_key(|agent| agent.id);
        assert_eq!(pieces, all, "{count}");
    }
    assert!(
        store
            .agents()
            .within(agent_id(3)..=agent_id(2))
            .await
            .unwrap()
            .is_empty()
    );
}
