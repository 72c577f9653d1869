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
    /// Which.
    pub agent: AgentId,
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
    /// Which of them came into the domain that they were to be put into.
    pub there: Vec<AgentId>,
    /// Whether it goes on by itself.
    pub is_running: bool,
    /// Why the last call brought no answer.
    pub failure: Option<String>,
    /// Counts the acts of this screen: an answer may come when its act was given up for another.
    number: u32,
    /// Whether a call waits for its answer.
    is_waiting: bool,
    /// Whether the last call brought no answer: it may have been done, and is said again.
    was_lost: bool,
}

/// One call: which act it is of, and who is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What is done.
    pub act: Act,
    /// To these.
    pub agents: Vec<AgentId>,
    number: u32,
}

impl Progress {
    /// Another act takes its place. It has not begun.
    pub fn replace(&mut self, act: Act, agents: Vec<AgentId>) {
        *self = Self {
            act,
            agents,
            number: self.number.wrapping_add(1),
            ..Self::default()
        };
    }

    /// Whether all were answered for.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done == self.agents.len()
    }

    /// It begins, or goes on where it stopped. Answers the first call; nothing where one that is under way goes on.
    pub fn go(&mut self) -> Option<Call> {
        self.is_running = !self.is_done();
        self.failure = None;
        self.next()
    }

    fn next(&mut self) -> Option<Call> {
        if self.is_waiting || !self.is_running {
            return None;
        }
        self.is_waiting = true;
        let rest = self.agents.iter().skip(self.done);
        Some(Call {
            act: self.act,
            agents: rest.take(self.act.portion()).copied().collect(),
            number: self.number,
        })
    }

    /// Takes the answer to a call. Answers the next one; nothing where it stopped or is done.
    pub fn took(&mut self, call: &Call, answer: Result<Vec<Became>, String>) -> Option<Call> {
        if call.number != self.number {
            return None;
        }
        self.is_waiting = false;
        match answer {
            Ok(became) => {
                self.tally.add(&became);
                let may_be_ours = core::mem::take(&mut self.was_lost);
                self.there.extend(there(&became, may_be_ours));
                self.done += call.agents.len();
            }
            Err(failure) => {
                self.failure = Some(failure);
                self.was_lost = true;
            }
        }
        self.is_running &= self.failure.is_none() && !self.is_done();
        self.next()
    }
}

/// Which of them came to where they were to be moved. Where the call is one that was said again, those that were there
/// already came by it, too, when its answer was lost.
pub fn there(became: &[Became], is_said_again: bool) -> impl Iterator<Item = AgentId> {
    let there = became.iter().filter(move |one| match one.outcome {
        Outcome::Moved => true,
        Outcome::AlreadyThere => is_said_again,
        _ => false,
    });
    there.map(|one| one.agent)
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
        let agent = AgentId::from_bits(7);
        let became = |outcome| Became { agent, outcome };
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

    fn all_moved(call: &Call) -> Vec<Became> {
        let moved = |agent: &AgentId| Became {
            agent: *agent,
            outcome: Outcome::Moved,
        };
        call.agents.iter().map(moved).collect()
    }

    #[test]
    fn many_are_acted_upon_in_portions_and_a_failure_stops_before_the_next() {
        let agents: Vec<AgentId> = (0..2_500).map(AgentId::from_bits).collect();
        let mut progress = Progress::default();
        progress.replace(Act::Move, agents.clone());
        let first = progress.go().unwrap();
        assert_eq!(first.agents, agents[..1_000]);
        let second = progress.took(&first, Ok(all_moved(&first))).unwrap();
        assert_eq!(second.agents, agents[1_000..2_000]);
        assert_eq!(progress.took(&second, Err("No answer.".to_owned())), None);
        assert_eq!(progress.done, 1_000);
        assert!(progress.failure.is_some() && !progress.is_running && !progress.is_done());
        assert_eq!(progress.go().as_ref(), Some(&second));
        assert_eq!(progress.failure, None);
        let third = progress.took(&second, Ok(all_moved(&second))).unwrap();
        assert_eq!(third.agents, agents[2_000..]);
        assert_eq!(progress.took(&third, Ok(all_moved(&third))), None);
        assert!(progress.is_done() && !progress.is_running);
        assert_eq!(progress.tally.lines(), [("2,500".to_owned(), "moved")]);
        assert_eq!(progress.there, agents);
    }

    #[test]
    fn who_came_to_where_they_were_to_be_is_noted_and_nobody_else() {
        let agents: Vec<AgentId> = (0..3).map(AgentId::from_bits).collect();
        let mut progress = Progress::default();
        progress.replace(Act::Move, agents.clone());
        let call = progress.go().unwrap();
        let mut answer = all_moved(&call);
        answer[0].outcome = Outcome::AlreadyThere;
        answer[2].outcome = Outcome::NoSuchAgent;
        assert_eq!(progress.took(&call, Ok(answer)), None);
        assert_eq!((progress.done, &progress.there[..]), (3, &agents[1..2]));

        // Said again after an answer that was lost, who is there came by it.
        let mut progress = Progress::default();
        progress.replace(Act::Move, agents.clone());
        let call = progress.go().unwrap();
        assert_eq!(progress.took(&call, Err("No answer.".to_owned())), None);
        let call = progress.go().unwrap();
        let mut answer = all_moved(&call);
        answer[0].outcome = Outcome::AlreadyThere;
        assert_eq!(progress.took(&call, Ok(answer)), None);
        assert_eq!(progress.there, agents);
    }

    #[test]
    fn one_that_was_stopped_and_goes_on_at_once_asks_for_nothing_twice() {
        let agents: Vec<AgentId> = (0..1_500).map(AgentId::from_bits).collect();
        let mut progress = Progress::default();
        progress.replace(Act::Retire, agents);
        let first = progress.go().unwrap();
        progress.is_running = false;
        assert_eq!(progress.go(), None, "its first call is still under way");
        assert_eq!(
            progress.took(&first, Ok(all_moved(&first))).unwrap().agents.len(),
            500
        );
    }

    #[test]
    fn the_answer_of_an_act_that_was_given_up_is_not_another_ones() {
        let mut progress = Progress::default();
        progress.replace(Act::Retire, vec![AgentId::from_bits(1); 3]);
        let given_up = progress.go().unwrap();
        progress.replace(Act::Move, vec![AgentId::from_bits(2)]);
        assert_eq!(progress.took(&given_up, Ok(all_moved(&given_up))), None);
        assert_eq!(
            (progress.done, progress.tally.lines()),
            (0, Vec::<(String, &str)>::new())
        );
        assert!(progress.go().is_some());
    }

    #[test]
    fn a_title_names_the_act_and_how_many() {
        assert_eq!(Act::Retire.title(1), "Retire 1 agent");
        assert_eq!(Act::Move.title(1_200), "Move 1,200 agents");
    }
}
