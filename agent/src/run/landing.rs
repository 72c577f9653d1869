//! What comes of a call: an answer, a refusal, a failure, for the schedule and for the status file.

use rollcall_agent::schedule::{Answer, Call, End, Input, Refusal};
use rollcall_shared::Reachability;
use tracing::{debug, info};

use super::{Landed, Runner};
use crate::answer::{self, Seen};
use crate::clock;
use crate::failure::chain;
use crate::living::Living;
use crate::status::State;

impl Runner {
    pub(super) fn landed(&mut self, landed: Landed) -> Option<End> {
        let Landed {
            send,
            link,
            result,
            report,
        } = landed;
        self.link = link;
        if let Ok(reply) = &result {
            self.peer = Some(reply.peer);
        }
        let sequence = send.fence.sequence;
        let input = match &result {
            Ok(reply) => match answer::judge(send.call, reply, self.living, |offers| {
                let now_ms = clock::now_ms();
                self.components.offered(offers, now_ms);
                self.components.hold_settings(now_ms)
            }) {
                Ok((answer, seen)) => {
                    if let Some(report) = &report {
                        self.components.told(report);
                    }
                    if matches!(send.call, Call::Register(_)) {
                        // A change before the first look would else never be noticed.
                        self.address.told(reply.local.ip().to_canonical());
                    }
                    self.heard(send.call, seen);
                    Input::Answered { sequence, answer }
                }
                Err(rejection) => {
                    let refusal = rejection.refusal();
                    let state = match refusal {
                        Some(Refusal::Unauthenticated) => State::Refused,
                        _ => State::Lost,
                    };
                    self.failed(state, chain(&rejection));
                    match refusal {
                        Some(refusal) => Input::Refused { sequence, refusal },
                        None => Input::Failed {
                            sequence,
                            retry_after_ms: reply.retry_after_s.map(|seconds| seconds.saturating_mul(1_000)),
                        },
                    }
                }
            },
            Err(error) => {
                self.failed(State::Lost, chain(error));
                Input::Failed {
                    sequence,
                    retry_after_ms: None,
                }
            }
        };
        debug!(sequence, ?input, "Answered");
        let registered = matches!(
            input,
            Input::Answered {
                answer: Answer::Registered { .. },
                ..
            }
        );
        let mut end = self.feed(input);
        // What the process before this one left unfinished, the server takes to be under way; and who is new is told of
        // nothing that was handed out before.
        if end.is_none() && registered && self.components.is_unfinished() {
            end = self.feed(Input::PollNow);
        }
        if end.is_none() {
            self.keep();
        }
        end
    }

    fn heard(&mut self, call: Call, seen: Option<Seen>) {
        let now_s = clock::wall_s();
        self.found = true;
        self.kept.state = State::InContact;
        self.kept.last_contact = Some(now_s);
        if call == Call::Poll {
            self.kept.last_poll = Some(now_s);
        }
        if let Some(seen) = seen {
            self.kept.observed_address = Some(seen.observed_address);
            self.kept.reachability = Some(seen.reachability);
            self.kept.registered = true;
            self.kept.announced_restart = false;
            if matches!(call, Call::Register(_)) {
                self.echoes.port = seen.loopback_port;
            }
            self.live_by(seen.living, seen.reachability);
        }
    }

    /// Applies settings: from the next call on they are reported.
    fn live_by(&mut self, living: Living, reachability: Reachability) {
        if living != self.living {
            let (version, told) = (living.version(), living.told(reachability));
            info!("Applied settings version {version}: {told}");
        }
        self.living = living;
        self.kept.living = Some(living);
    }

    fn failed(&mut self, state: State, error: String) {
        self.kept.state = state;
        self.kept.last_error = Some(error);
        self.kept.last_error_at = Some(clock::wall_s());
    }
}
