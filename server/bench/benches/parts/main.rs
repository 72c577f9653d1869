//! The parts of a contact and of a deadline, each by itself, and what else could have been chosen for deadlines.
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot set up its world has nothing to measure"
)]

mod deadlines;
mod fleet;

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rollcall_presence::Slot;
use rollcall_presence::checkpoint::{self, Writer};
use rollcall_presence::engine_time::EngineTime;
use rollcall_server::auth::agents::{AgentCredentials, Known};
use rollcall_server::auth::secret;
use rollcall_shared::agent_api::{Heartbeat, HeartbeatAnswer};
use rollcall_shared::range::{AddressRange, Network};
use rollcall_shared::{AgentId, ContactKind};

/// A partition of a fleet of a million.
const A_PARTITION: u32 = 1_000_000 / 64;

fn contact(bench: &mut Criterion) {
    let (partition, boot) = fleet::partition(A_PARTITION);
    let columns = partition.columns();
    let (mut turn, mut sequence) = (0_u32, 1_u32);
    bench.bench_function("contact, an agent after the other", |timer| {
        timer.iter(|| {
            turn += 1;
            if turn == A_PARTITION {
                (turn, sequence) = (0, sequence + 1);
            }
            let fence = fleet::fence(boot, sequence + 1);
            columns.contact(
                black_box(Slot(turn)),
                fence,
                ContactKind::Heartbeat,
                EngineTime::from_secs(sequence),
            )
        });
    });
}

fn credentials(bench: &mut Criterion) {
    const AGENTS: u64 = 100_000;
    let agents = AgentCredentials::default();
    let text = |number: u64| format!("{number:043}");
    for number in 0..AGENTS {
        agents.insert(
            AgentId::from_bits(number),
            secret::hash_of(&text(number)),
            fleet::place(number),
            Known::default(),
        );
    }
    let secrets: Vec<_> = (0..AGENTS).map(text).collect();
    let mut turn = 0;
    bench.bench_function("credential of one of 100,000", |timer| {
        timer.iter(|| {
            // A step that has no divisor with the count, so that no neighbour warms the cache.
            turn = (turn + 7_919) % secrets.len();
            agents.check(AgentId::from_bits(turn as u64), black_box(&secrets[turn]))
        });
    });
}

fn words(bench: &mut Criterion) {
    let request = br#"{"boot":"9f3a01c2","sequence":17,"applied":41}"#;
    bench.bench_function("heartbeat read", |timer| {
        timer.iter(|| serde_json::from_slice::<Heartbeat>(black_box(request)).unwrap());
    });
    let answer = HeartbeatAnswer {
        next_in_ms: 571_234,
        settings_version: 41,
        poll_now: false,
        epoch: 86_400,
    };
    bench.bench_function("answer written", |timer| {
        timer.iter(|| serde_json::to_vec(black_box(&answer)).unwrap());
    });
}

fn checkpoints(bench: &mut Criterion) {
    let (partition, _) = fleet::partition(A_PARTITION);
    let now = EngineTime::from_secs(600);
    let write = || {
        let mut writer = Writer::new(now, A_PARTITION as usize);
        for number in 0..A_PARTITION {
            let known = partition.remember(Slot(number)).unwrap();
            writer.add(AgentId::from_bits(u64::from(number)), &known);
        }
        writer.finish()
    };
    let mut group = bench.benchmark_group("checkpoint of a partition of 15,625");
    group.throughput(Throughput::Elements(u64::from(A_PARTITION)));
    group.bench_function("written", |timer| timer.iter(write));
    let bytes = write();
    group.bench_function("read", |timer| {
        timer.iter(|| {
            let mut count = 0;
            checkpoint::read(now, black_box(&bytes), |_, _| count += 1).unwrap();
            count
        });
    });
    group.finish();
}

fn ranges(bench: &mut Criterion) {
    const RANGES: u32 = 5_000;
    let first = |number: u32| Ipv4Addr::from_bits(0x0a00_0000 + number * 512);
    let ranges: Vec<AddressRange> = (0..RANGES)
        .map(|number| format!("{}/24", first(number)).parse().unwrap())
        .collect();
    let network = Network::new(&ranges);
    let mut turn = 0_u32;
    bench.bench_function("an address in 5,000 ranges", |timer| {
        timer.iter(|| {
            turn = (turn + 7_919) % (2 * RANGES);
            network.contains(black_box(IpAddr::from(Ipv4Addr::from_bits(
                0x0a00_0000 + turn * 256,
            ))))
        });
    });
}

criterion_group!(
    parts,
    contact,
    deadlines::compared,
    credentials,
    words,
    checkpoints,
    ranges
);
criterion_main!(parts);
