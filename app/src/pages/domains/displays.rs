//! The screens on walls that show a domain or one below it: letting them in, when each was last seen, and revoking.

use leptos::prelude::*;
use rollcall_shared::DomainId;
use rollcall_shared::console_api::{Display, DisplayMade, NewDisplay};
use wasm_bindgen_futures::spawn_local;
use web_sys::SubmitEvent;

use super::Room;
use super::acts::{Foot, subject};
use super::attempt::Attempt;
use crate::api::{self, Failure};
use crate::domains::within;
use crate::ui::age::{Age, When};
use crate::ui::copy::CopyLine;
use crate::ui::dialog::Dialog;
use crate::ui::field::Field;
use crate::ui::icon::{Icon, Picture};
use crate::ui::told::{self, If};

/// What is known of the screens, and which of their dialogs is open.
#[derive(Clone, Copy)]
struct Screens {
    room: Room,
    /// The newest first; nothing before they are read.
    all: RwSignal<Option<Vec<Display>>>,
    failure: RwSignal<Option<Failure>>,
    making: RwSignal<bool>,
    revoking: RwSignal<bool>,
    /// The one that its dialog is about.
    revoked: StoredValue<Option<Display>>,
}

/// The screens.
#[component]
pub(super) fn Displays() -> impl IntoView {
    let screens = Screens::new();
    screens.keep_reading();
    let shown = Memo::new(move |_| screens.within());
    let is_read = told::flag(move || screens.all.with(Option::is_some));
    let failed = told::text(move || {
        screens
            .failure
            .with(|failure| failure.as_ref().map(ToString::to_string).unwrap_or_default())
    });
    let has_failed = told::flag(move || screens.failure.with(Option::is_some));
    view! {
        <header class="one__head">
            <h3 class="one__part" id="displays-title">"Displays"</h3>
            <button class="button" on:click=move |_| screens.making.set(true)>
                <Icon of=Picture::Plus />
                "Put up a display"
            </button>
        </header>
        <div role="alert">
            <If so=has_failed>
                <p class="notice notice--heed">
                    {failed} " "
                    <button class="link" on:click=move |_| screens.read()>"Try again"</button>
                </p>
            </If>
        </div>
        <If so=told::flag(move || !is_read.get() && !has_failed.get())>
            <p class="domains__none">"Reading the displays…"</p>
        </If>
        <If so=told::flag(move || is_read.get() && shown.with(Vec::is_empty))>
            <p class="domains__none">"No screen shows this domain by itself. A display needs nobody to sign in: it has a link of its own, and may look at the wall only."</p>
        </If>
        <ul class="tokens" role="list" aria-labelledby="displays-title">
            {move || shown.get().into_iter().map(|(display, place)| screens.line(display, place)).collect_view()}
        </ul>
        <Dialog title="Put up a display" open=screens.making>
            <PutUp screens />
        </Dialog>
        <Dialog title="Revoke the display" open=screens.revoking>
            <Revoke screens />
        </Dialog>
    }
}

impl Screens {
    fn new() -> Self {
        Self {
            room: expect_context(),
            all: RwSignal::new(None),
            failure: RwSignal::new(None),
            making: RwSignal::new(false),
            revoking: RwSignal::new(false),
            revoked: StoredValue::new(None),
        }
    }

    /// Reads them at once, when one was made or revoked, and when this screen is looked at again.
    fn keep_reading(self) {
        Effect::new(move |_| {
            self.making.get();
            self.read();
        });
        let looked_at = window_event_listener(leptos::ev::focus, move |_| self.read());
        on_cleanup(move || looked_at.remove());
    }

    fn read(self) {
        spawn_local(async move {
            // The page may have been left meanwhile.
            match api::displays::all().await {
                Ok(all) => {
                    self.failure.try_set(None);
                    self.all.try_set(Some(all));
                }
                Err(failure) => {
                    self.room.people.heed(&failure);
                    self.failure.try_set(Some(failure));
                }
            }
        });
    }

    /// Those of the domain that is looked at and of those below it, with the name of its domain where that is another;
    /// tracked.
    fn within(self) -> Vec<(Display, String)> {
        let Some(shown) = self.room.shown.get() else {
            return Vec::new();
        };
        self.room.folders.with(|folders| {
            let within = within(folders, shown.id);
            self.all.with(|all| {
                let all = all.iter().flatten();
                all.filter_map(|display| {
                    let name = *within.get(&display.domain)?;
                    let place = if display.domain == shown.id { "" } else { name };
                    Some((display.clone(), place.to_owned()))
                })
                .collect()
            })
        })
    }

    fn line(self, display: Display, place: String) -> AnyView {
        let author = display
            .author
            .clone()
            .unwrap_or_else(|| "somebody who is gone".to_owned());
        let made_ms = display.created_at_ms;
        let label = format!("Revoke display {}", display.name);
        let name = display.name.clone();
        let seen_ms = display.last_seen_ms;
        let seen = move || match seen_ms {
            Some(at_ms) => view! { <span>"seen " <Age at_ms /> " ago"</span> }.into_any(),
            None => view! { <span class="token__state">"Never seen"</span> }.into_any(),
        };
        let revoked = StoredValue::new(display);
        let revoke = move |_| {
            self.revoked.set_value(Some(revoked.get_value()));
            self.revoking.set(true);
        };
        view! {
            <li class="token">
                <p class="token__left"><strong>{name}</strong></p>
                <p class="token__who">
                    {(!place.is_empty()).then(|| view! { <span>"shows " <strong>{place}</strong></span> })}
                    <span class="token__made">{format!("by {author}, ")} <When at_ms=made_ms /></span>
                </p>
                <p class="token__ends">{seen}</p>
                <button class="button" aria-label=label on:click=revoke>"Revoke"</button>
            </li>
        }
        .into_any()
    }
}

/// Asks what it is called, and shows its link.
#[component]
fn PutUp(screens: Screens) -> impl IntoView {
    let attempt = Attempt::new();
    let domain = subject(&screens.room);
    let name = RwSignal::new(String::new());
    let made = RwSignal::new(None::<DisplayMade>);
    let id = domain.id;
    let what = if id == DomainId::ROOT {
        "all agents".to_owned()
    } else {
        format!("the agents of {} and below", domain.name)
    };
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let new = NewDisplay {
            name: name.get_untracked(),
            domain: id,
        };
        let act = async move { api::displays::make(&new).await };
        attempt.run(act, move |answer| made.set(Some(answer)));
    };
    move || {
        match made.get() {
        Some(made) => view! { <ItsLink made /> }.into_any(),
        None => view! {
            <form class="dialog__body form" on:submit=make novalidate>
                <p class="form__lead">{format!("A screen that shows {what}, and goes on by itself after a restart. Nobody signs in at it, and it may look at the wall only.")}</p>
                <Field id="display-name" label="What it is called, for example where it hangs" value=name refusal=attempt.refusal("name") first=true />
                <Foot attempt field="name" word="Put it up" close=screens.making />
            </form>
        }
        .into_any(),
    }
    }
}

#[component]
fn ItsLink(made: DisplayMade) -> impl IntoView {
    let origin = window().location().origin().unwrap_or_default();
    let link = format!("{origin}/wall?kiosk#token={}", made.secret);
    view! {
        <div class="dialog__body">
            <p class="form__lead">"Open this once in the browser of " <strong>{made.display.name}</strong> ". From then on " <code>"/wall?kiosk"</code> " is enough."</p>
            <CopyLine label="The link that lets the display in" text=link />
            <p class="field__hint">"It is shown only now: the server keeps no copy of the token. Whoever has the link sees this wall until you revoke the display."</p>
        </div>
    }
}

/// Asks once more before a screen is sent away.
#[component]
fn Revoke(screens: Screens) -> impl IntoView {
    let attempt = Attempt::new();
    let Some(display) = screens.revoked.get_value() else {
        return ().into_any();
    };
    let id = display.id;
    let revoke = move |event: SubmitEvent| {
        event.prevent_default();
        attempt.run(api::displays::revoke(id), move |()| {
            screens.revoking.set(false);
            screens.read();
        });
    };
    view! {
        <form class="dialog__body form" on:submit=revoke novalidate>
            <p class="form__lead"><strong>{display.name}</strong> " shows nothing any more, at once and for good. To bring it back, put it up anew."</p>
            <Foot attempt field="" word="Revoke" grave=true close=screens.revoking />
        </form>
    }
    .into_any()
}
