//! How many agents of each status are in each domain, kept while they change.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_shared::{DomainId, Status};

/// How many agents have each status, in the order of [`Status::ALL`].
pub(super) type Counted = [u32; Status::ALL.len()];

/// What is counted, and as what each row was.
#[derive(Debug, Default)]
pub(super) struct Counts {
    of_row: Vec<Option<(DomainId, Status)>>,
    by_domain: BTreeMap<DomainId, Counted>,
    /// Those whose counts were not told since they changed.
    changed: BTreeSet<DomainId>,
}

impl Counts {
    /// Counts a row as what it is now; nothing where it is not seen.
    pub(super) fn count(&mut self, row: u32, now: Option<(DomainId, Status)>) {
        let at = row as usize;
        if self.of_row.len() <= at {
            self.of_row.resize(at + 1, None);
        }
        let before = std::mem::replace(&mut self.of_row[at], now);
        if before == now {
            return;
        }
        if let Some((domain, status)) = before {
            let count = &mut self.by_domain.entry(domain).or_default()[status as usize];
            *count = count.saturating_sub(1);
            self.changed.insert(domain);
        }
        if let Some((domain, status)) = now {
            self.by_domain.entry(domain).or_default()[status as usize] += 1;
            self.changed.insert(domain);
        }
    }

    /// All domains that have any agent.
    pub(super) fn whole(&self) -> Vec<(DomainId, Counted)> {
        let counted = self.by_domain.iter().map(|(domain, counted)| (*domain, *counted));
        counted
            .filter(|(_, counted)| *counted != Counted::default())
            .collect()
    }

    /// Whether anything is not told.
    pub(super) fn is_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The domains that are not told, which they are then.
    pub(super) fn take_changed(&mut self) -> Vec<(DomainId, Counted)> {
        let changed = std::mem::take(&mut self.changed);
        let told = changed.into_iter().map(|domain| {
            let counted = self.by_domain.get(&domain).copied().unwrap_or_default();
            if counted == Counted::default() {
                self.by_domain.remove(&domain);
            }
            (domain, counted)
        });
        told.collect()
    }
}
