//! A run: who is to be there is enrolled and registered, then the scenario happens, then it is summed up.
//!
//! One thread does it all, by turns: agents that are due, the feed's news, the board. What an agent decides is in
//! [`crate::fleet`], what is sent in [`crate::traffic`].

use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use crate::board::Board;
use crate::cli::Span;
use crate::fleet::{Fleet, NoPackets};
use crate::summary::{Before, Stretch, Summary, ms, rate, seconds};
use crate::tally::{Tally, Trouble};
use crate::traffic::Traffic;
use crate::udp::Post;
use crate::watch::News;

/// A turn at the least so often, also where nobody is due: the feed's news wait.
const TURN: Duration = Duration::from_millis(5);

/// How long agents may take to settle without one of them getting further.
const SETTLE_WITHIN_US: u64 = 60_000_000;

/// How long the feed may take to show what has happened already.
const SHOW_WITHIN_US: u64 = 15_000_000;

/// Into how many stretches the course of a run is divided.
const STRETCHES: u64 = 10;

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(
        "the server does not know {count} of these agents. Was its database made anew? Then remove the file of \
         identities ({file})"
    )]
    Strangers { count: u64, file: String },
    #[error(
        "by the server's settings, agents like these send no heartbeats, and it cannot connect to simulated ones: they \
         would all go offline. Have all agents send heartbeats"
    )]
    Beatless,
    #[error(
        "--interval: allowed is less than the time-out of the server's settings, {time_out_ms} ms; given was {given}"
    )]
    TooSeldom { time_out_ms: u64, given: Span },
    #[error(transparent)]
    NoPackets(#[from] NoPackets),
    #[error("--udp: no socket can be had")]
    Socket(#[from] std::io::Error),
    #[error("the feed cannot be watched: {0}")]
    Feed(String),
    #[error("only {settled} of {all} agents are registered, and since a minute no more of them. {errors}")]
    Unsettled { settled: u32, all: u32, errors: String },
}

/// A run under way.
pub(crate) struct Run {
    pub(crate) traffic: Rc<Traffic>,
    pub(crate) connections: u32,
    /// Where identities are, for people.
    pub(crate) file: String,
    pub(crate) interval: Option<Span>,
    post: Post,
    news: Option<UnboundedReceiver<News>>,
    /// Whether the feed shows all that there is.
    picture: bool,
    board: Board,
    interrupted: Rc<Cell<bool>>,
    pub(crate) before: Before,
    began_us: u64,
    began_cpu_us: u64,
    stretch_us: u64,
    stretch_began_us: u64,
    course: Vec<Stretch>,
    pub(crate) notes: Vec<String>,
}

impl Run {
    pub(crate) fn new(
        traffic: Rc<Traffic>,
        connections: u32,
        news: Option<UnboundedReceiver<News>>,
        board: Board,
        interrupted: Rc<Cell<bool>>,
    ) -> Self {
        Self {
            traffic,
            connections,
            file: String::new(),
            interval: None,
            post: Post::default(),
            news,
            picture: false,
            board,
            interrupted,
            before: Before::default(),
            began_us: 0,
            began_cpu_us: 0,
            stretch_us: 0,
            stretch_began_us: 0,
            course: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(crate) fn now_us(&self) -> u64 {
        self.traffic.clock.now_us()
    }

    /// Reads or changes the fleet.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Fleet) -> T) -> T {
        act(&mut self.traffic.fleet.borrow_mut())
    }

    pub(crate) const fn is_watched(&self) -> bool {
        self.news.is_some()
    }

    /// Microseconds since the scenario began.
    pub(crate) fn passed_us(&self) -> u64 {
        self.now_us().saturating_sub(self.began_us)
    }

    /// Begins a part of the run on the board.
    pub(crate) fn part(&mut self, name: &'static str, whole: u64) {
        self.board.begin(name, whole);
    }

    /// A line that stays.
    pub(crate) fn say(&self, text: &str) {
        self.board.line(text);
    }

    /// One turn, `done` of the part's whole: gives whether to go on.
    pub(crate) async fn turn(&mut self, done: u64) -> Result<bool, RunError> {
        self.traffic.wake();
        self.post.send(&self.traffic)?;
        self.pause(done).await
    }

    /// The same without looking who is due.
    pub(crate) async fn pause(&mut self, done: u64) -> Result<bool, RunError> {
        self.look()?;
        let now_us = self.now_us();
        let (traffic, course) = (Rc::clone(&self.traffic), self.course.last().copied());
        self.board.note(done, now_us, || {
            let fleet = traffic.fleet.borrow();
            let errors: u64 = fleet.tally.troubles.values().sum();
            let last =
                course.map(|one| format!(", {:.0} contacts/s, p99 {:.1} ms", one.contacts_per_s, one.p99_ms));
            format!(
                "{} registered, {errors} errors and slots{}",
                fleet.registered,
                last.unwrap_or_default()
            )
        });
        let due_ms = self.with(|fleet| fleet.next_due_ms());
        let until_due = due_ms.map_or(TURN, |due_ms| {
            Duration::from_micros(due_ms.saturating_mul(1_000).saturating_sub(now_us))
        });
        // The timer's grain is a millisecond; less would be a loop that never lets the connections in.
        tokio::time::sleep(until_due.clamp(Duration::from_millis(1), TURN)).await;
        Ok(!self.interrupted.get())
    }

    /// Takes in what the feed showed.
    fn look(&mut self) -> Result<(), RunError> {
        let Some(news) = &mut self.news else {
            return Ok(());
        };
        let mut fleet = self.traffic.fleet.borrow_mut();
        while let Ok(news) = news.try_recv() {
            match news {
                News::First(agents) => {
                    for (id, status) in agents {
                        fleet.shown_first(id, status);
                    }
                }
                News::Changes(seen_us, changes) => {
                    for (id, status) in changes {
                        fleet.shown(id, status, seen_us);
                    }
                }
                News::Whole => self.picture = true,
                News::Lost(why) => {
                    let at_s = seconds(self.traffic.clock.now_us().saturating_sub(self.began_us));
                    self.notes.push(format!(
                        "the feed was lost after {at_s:.1} s ({why}): what was seen after it was opened again is late by that"
                    ));
                }
                News::Closed(why) => return Err(RunError::Feed(why)),
            }
        }
        Ok(())
    }

    /// Waits until the feed shows everything, where it is watched.
    pub(crate) async fn until_pictured(&mut self) -> Result<bool, RunError> {
        let until_us = self.now_us() + 4 * SHOW_WITHIN_US;
        while self.is_watched() && !self.picture {
            if self.now_us() > until_us {
                return Err(RunError::Feed("it showed nothing within a minute".to_owned()));
            }
            if !self.pause(0).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Registers all agents, so many at a time as there are connections, and waits until the server knows what each
    /// lives by. Gives whether to go on.
    pub(crate) async fn settle(&mut self) -> Result<bool, RunError> {
        let (size, started_us) = (self.with(|fleet| fleet.size()), self.now_us());
        self.part("registering", size.into());
        let (mut begun, mut last, mut last_us) = (0, 0, started_us);
        loop {
            let now_us = self.now_us();
            self.with(|fleet| {
                while begun < size && begun - fleet.registered < self.connections.saturating_mul(2) {
                    fleet.begin(begun, now_us);
                    begun += 1;
                }
            });
            let (settled, registered) = self.with(|fleet| (fleet.settled, fleet.registered));
            self.may_go_on()?;
            if settled >= size {
                break;
            }
            if settled + registered > last {
                (last, last_us) = (settled + registered, now_us);
            } else if now_us > last_us + SETTLE_WITHIN_US {
                return Err(self.unsettled(settled, size));
            }
            if !self.turn(settled.into()).await? {
                return Ok(false);
            }
        }
        self.before.registered = size;
        self.before.registering_s = seconds(self.now_us() - started_us);
        let until_us = self.now_us() + SHOW_WITHIN_US;
        self.part("on the feed", size.into());
        while self.is_watched() && self.now_us() < until_us {
            let shown = self.with(|fleet| fleet.shown_online);
            if shown >= size {
                break;
            }
            if !self.turn(shown.into()).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether these agents can do what is asked of them.
    fn may_go_on(&self) -> Result<(), RunError> {
        let (strangers, beatless, lease_us) = self.with(|fleet| {
            let strangers = fleet.tally.troubles.get(&Trouble::Unknown).copied().unwrap_or(0);
            (strangers, fleet.beatless, fleet.longest_lease_us)
        });
        if strangers > 0 {
            let file = self.file.clone();
            return Err(RunError::Strangers {
                count: strangers,
                file,
            });
        }
        if beatless {
            return Err(RunError::Beatless);
        }
        if let Some(why) = self.with(|fleet| fleet.no_packets()) {
            return Err(why.into());
        }
        match self.interval {
            Some(given) if lease_us > 0 && crate::clock::in_us(given.0) >= lease_us => {
                Err(RunError::TooSeldom {
                    time_out_ms: lease_us / 1_000,
                    given,
                })
            }
            _ => Ok(()),
        }
    }

    fn unsettled(&self, settled: u32, all: u32) -> RunError {
        let errors = self.with(|fleet| {
            let troubles = fleet.tally.troubles.iter();
            let named: Vec<_> = troubles
                .map(|(trouble, count)| format!("{count} {}", trouble.name()))
                .collect();
            named.join(", ")
        });
        RunError::Unsettled { settled, all, errors }
    }

    /// Begins the scenario proper: what was counted so far is forgotten. Its course is noted in stretches, ten in
    /// `lasting`.
    pub(crate) fn begin(&mut self, lasting: Duration) {
        self.with(|fleet| fleet.tally = Tally::default());
        self.began_us = self.now_us();
        self.began_cpu_us = cpu_us();
        self.stretch_us = (crate::clock::in_us(lasting) / STRETCHES).clamp(1_000_000, 60_000_000);
        self.stretch_began_us = self.began_us;
    }

    /// Ends a stretch of the course where it is time.
    pub(crate) fn note_course(&mut self) {
        let now_us = self.now_us();
        let lasted_us = now_us.saturating_sub(self.stretch_began_us);
        if lasted_us < self.stretch_us {
            return;
        }
        let at_s = seconds(now_us - self.began_us);
        let stretch = self.with(|fleet| {
            let window = &mut fleet.tally.window;
            let stretch = Stretch {
                at_s,
                agents: fleet.registered,
                contacts_per_s: rate(window.answered, lasted_us),
                p50_ms: ms(window.answers.percentile(50.0)),
                p99_ms: ms(window.answers.percentile(99.0)),
                errors: window.troubles,
            };
            window.answered = 0;
            window.troubles = 0;
            window.answers.clear();
            stretch
        });
        self.stretch_began_us = now_us;
        self.board.line(&stretch.text());
        self.course.push(stretch);
    }

    /// Sums up.
    pub(crate) fn sum_up(mut self, connections: JoinSet<()>) -> Summary {
        drop(connections);
        self.board.end();
        let lasted_us = self.passed_us();
        let own_cpu = rate(cpu_us().saturating_sub(self.began_cpu_us), lasted_us) / 1_000_000.0;
        let mut summary = self.with(|fleet| Summary {
            agents: fleet.size(),
            ..Summary::of(&fleet.tally, lasted_us, self.news.is_some())
        });
        if own_cpu > 0.9 {
            self.notes.push(
                "this program was at the limit of its one processor: the server may be capable of more"
                    .to_owned(),
            );
        }
        summary.connections = self.connections;
        summary.interrupted = self.interrupted.get();
        summary.before = self.before;
        summary.course = self.course;
        summary.own_cpu = own_cpu;
        summary.notes = self.notes;
        summary
    }
}

/// The processor time that this process has taken.
fn cpu_us() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000
}
