//! What every handler can reach: the backend's parts, wired by `main`.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use rollcall_shared::{AgentId, Minutes, Reachability};
use tokio::sync::{Mutex, Semaphore, watch};

use super::agent::Downloads;
use super::origin::Origins;
use crate::arrivals::Arrivals;
use crate::auth::agents::AgentCredentials;
use crate::auth::master_key::MasterKey;
use crate::auth::people::People;
use crate::background::database_watch::DatabaseWatch;
use crate::background::journal::Journal;
use crate::clock::Clock;
use crate::components::Components;
use crate::engine::Engine;
use crate::feed::Hub;
use crate::net::loopback::Loopback;
use crate::net::{Dialler, Untold};
use crate::notify::Outbox;
use crate::roster::Roster;
use crate::settings::InForce;
use crate::store::Store;
use crate::store::journal::Entry;

/// How long whoever asked waits for the database: well within the time that a request has.
const DURABLE_WITHIN: Duration = Duration::from_secs(5);

/// A change holds, but a server that is killed now forgets it.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the change holds, and is written as soon as the database answers; ask again to be sure that it is")]
pub struct NotDurable;

/// The backend's parts.
pub struct App {
    /// Time and randomness.
    pub clock: Clock,
    /// The database.
    pub store: Store,
    /// Presence.
    pub engine: Engine,
    /// How much of what comes is taken at once.
    pub arrivals: Arc<Arrivals>,
    /// Who exists.
    pub roster: Arc<Roster>,
    /// Agents' credentials.
    pub agents: Arc<AgentCredentials>,
    /// What agents' secrets are derived from.
    pub master_key: Arc<MasterKey>,
    /// The people.
    pub people: People,
    /// The settings in force.
    pub settings: Arc<InForce>,
    /// What agents are handed out.
    pub components: Components,
    /// Who may download at the same time.
    pub downloads: Downloads,
    /// Who may upload at the same time.
    pub uploads: Semaphore,
    /// Connects to agents.
    pub dialler: Dialler,
    /// Takes loopback packets.
    pub loopback: Arc<Loopback>,
    /// News for agents.
    pub outbox: Outbox,
    /// Those for whom there is more than settings.
    pub untold: Arc<Untold>,
    /// Writes behind.
    pub journal: Journal,
    /// Whether the database answers.
    pub database: DatabaseWatch,
    /// Where browsers' requests may come from.
    pub origins: Origins,
    /// The consoles' feed.
    pub hub: Hub,
    /// Turns true when the server is about to stop.
    pub stopping: watch::Receiver<bool>,
    /// Held while an enrolled agent is taken up, so that an enrolment asked for twice is taken up once.
    pub taking_up: Mutex<()>,
}

impl App {
    /// Seconds since this server's memory began.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        u32::try_from(self.clock.monotonic().as_secs()).unwrap_or(u32::MAX)
    }

    /// Waits until what was just changed is in the database.
    ///
    /// # Errors
    /// Where that takes too long: the change holds, and will be written when the database is back.
    pub async fn durable(&self) -> Result<(), NotDurable> {
        tokio::time::timeout(DURABLE_WITHIN, self.journal.durable())
            .await
            .map_err(|_| NotDurable)
    }

    /// Notes that an agent, which was just heard, is seen from another address.
    pub fn moved(&self, agent: AgentId, address: IpAddr) {
        if self.agents.note_observed(agent, address) {
            self.roster.moved(agent, address);
            self.journal.push(Entry::Moved { agent, address });
        }
    }

    /// How long an agent is to stay silent until its next heartbeat, in milliseconds (rule 15).
    #[must_use]
    pub fn next_in_ms(&self, agent: AgentId) -> u64 {
        self.dictated(
            self.settings.heartbeat_interval(),
            self.settings.offline_after(),
            agent,
        )
    }

    /// What an agent is to do by the newest settings: when its next heartbeat is due, where it is to send any, and
    /// when its next poll.
    #[must_use]
    pub fn duties(&self, agent: AgentId, reachability: Reachability) -> (Option<u64>, u64) {
        let duties = self.settings.current().settings.duties(reachability);
        let minute = self.settings.minute();
        // What keeps nobody online has nothing that a longer interval could miss, but rule 14: a poll a day.
        let lease = minute.saturating_mul(duties.lease_minutes);
        let due = |every: Minutes, within: Duration| self.dictated(every.lasting(minute), within, agent);
        (
            duties.heartbeat_every.map(|every| due(every, lease)),
            due(duties.poll_every, Duration::ZERO),
        )
    }

    /// An interval as it is dictated now: spread, and under load stretched as far as what is `within` allows.
    fn dictated(&self, interval: Duration, within: Duration, agent: AgentId) -> u64 {
        let stretch = self.arrivals.stretch();
        let interval = stretch.interval(interval, within, self.settings.minute());
        let next = rollcall_presence::spread::next_contact(interval, agent, self.engine.now());
        u64::try_from(next.as_millis()).unwrap_or(u64::MAX)
    }
}

impl FromRef<Arc<App>> for People {
    fn from_ref(app: &Arc<App>) -> Self {
        app.people.clone()
    }
}
