//! The components that agents are to have, and how far each has got.

use leptos::prelude::*;
use rollcall_shared::console_api::Component;

use super::Room;
use crate::components::{short, size};
use crate::pages::settings::rollout::percent;
use crate::ui::age::When;
use crate::ui::told::{self, If};

/// The table.
#[component]
pub(super) fn List() -> impl IntoView {
    let room = expect_context::<Room>();
    let is_read = told::flag(move || room.current.with(Option::is_some));
    let is_empty = told::flag(move || {
        room.current
            .with(|current| current.as_deref().is_some_and(<[_]>::is_empty))
    });
    // Drawn anew as a whole when what is current changes: there are a few dozen at the most, and a keyed list is a
    // tenth of the page's code.
    let rows = move || {
        let current = room.current.get().unwrap_or_default();
        current
            .into_iter()
            .map(|component| row(room, component))
            .collect::<Vec<_>>()
    };
    let is_failed = told::flag(move || room.failure.with(Option::is_some));
    view! {
        <If so=told::flag(move || !is_read.get() && !is_failed.get())>
            <p class="components__none">"Reading the components…"</p>
        </If>
        <If so=is_empty>
            <p class="components__none">"Nothing is handed out yet. Upload a file below, or name where agents find one."</p>
        </If>
        <If so=told::flag(move || is_read.get() && !is_empty.get())>
            <div class="components__scroll">
                <table class="components__table" aria-labelledby="components-title">
                    <thead>
                        <tr>
                            <th scope="col">"Name"</th>
                            <th scope="col">"Version"</th>
                            <th scope="col" class="components__number">"Size"</th>
                            <th scope="col">"SHA-256"</th>
                            <th scope="col">"Handed out"</th>
                            <th scope="col">"Roll-out"</th>
                        </tr>
                    </thead>
                    <tbody>
                        {rows}
                    </tbody>
                </table>
            </div>
        </If>
    }
}

fn row(room: Room, component: Component) -> AnyView {
    let name = StoredValue::new(component.name.clone());
    let is_opened = Memo::new(move |_| {
        room.opened
            .with(|opened| name.with_value(|name| opened.as_ref() == Some(name)))
    });
    let rollout = {
        let component = component.clone();
        Memo::new(move |_| room.rollout_of(&component))
    };
    let share = Memo::new(move |_| rollout.with(|rollout| rollout.as_ref().map(percent)));
    let failed =
        Memo::new(move |_| rollout.with(|rollout| rollout.as_ref().map_or(0, |rollout| rollout.failed)));
    let told_share = move || match (share.get(), failed.get()) {
        (None, _) => "–".to_owned(),
        (Some(share), 0) => format!("{share} %"),
        (Some(share), failed) => format!("{share} %, {failed} failed"),
    };
    let sha256 = component.sha256.to_string();
    let since = component.current_since_ms.unwrap_or(component.created_at_ms);
    let label = format!("Roll-out of {}", component.name);
    view! {
        <tr class="components__row" aria-selected=told::text(move || is_opened.get().to_string())>
            <th scope="row">
                <button class="link" aria-pressed=told::text(move || is_opened.get().to_string()) on:click=move |_| room.open(name.get_value())>
                    {component.name.to_string()}
                </button>
            </th>
            <td class="components__exact">{component.version.to_string()}</td>
            <td class="components__number">{size(component.size)}</td>
            <td class="components__exact" title=sha256.clone()>{short(&sha256).to_owned()}</td>
            <td><When at_ms=since />{component.author.map(|author| format!(", {author}"))}</td>
            <td class="components__share">
                <progress class="rollout__bar" max="100" value=told::text(move || share.get().unwrap_or(0).to_string()) aria-label=label></progress>
                <span>{told::text(told_share)}</span>
            </td>
        </tr>
    }
    .into_any()
}
