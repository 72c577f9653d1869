//! `status`: what this agent is and how it stands, from `status.json`, which `run` replaces after each contact.
//!
//! The file also remembers, from one process to the next, that the agent once registered and whether it announced
//! a restart. It is never needed: where it is missing or damaged the agent goes on, a little less well informed.

use core::net::{IpAddr, SocketAddr};

use rollcall_shared::{AgentId, BootId, ComponentName, ComponentVersion, Reachability, RegisterReason};
use serde::{Deserialize, Serialize};

use crate::identity::Identity;
use crate::living::Living;
use crate::state_dir::{StateDir, StateError};

const STATUS: &str = "status.json";

/// How late the next contact may be before a process that runs is taken to hang: a call's time, twice, and what
/// a busy machine needs.
const LATE_MS: u64 = 60_000;

/// How the process stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// No call has succeeded or failed yet.
    Starting,
    /// The last call succeeded.
    InContact,
    /// The last call failed; it keeps trying.
    Lost,
    /// It ended when told to.
    Stopped,
    /// The server does not know it; it asks again from time to time.
    Refused,
    /// The server will not have it again; it ended.
    Retired,
}

/// How a component stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Component {
    pub(crate) name: ComponentName,
    /// The version that is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) installed: Option<ComponentVersion>,
    /// The version that the server offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wanted: Option<ComponentVersion>,
    /// Why that is not installed so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
}

impl Component {
    fn line(&self) -> String {
        let version = |version: &Option<ComponentVersion>| {
            version
                .as_ref()
                .map_or_else(|| "none".to_owned(), ToString::to_string)
        };
        let here = format!("Component {}: {}", self.name, version(&self.installed));
        let wanted = self
            .wanted
            .is_some()
            .then(|| format!(", {} to be installed", version(&self.wanted)));
        let failure = self.failure.as_ref().map(|failure| format!(" ({failure})"));
        [Some(here), wanted, failure].into_iter().flatten().collect()
    }
}

/// How loopback packets fare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Loopback {
    /// The end of its UDP that the server sees, by the last echo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mapping: Option<SocketAddr>,
    /// When that came: seconds since 1970, by this machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_echo: Option<u64>,
    /// Since when none comes, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) no_echo_since: Option<u64>,
}

/// What `run` keeps for `status` and for the process after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) state: State,
    pub(crate) pid: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boot: Option<BootId>,
    /// Seconds since 1970, by this machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_contact: Option<u64>,
    /// Seconds since 1970, by this machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_contact: Option<u64>,
    /// The same by the clock that nobody sets: milliseconds since the machine booted.
    #[serde(default)]
    pub(crate) next_contact_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<String>,
    /// Seconds since 1970, by this machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error_at: Option<u64>,
    /// Seconds since 1970, by this machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_poll: Option<u64>,
    /// Seconds since 1970, by this machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_poll: Option<u64>,
    /// When the server connected and proved itself: seconds since 1970, by this machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_dialled: Option<u64>,
    /// The port on which the agent listens for the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notify_port: Option<u16>,
    #[serde(default)]
    pub(crate) settings_version: u32,
    /// The settings of that version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) living: Option<Living>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) observed_address: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reachability: Option<Reachability>,
    /// How the loopback packets of this process fare, where it sends any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) loopback: Option<Loopback>,
    /// The components that are installed or wanted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) components: Vec<Component>,
    /// Whether this identity ever registered.
    #[serde(default)]
    pub(crate) registered: bool,
    /// Whether the last goodbye announced a restart.
    #[serde(default)]
    pub(crate) announced_restart: bool,
}

impl Kept {
    /// What the process before this one kept; `None` where that cannot be read.
    pub(crate) fn find(dir: &StateDir) -> Option<Self> {
        let bytes = dir.read(STATUS, false).ok().flatten()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// A process that starts, after the one that left `before`.
    pub(crate) fn starting(before: Option<&Self>, pid: u32, boot: BootId) -> Self {
        Self {
            state: State::Starting,
            pid,
            boot: Some(boot),
            last_contact: before.and_then(|before| before.last_contact),
            next_contact: None,
            next_contact_ms: 0,
            last_error: None,
            last_error_at: None,
            last_poll: before.and_then(|before| before.last_poll),
            next_poll: None,
            last_dialled: before.and_then(|before| before.last_dialled),
            notify_port: None,
            settings_version: 0,
            living: before.and_then(|before| before.living),
            observed_address: None,
            reachability: None,
            loopback: None,
            components: before.map(|before| before.components.clone()).unwrap_or_default(),
            registered: before.is_some_and(|before| before.registered),
            announced_restart: before.is_some_and(|before| before.announced_restart),
        }
    }

    /// Why a process registers that finds what the one before it kept.
    pub(crate) fn reason(before: Option<&Self>) -> RegisterReason {
        match before {
            Some(before) if before.registered && before.announced_restart => RegisterReason::Restart,
            Some(before) if before.registered => RegisterReason::Start,
            _ => RegisterReason::Install,
        }
    }

    /// Replaces the file. Not worth waiting for the disk.
    pub(crate) fn store(&self, dir: &StateDir) -> Result<(), StateError> {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        dir.write(STATUS, &bytes, false)
    }

    /// Forgets an identity that is no more.
    pub(crate) fn forget(dir: &StateDir) -> Result<(), StateError> {
        dir.remove(STATUS)
    }
}

/// What `status` shows; with `--json`, as it stands.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    enrolled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<AgentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    /// Whether a process runs for this state directory.
    running: bool,
    /// Whether it runs, its last call succeeded and its next one is not overdue.
    in_contact: bool,
    #[serde(flatten)]
    kept: Option<Kept>,
}

impl Report {
    /// Puts together what is known at `now_ms`.
    pub(crate) fn new(identity: Option<&Identity>, running: bool, kept: Option<Kept>, now_ms: u64) -> Self {
        let in_contact = running
            && kept.as_ref().is_some_and(|kept| {
                kept.state == State::InContact && now_ms <= kept.next_contact_ms.saturating_add(LATE_MS)
            });
        Self {
            enrolled: identity.is_some(),
            agent: identity.map(|identity| identity.agent),
            server: identity.map(|identity| identity.server.to_string()),
            running,
            in_contact,
            kept,
        }
    }

    /// Whether all is well: what the exit code says.
    pub(crate) const fn is_in_contact(&self) -> bool {
        self.in_contact
    }

    /// For people, at `wall_s`.
    pub(crate) fn text(&self, wall_s: u64) -> String {
        let (Some(agent), Some(server)) = (self.agent, self.server.as_deref()) else {
            return "Not enrolled".to_owned();
        };
        let mut lines = vec![format!("Agent {agent} at {server}")];
        let kept = self.kept.as_ref();
        lines.push(match (self.running, kept.map(|kept| (kept.state, kept.pid))) {
            (true, Some((State::InContact, pid))) if self.in_contact => {
                format!("Running (process {pid}), in contact")
            }
            (true, Some((State::InContact, pid))) => {
                format!("Process {pid} runs, but its next contact is overdue")
            }
            (true, Some((State::Lost, pid))) => format!("Running (process {pid}), but the server is lost"),
            (true, Some((State::Refused, pid))) => {
                format!("Running (process {pid}), but refused: the server does not know this agent")
            }
            (true, _) => "Running, no contact yet".to_owned(),
            (false, Some((State::Retired, _))) => "Not running: this agent was retired".to_owned(),
            (false, _) => "Not running".to_owned(),
        });
        if let Some(kept) = kept {
            lines.extend(kept.lines(self.running, wall_s));
        }
        lines.join("\n")
    }
}

impl Kept {
    fn lines(&self, running: bool, wall_s: u64) -> impl Iterator<Item = String> {
        let ago = |at: u64| match wall_s.saturating_sub(at) {
            0 => "just now".to_owned(),
            seconds => format!("{} ago", span(seconds.saturating_mul(1_000))),
        };
        let until = |at: u64| match at.saturating_sub(wall_s) {
            0 => "now".to_owned(),
            seconds => format!("in {}", span(seconds.saturating_mul(1_000))),
        };
        let next = self.next_contact.filter(|_| running);
        [
            self.last_contact.map(|at| format!("Last contact: {}", ago(at))),
            next.map(|at| format!("Next contact: {}", until(at))),
            self.last_poll.map(|at| format!("Last poll: {}", ago(at))),
            self.next_poll
                .filter(|_| running)
                .map(|at| format!("Next poll: {}", until(at))),
            self.last_dialled
                .map(|at| format!("The server connected: {}", ago(at))),
            self.notify_port
                .filter(|_| running)
                .map(|port| format!("Listens for the server on port {port}")),
            self.observed_address
                .map(|address| format!("The server sees: {address}")),
            self.loopback.filter(|_| running).map(|loopback| {
                match (loopback.no_echo_since, loopback.mapping, loopback.last_echo) {
                    (Some(since), ..) => format!("Loopback: no echo since {}; going on by HTTP", ago(since)),
                    (None, Some(mapping), Some(at)) => {
                        format!("Loopback: seen as {mapping}, last echo {}", ago(at))
                    }
                    _ => "Loopback: no echo yet".to_owned(),
                }
            }),
            (self.settings_version > 0).then(|| match (self.living, self.reachability) {
                (Some(living), Some(reachability)) => {
                    format!(
                        "Settings version: {} ({})",
                        self.settings_version,
                        living.told(reachability)
                    )
                }
                _ => format!("Settings version: {}", self.settings_version),
            }),
            self.last_error.as_ref().map(|error| {
                let at = self.last_error_at.map(ago).unwrap_or_default();
                format!("Last error: {error} ({at})")
            }),
        ]
        .into_iter()
        .flatten()
        .chain(self.components.iter().map(Component::line))
    }
}

/// A span for people, in the unit that a glance takes in: `250 ms`, `4 s`, `10 min`, `3 h`, `2 d`.
pub(crate) fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{} s", (ms + 500) / 1_000),
        120_000..7_200_000 => format!("{} min", (ms + 30_000) / 60_000),
        7_200_000..172_800_000 => format!("{} h", (ms + 1_800_000) / 3_600_000),
        _ => format!("{} d", ms / 86_400_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(state: State) -> Kept {
        let mut kept = Kept::starting(None, 7, BootId::from_bits(1).unwrap());
        kept.state = state;
        kept.next_contact_ms = 100_000;
        kept
    }

    #[test]
    fn only_a_process_that_runs_and_is_not_late_is_in_contact() {
        for (running, state, now_ms, well) in [
            (true, State::InContact, 90_000, true),
            (true, State::InContact, 100_000 + LATE_MS, true),
            (true, State::InContact, 100_001 + LATE_MS, false),
            (false, State::InContact, 90_000, false),
            (true, State::Lost, 90_000, false),
            (true, State::Refused, 90_000, false),
            (true, State::Starting, 90_000, false),
        ] {
            let report = Report::new(None, running, Some(kept(state)), now_ms);
            assert_eq!(report.is_in_contact(), well, "{running} {state:?} {now_ms}");
        }
        assert!(!Report::new(None, true, None, 0).is_in_contact());
    }

    #[test]
    fn the_reason_to_register_follows_from_what_was_kept() {
        let mut before = kept(State::Stopped);
        assert_eq!(Kept::reason(None), RegisterReason::Install);
        assert_eq!(Kept::reason(Some(&before)), RegisterReason::Install);
        before.registered = true;
        assert_eq!(Kept::reason(Some(&before)), RegisterReason::Start);
        before.announced_restart = true;
        assert_eq!(Kept::reason(Some(&before)), RegisterReason::Restart);
    }

    #[test]
    fn a_damaged_status_file_is_as_none() {
        let parent = tempfile::tempdir().unwrap();
        let dir = StateDir::open(parent.path().to_owned()).unwrap();
        dir.write(STATUS, b"{\"state\":\"in_con", false).unwrap();
        assert_eq!(Kept::find(&dir), None);
        let written = kept(State::InContact);
        written.store(&dir).unwrap();
        assert_eq!(Kept::find(&dir), Some(written));
    }

    #[test]
    fn spans_are_told_in_the_unit_of_a_glance() {
        for (ms, told) in [
            (250, "250 ms"),
            (3_700, "4 s"),
            (600_000, "10 min"),
            (7_200_000, "2 h"),
            (300_000_000, "3 d"),
        ] {
            assert_eq!(span(ms), told);
        }
    }
}
