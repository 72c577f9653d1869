//! A component of 200 MB reaches ten agents, with the server killed and connections cut in the middle. At every moment
//! each agent's `current` is the old bytes or the new ones, whole; in the end all have the new ones.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use ring::digest::{Context, SHA256};
use rollcall_shared::console_api::{NotificationState, Rollout};

use crate::cutter::Cutter;
use crate::dice::Dice;
use crate::real::admin::Admin;
use crate::real::agent::Agent;
use crate::real::http::Peer;
use crate::real::moment::{now, until, until_so};
use crate::real::network::Network;
use crate::real::server::{Plan, Server};
use crate::real::skipped::say;

const AGENTS: usize = 10;

/// As an engine with its signatures is.
const LARGE: u64 = 200_000_000;

/// Of the version before: small, so that all agents have it soon.
const SMALL: u64 = 1_000_000;

/// A connection is cut within so many bytes: a download takes several.
const CUT_WITHIN: u64 = 60_000_000;

/// After so many connections lines hold: the test is about cuts, not about how long a line may stay bad.
const MOST_CUT: u32 = 80;

/// So much of the large version is at some agent when the server is killed.
const KILLED_AT: [u64; 2] = [60_000_000, 1_000_000_000];

/// The bytes of a version, made as they are sent: nothing of it is kept in memory.
struct Made {
    dice: Dice,
    left: u64,
}

impl Made {
    fn of(seed: &Dice, size: u64) -> Self {
        Self {
            dice: seed.clone(),
            left: size,
        }
    }

    fn next(&mut self, chunk: &mut Vec<u8>) -> bool {
        chunk.clear();
        while chunk.len() < 64 * 1024 && self.left > 0 {
            let bytes = self.dice.roll().to_le_bytes();
            let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            chunk.extend_from_slice(&bytes[..most]);
            self.left -= most as u64;
        }
        !chunk.is_empty()
    }

    fn digest(mut self) -> [u8; 32] {
        let (mut context, mut chunk) = (Context::new(&SHA256), Vec::new());
        while self.next(&mut chunk) {
            context.update(&chunk);
        }
        context.finish().as_ref().try_into().unwrap()
    }
}

fn digest_of(path: &Path) -> Option<[u8; 32]> {
    let mut file = File::open(path).ok()?;
    let (mut context, mut chunk) = (Context::new(&SHA256), vec![0; 128 * 1024]);
    loop {
        let read = file.read(&mut chunk).unwrap();
        if read == 0 {
            return Some(context.finish().as_ref().try_into().unwrap());
        }
        context.update(&chunk[..read]);
    }
}

/// Uploads as an admin does.
fn upload(admin: &Admin, server: &Peer, version: &str, mut made: Made) {
    let mut stream = server.from.connect(server.at, Duration::from_secs(30)).unwrap();
    let head = format!(
        "PUT /api/v1/components/engine/versions/{version} HTTP/1.1\r\nhost: {at}\r\norigin: http://{at}\r\n\
         cookie: {cookie}\r\ncontent-type: application/octet-stream\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n",
        at = server.at,
        cookie = admin.cookie(),
        length = made.left,
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut chunk = Vec::new();
    while made.next(&mut chunk) {
        stream.write_all(&chunk).unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

/// What people are shown of the roll-out.
fn rollout(admin: &Admin, version: &str) -> Rollout {
    admin.read(&format!("/api/v1/rollouts/component.engine.{version}"))
}

/// The bytes of the large version that are at some agent so far.
fn arrived(agents: &[Agent]) -> u64 {
    let of = |agent: &Agent| -> u64 {
        let entries = std::fs::read_dir(engine(agent)).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(".part-"))
            .filter_map(|entry| Some(entry.metadata().ok()?.len()))
            .sum()
    };
    agents.iter().map(of).sum()
}

fn engine(agent: &Agent) -> PathBuf {
    agent.state().join("components/engine")
}

/// Looks at what is used until told to stop: which content how often. Who has the new one is looked at in the end again.
fn watch(
    agents: &[PathBuf],
    known: &BTreeMap<[u8; 32], &'static str>,
    over: &AtomicBool,
) -> BTreeMap<&'static str, u32> {
    let mut seen = BTreeMap::new();
    let mut waiting: Vec<&PathBuf> = agents.iter().collect();
    loop {
        let is_last = over.load(Ordering::Acquire);
        waiting.retain(|agent| {
            // A name that is read through the link just before it is replaced may be gone: looked at again.
            let digest = (0..3).find_map(|_| digest_of(&agent.join("current")));
            let digest = digest.expect("there is always a version that is used");
            let which = known.get(&digest).copied();
            let which = which.unwrap_or_else(|| panic!("{} is neither old nor new", agent.display()));
            *seen.entry(which).or_default() += 1;
            which == "old"
        });
        if is_last {
            return seen;
        }
        std::thread::yield_now();
    }
}

#[test]
fn a_component_of_200_mb_reaches_ten_agents_through_kills_and_cuts_and_nobody_ever_uses_half_of_it() {
    let dice = Dice::from_environment();
    let mut plan = Plan::on_loopback();
    plan.heartbeat_every = 2;
    plan.offline_after = 120;
    let mut server = Server::start(plan);
    let admin = Admin::first(&server);
    let connections = AtomicU32::new(0);
    let cutter = Cutter::before(server.plan.listen[0], dice.clone(), move |dice| {
        // A call's answer is far below this: only downloads are cut.
        let cut_after = 1_000_000 + dice.roll() % CUT_WITHIN;
        let connections = connections.fetch_add(1, Ordering::Relaxed);
        (connections < MOST_CUT).then_some(cut_after)
    });
    let token = admin.token();
    let url = format!("http://{}", cutter.at);
    let agents: Vec<Agent> = (1..=AGENTS)
        .map(|number| Agent::enrolled(&format!("engine-{number}"), Network::Here, &url, &token))
        .collect();

    let (mut of_old, mut of_new) = (dice.clone(), dice);
    let _ = (of_old.roll(), of_new.roll(), of_new.roll());
    let (old, new) = (Made::of(&of_old, SMALL), Made::of(&of_new, LARGE));
    let known = BTreeMap::from([
        (Made::of(&of_old, SMALL).digest(), "old"),
        (Made::of(&of_new, LARGE).digest(), "new"),
    ]);
    upload(&admin, &server.peer(), "1.0", old);
    until_so("all have the old version", || {
        rollout(&admin, "1.0").applied == 10
    });

    let over = AtomicBool::new(false);
    let folders: Vec<PathBuf> = agents.iter().map(engine).collect();
    let (seen, kills) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| watch(&folders, &known, &over));
        let ends = Ends(&over);
        upload(&admin, &server.peer(), "2.0", new);
        let began = now();
        let mut kills = 0;
        for at in KILLED_AT {
            until_so("some of it has arrived", || {
                arrived(&agents) >= at || rollout(&admin, "2.0").applied > 7
            });
            server.kill();
            kills += 1;
            server.start_again();
        }
        let done = until("all have the new version", || {
            assert!(
                !watching.is_finished(),
                "somebody used what is neither old nor new: see above"
            );
            let rollout = rollout(&admin, "2.0");
            (rollout.applied == 10).then_some(rollout)
        });
        assert_eq!((done.concerned, done.failed), (10, 0));
        say(&format!(
            "all have it {} s after the upload",
            began.elapsed().as_secs()
        ));
        drop(ends);
        (watching.join().unwrap(), kills)
    });
    say(&format!(
        "{kills} kills, {} cuts; looked at as {seen:?}",
        cutter.cuts()
    ));
    assert!(cutter.cuts() >= 5, "too few lines were cut: {}", cutter.cuts());
    assert!(seen["old"] > 10 && seen["new"] == 10, "{seen:?}");
    for agent in &agents {
        let new = digest_of(&engine(agent).join("current")).unwrap();
        assert_eq!(known.get(&new), Some(&"new"));
        let mut names: Vec<_> = std::fs::read_dir(engine(agent))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["2.0", "current"], "nothing else is left on the disk");
    }
    let of_one = admin.agent("engine-1").id;
    let page: rollcall_shared::console_api::Page<rollcall_shared::console_api::Notification> =
        admin.read(&format!("/api/v1/agents/{of_one}/notifications"));
    let states: Vec<_> = page
        .items
        .iter()
        .filter(|one| one.subject.to_string().starts_with("component"))
        .map(|one| one.state)
        .collect();
    assert_eq!(states, [NotificationState::Applied; 2]);
    server.must_run();
}

/// Ends the watch, also where the test fails: it would be waited for without end.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
