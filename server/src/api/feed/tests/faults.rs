//! A thousand feeds that lose a message, fall behind or are cut: what the console's own mirrors show afterwards is what
//! the server has, each row, each count and each cell.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use futures_util::future::join_all;
use rollcall_app::feed::mirror::{Answer, Mirror};
use rollcall_app::feed::tree::Counts;
use rollcall_app::wall::picture::Picture;
use rollcall_shared::feed::table::{FromTable, MOST_ROWS, Query, TABLE};
use rollcall_shared::feed::wall::Grouping;
use rollcall_shared::{Statuses, natural};

use super::*;
use crate::api::agent::testing::TestAgent;
use crate::api::app::App;
use crate::clock::Clock;

const SCREENS: usize = 100;
const ROUNDS: usize = 10;
const AGENTS: usize = 40;
/// A console asks again for a snapshot that does not come.
const ASKED_FOR: Duration = Duration::from_secs(5);

/// What a screen does with what it is sent, by the console's own code.
trait Shows: Default {
    /// What it adds to the feed's path.
    const SHOW: &'static str;
    /// Whether its messages are numbered, so that one may be lost on the way.
    const IS_NUMBERED: bool;

    /// What it says first on each connection.
    fn asks() -> Option<Vec<u8>> {
        None
    }
    fn take(&mut self, bytes: &[u8]) -> Answer;
    fn disconnected(&mut self);
    fn is_whole(&self) -> bool;
    fn is_adrift(&self) -> bool {
        false
    }
    /// What it shows, as a number that differs where anything does.
    fn hash(&self) -> u64;
    /// The same of what the server has.
    fn hash_of(app: &App) -> u64;
}

fn hash_of(told: impl IntoIterator<Item = String>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for one in told.into_iter().collect::<BTreeSet<_>>() {
        one.hash(&mut hasher);
    }
    hasher.finish()
}

impl Shows for Mirror {
    const SHOW: &'static str = TABLE;
    const IS_NUMBERED: bool = false;

    fn asks() -> Option<Vec<u8>> {
        let keys: Vec<_> = Status::ALL.iter().map(|status| status.key()).collect();
        let window = FromTable::Window {
            number: 1,
            query: Query {
                statuses: Statuses::from_keys(&keys.join(",")),
                ..Query::default()
            },
            first: 0,
            count: MOST_ROWS,
        };
        Some(postcard::to_allocvec(&window).unwrap())
    }

    fn take(&mut self, bytes: &[u8]) -> Answer {
        self.apply(postcard::from_bytes(bytes).unwrap())
    }

    fn disconnected(&mut self) {
        self.disconnected();
    }

    fn is_whole(&self) -> bool {
        self.is_whole()
    }

    fn hash(&self) -> u64 {
        let tree = self.fleet().tree();
        let rows = (0..self.fleet().total()).map(|position| {
            let row = self.fleet().at(position).unwrap();
            let told = (row.id, &row.name, row.domain, row.status, row.since_ms, row.cause);
            let software = (row.address, &row.agent_version, &row.retired_by);
            format!("{position} {told:?} {software:?} {:?}", tree.name(row.domain))
        });
        let branches = tree.branches(|_| false).into_iter();
        let counts = branches.map(|branch| format!("{} {:?} {:?}", branch.name, branch.id, branch.counts));
        hash_of(rows.chain(counts))
    }

    fn hash_of(app: &App) -> u64 {
        let mut agents = app.roster.page(&Scope::All, None, usize::MAX);
        agents.sort_by(|left, right| {
            let by_name = natural::compare(&left.name, &right.name);
            by_name.then(left.id.cmp(&right.id))
        });
        let view = app.roster.view();
        let domains: BTreeMap<_, _> = view
            .domains(&Scope::All)
            .map(|(id, parent, name)| (id, (parent, name)))
            .collect();
        let rows = agents.iter().enumerate().map(|(position, agent)| {
            let told = (
                agent.id,
                &agent.name,
                agent.domain,
                agent.status,
                agent.since_ms,
                agent.cause,
            );
            let software = (agent.address, &agent.agent_version, &agent.retired_by);
            let name = domains.get(&agent.domain).map(|(_, name)| name);
            format!("{position} {told:?} {software:?} {name:?}")
        });
        // How many are in each domain and below it.
        let mut counted: BTreeMap<_, _> = domains.keys().map(|id| (*id, Counts::default())).collect();
        for agent in &agents {
            let mut outer = Some(agent.domain);
            while let Some(id) = outer {
                counted.get_mut(&id).unwrap()[agent.status as usize] += 1;
                outer = domains[&id].0;
            }
        }
        let counts = counted
            .iter()
            .map(|(id, counts)| format!("{} {id:?} {counts:?}", domains[id].1));
        hash_of(rows.chain(counts))
    }
}

impl Shows for Picture {
    const SHOW: &'static str = Grouping::Domain.show();
    const IS_NUMBERED: bool = true;

    fn take(&mut self, bytes: &[u8]) -> Answer {
        self.apply(postcard::from_bytes(bytes).unwrap())
    }

    fn disconnected(&mut self) {
        self.disconnected();
    }

    fn is_whole(&self) -> bool {
        self.is_whole()
    }

    fn is_adrift(&self) -> bool {
        self.is_adrift()
    }

    fn hash(&self) -> u64 {
        let mut counted = BTreeMap::new();
        for block in self.blocks() {
            for status in &self.statuses()[block.cells.clone()] {
                count(&mut counted, block.name(), *status);
            }
        }
        hash_of(counted.into_iter().map(|counted| format!("{counted:?}")))
    }

    fn hash_of(app: &App) -> u64 {
        let mut counted = BTreeMap::new();
        let view = app.roster.view();
        let names: BTreeMap<_, _> = view
            .domains(&Scope::All)
            .map(|(id, _, name)| (id, name))
            .collect();
        for cell in view.cells(&Scope::All) {
            count(&mut counted, names[&cell.domain], cell.status);
        }
        hash_of(counted.into_iter().map(|counted| format!("{counted:?}")))
    }
}

/// Who was retired has no cell.
fn count(counted: &mut BTreeMap<(String, &'static str), usize>, domain: &str, status: Status) {
    if status != Status::Retired {
        *counted.entry((domain.to_owned(), status.key())).or_default() += 1;
    }
}

/// Numbers without a pattern, the same in each run (xorshift, Marsaglia).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

struct Screen<S> {
    console: Console,
    shown: S,
    chance: Chance,
    clock: Clock,
    /// When it connected, or asked for a snapshot.
    asked: Duration,
}

impl<S: Shows> Screen<S> {
    async fn open(served: &Served, number: usize) -> Self {
        Self {
            console: Self::connect(served).await,
            shown: S::default(),
            chance: Chance(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1)),
            clock: served.server.backend.app.clock,
            asked: served.server.backend.app.clock.monotonic(),
        }
    }

    async fn connect(served: &Served) -> Console {
        let path = format!("{PATH}{}", S::SHOW);
        let cookie = &served.server.cookie;
        let mut console = served.connect_to(&path, cookie, &served.origin()).await.unwrap();
        if let Some(asks) = S::asks() {
            console.send(Message::Binary(asks.into())).await;
        }
        console
    }

    async fn bytes(&mut self) -> Vec<u8> {
        loop {
            match self.console.0.next().await.unwrap().unwrap() {
                Message::Binary(bytes) => return bytes.into(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn take(&mut self) {
        let bytes = self.bytes().await;
        let is_missing = self.shown.take(&bytes) == Answer::Resync;
        let now = self.clock.monotonic();
        if is_missing || (self.shown.is_adrift() && now.saturating_sub(self.asked) > ASKED_FOR) {
            self.asked = now;
            self.console.say(&FromConsole::Resync).await;
        }
    }

    async fn cut(&mut self, served: &Served) {
        // Without a word: as when a cable is pulled.
        self.console = Self::connect(served).await;
        self.shown.disconnected();
        self.asked = self.clock.monotonic();
    }

    /// Reads some messages, then has one of the faults.
    async fn suffer(&mut self, served: &Served) {
        for _ in 0..self.chance.below(6) {
            self.take().await;
        }
        match self.chance.below(4) {
            0 if S::IS_NUMBERED && self.shown.is_whole() => drop(self.bytes().await),
            1 => {
                let behind = 50 + self.chance.below(350) as u64;
                tokio::time::sleep(Duration::from_millis(behind)).await;
            }
            0 | 2 => self.cut(served).await,
            _ => {
                // In the middle of its opening.
                self.cut(served).await;
                for _ in 0..self.chance.below(3) {
                    self.take().await;
                }
                self.cut(served).await;
            }
        }
    }

    /// Reads on until it shows what the server has. The test harness ends a test that waits in vain.
    async fn shows(&mut self, expected: u64) -> Duration {
        let begun = self.clock.monotonic();
        while !self.shown.is_whole() || self.shown.hash() != expected {
            self.take().await;
        }
        self.clock.monotonic().saturating_sub(begun)
    }
}

/// Agents come back, leave, are retired, moved and enrolled, as long as the feeds have their faults.
async fn change(
    served: &Served,
    agents: &mut Vec<TestAgent>,
    domains: &[i64],
    chance: &mut Chance,
    is_over: &Cell<bool>,
) {
    while !is_over.get() {
        let at = chance.below(agents.len());
        match chance.below(12) {
            0 => {
                let name = format!("new-{}", agents.len());
                agents.push(served.server.agent(&name).await);
            }
            1 => {
                let domain = domains[chance.below(domains.len())];
                let moved = served
                    .server
                    .post("/api/v1/agents/move")
                    .signed_in()
                    .json(&json!({ "agents": [agents[at].id], "domain": domain }));
                assert_eq!(moved.send().await.status, StatusCode::OK);
            }
            2 if agents.len() > AGENTS => {
                let agent = agents.swap_remove(at);
                assert_eq!(served.server.retire(&agent).await.status, StatusCode::NO_CONTENT);
            }
            3..8 => {
                agents[at].register(&served.server).await;
            }
            _ => {
                agents[at].goodbye(&served.server, "stop").await;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[expect(
    clippy::print_stderr,
    reason = "how long it took is for who reads the run, not for the test to judge"
)]
async fn survive<S: Shows>() {
    let served = Served::start().await;
    let mut agents = Vec::new();
    for number in 0..AGENTS {
        agents.push(served.server.online(&format!("agent-{number}")).await);
    }
    let mut domains = vec![1];
    for name in ["Oslo", "Lagos"] {
        let made = served.server.post("/api/v1/domains").signed_in();
        let made = made.json(&json!({ "name": name, "parent": 1 })).send().await;
        domains.push(made.json["id"].as_i64().unwrap());
    }
    let opening = (0..SCREENS).map(|number| Screen::<S>::open(&served, number));
    let mut screens = join_all(opening).await;
    let mut chance = Chance(7);
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let is_over = Cell::new(false);
        let suffering = async {
            join_all(screens.iter_mut().map(|screen| screen.suffer(&served))).await;
            is_over.set(true);
        };
        let changing = change(&served, &mut agents, &domains, &mut chance, &is_over);
        futures_util::future::join(suffering, changing).await;
        let expected = S::hash_of(&served.server.backend.app);
        let shown = screens.iter_mut().map(|screen| screen.shows(expected));
        took.extend(join_all(shown).await);
    }
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 1_000 - 1);
    // No test depends on how quick this machine is: docs/BENCHMARKS.md has what was seen.
    eprintln!(
        "{} feeds show what the server has: half of them after {:?}, 99 % after {:?}, the last after {:?}",
        took.len(),
        at(500),
        at(990),
        at(1_000)
    );
}

#[tokio::test]
async fn a_thousand_tables_with_faults_show_what_the_server_has() {
    survive::<Mirror>().await;
}

#[tokio::test]
async fn a_thousand_walls_with_faults_show_what_the_server_has() {
    survive::<Picture>().await;
}
