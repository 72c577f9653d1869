//! The simulated agents and what they do, without I/O: one shipped [`Schedule`] each, and one heap of when the next
//! of them is due.
//!
//! Whoever drives it tells the time ([`Fleet::wake`]), takes the calls that are to be made ([`Fleet::take`]) and says
//! what came of them ([`Fleet::landed`]). An agent that is silent is one whose network is gone: its schedule goes on,
//! its calls come to nothing, and it backs off as a shipped agent does.

use core::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use rollcall_agent::schedule::{Call, Input, Schedule, Send, Step};
use rollcall_shared::agent_api::Fence;
use rollcall_shared::{AgentId, Presence, RegisterReason};

use crate::answer::{self, Judged};
use crate::clock::Dice;
use crate::http::{Credential, Fault, Reply};
use crate::pace::Pace;
use crate::tally::{Tally, Trouble};

mod agent;
mod heard;
mod packets;
mod shown;
#[cfg(test)]
mod tests;

use agent::{Agent, NEVER};
pub(crate) use packets::NoPackets;
use packets::Posts;

/// A call that is to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outgoing {
    /// Whose, by its number.
    pub(crate) agent: u32,
    pub(crate) send: Send,
    /// When it was due.
    pub(crate) due_us: u64,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Fleet {
    agents: Vec<Agent>,
    numbers: HashMap<AgentId, u32>,
    due: BinaryHeap<Reverse<(u64, u32)>>,
    waiting: VecDeque<Outgoing>,
    dice: Dice,
    pub(crate) pace: Pace,
    pub(crate) tally: Tally,
    /// How many are registered since they began.
    pub(crate) registered: u32,
    /// How many of them are settled.
    pub(crate) settled: u32,
    /// How many the feed shows online.
    pub(crate) shown_online: u32,
    /// How many of those are silent.
    pub(crate) silent_online: u32,
    /// How many are silent, or were and are not heard again yet.
    pub(crate) away: u32,
    /// Since when those that were silent may speak again.
    voiced_us: u64,
    /// Whether somebody was told to send no heartbeats.
    pub(crate) beatless: bool,
    /// The longest lease that somebody was told.
    pub(crate) longest_lease_us: u64,
    /// The longest interval that somebody was told.
    pub(crate) longest_interval_ms: u64,
    posts: Posts,
}

impl Fleet {
    /// Agents that have not begun yet.
    pub(crate) fn new(identities: Vec<(AgentId, Credential)>, pace: Pace, mut dice: Dice) -> Self {
        let agents: Vec<_> = identities
            .into_iter()
            .map(|(id, credential)| Agent::new(id, credential, dice.roll()))
            .collect();
        let numbers = (0..)
            .zip(&agents)
            .map(|(number, agent)| (agent.id, number))
            .collect();
        Self {
            agents,
            numbers,
            due: BinaryHeap::new(),
            waiting: VecDeque::new(),
            dice,
            pace,
            tally: Tally::default(),
            registered: 0,
            settled: 0,
            shown_online: 0,
            silent_online: 0,
            away: 0,
            voiced_us: 0,
            beatless: false,
            longest_lease_us: 0,
            longest_interval_ms: 0,
            posts: Posts::default(),
        }
    }

    /// How many there are.
    pub(crate) fn size(&self) -> u32 {
        u32::try_from(self.agents.len()).unwrap_or(u32::MAX)
    }

    fn agent(&mut self, number: u32) -> &mut Agent {
        &mut self.agents[number as usize]
    }

    /// What an agent signs its calls with.
    pub(crate) fn credential(&self, number: u32) -> &Credential {
        &self.agents[number as usize].credential
    }

    /// Begins an agent's process: it registers at once. To be called once.
    pub(crate) fn begin(&mut self, number: u32, now_us: u64) {
        let random = self.dice.roll();
        let agent = self.agent(number);
        agent.schedule = Schedule::new(RegisterReason::Start, now_us / 1_000, random);
        agent.began_us = Some(now_us);
        self.plan(number);
    }

    /// When the next agent is due, in milliseconds, with a call or a packet.
    pub(crate) fn next_due_ms(&self) -> Option<u64> {
        let call_ms = self.due.peek().map(|Reverse((due_ms, _))| *due_ms);
        call_ms.into_iter().chain(self.next_packet_ms()).min()
    }

    /// How many calls wait for a connection.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Lets everybody do what is due.
    pub(crate) fn wake(&mut self, now_us: u64) {
        let until_ms = now_us / 1_000;
        while let Some(Reverse((due_ms, number))) = self.due.peek().copied() {
            if due_ms > until_ms {
                break;
            }
            self.due.pop();
            let random = self.dice.roll();
            let agent = self.agent(number);
            if agent.due_ms == due_ms {
                agent.due_ms = NEVER;
                let step = agent.schedule.handle(Input::Wake, until_ms, random);
                self.follow(number, step, due_ms.saturating_mul(1_000), now_us);
            }
        }
    }

    /// The next call for a connection that is free.
    pub(crate) fn take(&mut self, now_us: u64) -> Option<Outgoing> {
        while let Some(call) = self.waiting.pop_front() {
            let waited_ms = now_us.saturating_sub(call.due_us) / 1_000;
            if self.agent(call.agent).silent {
                self.come_to_nothing(call.agent, call.send, now_us);
            } else if waited_ms >= call.send.within_ms {
                self.tally.trouble(Trouble::NoneFree);
                self.come_to_nothing(call.agent, call.send, now_us);
            } else {
                return Some(call);
            }
        }
        None
    }

    /// Takes in what came of a call that was sent at `sent_us`.
    pub(crate) fn landed(
        &mut self,
        call: &Outgoing,
        sent_us: u64,
        now_us: u64,
        result: Result<Reply<'_>, Fault>,
    ) {
        let (send, sequence) = (call.send, call.send.fence.sequence);
        self.agent(call.agent).calls = false;
        let every_ms = self.agent(call.agent).contact_every_ms;
        let failed = |retry_after_ms| Input::Failed {
            sequence,
            retry_after_ms,
        };
        let judged = match result {
            Ok(reply) => answer::judge(send.call, &reply, every_ms),
            Err(fault) => Judged::Failed(None, fault.into()),
        };
        let input = match judged {
            Judged::Answered(answer, living) => {
                self.tally.answered(send.call, now_us.saturating_sub(sent_us));
                self.tally.waits.add(sent_us.saturating_sub(call.due_us));
                if let Some(living) = living {
                    self.live_by(call.agent, living, now_us);
                }
                self.heard(call.agent, &send, answer, sent_us, now_us);
                Input::Answered {
                    sequence,
                    answer: self.paced(answer),
                }
            }
            Judged::Refused(refusal, trouble) => {
                if trouble != Trouble::Stale || !self.has_overtaken(call.agent, sequence) {
                    self.tally.trouble(trouble);
                }
                Input::Refused { sequence, refusal }
            }
            Judged::Failed(retry_after_ms, trouble) => {
                self.tally.trouble(trouble);
                if let (Trouble::Slot, Some(ms)) = (trouble, retry_after_ms) {
                    self.tally.slots.add(ms / 1_000);
                }
                failed(retry_after_ms)
            }
        };
        self.feed(call.agent, input, now_us);
    }

    fn come_to_nothing(&mut self, number: u32, send: Send, now_us: u64) {
        self.agent(number).calls = false;
        let input = Input::Failed {
            sequence: send.fence.sequence,
            retry_after_ms: None,
        };
        self.feed(number, input, now_us);
    }

    fn feed(&mut self, number: u32, input: Input, now_us: u64) {
        let random = self.dice.roll();
        let step = self.agent(number).schedule.handle(input, now_us / 1_000, random);
        self.follow(number, step, now_us, now_us);
    }

    /// Does what a step says.
    fn follow(&mut self, number: u32, step: Step, due_us: u64, now_us: u64) {
        match step.send {
            Some(send) if self.agent(number).silent => self.come_to_nothing(number, send, now_us),
            Some(send) => {
                self.agent(number).calls = true;
                self.waiting.push_back(Outgoing {
                    agent: number,
                    send,
                    due_us,
                });
                self.plan(number);
            }
            None => self.plan(number),
        }
    }

    /// Notes when an agent is due next.
    fn plan(&mut self, number: u32) {
        let agent = self.agent(number);
        let due_ms = agent.schedule.due().unwrap_or(NEVER);
        if due_ms != agent.due_ms {
            agent.due_ms = due_ms;
            if due_ms != NEVER {
                self.due.push(Reverse((due_ms, number)));
            }
        }
    }

    /// An agent's network goes. What is under way is still answered.
    pub(crate) fn silence(&mut self, number: u32) {
        self.away += u32::from(!self.agents[number as usize].away);
        self.change(number, |agent| {
            agent.silent = true;
            agent.away = true;
            agent.excused = true;
            agent.came_us = None;
            agent.early_us = None;
        });
    }

    /// It comes back, at `now_us`: the next call comes through, when its schedule makes it.
    pub(crate) fn voice(&mut self, number: u32, now_us: u64) {
        self.voiced_us = now_us;
        self.change(number, |agent| agent.silent = false);
    }

    /// How many are silent and still shown online though their lease ended more than `grace_us` ago.
    pub(crate) fn missing(&self, now_us: u64, grace_us: u64) -> u64 {
        let ended = |agent: &&Agent| {
            let ends_us = agent.promise.ends_us();
            agent.silent
                && agent.is_shown(Presence::Online)
                && ends_us.is_some_and(|ends_us| ends_us.saturating_add(grace_us) < now_us)
        };
        self.agents.iter().filter(ended).count() as u64
    }

    /// When the last lease ends of those that are silent; nothing where nobody is.
    pub(crate) fn last_silent_lease_us(&self) -> Option<u64> {
        let silent = self.agents.iter().filter(|agent| agent.silent);
        silent.filter_map(|agent| agent.promise.ends_us()).max()
    }

    /// The next heartbeat of an agent that beats outside its schedule; nothing before it is registered.
    pub(crate) fn beat(&mut self, number: u32) -> Option<Fence> {
        self.agent(number).schedule.prove()
    }

    /// Takes in what came of such a heartbeat; gives the seconds to wait where the server wants that.
    pub(crate) fn beaten(
        &mut self,
        number: u32,
        sent_us: u64,
        now_us: u64,
        result: Result<Reply<'_>, Fault>,
    ) -> Option<u64> {
        let trouble = match result {
            // That its body is right too was seen when the agents settled.
            Ok(reply) if reply.status == 200 => {
                self.tally
                    .answered(Call::Heartbeat, now_us.saturating_sub(sent_us));
                self.agent(number).promise.renew(sent_us, now_us);
                return None;
            }
            Ok(reply) => match answer::judge(Call::Heartbeat, &reply, 0) {
                Judged::Failed(_, Trouble::Slot) => {
                    let seconds = reply.retry_after_s.unwrap_or(1);
                    self.tally.slots.add(seconds);
                    self.tally.trouble(Trouble::Slot);
                    return Some(seconds);
                }
                Judged::Failed(_, trouble) | Judged::Refused(_, trouble) => trouble,
                Judged::Answered(..) => Trouble::Garbled,
            },
            Err(fault) => fault.into(),
        };
        self.tally.trouble(trouble);
        // Without a pause a server that is gone would be asked a hundred thousand times a second.
        Some(1)
    }
}
