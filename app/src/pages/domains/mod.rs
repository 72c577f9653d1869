//! `/domains`: the agent tree, what can be done to it, the tokens that let machines into it, and the screens that show it.

mod acts;
mod attempt;
mod displays;
mod one;
mod relocate;
mod taken_back;
mod tokens;
mod tree;

use core::time::Duration;
use std::collections::{HashMap, HashSet};

use leptos::prelude::*;
use rollcall_shared::console_api::Token;
use rollcall_shared::{DomainId, Status};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use self::acts::Acts;
use self::one::One;
use self::tree::Tree;
use crate::api::{self, Failure};
use crate::domains::{Folder, SMALL, above, find, read};
use crate::feed::live::Live;
use crate::feed::mirror::Fleet;
use crate::feed::tree::Counts;
use crate::people::People;
use crate::ui::add_agent::AddAgent;
use crate::ui::title;
use crate::ui::toast::{Toast, Toasts};

/// Where it stands.
const PATH: &str = "/domains";
/// Tokens are asked for again no sooner than after so long, however quickly agents arrive.
const BETWEEN: Duration = Duration::from_secs(1);

/// What the parts of the page share.
#[derive(Clone, Copy)]
struct Room {
    live: Live,
    people: People,
    toasts: Toasts,
    /// The domains in the order of the tree; changes only when they do.
    folders: Memo<Vec<Folder>>,
    /// Whether they are few enough to begin open.
    is_small: Memo<bool>,
    /// How many agents are in each and below.
    counts: Memo<HashMap<DomainId, Counts>>,
    /// Which domain is to be looked at.
    wanted: RwSignal<Option<DomainId>>,
    /// The one that is: that one, or what is nearest to it.
    shown: Memo<Option<Folder>>,
    /// Those that are open though they begin closed, or the reverse.
    turned: RwSignal<HashSet<DomainId>>,
    search: RwSignal<String>,
    /// The newest first; nothing before they are read.
    tokens: RwSignal<Option<Vec<Token>>>,
    tokens_failure: RwSignal<Option<Failure>>,
    asking: StoredValue<Asking>,
    dialogs: Dialogs,
}

/// Whether an answer is waited for, and whether to ask once more after it.
#[derive(Clone, Copy, Default)]
struct Asking {
    now: bool,
    again: bool,
}

/// Which dialog is open.
#[derive(Clone, Copy)]
struct Dialogs {
    making: RwSignal<bool>,
    renaming: RwSignal<bool>,
    moving: RwSignal<bool>,
    deleting: RwSignal<bool>,
    enrolling: RwSignal<bool>,
    revoking: RwSignal<bool>,
    /// The token that its dialog is about.
    revoked: StoredValue<Option<Token>>,
}

/// The page.
#[component]
pub(crate) fn Domains() -> impl IntoView {
    title::use_live_title(|| "Domains and enrolment".to_owned());
    provide_context(Toasts::new());
    let room = Room::new();
    provide_context(room);
    room.keep_reading();
    let into = Signal::derive(move || {
        room.shown
            .with(|shown| shown.as_ref().map_or(DomainId::ROOT, |folder| folder.id))
    });
    view! {
        <div class="domains">
            <Tree />
            <One />
        </div>
        <Acts />
        <Toast />
        <AddAgent open=room.dialogs.enrolling title="Make an enrolment token" into />
    }
}

impl Room {
    fn new() -> Self {
        let live = expect_context::<Live>();
        let tree = Memo::new(move |_| live.read(|fleet| read(fleet.tree())));
        let folders = Memo::new(move |_| tree.with(|(folders, _)| folders.clone()));
        let counts = Memo::new(move |_| tree.with(|(_, counts)| counts.clone()));
        let wanted = RwSignal::new(wanted_by_address());
        let closed = || RwSignal::new(false);
        Self {
            live,
            people: expect_context(),
            toasts: expect_context(),
            folders,
            is_small: Memo::new(move |_| folders.with(|folders| folders.len() <= SMALL)),
            counts,
            wanted,
            shown: Memo::new(move |before: Option<&Option<Folder>>| {
                let wanted = wanted.get();
                folders.with(|folders| nearest(folders, wanted, before.and_then(Option::as_ref)))
            }),
            turned: RwSignal::new(HashSet::new()),
            search: RwSignal::new(String::new()),
            tokens: RwSignal::new(None),
            tokens_failure: RwSignal::new(None),
            asking: StoredValue::new(Asking::default()),
            dialogs: Dialogs {
                making: closed(),
                renaming: closed(),
                moving: closed(),
                deleting: closed(),
                enrolling: closed(),
                revoking: closed(),
                revoked: StoredValue::new(None),
            },
        }
    }

    /// Looks at a domain, and lets the address say so: it can be sent to a colleague.
    fn look_at(self, id: DomainId) {
        if let Ok(history) = window().history() {
            // An address of this page's own path can always be written.
            let address = format!("{PATH}?domain={id}");
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
        }
        self.wanted.set(Some(id));
    }

    /// Whether what is in a domain is in sight; tracked.
    fn is_open(self, folder: &Folder) -> bool {
        let begins_open = folder.level == 1 || self.is_small.get();
        begins_open != self.turned.with(|turned| turned.contains(&folder.id))
    }

    /// Opens a domain that is closed, and the reverse.
    fn turn(self, id: DomainId) {
        self.turned.update(|turned| {
            if !turned.remove(&id) {
                turned.insert(id);
            }
        });
    }

    /// Whether the domain that is looked at is below another; not tracked.
    fn is_shown_within(self, id: DomainId) -> bool {
        let shown = self.shown.get_untracked();
        shown.is_some_and(|shown| {
            self.folders
                .with_untracked(|folders| above(folders, shown.id).any(|folder| folder.id == id))
        })
    }

    /// Brings a domain into sight.
    fn open_above(self, id: DomainId) {
        let closed: Vec<DomainId> = self.folders.with_untracked(|folders| {
            let above = above(folders, id).filter(|folder| untrack(|| !self.is_open(folder)));
            above.map(|folder| folder.id).collect()
        });
        for id in closed {
            self.turn(id);
        }
    }

    /// How many agents of a domain and below it, of these statuses; tracked.
    fn count(self, id: DomainId, statuses: &[Status]) -> usize {
        self.counts.with(|counts| {
            let counts = counts.get(&id);
            counts.map_or(0, |counts| {
                statuses.iter().map(|status| counts[*status as usize]).sum()
            })
        })
    }

    /// Reads the tokens: at once, when an agent came, when the tree changed, when one was made, and when this screen is
    /// looked at again.
    fn keep_reading(self) {
        let agents = Memo::new(move |_| self.live.read(Fleet::count_all));
        Effect::new(move |_| {
            agents.get();
            self.folders.with(|_| ());
            self.dialogs.enrolling.get();
            self.read_tokens();
        });
        let looked_at = window_event_listener(leptos::ev::focus, move |_| self.read_tokens());
        on_cleanup(move || looked_at.remove());
        // What the address names, and what was made below a closed one, comes into sight.
        Effect::new(move |_| {
            if let Some(id) = self.shown.with(|shown| shown.as_ref().map(|folder| folder.id)) {
                self.open_above(id);
            }
        });
    }

    fn read_tokens(self) {
        if !untrack(|| self.people.may_change()) {
            return;
        }
        let is_asked = self.asking.with_value(|asking| asking.now);
        self.asking.set_value(Asking {
            now: true,
            again: is_asked,
        });
        if is_asked {
            return;
        }
        spawn_local(async move {
            match api::domains::tokens().await {
                Ok(tokens) => {
                    self.tokens_failure.try_set(None);
                    self.tokens.try_set(Some(tokens));
                }
                Err(failure) => {
                    self.people.heed(&failure);
                    self.tokens_failure.try_set(Some(failure));
                }
            }
            set_timeout(
                move || {
                    let asked = self.asking.try_get_value().unwrap_or_default();
                    self.asking.try_update_value(|asking| *asking = Asking::default());
                    if asked.again {
                        self.read_tokens();
                    }
                },
                BETWEEN,
            );
        });
    }
}

/// The domain that is wanted; while there is none of that number the one before, or where that was; or the first.
fn nearest(folders: &[Folder], wanted: Option<DomainId>, before: Option<&Folder>) -> Option<Folder> {
    let wanted = wanted.and_then(|id| find(folders, id));
    let before = || before.and_then(|before| find(folders, before.id).or(find(folders, before.parent?)));
    wanted.or_else(before).or(folders.first()).cloned()
}

/// The domain that the address names.
fn wanted_by_address() -> Option<DomainId> {
    let search = window().location().search().ok()?;
    let number: i32 = search.strip_prefix("?domain=")?.parse().ok()?;
    DomainId::try_from(number).ok()
}
