//! What happened to the agent in the period, the newest first.

use leptos::prelude::*;
use rollcall_shared::console_api::Transition;
use rollcall_shared::{AgentId, TransitionId};
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::feed::live::Live;
use crate::generation::Generations;
use crate::pages::agent::Known;
use crate::ui::happening::{Happening, Line};
use crate::ui::told::{self, If};

/// How many are asked for at a time.
const PAGE: u32 = 100;

/// The lists so far.
#[derive(Clone, Copy)]
struct Listed {
    id: AgentId,
    known: Known,
    all: RwSignal<Vec<Transition>>,
    /// Where more begin; nothing where there are none, or before the first answer.
    next: RwSignal<Option<TransitionId>>,
    failure: RwSignal<Option<Failure>>,
    asked: StoredValue<Generations>,
}

/// The list.
#[component]
pub(super) fn Transitions(id: AgentId, known: Known) -> impl IntoView {
    let live = expect_context::<Live>();
    let listed = Listed {
        id,
        known,
        all: RwSignal::new(Vec::new()),
        next: RwSignal::new(None),
        failure: RwSignal::new(None),
        asked: StoredValue::new(Generations::default()),
    };
    // Anew whenever something happened to it.
    let newest = Memo::new(move |_| {
        known.told.with(|told| {
            told.transitions
                .as_ref()
                .map(|all| all.first().map(|first| first.id))
        })
    });
    Effect::new(move |_| {
        if newest.get().is_some() {
            listed.ask(None);
        }
    });
    let from_ms = Memo::new(move |_| {
        let period = known.period.get().ms();
        // Once a minute is enough for what falls out of the period.
        (live.now() - period) / 60_000 * 60_000
    });
    let lines = Memo::new(move |_| {
        let from_ms = from_ms.get();
        listed.all.with(|all| {
            let within = all.iter().filter(|one| one.at_ms >= from_ms);
            within.map(|one| (one.id, told_of(one))).collect::<Vec<_>>()
        })
    });
    let more = told::flag(move || {
        let oldest = listed.all.with(|all| all.last().map(|last| last.at_ms));
        listed.next.get().is_some() && oldest.is_some_and(|oldest| oldest >= from_ms.get())
    });
    view! {
        <section class="report__list" aria-labelledby="transitions">
            <h3 class="panel__heading" id="transitions">"Transitions"</h3>
            <ol class="happenings" role="list" aria-label="Its transitions">
                <For each=move || lines.get() key=|(id, _)| *id children=|(_, line)| view! { <Happening line /> } />
            </ol>
            <If so=told::flag(move || lines.with(Vec::is_empty))>
                <p class="panel__none">"None in this time."</p>
            </If>
            <If so=more>
                <button class="button" on:click=move |_| listed.ask(listed.next.get_untracked())>"Show older"</button>
            </If>
            <p role="alert">{told::text(move || listed.failure.with(|failure| failure.as_ref().map(ToString::to_string)).unwrap_or_default())}</p>
        </section>
    }
}

fn told_of(one: &Transition) -> Line {
    Line {
        agent: None,
        at_ms: one.at_ms,
        to: one.to,
        cause: one.cause,
    }
}

impl Listed {
    /// Asks for a page: the first one takes the place of all, another goes on from there.
    fn ask(self, before: Option<TransitionId>) {
        let generation = self
            .asked
            .try_update_value(Generations::begin)
            .unwrap_or_default();
        spawn_local(async move {
            let answer = api::transitions(Some(self.id), before, PAGE).await;
            // The page may have been left meanwhile, or be asked for anew.
            if self.asked.try_update_value(|asked| asked.accept(generation)) != Some(true) {
                return;
            }
            match answer {
                Ok(page) => {
                    self.failure.set(None);
                    self.next
                        .set(page.next.and(page.items.last().map(|last| last.id)));
                    self.all.update(|all| {
                        if before.is_none() {
                            all.clear();
                        }
                        all.extend(page.items);
                    });
                }
                Err(failure) => {
                    self.known.people.heed(&failure);
                    self.failure.set(Some(failure));
                }
            }
        });
    }
}
