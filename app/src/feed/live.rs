//! What components draw from: the mirror, and the few signals that say when to look at it again.
//!
//! The mirror stands outside the signals. However many frames come, one version number is bumped per animation
//! frame; a component that reads the fleet subscribes to that number.

use leptos::prelude::*;
use rollcall_shared::AgentId;
use rollcall_shared::console_api::Rollout;
use rollcall_shared::feed::ToConsole;
use rollcall_shared::feed::table::ToTable;

use super::mirror::{Answer, Fleet, Mirror};
use super::seldom::Seldom;
use super::spoken::Frame;
use super::standing::{Heard, Offset, Standing};
use crate::clock;

/// How often a hidden page is drawn: it has no animation frames, but its title is read in the tab.
const HIDDEN_DRAW: core::time::Duration = core::time::Duration::from_millis(500);

/// The live picture, for every component.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    state: StoredValue<State, LocalStorage>,
    version: RwSignal<u32>,
    /// The same for what nobody can follow at that rate.
    seldom: RwSignal<u32>,
    now: RwSignal<i64>,
    standing: RwSignal<Standing>,
}

#[derive(Default)]
struct State {
    mirror: Mirror,
    drawing: bool,
    seldom: Seldom,
    heard: Heard,
    /// When the last frame came, of whatever kind.
    frame_ms: Option<i64>,
    /// Whether the snapshot of this connection is whole.
    is_whole: bool,
    /// Whether something was missed, and nothing is on its way that makes it good.
    is_adrift: bool,
    offset: Offset,
    began_ms: i64,
}

impl Live {
    /// An empty picture.
    pub(crate) fn new() -> Self {
        Self {
            state: StoredValue::new_local(State {
                began_ms: clock::steady_ms(),
                ..State::default()
            }),
            version: RwSignal::new(0),
            seldom: RwSignal::new(0),
            now: RwSignal::new(clock::now_ms()),
            standing: RwSignal::new(Standing::default()),
        }
    }

    /// Reads the fleet; tracked, once per version.
    pub(crate) fn read<T>(self, read: impl FnOnce(&Fleet) -> T) -> T {
        self.version.get();
        self.peek(read)
    }

    /// Reads the fleet; tracked, at once and then no more than once in
    /// [`EVERY_MS`](super::seldom::EVERY_MS): for a list that a storm would replace ten
    /// times a second, and for what is told outside the page.
    pub(crate) fn read_seldom<T>(self, read: impl FnOnce(&Fleet) -> T) -> T {
        self.seldom.get();
        self.peek(read)
    }

    /// Reads the fleet without subscribing.
    pub(crate) fn peek<T>(self, read: impl FnOnce(&Fleet) -> T) -> T {
        self.state.with_value(|state| read(state.mirror.fleet()))
    }

    /// The roll-outs, where this document asked for them; tracked.
    pub(crate) fn rollouts(self) -> Vec<Rollout> {
        self.version.get();
        self.state.with_value(|state| state.mirror.rollouts().to_vec())
    }

    /// The server's wall clock, once a second; tracked.
    pub(crate) fn now(self) -> i64 {
        self.now.get()
    }

    /// The server's wall clock, without subscribing.
    pub(crate) fn peek_now(self) -> i64 {
        self.now.get_untracked()
    }

    /// How live the picture is; tracked.
    pub(crate) fn standing(self) -> Standing {
        self.standing.get()
    }

    /// Whether anything was ever shown; tracked.
    pub(crate) fn has_arrived(self) -> bool {
        self.version.get() > 0
    }

    /// Whether the snapshot of this connection is whole; not tracked.
    pub(crate) fn is_whole(self) -> bool {
        self.state.with_value(|state| state.is_whole)
    }

    /// Milliseconds since the last frame; not tracked.
    pub(crate) fn silent_ms(self) -> i64 {
        let last = self
            .state
            .with_value(|state| state.frame_ms.unwrap_or(state.began_ms));
        clock::steady_ms() - last
    }

    /// Whether a delta was missed, and no snapshot is on its way; not tracked.
    pub(crate) fn is_adrift(self) -> bool {
        self.state
            .with_value(|state| state.heard.connected && state.is_adrift)
    }

    /// The number of the picture, for what stands beside the mirror; tracked.
    pub(crate) fn version(self) -> u32 {
        self.version.get()
    }

    /// Another agent is opened, or none.
    pub(super) fn opened(self, agent: Option<AgentId>) {
        self.state.update_value(|state| state.mirror.opened(agent));
    }

    /// The number of the window that is shown; nothing where it is not of this connection. Not tracked.
    pub(super) fn window(self) -> Option<u32> {
        self.state.with_value(|state| state.mirror.window())
    }

    /// Applies a frame about agents to the mirror, and has it drawn.
    pub(super) fn take(self, message: ToTable) -> Answer {
        self.apply(Mirror::time_of(&message), |mirror| mirror.apply(message))
    }

    /// Applies a frame of a page without agents to the mirror, and has it drawn.
    pub(super) fn take_rollouts(self, message: ToConsole) -> Answer {
        let server_ms = match message {
            ToConsole::Rollouts { now_ms, .. } => Some(now_ms),
            _ => None,
        };
        self.apply(server_ms, |mirror| mirror.apply_rollouts(message))
    }

    fn apply(self, server_ms: Option<i64>, apply: impl FnOnce(&mut Mirror) -> Answer) -> Answer {
        let frame = self.state.try_update_value(|state| Frame {
            server_ms,
            answer: apply(&mut state.mirror),
            is_whole: state.mirror.is_whole(),
            is_adrift: false,
        });
        frame.map_or(Answer::Nothing, |frame| self.note(frame))
    }

    /// Takes note of a frame that was applied, and has it drawn.
    pub(crate) fn note(self, frame: Frame) -> Answer {
        let here_ms = clock::steady_ms();
        self.state.update_value(|state| {
            if let Some(server_ms) = frame.server_ms {
                let late_ms = state.offset.frame(server_ms, here_ms);
                state.heard.late_ms = state.heard.late_ms.max(late_ms);
            }
            state.frame_ms = Some(here_ms);
            (state.is_whole, state.is_adrift) = (frame.is_whole, frame.is_adrift);
            if frame.is_whole {
                state.heard.connected = true;
                state.heard.shown_ms = Some(here_ms);
            }
        });
        if frame.answer == Answer::Draw {
            self.draw_soon();
        }
        if !self.standing.get_untracked().is_live() {
            self.judge();
        }
        frame.answer
    }

    /// Once a second: ages, and whether the picture still is live.
    pub(crate) fn tick(self) {
        self.judge();
        self.state.update_value(|state| state.heard.late_ms = 0);
    }

    /// The connection is gone.
    pub(crate) fn disconnected(self) {
        self.state.update_value(|state| {
            state.mirror.disconnected();
            state.is_whole = false;
            state.heard.connected = false;
            state.offset.start_anew();
        });
        self.judge();
    }

    /// Forgets everything: another person may sign in here next.
    pub(crate) fn clear(self) {
        let began_ms = clock::steady_ms();
        self.state.update_value(|state| {
            *state = State {
                began_ms,
                ..State::default()
            };
        });
        self.version.set(0);
        self.seldom.set(0);
        self.standing.set(Standing::default());
    }

    fn judge(self) {
        let here_ms = clock::steady_ms();
        let (standing, now_ms) = self.state.with_value(|state| {
            (
                Standing::judge(state.heard, state.began_ms, here_ms),
                state.offset.server_ms(here_ms).unwrap_or_else(clock::now_ms),
            )
        });
        self.now.set(now_ms);
        if self.standing.get_untracked() != standing {
            self.standing.set(standing);
        }
    }

    fn draw_soon(self) {
        let drawing = self
            .state
            .try_update_value(|state| core::mem::replace(&mut state.drawing, true));
        if drawing != Some(false) {
            return;
        }
        if document().hidden() {
            set_timeout(move || self.draw(), HIDDEN_DRAW);
        } else {
            request_animation_frame(move || self.draw());
        }
    }

    fn draw(self) {
        self.state.update_value(|state| state.drawing = false);
        // Frames may have been waiting while ages stood still: both are told by one clock.
        let here_ms = clock::steady_ms();
        let server_ms = self.state.with_value(|state| state.offset.server_ms(here_ms));
        self.now.set(server_ms.unwrap_or_else(clock::now_ms));
        self.version
            .update(|version| *version = version.wrapping_add(1).max(1));
        self.draw_seldom(Seldom::wait_ms);
    }

    fn draw_seldom(self, ask: fn(&mut Seldom, i64) -> Option<i64>) {
        let here_ms = clock::steady_ms();
        let wait_ms = self
            .state
            .try_update_value(|state| ask(&mut state.seldom, here_ms));
        match wait_ms.flatten() {
            Some(0) => self.seldom.update(|seldom| *seldom = seldom.wrapping_add(1)),
            Some(wait_ms) => {
                let wait = core::time::Duration::from_millis(wait_ms.unsigned_abs());
                set_timeout(move || self.draw_seldom(Seldom::over), wait);
            }
            None => {}
        }
    }
}
