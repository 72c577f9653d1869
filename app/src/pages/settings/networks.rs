//! The list of ranges: a page of it at a time, what is refused in its place, and one field that takes a whole column.

mod add;
mod place;

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use rollcall_shared::FieldError;
use rollcall_shared::console_api::Listens;
use rollcall_shared::settings::Field;
use rollcall_shared::settings::networks::{Line, text_of};
use wasm_bindgen::JsCast as _;

use super::form::Form;
use crate::listing::{self, PAGE};
use crate::people::People;
use crate::phrase;
use crate::ui::told::{self, If};
use crate::ui::walk;
use add::Add;
pub(super) use place::Listing;

/// A line as it is drawn. Where any of it changes, the line is drawn anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Shown {
    key: u32,
    text: String,
    refusal: Option<String>,
    /// What was probably meant.
    meant: Option<String>,
}

/// The list and its fields.
#[component]
pub(super) fn Networks() -> impl IntoView {
    let form = expect_context::<Form>();
    let people = expect_context::<People>();
    let fitting = Memo::new(move |_| {
        let words = form.listing.words.get();
        form.networks.with(|networks| {
            let lines = networks.lines().iter().enumerate();
            lines
                .filter_map(|(at, line)| listing::fits(line, &words).then_some(at))
                .collect::<Vec<usize>>()
        })
    });
    let page =
        Memo::new(move |_| fitting.with(|fitting| listing::page(form.listing.page.get(), fitting.len())));
    let shown = Memo::new(move |_| {
        let (first, end) = page.get();
        let places = fitting.with(|fitting| fitting[first..end].to_vec());
        form.networks.with(|networks| {
            form.line_refusals.with(|refusals| {
                let line = |place: usize| Some(drawn(networks.lines().get(place)?, refusals, form.listens));
                places.into_iter().filter_map(line).collect::<Vec<Shown>>()
            })
        })
    });
    let count = move || form.networks.with(|networks| networks.lines().len());
    let is_long = told::flag(move || count() > PAGE);
    let whole_refusal = Memo::new(move |_| form.refusal(Field::UnreachableNetwork));
    let no_ranges = move || {
        form.networks
            .with(|networks| networks.lines().iter().filter(|line| line.entry.is_err()).count())
    };
    view! {
        <section class="part" aria-labelledby="networks-title">
            <header class="networks__head">
                <h3 class="part__title" id="networks-title">"Networks"</h3>
                <p class="networks__count">{told::text(move || phrase::counted(count() - no_ranges(), "range", "ranges"))}</p>
            </header>
            <If so=is_long>
                <Find />
            </If>
            <If so=told::flag(move || !shown.with(Vec::is_empty))>
                <ul class="networks" role="list" aria-labelledby="networks-title" on:keydown=move |event| step(&event)>
                    <For each=move || shown.get() key=Shown::clone let:line>
                        <LineRow line shown />
                    </For>
                </ul>
            </If>
            <If so=told::flag(move || fitting.with(|fitting| fitting.len() > PAGE))>
                <Pager fitting page />
            </If>
            <If so=told::flag(move || fitting.with(Vec::is_empty) && count() > 0)>
                <p class="networks__none">"No range has that in it."</p>
            </If>
            <If so=told::flag(move || people.may_set())>
                <Add whole_refusal />
            </If>
            <p class="field__refusal" id="unreachable_network-refusal" aria-live="polite">{whole_refusal}</p>
            <p class="networks__said" role="status">{told::text(move || form.listing.said.get())}</p>
            <If so=told::flag(move || no_ranges() > 1)>
                <button class="link" on:click=move |_| form.networks.update(rollcall_shared::settings::networks::Networks::remove_refused)>
                    {told::text(move || format!("Remove all {} that are no range", phrase::grouped(no_ranges())))}
                </button>
            </If>
            <p class="field__hint" id="unreachable_network-hint">{hint(form.listens)}</p>
            <p class="minutes__advice">
                {told::text(move || {
                    let advice = form.draft.with(|draft| draft.advice(Field::UnreachableNetwork));
                    advice.map(|advice| advice.text).unwrap_or_default()
                })}
            </p>
        </section>
    }
}

/// A line with what is wrong with it.
fn drawn(line: &Line, refusals: &[(Option<u32>, FieldError)], listens: Listens) -> Shown {
    let refusal = refusals.iter().find(|(key, _)| *key == Some(line.key));
    let meant = line
        .entry
        .as_ref()
        .err()
        .and_then(|refused| refused.error.correction());
    Shown {
        key: line.key,
        text: text_of(line),
        refusal: refusal.map(|(_, refusal)| refusal.detail.clone()),
        // A correction that would be refused in its turn is none.
        meant: meant
            .filter(|range| listens.takes(range))
            .map(|range| range.to_string()),
    }
}

fn hint(listens: Listens) -> &'static str {
    match listens {
        Listens::Both => {
            "IPv4 range, address or CIDR; IPv6 prefix and length. This server listens on both. Paste a whole column."
        }
        Listens::Ipv4 => {
            "IPv4 range, address or CIDR: this server listens on IPv4 only. Paste a whole column."
        }
        Listens::Ipv6 => "IPv6 prefix and length: this server listens on IPv6 only. Paste a whole column.",
    }
}

/// One line: a range with its way out, or what is refused, to be corrected where it stands.
#[component]
fn LineRow(line: Shown, shown: Memo<Vec<Shown>>) -> impl IntoView {
    let form = expect_context::<Form>();
    let people = expect_context::<People>();
    let key = line.key;
    let is_refused = line.refusal.is_some();
    let locked = people.may_set();
    let content = if let Some(refusal) = line.refusal.filter(|_| locked) {
        view! { <Refused key text=line.text.clone() refusal meant=line.meant /> }.into_any()
    } else {
        view! { <code class="network__range">{line.text.clone()}</code> }.into_any()
    };
    // One of them is reached by Tab, and from there the others by the arrows.
    let tabbed = move || {
        let at = form.listing.at.get();
        let first = shown.with(|shown| shown.first().map(|line| line.key));
        let here = shown.with(|shown| shown.iter().any(|line| Some(line.key) == at));
        if (if here { at } else { first }) == Some(key) {
            "0"
        } else {
            "-1"
        }
    };
    let remove = move |_| {
        let next = shown.with_untracked(|shown| {
            let place = shown.iter().position(|line| line.key == key)?;
            let next = shown
                .get(place + 1)
                .or_else(|| shown.get(place.checked_sub(1)?))?;
            Some(next.key)
        });
        form.networks.update(|networks| networks.remove(key));
        form.listing.said.set(String::new());
        request_animation_frame(move || {
            let went = next.is_some_and(|next| walk::focus(&format!("[data-remove=\"{next}\"]")));
            if !went {
                walk::focus("#add");
            }
        });
    };
    view! {
        <li class=if is_refused { "network network--refused" } else { "network" }>
            {content}
            <If so=told::flag(move || people.may_set())>
                <button
                    class="network__remove"
                    data-remove=key.to_string()
                    tabindex=told::text(move || tabbed().to_owned())
                    aria-label=format!("Remove {}", line.text)
                    on:focus=move |_| form.listing.at.set(Some(key))
                    on:click=remove
                >
                    "Remove"
                </button>
            </If>
        </li>
    }
}

/// What is refused: its text to be corrected, the reason, and what was probably meant.
#[component]
fn Refused(key: u32, text: String, refusal: String, meant: Option<String>) -> impl IntoView {
    let form = expect_context::<Form>();
    let was = StoredValue::new(text.clone());
    let rewrite = move |text: &str| {
        if was.try_with_value(|was| was == text) == Some(false) {
            form.listing.rewrite(&form, key, text);
        }
    };
    let corrected = move || {
        request_animation_frame(move || {
            if !walk::focus(".networks [aria-invalid=true]") {
                walk::focus("#add");
            }
        });
    };
    let offer = meant.map(|meant| {
        let words = format!("Use {meant}");
        let take = move |_| {
            rewrite(&meant);
            corrected();
        };
        view! { <button class="link" on:click=take>{words}</button> }
    });
    let enter = move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            rewrite(&event_target_value(&event));
            corrected();
        }
    };
    view! {
        <div class="network__refused">
            <input
                class="network__input"
                aria-label="Range to correct"
                aria-invalid="true"
                aria-describedby=format!("line-{key}")
                autocomplete="off"
                spellcheck="false"
                value=text
                on:keydown=enter
                on:change=move |event| rewrite(&event_target_value(&event))
            />
            <p class="network__refusal" id=format!("line-{key}")>{refusal} " " {offer}</p>
        </div>
    }
}

/// Moves the keyboard between the lines.
fn step(event: &KeyboardEvent) {
    let by = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    let element = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let Some(element) = element.filter(|element| element.has_attribute("data-remove")) else {
        return;
    };
    let line = element.closest("li").ok().flatten();
    let next = line.and_then(|line| {
        if by > 0 {
            line.next_element_sibling()
        } else {
            line.previous_element_sibling()
        }
    });
    let button = next.and_then(|next| next.query_selector("[data-remove]").ok().flatten());
    if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
        event.prevent_default();
        // A button of the page can always be gone to.
        let _ = button.focus();
    }
}

/// Finds a line by what stands in it, or by an address that its range covers.
#[component]
fn Find() -> impl IntoView {
    let form = expect_context::<Form>();
    view! {
        <input
            class="field__input networks__find"
            type="search"
            aria-label="Find a range, or the one that an address is in"
            placeholder="Find: part of a range, or an address in it"
            autocomplete="off"
            spellcheck="false"
            prop:value=form.listing.words
            on:input=move |event| {
                form.listing.page.set(0);
                form.listing.words.set(event_target_value(&event));
            }
        />
    }
}

/// The way to the other pages of the list.
#[component]
fn Pager(fitting: Memo<Vec<usize>>, page: Memo<(usize, usize)>) -> impl IntoView {
    let form = expect_context::<Form>();
    let last = Memo::new(move |_| listing::last_page(fitting.with(Vec::len)));
    let at = move || page.get().0 / PAGE;
    let words = move || {
        let (first, end) = page.get();
        format!(
            "{}–{} of {}",
            phrase::grouped(first + 1),
            phrase::grouped(end),
            phrase::grouped(fitting.with(Vec::len))
        )
    };
    let turn = move |name: &'static str, to: fn(usize, usize) -> usize| {
        let target = Memo::new(move |_| to(at(), last.get()));
        view! {
            <button
                class="button networks__turn"
                aria-disabled=told::maybe(move || (target.get() == at()).then_some("true"))
                on:click=move |_| form.listing.page.set(target.get_untracked())
            >
                {name}
            </button>
        }
    };
    view! {
        <nav class="networks__pages" aria-label="Pages of the list">
            {turn("First", |_, _| 0)}
            {turn("Previous", |at, _| at.saturating_sub(1))}
            <span class="networks__place" role="status">{told::text(words)}</span>
            {turn("Next", |at, last| (at + 1).min(last))}
            {turn("Last", |_, last| last)}
        </nav>
    }
}
