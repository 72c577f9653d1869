//! What is checked, and which rule it is that does not hold where something differs from the oracle.

use core::time::Duration;

use rollcall_presence::{Contact, Effect, EngineTime, Grounds};
use rollcall_shared::{LeaseKind, Reachability, Status};

use super::calls::{self, slot_of};
use super::{SECOND, World};
use crate::faults::Fault;
use crate::oracle::Due;
use crate::oracle::rules::{duty, is_unreachable, lies_in};
use crate::violation::{Violation, same};

impl World {
    /// What people are told of an agent, as the server's `why` has it.
    fn why(&self, machine: usize) -> Option<Grounds> {
        let running = self.running.as_ref()?;
        let asked = if self.has(Fault::GroundsOfAnother) {
            (machine + 1) % self.machines.len()
        } else {
            machine
        };
        running.partition.grounds(slot_of(asked))
    }

    /// An answer on the hot path.
    pub(super) fn check_contact(&self, machine: usize, seen: Contact, due: Contact) -> Result<(), Violation> {
        if self.from_outside {
            return Ok(());
        }
        let refuses = |contact| matches!(contact, Contact::Stale | Contact::RegisterFirst);
        let rule = if refuses(seen) || refuses(due) {
            8
        } else if self.oracle.agents[machine].online {
            5
        } else {
            2
        };
        same(rule, "what became of a contact", &seen, &due)
    }

    /// All of an agent's state but whether it is online: which rule the difference is of, where there is one. `hint` is
    /// the rule that a forgotten or invented contact is of.
    fn check_state(&self, machine: usize, hint: Option<u8>) -> Result<(), Violation> {
        if self.from_outside {
            return Ok(());
        }
        let Some(running) = &self.running else {
            return Ok(());
        };
        let slot = slot_of(machine);
        let known = &self.oracle.agents[machine];
        let Some(state) = running.partition.grounds(slot) else {
            return Err(Violation::of(6, format!("agent {machine} is not there")));
        };
        let last = state.heard.kind.map(|kind| (state.heard.at.as_micros(), kind));
        let too_late = last.map(|(at, _)| at) > known.last.map(|(at, _)| at);
        let rule = hint.unwrap_or(if too_late { 8 } else { 2 });
        same(rule, "the last contact", &last, &known.last)?;
        let at_start = hint.filter(|rule| *rule == 6);
        same(
            at_start.unwrap_or(5),
            "the version applied",
            &state.applied,
            &known.applied,
        )?;
        let due = calls::addresses(known.at);
        same(at_start.unwrap_or(14), "the addresses", &state.addresses, &due)?;
        let ruling = &known.ruling;
        let unreachable = state.verdict.reachability == Reachability::Unreachable;
        same(14, "membership", &unreachable, &ruling.unreachable)?;
        let lease = state.verdict.lease;
        let seen = (
            lease.kind,
            lease.minutes,
            lease.version,
            lease.contact_every.get(),
        );
        let due = (
            ruling.kind,
            ruling.lease_minutes,
            ruling.version,
            ruling.every_minutes,
        );
        // Right for the version that it names: then it is the wrong version.
        let mut versions = self.disk.settings.iter();
        let of_version = versions.find(|(version, _)| *version == lease.version);
        let is_right_for_it = of_version.is_some_and(|(_, settings)| {
            let duty = duty(settings, is_unreachable(settings, known.at));
            (duty.kind, duty.lease_minutes) == (lease.kind, lease.minutes)
        });
        same(if is_right_for_it { 5 } else { 3 }, "the lease", &seen, &due)?;
        let waited_for = state.verdict.delivery == Reachability::Unreachable;
        same(14, "delivery", &waited_for, &ruling.waited_for)
    }

    /// Which rule decides an agent's deadline now.
    fn rule_of_deadline(&self, machine: usize) -> u8 {
        let known = &self.oracle.agents[machine];
        let by_lease = known.last.map_or(0, |(last, _)| {
            last + u64::from(known.ruling.lease_minutes) * self.minute()
        });
        let deadline = self.oracle.deadline(machine);
        if known
            .announced()
            .is_some_and(|said| deadline <= said + 60 * SECOND)
        {
            10
        } else if deadline == by_lease {
            4
        } else {
            6
        }
    }

    fn minute(&self) -> u64 {
        u64::try_from(self.shape.minute.as_micros()).unwrap_or(u64::MAX)
    }

    /// An agent as the partition has it, and as people are told. `hint` is the rule of what just happened.
    pub(super) fn check_agent(&self, machine: usize, hint: Option<u8>) -> Result<(), Violation> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        self.check_state(machine, hint.filter(|rule| matches!(rule, 6 | 10 | 11)))?;
        let known = &self.oracle.agents[machine];
        let status = running.partition.status(slot_of(machine));
        let turned = status.map(Status::presence) != Some(known.status().presence());
        let rule = if turned { hint.unwrap_or(4) } else { 14 };
        same(rule, "the status", &status, &Some(known.status()))?;
        if self.from_outside {
            return Ok(());
        }
        let Some(grounds) = running.partition.grounds(slot_of(machine)) else {
            return Err(Violation::of(13, "an agent has no grounds"));
        };
        let seen = grounds.deadline.map(|(at, _)| at.as_micros());
        let due = known.online.then(|| self.oracle.deadline(machine));
        let rule = hint
            .filter(|rule| *rule == 6)
            .unwrap_or(self.rule_of_deadline(machine));
        same(rule, "the deadline", &seen, &due)?;
        self.check_why(machine)
    }

    /// What people are told of an agent is what holds for it (rule 13).
    fn check_why(&self, machine: usize) -> Result<(), Violation> {
        let Some(grounds) = self.why(machine) else {
            return Err(Violation::of(13, "nobody can say why"));
        };
        let known = &self.oracle.agents[machine];
        same(13, "why: status", &grounds.status, &known.status())?;
        let heard = grounds
            .heard
            .kind
            .map(|kind| (grounds.heard.at.as_micros(), kind));
        same(13, "why: last contact", &heard, &known.last)?;
        let due = known.online.then(|| self.oracle.deadline(machine));
        let seen = grounds.deadline.map(|(at, _)| at.as_micros());
        same(13, "why: deadline", &seen, &due)?;
        let lease = grounds.verdict.lease;
        let due = (
            known.ruling.kind,
            known.ruling.lease_minutes,
            known.ruling.version,
        );
        same(
            13,
            "why: lease",
            &(lease.kind, lease.minutes, lease.version),
            &due,
        )?;
        let addresses = (grounds.addresses.own, grounds.addresses.observed);
        same(
            13,
            "why: addresses",
            &addresses,
            &(known.at.own, known.at.observed),
        )?;
        for (kind, at) in &grounds.paths {
            let due = known.paths[*kind as usize];
            same(
                13,
                "why: last proof on a path",
                &Some(u64::from(at.as_secs())),
                &due,
            )?;
        }
        let paths = known.paths.iter().flatten().count();
        same(13, "why: paths", &grounds.paths.len(), &paths)?;
        match grounds.matched {
            None => same(13, "why: no match", &known.ruling.unreachable, &false),
            Some((address, range)) => {
                let is_set = self.oracle.in_force().unreachable_network.contains(&range);
                let is_its = [known.at.own, known.at.observed]
                    .into_iter()
                    .flatten()
                    .any(|own| own.to_canonical() == address);
                let holds = is_set && is_its && lies_in(address, range) && known.ruling.unreachable;
                same(13, "why: the match holds", &holds, &true)
            }
        }
    }

    pub(super) fn check_all(&self, hint: Option<u8>) -> Result<(), Violation> {
        for machine in 0..self.machines.len() {
            self.check_agent(machine, hint)?;
        }
        self.check_next()
    }

    /// Between changes: everybody's status, and that the next deadline will be noticed.
    pub(super) fn check_next(&self) -> Result<(), Violation> {
        let Some(running) = &self.running else {
            return Ok(());
        };
        for machine in 0..self.machines.len() {
            let status = running.partition.status(slot_of(machine));
            if status != Some(self.oracle.agents[machine].status()) {
                return self.check_agent(machine, None);
            }
        }
        if let Some(earliest) = self.oracle.earliest()
            && !self.from_outside
        {
            let next = running.partition.next_check().map(EngineTime::as_micros);
            if next.is_none_or(|next| next > earliest) {
                let what = format!("the next look at deadlines: seen {next:?}, due by {earliest}");
                return Err(Violation::of(4, what));
            }
        }
        Ok(())
    }

    /// The transitions of a step are those that had to come.
    pub(super) fn check_effects(&self, effects: &[Effect], dues: &[Due], rule: u8) -> Result<(), Violation> {
        let mut seen: Vec<Due> = effects.iter().map(seen_as_due).collect();
        let mut due = dues.to_vec();
        seen.sort_by_key(|one| one.agent);
        due.sort_by_key(|one| one.agent);
        if seen == due {
            return Ok(());
        }
        let differs = seen
            .iter()
            .find(|one| !due.contains(one))
            .or_else(|| due.iter().find(|one| !seen.contains(one)));
        let machine = differs.map_or(0, |one| one.agent);
        // Something that it rests on may be what is wrong.
        self.check_state(machine, Some(rule).filter(|rule| matches!(rule, 10 | 11)))?;
        let rule = match rule {
            4 => self.rule_of_deadline(machine),
            rule => rule,
        };
        let what = format!("transitions: seen {seen:?}, due {due:?}");
        Err(Violation::of(rule, what))
    }

    /// What made an agent go offline, as far as tests ask whether it was met.
    pub(super) fn kind_of_flip(&self, machine: usize, at: u64) -> &'static str {
        let known = &self.oracle.agents[machine];
        let lease = u64::from(known.ruling.lease_minutes) * self.minute();
        let last = known.last.map_or(0, |(last, _)| last);
        let newest = self.disk.settings.last().map_or(0, |(version, _)| *version);
        if at < last + lease {
            "an announced restart that is overdue"
        } else if at > last + lease + 3 * SECOND {
            "a deadline put off by the server's absence"
        } else if known.ruling.version != newest {
            "a lease by older settings"
        } else {
            match known.ruling.kind {
                LeaseKind::Heartbeat => "a lease of heartbeats",
                LeaseKind::Poll => "a lease of polls",
                LeaseKind::Verification => "a lease of verifications",
            }
        }
    }

    /// When each online agent would go offline, as people are told.
    pub(super) fn deadlines(&self) -> Vec<Option<u64>> {
        let deadline = |machine| {
            let grounds = self.running.as_ref()?.partition.grounds(slot_of(machine))?;
            grounds.deadline.map(|(at, _)| at.as_micros())
        };
        (0..self.machines.len()).map(deadline).collect()
    }

    /// A save of settings brought no deadline nearer and turned nobody online (rule 5).
    pub(super) fn check_no_nearer(&self, before: &[Option<u64>]) -> Result<(), Violation> {
        for (machine, (before, now)) in before.iter().zip(self.deadlines()).enumerate() {
            if now < *before || now.is_some() != before.is_some() {
                let what = format!("a save moved the deadline of agent {machine} from {before:?} to {now:?}");
                return Err(Violation::of(5, what));
            }
        }
        Ok(())
    }

    /// What is dictated is in [0.9, 1] of the interval (rule 15).
    pub(super) fn check_dictated(
        &self,
        machine: usize,
        heartbeat: Option<Duration>,
        poll: Duration,
    ) -> Result<(), Violation> {
        let settings = self.oracle.in_force();
        let unreachable = self.oracle.agents[machine].ruling.unreachable;
        let every = |minutes: u32| self.shape.minute * minutes;
        let poll_every = if unreachable {
            settings.poll_every.get().min(1_440)
        } else {
            1_440
        };
        let beats = duty(&settings, unreachable).kind == LeaseKind::Heartbeat;
        same(
            15,
            "whether heartbeats are asked for",
            &heartbeat.is_some(),
            &beats,
        )?;
        let heartbeat_every = settings.heartbeat_every.get();
        for (next, every) in [
            (heartbeat, every(heartbeat_every)),
            (Some(poll), every(poll_every)),
        ] {
            if next.is_some_and(|next| next < every * 9 / 10 || next > every) {
                let what = format!("the next contact of agent {machine} in {next:?} of {every:?}");
                return Err(Violation::of(15, what));
            }
        }
        Ok(())
    }
}

fn seen_as_due(effect: &Effect) -> Due {
    let heard = effect.heard;
    Due {
        agent: effect.slot.0 as usize,
        from: effect.from,
        to: effect.to,
        cause: effect.cause,
        at: effect.at.as_micros(),
        last: heard.kind.map(|kind| (heard.at.as_micros(), kind)),
        folds: effect.folds,
    }
}
