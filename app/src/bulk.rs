//! What is done to many agents at once, in portions, and what became of them.

use rollcall_shared::AgentId;
use rollcall_shared::console_api::{Verify, domains};
use serde::Deserialize;

use crate::phrase;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Act {
    /// They are put into another domain.
    #[default]
    Move,
    /// The server connects to them.
    Verify,
    /// They are taken off the roll call for good.
    Retire,
}

/// A portion of these is answered before anybody doubts that something happens.
const PORTION: usize = 1_000;
/// As many as the server connects to at a time for people: more would wait, and the answer for those who do not answer.
const VERIFIED_AT_ONCE: usize = 64;

const _: () = assert!(PORTION <= domains::MOST_AGENTS && VERIFIED_AT_ONCE <= Verify::MOST_AGENTS);

impl Act {
    /// Where it is asked for, behind `/api/v1/`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Move => "agents/move",
            Self::Verify => "verifications",
            Self::Retire => "agents/retire",
        }
    }

    /// How many agents one call names.
    #[must_use]
    pub const fn portion(self) -> usize {
        match self {
            Self::Verify => VERIFIED_AT_ONCE,
            Self::Move | Self::Retire => PORTION,
        }
    }

    /// The word on the button.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Verify => "Verify",
            Self::Retire => "Retire",
        }
    }

    /// What is done to so many.
    #[must_use]
    pub fn title(self, agents: usize) -> String {
        let mut title = self.word().to_owned();
        title.push(' ');
        title.push_str(&phrase::counted(agents, "agent", "agents"));
        title
    }
}

/// What became of one agent: any of the outcomes that the three calls know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named as the outcomes of the calls are")]
pub enum Outcome {
    Moved,
    Retired,
    Verified,
    AlreadyThere,
    AlreadyRetired,
    MustRegister,
    InUnreachableNetwork,
    NotListening,
    ConnectionRefused,
    TimedOut,
    NoRoute,
    NotTheAgent,
    NoSuchAgent,
}

impl Outcome {
    /// All of them with their words, behind a count of agents: what was to be first.
    const WORDS: [(Self, &'static str); 13] = [
        (Self::Moved, "moved"),
        (Self::Retired, "retired"),
        (Self::Verified, "verified: answered, and proved itself"),
        (Self::AlreadyThere, "there already"),
        (Self::AlreadyRetired, "retired before"),
        (Self::MustRegister, "proved itself, and has to register first"),
        (
            Self::InUnreachableNetwork,
            "not connected to: in the unreachable network",
        ),
        (Self::NotListening, "not connected to: listens on no port"),
        (Self::ConnectionRefused, "refused the connection"),
        (Self::TimedOut, "gave no answer in time"),
        (Self::NoRoute, "without a route to the address"),
        (Self::NotTheAgent, "not this agent, but something else answered"),
        (Self::NoSuchAgent, "no such agent, or not yours to see"),
    ];
}

/// The answer to a call, as far as it is told: one of these an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Became {
    /// What became of it.
    pub outcome: Outcome,
}

/// How many agents came to which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally([usize; Outcome::WORDS.len()]);

impl Tally {
    /// Counts the answer to another call.
    pub fn add(&mut self, became: &[Became]) {
        for one in became {
            self.0[one.outcome as usize] += 1;
        }
    }

    /// A line for each end that there was: `3` and `moved`.
    #[must_use]
    pub fn lines(&self) -> Vec<(String, &'static str)> {
        let words = Outcome::WORDS
            .iter()
            .map(|(outcome, words)| (self.0[*outcome as usize], *words));
        words
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| (phrase::grouped(count), words))
            .collect()
    }
}

/// How far an act has got: the agents, and how many of them were answered for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// What is done.
    pub act: Act,
    /// To whom.
    pub agents: Vec<AgentId>,
    /// How many of them, the first ones, were answered for.
    pub done: usize,
    /// What became of those.
    pub tally: Tally,
    /// Whether it goes on by itself.
    pub is_running: bool,
    /// Why the last call brought no answer.
    pub failure: Option<String>,
}

impl Progress {
    /// One that has not begun.
    #[must_use]
    pub fn of(act: Act, agents: Vec<AgentId>) -> Self {
        Self {
            act,
            agents,
            ..Self::default()
        }
    }

    /// Whether all were answered for.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done == self.agents.len()
    }

    /// It begins, or goes on where it stopped.
    pub fn go(&mut self) {
        self.is_running = !self.is_done();
        self.failure = None;
    }

    /// The agents of the next call; nothing where it stopped or is done.
    #[must_use]
    pub fn next(&self) -> Option<Vec<AgentId>> {
        let rest = self.agents.get(self.done..).filter(|_| self.is_running)?;
        Some(rest.iter().copied().take(self.act.portion()).collect())
    }

    /// Takes the answer to a call that named so many.
    pub fn took(&mut self, named: usize, answer: Result<Vec<Became>, String>) {
        match answer {
            Ok(became) => {
                self.tally.add(&became);
                self.done += named;
            }
            Err(failure) => self.failure = Some(failure),
        }
        self.is_running &= self.failure.is_none() && !self.is_done();
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::console_api::{MoveOutcome, RetireOutcome, VerificationOutcome};

    use super::*;
    use crate::json;

    #[test]
    fn every_outcome_of_the_calls_is_told() {
        let outcomes = [
            serde_json::to_value([
                MoveOutcome::Moved,
                MoveOutcome::AlreadyThere,
                MoveOutcome::NoSuchAgent,
            ]),
            serde_json::to_value([
                RetireOutcome::Retired,
                RetireOutcome::AlreadyRetired,
                RetireOutcome::NoSuchAgent,
            ]),
            serde_json::to_value([
                VerificationOutcome::Verified,
                VerificationOutcome::ConnectionRefused,
                VerificationOutcome::TimedOut,
                VerificationOutcome::NoRoute,
                VerificationOutcome::NotTheAgent,
                VerificationOutcome::MustRegister,
                VerificationOutcome::InUnreachableNetwork,
                VerificationOutcome::NotListening,
                VerificationOutcome::NoSuchAgent,
            ]),
        ];
        for outcome in outcomes
            .iter()
            .flat_map(|some| some.as_ref().unwrap().as_array().unwrap())
        {
            let text = format!(r#"[{{"agent":"0000000000001","at_ms":7,"outcome":{outcome}}}]"#);
            let became: Vec<Became> = json::read(&text).unwrap();
            let mut tally = Tally::default();
            tally.add(&became);
            assert_eq!(tally.lines().len(), 1, "{outcome}");
        }
    }

    #[test]
    fn the_tally_tells_what_was_to_be_first_and_why_the_others_were_not() {
        let mut tally = Tally::default();
        let became = |outcome| Became { outcome };
        tally.add(&[became(Outcome::NoSuchAgent); 2]);
        tally.add(&vec![became(Outcome::Moved); 1_200]);
        assert_eq!(
            tally.lines(),
            [
                ("1,200".to_owned(), "moved"),
                ("2".to_owned(), "no such agent, or not yours to see")
            ]
        );
        for (at, (outcome, _)) in Outcome::WORDS.iter().enumerate() {
            assert_eq!(*outcome as usize, at);
        }
    }

    #[test]
    fn many_are_acted_upon_in_portions_and_a_failure_stops_before_the_next() {
        let agents: Vec<AgentId> = (0..2_500).map(AgentId::from_bits).collect();
        let mut progress = Progress::of(Act::Move, agents.clone());
        assert_eq!(progress.next(), None, "it has not begun");
        progress.go();
        assert_eq!(progress.next().unwrap(), agents[..1_000]);
        let moved = vec![
            Became {
                outcome: Outcome::Moved
            };
            1_000
        ];
        progress.took(1_000, Ok(moved.clone()));
        assert_eq!(progress.next().unwrap(), agents[1_000..2_000]);
        progress.took(1_000, Err("The server did not answer.".to_owned()));
        assert_eq!((progress.next(), progress.done), (None, 1_000));
        assert!(progress.failure.is_some() && !progress.is_done());
        progress.go();
        assert!(progress.failure.is_none());
        progress.took(1_000, Ok(moved.clone()));
        assert_eq!(progress.next().unwrap(), agents[2_000..]);
        progress.took(500, Ok(moved[..500].to_vec()));
        assert!(progress.is_done() && !progress.is_running);
        assert_eq!(progress.tally.lines(), [("2,500".to_owned(), "moved")]);
    }

    #[test]
    fn a_title_names_the_act_and_how_many() {
        assert_eq!(Act::Retire.title(1), "Retire 1 agent");
        assert_eq!(Act::Move.title(1_200), "Move 1,200 agents");
    }
}
