//! Brings the floors together: from an open store to a backend that answers, and to one that has stopped.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use rollcall_presence::{Place, Restored, TableFull};
use rollcall_shared::{AgentId, Cause, Status, TransitionId};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use crate::api::app::App;
use crate::api::origin::Origins;
use crate::auth::agents::{self, AgentCredentials};
use crate::auth::enrolment::EnrollLine;
use crate::auth::master_key::{MasterKey, MasterKeyError};
use crate::auth::passwords::Passwords;
use crate::auth::people::{Parts, People};
use crate::auth::secret::Secret;
use crate::auth::setup_link::SetupLink;
use crate::background::database_watch::DatabaseWatch;
use crate::background::{contacts, engine_time, gauges, journal, tidying};
use crate::clock::{Clock, NoRandomness};
use crate::config::Config;
use crate::engine::{Engine, Known, Prepared, Running, Start};
use crate::feed::Hub;
use crate::roster::Roster;
use crate::scope::Scope;
use crate::settings::{InForce, SettingsError};
use crate::store::agents::AgentRecord;
use crate::store::journal::Entry;
use crate::store::transitions::TransitionRecord;
use crate::store::{Store, StoreError};

/// How many transitions of the past a console that opens is shown.
const REMEMBERED: u64 = 200;

/// How long the last changes may wait for a database that is away when the server stops.
const PATIENCE: Duration = Duration::from_secs(10);

/// What writing them may take once the database answers. With the listeners' ten seconds it all stays below the
/// thirty after which the service's unit has the server killed.
const GRACE: Duration = Duration::from_secs(5);

/// Why the backend does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database failed.
    #[error("the database cannot be read")]
    Store(#[from] StoreError),
    /// The settings in it cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The server's own key cannot be had.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The operating system gave no randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The fleet does not fit.
    #[error("the fleet does not fit")]
    Full(#[from] TableFull),
    /// No password can be hashed.
    #[error("passwords cannot be hashed")]
    Passwords(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The operating system gave no thread.
    #[error("the presence engine cannot be started")]
    Thread(#[source] std::io::Error),
}

/// A backend at work.
pub struct Backend {
    /// What handlers reach.
    pub app: Arc<App>,
    /// What stands behind the `#` of the link that creates the first admin, while there is none.
    pub setup: Option<Secret>,
    engine: Running,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    writer: JoinHandle<()>,
}

impl Backend {
    /// Reads the fleet back and starts presence, feed and background tasks.
    ///
    /// # Errors
    /// Where the database, the settings in it or the server's key cannot be used.
    pub async fn start(
        config: &Config,
        clock: Clock,
        store: Store,
        enroll_line: EnrollLine,
        build: &str,
    ) -> Result<Self, StartError> {
        let settings = InForce::load(&store, &config.settings, config.minute, clock.wall_ms()).await?;
        let master_key = MasterKey::open(&config.data, &clock)?;
        let (setup_link, setup) = setup_link(&store, &clock).await?;
        let people = people(&store, clock, setup_link, enroll_line)?;

        let fleet = Fleet::read(&store).await?;
        let (engine, prepared, places) = fleet.take_up(&store, clock, &settings).await?;
        let roster = Arc::new(Roster::new(engine.clone()));
        let agents = AgentCredentials::default();
        for (record, place) in fleet.records.iter().zip(&places) {
            roster.insert(record, *place);
            agents.insert(record.id, record.secret_hash, *place, known(record));
        }
        roster.remember(&latest(&store).await?);

        let (journal, writer) = journal::journal(store.clone());
        let hub = Hub::new(Arc::clone(&roster), clock, build);
        let (stop, stopping) = watch::channel(false);
        let app = Arc::new(App {
            clock,
            store,
            engine,
            roster,
            agents,
            master_key,
            people,
            settings,
            journal,
            database: DatabaseWatch::default(),
            origins: Origins {
                public: config.public_url.clone(),
            },
            hub,
            stopping,
            taking_up: Mutex::new(()),
        });
        let engine = follow(&app, prepared)?;
        let writer = tokio::spawn(writer.run(PATIENCE));
        let tasks = background(&app);
        Ok(Self {
            app,
            setup,
            engine,
            stop,
            tasks,
            writer,
        })
    }

    /// What turns true when [`Backend::stop`] is near: for the listeners.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.app.stopping.clone()
    }

    /// Tells everybody that the server is about to stop: feeds close, tasks end, listeners take no more.
    pub fn announce_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Stops, in the order in which nothing is lost: presence first, then what it has yet to be written.
    pub async fn stop(self) {
        self.announce_stop();
        for task in self.tasks {
            ended(task.await);
        }
        let Self {
            app, engine, writer, ..
        } = self;
        // Joining a thread blocks, so not on a thread of the runtime.
        ended(tokio::task::spawn_blocking(move || engine.stop()).await);
        let store = app.store.clone();
        app.journal.close();
        if let Ok(task) = tokio::time::timeout(PATIENCE + GRACE, writer).await {
            ended(task);
        } else {
            tracing::error!("the last changes were not written in time");
        }
        if let Err(error) = store.close().await {
            tracing::warn!(%error, "the database was not closed in good order");
        }
    }
}

fn ended(task: Result<(), tokio::task::JoinError>) {
    if let Err(error) = task {
        tracing::error!(%error, "a task did not end in good order");
    }
}

fn known(record: &AgentRecord) -> agents::Known {
    agents::Known {
        retired: record.status == Status::Retired,
        applied: record.applied,
    }
}

/// The fleet as the store knows it.
struct Fleet {
    records: Vec<AgentRecord>,
}

impl Fleet {
    async fn read(store: &Store) -> Result<Self, StoreError> {
        let mut records = Vec::new();
        store.agents().load_all(|record| records.push(record)).await?;
        Ok(Self { records })
    }

    async fn take_up(
        &self,
        store: &Store,
        clock: Clock,
        settings: &InForce,
    ) -> Result<(Engine, Prepared, Vec<Place>), StartError> {
        let known = |record: &AgentRecord| Known {
            agent: record.id,
            restored: Restored {
                status: record.status,
                boot: record.boot,
            },
        };
        let start = Start {
            resumed: engine_time::saved(store).await?,
            lease: settings.lease(),
            last_transition: store.transitions().greatest_id().await?,
            known: self.records.iter().map(known).collect(),
        };
        Ok(Engine::prepare(clock, &start)?)
    }
}

async fn setup_link(store: &Store, clock: &Clock) -> Result<(SetupLink, Option<Secret>), StartError> {
    if store.users().count().await? > 0 {
        return Ok((SetupLink::none(), None));
    }
    let (link, token) = SetupLink::open(clock)?;
    Ok((link, Some(token)))
}

fn people(
    store: &Store,
    clock: Clock,
    setup_link: SetupLink,
    enroll_line: EnrollLine,
) -> Result<People, StartError> {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let passwords = Passwords::new(clock, cores).map_err(|error| StartError::Passwords(error.into()))?;
    Ok(People::new(Parts {
        store: store.clone(),
        clock,
        times: clock.into(),
        passwords,
        setup_link,
        enroll_line,
    }))
}

async fn latest(store: &Store) -> Result<Vec<(TransitionId, AgentId, i64, Status, Cause)>, StoreError> {
    let views = store
        .transitions()
        .page(&Scope::All, None, None, REMEMBERED)
        .await?;
    Ok(views
        .into_iter()
        .map(|view| (view.id, view.agent, view.at_ms, view.to, view.cause))
        .collect())
}

/// Starts the engine; what it changes goes to the roster, to the journal, and to who must not come in any more.
fn follow(app: &Arc<App>, prepared: Prepared) -> Result<Running, StartError> {
    // Weak, or the engine's thread would keep alive what it is stopped for.
    let follower = Arc::downgrade(app);
    let sink = Box::new(move |changes: &[crate::engine::Change]| {
        let Some(app) = follower.upgrade() else { return };
        app.roster.apply(changes);
        for change in changes {
            if change.to == Status::Retired {
                app.agents.retire(change.agent);
            }
            app.journal.push(Entry::Transition(TransitionRecord {
                id: change.id,
                agent: change.agent,
                at_ms: change.at_ms,
                from: Some(change.from),
                to: change.to,
                cause: change.cause,
                last_contact: change.last_contact,
                folds: change.folds,
            }));
        }
    });
    prepared.start(vec![sink]).map_err(StartError::Thread)
}

fn background(app: &App) -> Vec<JoinHandle<()>> {
    let stopping = || app.stopping.clone();
    vec![
        tokio::spawn(app.hub.clone().run(stopping())),
        tokio::spawn(engine_time::run(
            app.store.clone(),
            app.engine.clone(),
            app.clock,
            app.database.clone(),
            stopping(),
        )),
        tokio::spawn(gauges::run(
            Arc::clone(&app.roster),
            app.journal.clone(),
            stopping(),
        )),
        tokio::spawn(contacts::run(
            Arc::clone(&app.roster),
            app.journal.clone(),
            stopping(),
        )),
        tokio::spawn(tidying::run(app.store.clone(), app.clock, stopping())),
    ]
}

#[cfg(test)]
mod tests;
