//! The enrolment tokens of a domain and of those below it: what is left of each, until when, by whom; and revoking.

use leptos::prelude::*;
use rollcall_shared::console_api::Token;
use web_sys::SubmitEvent;

use super::Room;
use super::acts::Foot;
use super::attempt::Attempt;
use crate::api;
use crate::domains::within;
use crate::enrolment::{State, left};
use crate::phrase;
use crate::ui::age::When;
use crate::ui::icon::{Icon, Picture};
use crate::ui::told::{self, If};

/// The tokens.
#[component]
pub(super) fn Tokens() -> impl IntoView {
    let room = expect_context::<Room>();
    let within = Memo::new(move |_| room.tokens_within());
    let of = move |good: bool| {
        move || {
            let within = within.get();
            within
                .into_iter()
                .filter(|(_, state, _)| (*state == State::Good) == good)
                .map(|(token, state, place)| line(&room, token, state, place))
                .collect::<Vec<_>>()
        }
    };
    let count = move |good: bool| {
        within.with(|within| {
            within
                .iter()
                .filter(|(_, state, _)| (*state == State::Good) == good)
                .count()
        })
    };
    let is_read = told::flag(move || room.tokens.with(Option::is_some));
    let has_failed = told::flag(move || room.tokens_failure.with(Option::is_some));
    let failed = move || {
        room.tokens_failure
            .with(|failure| failure.as_ref().map(ToString::to_string).unwrap_or_default())
    };
    view! {
        <header class="one__head">
            <h3 class="one__part" id="tokens-title">"Enrolment tokens"</h3>
            <button class="button button--first" on:click=move |_| room.dialogs.enrolling.set(true)>
                <Icon of=Picture::Plus />
                "Make a token"
            </button>
        </header>
        <div role="alert">
            <If so=has_failed>
                <p class="notice notice--heed">
                    {told::text(failed)} " "
                    <button class="link" on:click=move |_| room.read_tokens()>"Try again"</button>
                </p>
            </If>
        </div>
        <If so=told::flag(move || !is_read.get() && !has_failed.get())>
            <p class="domains__none">"Reading the tokens…"</p>
        </If>
        <If so=told::flag(move || is_read.get() && count(true) == 0)>
            <p class="domains__none">"No token lets machines in here. Make one: it gives a line to run on each machine."</p>
        </If>
        <ul class="tokens" role="list" aria-labelledby="tokens-title">{of(true)}</ul>
        <If so=told::flag(move || is_read.get() && count(false) > 0)>
            <details class="tokens__past">
                <summary>{told::text(move || format!("{} no more", phrase::counted(count(false), "token enrols", "tokens enrol")))}</summary>
                <ul class="tokens" role="list" aria-label="Tokens that enrol no more">{of(false)}</ul>
            </details>
        </If>
    }
}

impl Room {
    /// The tokens for the domain that is looked at and for those below it, each with its state, and with the name of its
    /// domain where that is another; tracked.
    fn tokens_within(self) -> Vec<(Token, State, String)> {
        let Some(shown) = self.shown.get() else {
            return Vec::new();
        };
        let now_ms = self.live.now();
        self.folders.with(|folders| {
            let within = within(folders, shown.id);
            self.tokens.with(|tokens| {
                let tokens = tokens.iter().flatten();
                tokens
                    .filter_map(|token| {
                        let name = *within.get(&token.domain)?;
                        let place = if token.domain == shown.id { "" } else { name };
                        Some((token.clone(), State::of(token, now_ms), place.to_owned()))
                    })
                    .collect()
            })
        })
    }
}

fn line(room: &Room, token: Token, state: State, place: String) -> AnyView {
    let room = *room;
    let author = token
        .author
        .clone()
        .unwrap_or_else(|| "the server at its first start".to_owned());
    let ends_ms = token.expires_at_ms;
    let is_good = state == State::Good;
    let number = format!("Token {}", token.id);
    let label = format!("Revoke token {}", token.id);
    let is_revocable = matches!(state, State::Good);
    let share = share(&token);
    let words = left(&token);
    let made_ms = token.created_at_ms;
    let revoked = StoredValue::new(token);
    let revoke = move |_| {
        room.dialogs.revoked.set_value(Some(revoked.get_value()));
        room.dialogs.revoking.set(true);
    };
    view! {
        <li class="token" class:token--past=!is_good>
            <p class="token__left">
                <strong>{words.clone()}</strong>
                <progress class="token__bar" max="100" value=share.to_string() aria-label=words></progress>
            </p>
            <p class="token__who">
                <span class="token__number">{number}</span>
                {(!place.is_empty()).then(|| view! { <span>"for " <strong>{place}</strong></span> })}
                <span class="token__made">{format!("by {author}, ")} <When at_ms=made_ms /></span>
            </p>
            <p class="token__ends">
                {if is_good {
                    view! { <Until at_ms=ends_ms /> }.into_any()
                } else {
                    view! { <span class="token__state">{state.word()}</span> }.into_any()
                }}
            </p>
            {is_revocable.then(|| view! { <button class="button" aria-label=label on:click=revoke>"Revoke"</button> })}
        </li>
    }
    .into_any()
}

/// How long it is until a time, with the exact one at hand.
#[component]
fn Until(at_ms: i64) -> impl IntoView {
    let room = expect_context::<Room>();
    let left = Memo::new(move |_| format!("ends in {}", phrase::span(at_ms - room.live.now())));
    let exact = crate::clock::local(at_ms).exact();
    view! { <span title=exact>{left}</span> }
}

/// What is left of a token, in percent.
fn share(token: &Token) -> u64 {
    u64::from(token.uses_left) * 100 / u64::from(token.uses.max(1))
}

/// Asks once more before a token is revoked.
#[component]
pub(super) fn Revoke() -> impl IntoView {
    let room = expect_context::<Room>();
    let attempt = Attempt::new();
    let Some(token) = room.dialogs.revoked.get_value() else {
        return ().into_any();
    };
    let id = token.id;
    let revoke = move |event: SubmitEvent| {
        event.prevent_default();
        attempt.run(api::domains::revoke(id), move |()| {
            room.dialogs.revoking.set(false);
            room.read_tokens();
        });
    };
    view! {
        <form class="dialog__body form" on:submit=revoke novalidate>
            <p class="form__lead">
                <strong>{format!("Token {id}")}</strong>
                " enrols no machine any more, at once and for good. Agents that it enrolled stay."
            </p>
            <p class="form__lead">{format!("{}.", left(&token))}</p>
            <Foot attempt field="" word="Revoke" grave=true close=room.dialogs.revoking />
        </form>
    }
    .into_any()
}
