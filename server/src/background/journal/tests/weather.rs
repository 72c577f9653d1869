//! Disk and database that come and go as they like, and kills amid all that: what was kept lands, once and in order.

use tempfile::TempDir;

use super::full_disk::{PLENTY, Tiny};
use super::*;

/// How many times it is played, each with a seed of its own.
const SEEDS: u64 = 12;

/// What happens in one of them.
const STEPS: usize = 30;

fn small() -> Limits {
    Limits {
        memory: 100,
        file: 4_000,
        batch: 20,
        ..Limits::default()
    }
}

/// Numbers that are the same for the same seed (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// A server's journal, while one lives.
struct Life {
    journal: Journal,
    writing: tokio::task::JoinHandle<()>,
    keeper: Option<std::thread::JoinHandle<()>>,
}

struct Weather {
    data: TempDir,
    store: Store,
    room: Room,
    disk: Tiny,
    disk_is_full: bool,
    database_is_away: bool,
    next: i64,
    /// Handed in, and not yet known to be kept.
    unsure: Vec<i64>,
    sure: Vec<i64>,
}

impl Weather {
    async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = store_in(data.path()).await;
        let room = Room::of(data.path()).await;
        for sql in [
            "INSERT INTO tokens (id, hash, domain_id, uses_left, created_at_ms, expires_at_ms, revoked) \
             VALUES (1, zeroblob(32), 1, 0, 0, 0, false)",
            "INSERT INTO agents (id, name, domain_id, platform, machine_id, agent_version, secret_hash, key_hash, \
             token_id, status, since_ms, cause, applied, enrolled_at_ms) \
             VALUES (1, '', 1, '', '', '', zeroblob(32), zeroblob(32), 1, 'pending', 0, 'enrolled', 0, 0)",
        ] {
            room.0.execute_unprepared(sql).await.unwrap();
        }
        Self {
            store,
            room,
            data,
            disk: Tiny::of(PLENTY),
            disk_is_full: false,
            database_is_away: false,
            next: 0,
            unsure: Vec::new(),
            sure: Vec::new(),
        }
    }

    fn begin(&self) -> Life {
        let folder = Some(self.data.path().join("journal"));
        let disk = Box::new(self.disk.clone());
        let (journal, mut writer) = with(self.store.clone(), folder, disk, small(), Clock::start()).unwrap();
        let keeper = writer.keeper.take();
        let writing = tokio::spawn(writer.run(Duration::from_mins(1)));
        Life {
            journal,
            writing,
            keeper,
        }
    }

    /// That all that is sure is there, in order, and nothing older came over it.
    async fn check(&self, seed: u64) {
        let there = self.room.order().await;
        assert!(
            there.is_sorted_by(|before, after| before < after),
            "seed {seed}: {there:?}"
        );
        let missing = |number: &&i64| there.binary_search(number).is_err();
        let lost: Vec<&i64> = self.sure.iter().filter(missing).collect();
        assert!(lost.is_empty(), "seed {seed}: {lost:?} are lost");
        let agent = self.store.agents().by_id(AgentId::from_bits(1)).await.unwrap();
        let applied = i64::from(agent.unwrap().applied);
        let newest = self.sure.last().copied().unwrap_or(0);
        assert!(applied >= newest, "seed {seed}: {applied} came over {newest}");
    }

    async fn kill(&mut self, life: Life) {
        assert_eq!(life.journal.lost(), 0);
        life.writing.abort();
        drop(life.journal);
        let _aborted = life.writing.await;
        let keeper = life.keeper.unwrap();
        tokio::task::spawn_blocking(move || keeper.join().unwrap())
            .await
            .unwrap();
        self.unsure.clear();
    }

    fn push(&mut self, life: &Life, most: u64) {
        // With neither of them, memory must not overflow: here nothing may be lost.
        let most = if self.disk_is_full && self.database_is_away {
            3
        } else {
            most
        };
        for _ in 0..most {
            life.journal.push(blind(self.next));
            let applied = u32::try_from(self.next).unwrap();
            life.journal.push(registered(AgentId::from_bits(1), applied));
            self.unsure.push(self.next);
            self.next += 1;
        }
    }

    async fn database(&mut self, away: bool) {
        if away && !self.database_is_away {
            self.room.ends_for("blind_spans").await;
        } else if !away && self.database_is_away {
            self.room.is_back().await;
        }
        self.database_is_away = away;
    }

    async fn step(&mut self, life: Life, chance: &mut Chance) -> Life {
        match chance.below(14) {
            0..=3 => {
                let most = 1 + chance.below(200);
                self.push(&life, most);
            }
            4..=6 => {
                self.push(&life, 1);
                if life.journal.kept().await.is_ok() {
                    self.sure.append(&mut self.unsure);
                }
            }
            7 => {
                let database_is_fine =
                    !self.database_is_away && !life.journal.shared().state.lock().database_fails;
                self.disk_is_full = !self.disk_is_full && database_is_fine;
                let room = if self.disk_is_full {
                    chance.below(3_000)
                } else {
                    PLENTY
                };
                self.disk.has_room(room);
            }
            8 => {
                let disk_is_fine = !self.disk_is_full && life.journal.disk() == DiskState::Fine;
                let away = !self.database_is_away && disk_is_fine;
                self.database(away).await;
            }
            9 => {
                self.kill(life).await;
                self.database(false).await;
                recover(&self.store, &self.data.path().join("journal"))
                    .await
                    .unwrap();
                self.check(chance.0).await;
                return self.begin();
            }
            10 if !self.database_is_away => life.journal.durable().await,
            11 | 12 if !self.database_is_away => {
                // A batch or so, but not all.
                let before = life.journal.waiting();
                until(|| life.journal.waiting() < before.max(1)).await;
                self.push(&life, 1);
            }
            _ => {
                for _ in 0..chance.below(50) {
                    tokio::task::yield_now().await;
                }
            }
        }
        life
    }
}

async fn play(seed: u64) {
    let mut chance = Chance(seed);
    let mut weather = Weather::new().await;
    let mut life = weather.begin();
    for _ in 0..STEPS {
        life = weather.step(life, &mut chance).await;
    }
    weather.database(false).await;
    weather.disk.has_room(PLENTY);
    life.journal.durable().await;
    weather.sure.append(&mut weather.unsure);
    weather.check(seed).await;
    weather.kill(life).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_disk_and_database_do_what_was_kept_lands_once_and_in_order() {
    let mut playing = tokio::task::JoinSet::new();
    for seed in 0..SEEDS {
        playing.spawn(play(seed));
    }
    playing.join_all().await;
}
