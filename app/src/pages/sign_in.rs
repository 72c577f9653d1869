//! `/sign-in`: a name and a password, and back to where one wanted to go.

use leptos::prelude::*;
use rollcall_shared::console_api::SignIn;
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::document::way::Way;
use crate::people::{People, Who};
use crate::route;
use crate::ui::door::Door;
use crate::ui::field::Field;
use crate::ui::title;
use crate::ui::told;

/// The address of this page, by which the person comes back to `path` afterwards.
pub(crate) fn address(path: &str, search: &str) -> String {
    let search = search.trim_start_matches('?');
    let back = if search.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{search}")
    };
    if back == "/wall" || back == "/" {
        return "/sign-in".to_owned();
    }
    let back = String::from(js_sys::encode_uri_component(&back));
    format!("/sign-in?next={back}")
}

/// Where the address says that the person wanted to go.
fn next() -> Option<String> {
    let search = window().location().search().ok()?;
    web_sys::UrlSearchParams::new_with_str(&search).ok()?.get("next")
}

/// The page.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    title::use_title("Sign in");
    let people = expect_context::<People>();
    let name = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let failure = RwSignal::new(None::<Failure>);
    let busy = RwSignal::new(false);
    let next = next();
    let way = expect_context::<Way>();
    Effect::new(move |_| {
        let to = match people.who() {
            Who::SignedIn(_) => route::after_sign_in(next.as_deref()).to_owned(),
            Who::SignedOut { setup_needed: true } => "/setup".to_owned(),
            Who::SignedOut { .. } | Who::Display(_) | Who::Unknown(_) => return,
        };
        way.replace(&to);
    });
    let enter = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let person = SignIn {
            name: name.get_untracked().trim().to_owned(),
            password: password.get_untracked(),
        };
        busy.set(true);
        spawn_local(async move {
            let answer = api::sign_in(&person).await;
            busy.set(false);
            match answer {
                Ok(session) => people.signed_in(session),
                Err(reason) => {
                    failure.set(Some(reason));
                    password.set(String::new());
                }
            }
        });
    };
    let refusal = move || {
        failure.with(|failure| {
            failure.as_ref().map(|failure| {
                if failure.is_signed_out() {
                    "Name or password is not right.".to_owned()
                } else {
                    failure.to_string()
                }
            })
        })
    };
    view! {
        <Door title="Sign in">
            <form class="form" on:submit=enter novalidate>
                <Field id="name" label="Name" autocomplete="username" value=name first=true />
                <Field id="password" label="Password" kind="password" autocomplete="current-password" value=password />
                <p class="form__refusal" role="alert">{told::text(move || refusal().unwrap_or_default())}</p>
                <div class="form__acts">
                    <button class="button button--first button--wide" disabled=busy>"Sign in"</button>
                </div>
            </form>
        </Door>
    }
}
