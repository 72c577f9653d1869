//! What is installed, and what the server was not told yet: `components.json`, which outlives the process.
//!
//! A version is in it once its hook succeeded, so a process that ends in between installs it again. Where the file is
//! missing or damaged all that is current is offered again, found on the disk, and its hooks run once more.

use rollcall_agent::install::Report;
use rollcall_shared::agent_api::{Installed, Offer, Poll};
use rollcall_shared::component::MOST_CURRENT;
use rollcall_shared::console_api::Subject;
use rollcall_shared::{ComponentName, ComponentVersion};
use serde::{Deserialize, Serialize};

use crate::state_dir::{StateDir, StateError};

const FILE: &str = "components.json";

/// As many reports as there can be current components: of each the newest counts.
const MOST_REPORTS: usize = MOST_CURRENT;

/// Characters of a failure that are kept. What a hook said last stands at its end, and is shorter.
const LONGEST_FAILURE: usize = 800;

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(default)]
    installed: Vec<Installed>,
    #[serde(default)]
    reports: Vec<KeptReport>,
    /// Whether there is, or may be, something that the server would offer and that is not installed.
    #[serde(default)]
    unfinished: bool,
    #[serde(skip)]
    queue: Vec<Report>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptReport {
    subject: Subject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
}

impl Record {
    pub(super) fn find(dir: &StateDir) -> Self {
        let bytes = dir.read(FILE, false).ok().flatten().unwrap_or_default();
        // Who has none was never told what there is: new, or of a release before.
        let mut record = serde_json::from_slice(&bytes).unwrap_or(Self {
            unfinished: true,
            ..Self::default()
        });
        record.queue = core::mem::take(&mut record.reports)
            .into_iter()
            .map(|kept| Report {
                subject: kept.subject,
                failure: kept.failure,
            })
            .collect();
        record
    }

    pub(super) fn store(&self, dir: &StateDir) -> Result<(), StateError> {
        let kept = Self {
            installed: self.installed.clone(),
            reports: self
                .queue
                .iter()
                .map(|report| KeptReport {
                    subject: report.subject.clone(),
                    failure: report.failure.clone(),
                })
                .collect(),
            unfinished: self.unfinished,
            queue: Vec::new(),
        };
        // Texts always have a JSON form.
        let bytes = serde_json::to_vec(&kept).unwrap_or_default();
        dir.write(FILE, &bytes, true)
    }

    pub(super) const fn is_unfinished(&self) -> bool {
        self.unfinished
    }

    pub(super) const fn set_unfinished(&mut self, unfinished: bool) {
        self.unfinished = unfinished;
    }

    pub(super) fn installed(&self) -> Vec<Installed> {
        self.installed.clone()
    }

    pub(super) fn version(&self, name: &ComponentName) -> Option<ComponentVersion> {
        let found = self.installed.iter().find(|one| one.name == *name);
        found.map(|one| one.version.clone())
    }

    pub(super) fn has(&self, name: &ComponentName, version: &ComponentVersion) -> bool {
        self.version(name).as_ref() == Some(version)
    }

    pub(super) fn install(&mut self, offer: &Offer) {
        self.installed.retain(|one| one.name != offer.name);
        self.installed.push(Installed {
            name: offer.name.clone(),
            version: offer.version.clone(),
        });
        // The oldest is forgotten, not lost: its file stays, and where it is offered it is found.
        let surplus = self.installed.len().saturating_sub(Poll::MOST_COMPONENTS);
        self.installed.drain(..surplus);
    }

    pub(super) fn report(&mut self, mut report: Report) {
        // So that the file stays well below what is read back.
        if let Some(failure) = &mut report.failure
            && let Some((end, _)) = failure.char_indices().nth(LONGEST_FAILURE)
        {
            failure.truncate(end);
        }
        self.queue
            .retain(|known| !is_of_the_same(&known.subject, &report.subject));
        self.queue.push(report);
        let surplus = self.queue.len().saturating_sub(MOST_REPORTS);
        self.queue.drain(..surplus);
    }

    pub(super) fn reports(&self) -> &[Report] {
        &self.queue
    }

    pub(super) fn told(&mut self, report: &Report) {
        self.queue.retain(|known| known != report);
    }
}

/// Of an older version nobody needs to know any more.
fn is_of_the_same(one: &Subject, other: &Subject) -> bool {
    match (one, other) {
        (Subject::Component(one, _), Subject::Component(other, _)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(name: &str, version: &str) -> Offer {
        Offer {
            name: name.parse().unwrap(),
            version: version.parse().unwrap(),
            size: 1,
            sha256: "00".repeat(32).parse().unwrap(),
            sources: Vec::new(),
        }
    }

    fn dir() -> (tempfile::TempDir, StateDir) {
        let home = tempfile::tempdir().unwrap();
        let dir = StateDir::make(home.path().join("state")).unwrap();
        (home, dir)
    }

    #[test]
    fn what_is_installed_and_not_told_yet_is_known_after_a_restart() {
        let (_home, dir) = dir();
        let mut record = Record::find(&dir);
        assert!(record.is_unfinished(), "nobody said yet what there is");
        record.set_unfinished(false);
        record.install(&offer("av", "1"));
        record.install(&offer("zip", "7"));
        record.install(&offer("av", "2"));
        let report = |subject: &str, failure: Option<&str>| Report {
            subject: subject.parse().unwrap(),
            failure: failure.map(str::to_owned),
        };
        record.report(report("component.av.2", Some("the hook failed")));
        record.report(report("component.zip.7", None));
        record.report(report("component.av.2", None));
        record.store(&dir).unwrap();
        let mut again = Record::find(&dir);
        assert_eq!(again.installed(), record.installed());
        assert!(!again.is_unfinished());
        assert_eq!(again.version(&"av".parse().unwrap()), Some("2".parse().unwrap()));
        let reports = [report("component.zip.7", None), report("component.av.2", None)];
        assert_eq!(again.reports(), reports);
        again.told(&reports[0]);
        assert_eq!(again.reports(), &reports[1..]);
    }

    #[test]
    fn a_damaged_record_is_none() {
        let (_home, dir) = dir();
        for text in [
            "",
            "{",
            "[1]",
            r#"{"installed":7}"#,
            r#"{"installed":[{"name":"../x","version":"1"}]}"#,
        ] {
            dir.write(FILE, text.as_bytes(), false).unwrap();
            let record = Record::find(&dir);
            assert!(record.installed().is_empty() && record.is_unfinished(), "{text}");
        }
    }
}
