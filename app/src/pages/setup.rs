//! `/setup`: the first admin, by the one-time link that the server printed.

use leptos::prelude::*;
use rollcall_shared::console_api::Setup;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::document::way::Way;
use crate::people::{People, Who};
use crate::ui::door::Door;
use crate::ui::field::Field;
use crate::ui::title;
use crate::ui::told;

/// Takes the token out of the address: it must stay neither in the bar nor in the history.
fn take_token() -> Option<String> {
    let hash = window().location().hash().ok()?;
    let token = hash.trim_start_matches('#').trim().to_owned();
    if token.is_empty() {
        return None;
    }
    let history = window().history().ok()?;
    // Where the history cannot be changed, the token is used up by the form all the same.
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some("/setup"));
    Some(token)
}

/// The page.
#[component]
pub(crate) fn SetupPage() -> impl IntoView {
    title::use_title("Set up");
    let people = expect_context::<People>();
    let way = expect_context::<Way>();
    Effect::new(move |_| {
        if people.is_signed_in() {
            // Where the first agent is added.
            way.replace("/agents");
        }
    });
    let token = RwSignal::new(take_token());
    // The link may be opened where this page is open already: then only what stands behind the # changes.
    let listener = window_event_listener(leptos::ev::hashchange, move |_| {
        if let Some(taken) = take_token() {
            token.set(Some(taken));
        }
    });
    on_cleanup(move || listener.remove());
    move || match (untrack(|| people.who()), token.get()) {
        (Who::SignedOut { setup_needed: true }, Some(token)) => view! { <FirstAdmin token /> }.into_any(),
        (Who::SignedOut { setup_needed: true }, None) => view! { <NoToken /> }.into_any(),
        (Who::Unknown(failure), _) => view! {
            <Door title="No answer from the server">
                <p class="door__lead">{failure.to_string()}</p>
            </Door>
        }
        .into_any(),
        (Who::SignedIn(_) | Who::Display(_) | Who::SignedOut { .. }, _) => view! { <Done /> }.into_any(),
    }
}

#[component]
fn FirstAdmin(token: String) -> impl IntoView {
    let people = expect_context::<People>();
    let name = RwSignal::new("admin".to_owned());
    let password = RwSignal::new(String::new());
    let failure = RwSignal::new(None::<Failure>);
    let tried = RwSignal::new(false);
    let busy = RwSignal::new(false);

    let name_refusal = Signal::derive(move || {
        let length = name.with(|name| name.trim().chars().count());
        if tried.get() && (length == 0 || length > Setup::LONGEST_NAME) {
            return format!(
                "A name has 1 to {} characters; this one has {length}.",
                Setup::LONGEST_NAME
            );
        }
        of_field(failure, "name")
    });
    let password_refusal = Signal::derive(move || {
        if tried.get()
            && let Some(refusal) = password.with(|password| weakness(password))
        {
            return refusal;
        }
        of_field(failure, "password")
    });
    let token_refused = move || {
        failure.with(|failure| {
            let failure = failure.as_ref()?;
            let named = failure.of_field("name").or(failure.of_field("password"));
            named.is_none().then(|| failure.to_string())
        })
    };
    let create = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        tried.set(true);
        failure.set(None);
        let local = name_refusal.with_untracked(String::is_empty)
            && password_refusal.with_untracked(String::is_empty);
        if busy.get_untracked() || !local {
            return;
        }
        let setup = Setup {
            token: token.clone(),
            name: name.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
        };
        busy.set(true);
        spawn_local(async move {
            let answer = api::set_up(&setup).await;
            busy.set(false);
            match answer {
                Ok(session) => people.signed_in(session),
                Err(reason) => failure.set(Some(reason)),
            }
        });
    };
    view! {
        <Door title="Create the first admin">
            <p class="door__lead">"This account may do everything, also make the other accounts. The link that brought you here ends with it."</p>
            <form class="form" on:submit=create novalidate>
                <Field id="name" label="Name" autocomplete="username" value=name refusal=name_refusal />
                <Field
                    id="password"
                    label="Password"
                    kind="password"
                    autocomplete="new-password"
                    value=password
                    refusal=password_refusal
                    hint="15 characters or more. A few words in a row are easier to keep than signs."
                    first=true
                />
                <p class="form__refusal" role="alert">{told::text(move || token_refused().unwrap_or_default())}</p>
                <div class="form__acts">
                    <button class="button button--first button--wide" disabled=busy>"Create and sign in"</button>
                </div>
            </form>
        </Door>
    }
}

/// What is wrong with a password; the server judges by the same numbers.
fn weakness(password: &str) -> Option<String> {
    let length = password.chars().count();
    if length < Setup::SHORTEST_PASSWORD {
        Some(format!(
            "A password has {} characters or more; this one has {length}.",
            Setup::SHORTEST_PASSWORD
        ))
    } else if password.len() > Setup::LONGEST_PASSWORD {
        Some(format!(
            "A password has at most {} bytes.",
            Setup::LONGEST_PASSWORD
        ))
    } else {
        None
    }
}

fn of_field(failure: RwSignal<Option<Failure>>, field: &str) -> String {
    failure.with(|failure| {
        let error = failure.as_ref().and_then(|failure| failure.of_field(field));
        error.map(|error| error.detail.clone()).unwrap_or_default()
    })
}

/// Nobody can sign in yet, and this is not the link.
#[component]
fn NoToken() -> impl IntoView {
    let origin = window().location().origin().unwrap_or_default();
    view! {
        <Door title="Nobody can sign in yet">
            <p class="door__lead">
                "The first admin is created by a link that works once. The server prints it at each start until it is used:"
            </p>
            <p><code class="door__code door__code--line">{format!("{origin}/setup#…")}</code></p>
            <p class="door__note">"Look at the terminal where the server runs, or at its log. Open the whole link, with what stands behind the #."</p>
        </Door>
    }
}

/// There is an admin already.
#[component]
fn Done() -> impl IntoView {
    view! {
        <Door title="Set up already">
            <p class="door__lead">"The first admin exists, so this link has done its work and opens nothing any more."</p>
            <p class="door__ways"><a href="/sign-in">"Sign in"</a></p>
        </Door>
    }
}
