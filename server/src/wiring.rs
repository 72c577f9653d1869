//! Brings the floors together: from an open store to a backend that answers, and to one that has stopped.

mod beside;
mod fleet;
mod loopback;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rollcall_presence::TableFull;
use rollcall_shared::console_api::{BlindSpan, Subject};
use rollcall_shared::{AgentId, Cause, Status, TransitionId};
use tokio::sync::{Mutex, Semaphore, watch};
use tokio::task::{AbortHandle, JoinHandle};

use crate::api::agent::Downloads;
use crate::api::app::App;
use crate::api::components::UPLOADS_AT_ONCE;
use crate::api::origin::Origins;
use crate::arrivals::Arrivals;
use crate::auth::enrolment::EnrollLine;
use crate::auth::master_key::{MasterKey, MasterKeyError};
use crate::auth::passwords::Passwords;
use crate::auth::people::{Parts, People};
use crate::auth::secret::Secret;
use crate::auth::setup_link::SetupLink;
use crate::background::database_watch::DatabaseWatch;
use crate::background::engine_time::{TimeFile, Writing};
use crate::background::journal::RecoverError;
use crate::background::{checkpoints, engine_time, journal};
use crate::clock::{Clock, NoRandomness};
use crate::components::{Components, LoadError};
use crate::config::Config;
use crate::engine::{News, Prepared, Running};
use crate::feed::Hub;
use crate::net::loopback::{Sockets, StartError as LoopbackError};
use crate::net::{Dialler, Untold};
use crate::notify::Outbox;
use crate::scope::Scope;
use crate::settings::{InForce, SettingsError};
use crate::store::journal::Entry;
use crate::store::transitions::TransitionRecord;
use crate::store::{Store, StoreError};
use beside::background;
use fleet::Fleet;

/// How many transitions of the past a console that opens is shown.
const REMEMBERED: u64 = 200;

/// The folder of the data folder that keeps the bytes of components.
const COMPONENTS: &str = "components";

/// The folder of the data folder that keeps changes until the database has them.
const JOURNAL: &str = "journal";

/// How long the last changes may wait for a database that is away when the server stops.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the tasks may take to end: one may be waiting for the database.
const TASKS: Duration = Duration::from_secs(2);

/// What writing them may take once the database answers. With the ten seconds of the listeners, the two of the tasks and
/// the four of the last checkpoint and engine time it all stays below the thirty after which the service's unit has
/// the server killed.
const GRACE: Duration = Duration::from_secs(3);

/// Why the backend does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database failed.
    #[error("the database cannot be read")]
    Store(#[from] StoreError),
    /// The settings in it cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The components cannot be had.
    #[error(transparent)]
    Components(#[from] LoadError),
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
    /// What read the fleet broke off.
    #[error("the fleet cannot be read")]
    Reading(#[source] tokio::task::JoinError),
    /// The operating system gave no thread.
    #[error("the presence engine cannot be started")]
    Thread(#[source] std::io::Error),
    /// What the last server left cannot be landed.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// Nor one for the journal's files.
    #[error("the journal cannot be started")]
    Journal(#[source] std::io::Error),
}

/// A backend at work.
pub struct Backend {
    /// What handlers reach.
    pub app: Arc<App>,
    /// What stands behind the `#` of the link that creates the first admin, while there is none.
    pub setup: Option<Secret>,
    engine: Running,
    /// Engine time into its file.
    writing: Writing,
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
        let settings = InForce::load(
            &store,
            &config.settings,
            config.minute,
            config.listens(),
            clock.wall_ms(),
        )
        .await?;
        let settings = Arc::new(settings);
        let master_key = Arc::new(MasterKey::open(&config.data, &clock)?);
        let (setup_link, setup) = setup_link(&store, &clock).await?;
        let people = people(&store, clock, setup_link, enroll_line)?;

        let components =
            Components::load(&store, config.data.join(COMPONENTS), config.component_limit).await?;
        let folder = config.data.join(JOURNAL);
        journal::recover(&store, &folder).await?;
        let time_file = TimeFile::new(&config.data, store.identity());
        let saved = engine_time::saved(&store, &time_file).await?;
        let Fleet {
            engine,
            prepared,
            roster,
            agents,
        } = Fleet::take_up(&store, clock, &settings, &master_key, saved.as_ref()).await?;
        roster.plant(store.domains().list(&Scope::All).await?);
        roster.remember(&latest(&store).await?);
        let dialler = Dialler::new(
            clock,
            engine.clone(),
            Arc::clone(&roster),
            Arc::clone(&agents),
            Arc::clone(&settings),
        );

        let untold = Arc::new(Untold::default());
        let news = Outbox::new(
            clock,
            engine.clone(),
            Arc::clone(&roster),
            Arc::clone(&settings),
            dialler.clone(),
            Arc::clone(&untold),
        );
        news.take_up(&store, &Subject::Settings(settings.version()))
            .await?;
        for component in components.current().iter() {
            let subject = Subject::Component(component.name.clone(), component.version.clone());
            news.take_up(&store, &subject).await?;
        }

        let (journal, writer) =
            journal::journal(store.clone(), Some(folder), clock).map_err(StartError::Journal)?;
        let away = saved.and_then(|saved| fleet::away(&saved, clock.wall_ms(), &clock.machine()));
        if let Some(away) = away {
            journal.push(blind(away));
        }
        let hub = Hub::new(Arc::clone(&roster), clock, build);
        let (stop, stopping) = watch::channel(false);
        let app = Arc::new(App {
            clock,
            store,
            engine,
            arrivals: Arc::new(Arrivals::default()),
            roster,
            agents,
            master_key,
            people,
            settings,
            components,
            downloads: Downloads::default(),
            uploads: Semaphore::new(UPLOADS_AT_ONCE),
            dialler,
            loopback: Arc::default(),
            outbox: news,
            untold,
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
        let writing = time_file.clone().keep(app.engine.clone(), clock);
        let writing = writing.map_err(StartError::Thread)?;
        let writer = tokio::spawn(writer.run(PATIENCE));
        let tasks = background(&app, time_file);
        Ok(Self {
            app,
            setup,
            engine,
            writing,
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

    /// Agents can be heard from now on: presence, which was as the last server left it, goes on.
    pub fn hear(&self) {
        if let Err(error) = self.app.engine.go_on() {
            tracing::error!(%error, "presence does not go on");
        }
    }

    /// Begins to take loopback packets on these sockets.
    ///
    /// # Errors
    /// Where the operating system gives no thread or no randomness.
    pub fn take_loopback(&mut self, sockets: Sockets) -> Result<(), LoopbackError> {
        self.tasks.push(loopback::start(&self.app, sockets)?);
        Ok(())
    }

    /// Tells everybody that the server is about to stop: feeds close, tasks end, listeners take no more.
    pub fn announce_stop(&self) {
        self.app.engine.hold();
        self.stop.send_replace(true);
    }

    /// Stops, in the order in which nothing is lost: once the listeners take nobody any more, what was heard is written
    /// down, then presence ends, then what it has yet to be written.
    pub async fn stop(self) {
        self.announce_stop();
        let waiting: Vec<_> = self.tasks.iter().map(JoinHandle::abort_handle).collect();
        match tokio::time::timeout(TASKS, join_all(self.tasks)).await {
            Ok(tasks) => tasks.into_iter().for_each(ended),
            // Some wait for a database that says nothing.
            Err(_) => waiting.iter().for_each(AbortHandle::abort),
        }
        let Self {
            app,
            engine,
            writing,
            writer,
            ..
        } = self;
        let loopback = Arc::clone(&app.loopback);
        ended(tokio::task::spawn_blocking(move || loopback.join()).await);
        checkpoints::last(&app.store, &app.engine).await;
        engine_time::last(&app.store, &app.engine, app.clock, writing).await;
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

const fn blind(span: BlindSpan) -> Entry {
    Entry::Blind {
        from_ms: span.from_ms,
        to_ms: span.to_ms,
        reason: span.reason,
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
    let sink = Box::new(move |news: News<'_>| {
        let Some(app) = follower.upgrade() else { return };
        let changes = match news {
            News::Changes(changes) => changes,
            News::Blind(span) => return app.journal.push(blind(span)),
            News::Applied(agent, applied) => {
                app.outbox.applied(agent, &Subject::Settings(applied));
                return app.journal.push(Entry::Applied { agent, applied });
            }
        };
        app.roster.apply(changes);
        for change in changes {
            if change.to == Status::Retired {
                app.agents.retire(change.agent);
                app.outbox.retired(change.agent);
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

#[cfg(test)]
mod tests;
