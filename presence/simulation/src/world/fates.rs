//! What befalls machines, networks, the server and its clock.

use rollcall_agent::schedule::Input;
use rollcall_presence::Event;
use rollcall_shared::{GoodbyeKind, RegisterReason};

use super::{Happening, SECOND, World};
use crate::oracle::rules::Whereabouts;
use crate::violation::Violation;

/// Machines that a world sees at the most.
const MOST_MACHINES: usize = 40;

/// A day, in milliseconds.
const DAY_MS: i64 = 86_400_000;

impl World {
    pub(super) fn fate(&mut self) -> Result<(), Violation> {
        let wait = SECOND / 10 + self.random.up_to(self.shape.fate_every);
        self.plan(wait, Happening::Fate);
        match self.random.up_to(99) {
            0..=59 => self.machine_fate(),
            60..=71 => self.bad_weather(),
            72..=83 => return self.save_settings(),
            84..=87 => {
                let wait = self.random.spread(SECOND, 3 * 3_600 * SECOND);
                return self.stop_server(wait);
            }
            88..=91 => {
                let wait = self.random.spread(SECOND, 3 * 3_600 * SECOND);
                self.kill_server(wait);
            }
            92..=95 => {
                let wait = self.random.spread(SECOND / 2, 1_200 * SECOND);
                self.stall_server(wait);
            }
            96..=97 => {
                let day = u64::try_from(DAY_MS).unwrap_or(0);
                let jump = i64::try_from(self.random.up_to(2 * day)).unwrap_or(0) - DAY_MS;
                self.wall_ahead_ms += jump;
                self.trace
                    .note(self.now, format_args!("the wall clock jumps by {jump} ms"));
            }
            98 => return self.retire(),
            _ => self.enrol(),
        }
        Ok(())
    }

    fn machine_fate(&mut self) {
        let machine = self.random.index(self.machines.len());
        let soon = self.random.spread(SECOND, 300 * SECOND);
        let later = self.random.spread(60 * SECOND, 4 * 3_600 * SECOND);
        match self.random.up_to(99) {
            0..=19 => self.suspend(machine, later),
            20..=39 => {
                self.trace.note(self.now, format_args!("agent {machine} dies"));
                self.machines[machine].reason = RegisterReason::Start;
                self.machines[machine].starts_after = Some(later);
                self.end_process(machine);
            }
            40..=59 => {
                self.machines[machine].reason = RegisterReason::Start;
                self.machines[machine].starts_after =
                    Some(if self.random.chance(700) { soon } else { later });
                self.leave(machine, GoodbyeKind::Stop);
            }
            60..=74 => {
                self.machines[machine].reason = RegisterReason::Restart;
                self.machines[machine].starts_after = Some(soon);
                self.leave(machine, GoodbyeKind::Restart);
            }
            75 => self.leave(machine, GoodbyeKind::Uninstall),
            76..=78 => self.feed(machine, Input::Reload),
            79..=80 => self.clock_jumps(machine),
            81..=92 => self.moves(machine),
            _ => self.router_moves(machine),
        }
    }

    fn suspend(&mut self, machine: usize, lasts: u64) {
        let one = &mut self.machines[machine];
        if one.asleep || one.schedule.is_none() {
            return;
        }
        one.asleep = true;
        self.trace.note(
            self.now,
            format_args!("agent {machine} sleeps for {} s", lasts / SECOND),
        );
        self.plan(lasts, Happening::Resumes { machine });
        self.see_who_is_well();
    }

    /// It gets another address, and notices.
    fn moves(&mut self, machine: usize) {
        let gateway = self.random.index(self.gateways.len());
        let at = self.new_address(gateway);
        self.place(machine, gateway, at);
        if !self.machines[machine].asleep {
            self.feed(machine, Input::AddressChanged);
        }
    }

    /// Its router gets another address, which only the server can see.
    fn router_moves(&mut self, machine: usize) {
        let gateway = self.machines[machine].gateway;
        if gateway != 0 {
            let observed = self.new_address(self.gateways.len()).observed;
            let at = Whereabouts {
                observed,
                ..self.machines[machine].at
            };
            self.place(machine, gateway, at);
        }
    }

    fn place(&mut self, machine: usize, gateway: usize, at: Whereabouts) {
        self.trace
            .note(self.now, format_args!("agent {machine} is at {at:?}"));
        let one = &mut self.machines[machine];
        one.gateway = gateway;
        one.at = at;
        one.well_since = None;
        self.see_who_is_well();
    }

    fn retire(&mut self) -> Result<(), Violation> {
        let machine = self.random.index(self.machines.len());
        if self.running.as_ref().is_some_and(|running| !running.is_stalled) {
            self.trace
                .note(self.now, format_args!("admin retires agent {machine}"));
            return self.queue(machine, Event::Retire, None);
        }
        Ok(())
    }

    /// Another machine is enrolled.
    fn enrol(&mut self) {
        if self.machines.len() >= MOST_MACHINES {
            return;
        }
        if let Some(running) = &mut self.running
            && !running.is_stalled
            && running.partition.enrol().is_ok()
        {
            running.known.push(super::disk::Stored::ENROLLED);
            running.is_unwritten.push(false);
            running.dials.push(super::server::DialPlan::default());
            self.set_up_machine();
        }
    }
}
