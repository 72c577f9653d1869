//! Adding agents: a token is made, and the one line that enrols a machine is shown, until machines appear.

use leptos::prelude::*;
use rollcall_shared::console_api::{NewToken, TokenMade};
use rollcall_shared::{Cause, DomainId};
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::domains;
use crate::feed::live::Live;
use crate::people::People;
use crate::phrase;
use crate::ui::copy::CopyLine;
use crate::ui::dialog::Dialog;
use crate::ui::field::Field;
use crate::ui::told::{self, If};

/// How many of the agents that appear are named.
const MOST_NAMED: usize = 5;

/// The dialog.
#[component]
pub(crate) fn AddAgent(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What it is called.
    #[prop(default = "Add an agent")]
    title: &'static str,
    /// Where the agents go, unless another domain is chosen.
    #[prop(into, optional)]
    into: Signal<DomainId>,
) -> impl IntoView {
    view! {
        <Dialog title open>
            <Steps into />
        </Dialog>
    }
}

#[component]
fn Steps(into: Signal<DomainId>) -> impl IntoView {
    let people = expect_context::<People>();
    let domain = RwSignal::new(into.get_untracked());
    let uses = RwSignal::new("1".to_owned());
    let hours = RwSignal::new("24".to_owned());
    let made = RwSignal::new(None::<TokenMade>);
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let refusal = move |field: &'static str| {
        Signal::derive(move || {
            failure
                .with(|failure| {
                    let error = failure.as_ref()?.of_field(field)?;
                    let allowed = error
                        .allowed
                        .as_ref()
                        .map(|allowed| format!(" Allowed: {allowed}."));
                    Some(format!("{}{}", error.detail, allowed.unwrap_or_default()))
                })
                .unwrap_or_default()
        })
    };
    let make = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        // The server says what is allowed: no number at all is sent as one that is not.
        let number = |text: RwSignal<String>| text.with_untracked(|text| text.trim().parse().unwrap_or(0));
        let token = NewToken {
            uses: number(uses),
            hours: number(hours),
            domain: domain.get_untracked(),
        };
        busy.set(true);
        spawn_local(async move {
            let answer = api::make_token(&token).await;
            busy.set(false);
            match answer {
                Ok(token) => made.set(Some(token)),
                Err(reason) => {
                    people.heed(&reason);
                    failure.set(Some(reason));
                }
            }
        });
    };
    let otherwise = move || {
        failure.with(|failure| {
            let failure = failure.as_ref()?;
            let named = ["uses", "hours", "domain"]
                .iter()
                .any(|field| failure.of_field(field).is_some());
            (!named).then(|| failure.to_string())
        })
    };
    move || {
        match made.get() {
        Some(token) => view! { <OneLine token /> }.into_any(),
        None => view! {
            <form class="dialog__body form" on:submit=make novalidate>
                <p class="form__lead">"A token lets machines enrol themselves: so many, for so long. It makes one line to run on each."</p>
                <Field id="uses" label="How many machines" kind="number" value=uses refusal=refusal("uses") first=true />
                <Into domain refusal=refusal("domain") />
                <Field id="hours" label="Good for how many hours" kind="number" value=hours refusal=refusal("hours") />
                <p class="form__refusal" role="alert">{told::text(move || otherwise().unwrap_or_default())}</p>
                <div class="form__acts">
                    <button class="button button--first" disabled=busy>"Make the line"</button>
                </div>
            </form>
        }
        .into_any(),
    }
    }
}

/// The domain that the agents go into, where there is a choice.
#[component]
fn Into(domain: RwSignal<DomainId>, refusal: Signal<String>) -> impl IntoView {
    let live = expect_context::<Live>();
    let (folders, _) = live.peek(|fleet| domains::read(fleet.tree()));
    let choose = move |event| {
        if let Ok(number) = event_target_value(&event).parse() {
            domain.set(DomainId(number));
        }
    };
    (folders.len() > 1).then(|| {
        let options: Vec<_> = folders
            .into_iter()
            .map(|folder| {
                let name = format!("{}{}", "\u{2003}".repeat(folder.level - 1), folder.name);
                let is_it = folder.id == domain.get_untracked();
                view! { <option value=folder.id.to_string() selected=is_it>{name}</option> }
            })
            .collect();
        view! {
            <div class="field">
                <label class="field__label" for="domain">"Into which domain"</label>
                <select class="field__input" id="domain" on:change=choose>{options}</select>
                <p class="field__refusal" role="alert">{refusal}</p>
            </div>
        }
    })
}

/// The line, and who appears by it.
#[component]
fn OneLine(token: TokenMade) -> impl IntoView {
    let live = expect_context::<Live>();
    let (known, before) =
        live.peek(|fleet| (fleet.events().front().map(|event| event.id), fleet.count_all()));
    let newcomers = Memo::new(move |_| {
        live.read(|fleet| {
            let since = fleet.events().iter().take_while(|event| Some(event.id) != known);
            let enrolled = since.filter(|event| event.cause == Cause::Enrolled);
            let named = enrolled
                .take(MOST_NAMED)
                .map(|event| (event.agent, event.name.clone()));
            let named: Vec<_> = named.collect();
            (fleet.count_all().saturating_sub(before).max(named.len()), named)
        })
    });
    let uses = phrase::counted(
        usize::try_from(token.token.uses_left).unwrap_or(0),
        "machine",
        "machines",
    );
    view! {
        <div class="dialog__body">
            <p class="form__lead">"Run this on the machine, as root. It enrols and starts the agent."</p>
            <CopyLine label="The line that enrols a machine" text=token.command />
            <p class="field__hint">{format!("Good for {uses}. It is shown only now: the server keeps no copy of the token.")}</p>
            <div class="arrivals" role="status">
                <If
                    so=told::flag(move || newcomers.with(|(count, _)| *count > 0))
                    otherwise=|| view! { <p class="arrivals__wait">"Waiting for the first one to appear."</p> }
                >
                    <p>{told::text(move || format!("{} appeared:", newcomers.with(|(count, _)| phrase::counted(*count, "agent", "agents"))))}</p>
                    <ul>
                        {move || {
                            newcomers
                                .get()
                                .1
                                .into_iter()
                                .map(|(id, name)| view! { <li><a href=format!("/agents/{id}")>{name}</a></li> })
                                .collect_view()
                        }}
                    </ul>
                </If>
            </div>
        </div>
    }
}
