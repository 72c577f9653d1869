//! What is done to agents, in a dialog: asked once more, done in portions, and told what became of each.
//!
//! Closing it stops it: what was sent is done, the rest is not.

use leptos::prelude::*;
use rollcall_shared::{AgentId, DomainId};
use wasm_bindgen_futures::spawn_local;

use crate::api;
use crate::bulk::{Act, Progress};
use crate::feed::live::Live;
use crate::people::People;
use crate::phrase;
use crate::ui::dialog::Dialog;
use crate::ui::told::{self, If};

/// What somebody wants to be done: open while it is looked at.
#[derive(Clone, Copy)]
pub(crate) struct Deed {
    /// Whether the dialog is open.
    pub(crate) open: RwSignal<bool>,
    progress: RwSignal<Progress>,
    /// Where they are moved to.
    target: StoredValue<Option<DomainId>>,
}

impl Deed {
    /// None so far.
    pub(crate) fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            progress: RwSignal::new(Progress::default()),
            target: StoredValue::new(None),
        }
    }

    /// Asks whether it shall be done. Nobody is asked about what changes nothing: that begins.
    pub(crate) fn begin(self, act: Act, agents: Vec<AgentId>, people: People) {
        self.progress.update(|all| all.replace(act, agents));
        self.open.set(true);
        if act == Act::Verify {
            self.go(None, people);
        }
    }

    /// Whether all of it was done; tracked.
    pub(crate) fn is_done(self) -> bool {
        self.progress
            .with(|progress| progress.done > 0 && progress.is_done())
    }

    /// Who came into the domain that they were to be moved to, and which that is.
    pub(crate) fn moved(self) -> (Vec<AgentId>, Option<DomainId>) {
        let there = self.progress.with_untracked(|progress| progress.there.clone());
        (there, self.target.get_value())
    }

    fn go(self, domain: Option<DomainId>, people: People) {
        let progress = self.progress;
        self.target.set_value(domain);
        let first = progress.try_update(Progress::go).flatten();
        spawn_local(async move {
            let mut next = first;
            while let Some(call) = next {
                let answer = api::act(call.act, &call.agents, domain).await;
                if let Err(failure) = &answer {
                    people.heed(failure);
                }
                let answer = answer.map_err(|failure| failure.to_string());
                // The page may have been left meanwhile.
                next = progress.try_update(|all| all.took(&call, answer)).flatten();
            }
        });
    }
}

/// The dialog.
#[component]
pub(crate) fn Doing(deed: Deed) -> impl IntoView {
    let Deed { open, progress, .. } = deed;
    let title = told::text(move || progress.with(|all| all.act.title(all.agents.len())));
    // Whoever closes it stops it.
    Effect::new(move |_| {
        if !open.get() {
            progress.update(|all| all.is_running = false);
        }
    });
    view! {
        <Dialog title open>
            <Steps deed />
        </Dialog>
    }
}

#[component]
fn Steps(deed: Deed) -> impl IntoView {
    let Deed { open, progress, .. } = deed;
    let people = expect_context::<People>();
    let domain = RwSignal::new(None::<DomainId>);
    let is = move |tell: fn(&Progress) -> bool| told::flag(move || progress.with(tell));
    let begun = RwSignal::new(is(|all| all.is_running).get_untracked());
    let is_running = is(|all| all.is_running);
    let is_done = is(Progress::is_done);
    let act = progress.with_untracked(|all| all.act);
    let asked = move || {
        match act {
        Act::Move => view! { <Where domain /> }.into_any(),
        Act::Verify => ().into_any(),
        Act::Retire => view! {
            <p class="form__lead">
                "Who is retired leaves the roll call for good: the credential ends, and the agent is told so at its next contact. Its history stays. To bring the machine back, enrol it anew."
            </p>
        }
        .into_any(),
    }
    };
    let how_far = told::text(move || {
        progress.with(|all| {
            let mut words = phrase::grouped(all.done);
            words.push_str(" of ");
            words.push_str(&phrase::counted(all.agents.len(), "agent", "agents"));
            words
        })
    });
    let ends = move || {
        let lines = progress.with(|all| all.tally.lines());
        let line = |(count, words)| view! { <li><strong>{count}</strong>{words}</li> }.into_any();
        lines.into_iter().map(line).collect_view()
    };
    let back = told::text(move || {
        match (begun.get(), is_running.get()) {
            (false, _) => "Cancel",
            (true, true) => "Stop",
            (true, false) => "Done",
        }
        .to_owned()
    });
    let lacks = told::flag(move || act == Act::Move && domain.get().is_none());
    let forth = told::text(move || if begun.get() { "Go on" } else { act.word() }.to_owned());
    let class = if act == Act::Retire {
        "button button--grave"
    } else {
        "button button--first"
    };
    view! {
        <div class="dialog__body">
            <If so=told::flag(move || !begun.get())>{asked()}</If>
            <If so=begun.into()>
                <progress class="ends__bar" max=told::text(move || progress.with(|all| all.agents.len().to_string())) value=told::text(move || progress.with(|all| all.done.to_string())) aria-label="Done"></progress>
                <p role="status">{how_far}</p>
                <ul class="ends" role="list" aria-label="What became of them">{ends}</ul>
            </If>
            <p class="form__refusal" role="alert">{told::text(move || progress.with(|all| all.failure.clone()).unwrap_or_default())}</p>
            <div class="form__acts">
                <button
                    class="button"
                    on:click=move |_| {
                        if is_running.get_untracked() {
                            progress.update(|all| all.is_running = false);
                        } else {
                            open.set(false);
                        }
                    }
                >
                    {back}
                </button>
                <button
                    class=class
                    hidden=told::flag(move || is_running.get() || is_done.get())
                    disabled=lacks
                    on:click=move |_| {
                        begun.set(true);
                        deed.go(domain.get_untracked(), people);
                    }
                >
                    {forth}
                </button>
            </div>
        </div>
    }
}

/// Which domain they are moved to.
#[component]
fn Where(domain: RwSignal<Option<DomainId>>) -> impl IntoView {
    let live = expect_context::<Live>();
    let options = live.peek(|fleet| {
        let tree = fleet.tree();
        let all = tree.branches(|_| false);
        let option =
            |id: DomainId| view! { <option value=id.0.to_string()>{tree.path(id)}</option> }.into_any();
        all.iter().map(|one| option(one.id)).collect_view()
    });
    view! {
        <label class="field">
            <span class="field__label">"To the domain"</span>
            <select
                class="field__input"
                on:change=move |event| {
                    let number = event_target_value(&event).parse::<i32>().ok();
                    domain.set(number.and_then(|number| DomainId::try_from(number).ok()));
                }
            >
                <option value="">"Choose one"</option>
                {options}
            </select>
        </label>
    }
}
