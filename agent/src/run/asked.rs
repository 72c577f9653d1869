//! What conversations with who connects ask of the agent: the proof, and to do as the server ordered.

use rollcall_agent::schedule::{End, Input};
use rollcall_shared::dial::Purpose;
use tracing::info;

use super::Runner;
use crate::clock;
use crate::dialled::{Ask, Grant};

impl Runner {
    pub(super) fn asked(&mut self, ask: Ask) -> Option<End> {
        match ask {
            Ask::Proof { from, grant } => {
                if let Some(granted) = self.granted(from) {
                    // Who hung up meanwhile gets none.
                    let _ = grant.send(granted);
                }
                None
            }
            Ask::Ordered { from, purpose } => {
                self.dialled.set_proved(from);
                let now_s = clock::wall_s();
                self.kept.last_dialled = Some(now_s);
                // The proof was a contact, and whom it reached is the server.
                self.kept.last_contact = Some(now_s);
                let end = match purpose {
                    Purpose::Verify => None,
                    Purpose::News => {
                        info!("The server connected: something is new");
                        self.feed(Input::PollNow)
                    }
                };
                self.keep();
                end
            }
        }
    }

    fn granted(&mut self, from: core::net::IpAddr) -> Option<Grant> {
        if !self.schedule.may_prove() {
            return None;
        }
        let key = self.key.clone()?;
        if !self.dialled.allows(from, clock::now_ms()) {
            return None;
        }
        let fence = self.schedule.prove()?;
        Some(Grant {
            agent: self.identity.agent,
            key,
            fence,
        })
    }
}
