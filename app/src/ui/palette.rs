//! The palette: Ctrl-K anywhere, some letters, Enter. A native `<dialog>` with a combobox, as ARIA's pattern for one
//! with a list has it.

use core::time::Duration;

use leptos::html;
use leptos::prelude::*;
use rollcall_shared::feed::Row;
use rollcall_shared::feed::table::Query;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, KeyboardEvent, MouseEvent};

use crate::document::way::Way;
use crate::feed::socket::Feed;
use crate::keys;
use crate::palette::{self, Deed, Offer};
use crate::people::People;
use crate::ui::icon::{Icon, Picture};
use crate::ui::theme::Theme;
use crate::ui::told;

/// The server is asked once the typing rests for so long.
const REST: Duration = Duration::from_millis(80);

/// What the palette is called.
const NAME: &str = "Find a page, an agent, an act";

/// The palette, and the button at the top that opens it.
#[component]
pub(crate) fn Palette() -> impl IntoView {
    let finder = Finder::new();
    keys::on_chord(move |event| {
        if event.key() == "k" {
            event.prevent_default();
            finder.open();
        }
    });
    let outside = move |event: MouseEvent| {
        // A click on the dialog itself is one beside what is in it.
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        if target.is_some_and(|element| element.tag_name() == "DIALOG") {
            finder.close();
        }
    };
    view! {
        <button class="button top__find" aria-keyshortcuts="Control+K" on:click=move |_| finder.open()>
            <Icon of=Picture::Search />
            <span class="top__words">"Find"</span>
            <kbd class="top__key" aria-hidden="true">"Ctrl K"</kbd>
        </button>
        <dialog class="palette" node_ref=finder.dialog aria-label=NAME on:click=outside>
            <input
                class="palette__input"
                type="text"
                role="combobox"
                aria-label=NAME
                aria-expanded="true"
                aria-controls="palette"
                aria-activedescendant=told::text(move || id(finder.at.get()))
                autocomplete="off"
                spellcheck="false"
                placeholder="Page, agent or act"
                prop:value=finder.words
                on:input=move |event| {
                    finder.words.set(event_target_value(&event));
                    finder.at.set(0);
                }
                on:keydown=move |event| finder.walk(&event)
            />
            <ul class="palette__lines" id="palette" role="listbox" aria-label="What fits">
                {move || finder.offers.get().into_iter().enumerate().map(|of| finder.line(of)).collect_view()}
            </ul>
        </dialog>
    }
}

/// The palette's state, and what it does.
#[derive(Clone, Copy)]
struct Finder {
    dialog: NodeRef<html::Dialog>,
    words: RwSignal<String>,
    /// Which line Enter takes.
    at: RwSignal<usize>,
    offers: Memo<Vec<Offer>>,
    way: Way,
    theme: Theme,
    people: People,
}

impl Finder {
    fn new() -> Self {
        let feed = expect_context::<Feed>();
        let words = RwSignal::new(String::new());
        let found = RwSignal::new((String::new(), Vec::new()));
        Effect::new(move |_| find(feed, words, found));
        let search = |words: &str| {
            let mut to = "/agents?q=".to_owned();
            to.push_str(&String::from(js_sys::encode_uri_component(words)));
            to
        };
        Self {
            dialog: NodeRef::new(),
            words,
            at: RwSignal::new(0),
            offers: Memo::new(move |_| {
                words.with(|words| found.with(|(_, agents)| palette::offers(words, agents, search)))
            }),
            way: expect_context(),
            theme: expect_context(),
            people: expect_context(),
        }
    }

    fn open(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            self.words.set(String::new());
            self.at.set(0);
            // It fails only for a dialog that is out of the page or open already.
            let _ = dialog.show_modal();
        }
    }

    fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
            dialog.close();
        }
    }

    /// The arrows go from line to line, and round; Enter takes one.
    fn walk(self, event: &KeyboardEvent) {
        let at = self.at.get_untracked();
        let count = self.offers.with_untracked(Vec::len).max(1);
        let next = match event.key().as_str() {
            "ArrowDown" => (at + 1) % count,
            "ArrowUp" => (at + count - 1) % count,
            "Enter" => {
                event.prevent_default();
                let offer = self.offers.with_untracked(|offers| offers.get(at).cloned());
                if let Some(offer) = offer {
                    self.choose(&offer.deed);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        self.at.set(next);
        if let Some(line) = document().get_element_by_id(&id(next)) {
            line.scroll_into_view_with_bool(false);
        }
    }

    fn line(self, (number, offer): (usize, Offer)) -> impl IntoView {
        let Offer { name, aside, deed } = offer;
        view! {
            <li
                class="palette__line"
                id=id(number)
                role="option"
                aria-selected=told::text(move || (self.at.get() == number).to_string())
                on:click=move |_| self.choose(&deed)
            >
                <span class="palette__name">{name}</span>
                <span class="palette__aside">{aside}</span>
            </li>
        }
    }

    fn choose(self, deed: &Deed) {
        self.close();
        match deed {
            Deed::Go(to) => self.way.go(to),
            Deed::Theme => self.theme.turn(),
            Deed::SignOut => self.people.leave(),
        }
    }
}

/// Has the server find agents by the words. What was found by other words is gone at once, unless it is by fewer of their
/// letters: that is close, and the next answer is on its way.
fn find(feed: Feed, typed: RwSignal<String>, found: RwSignal<(String, Vec<Row>)>) {
    let words = typed.with(|typed| typed.trim().to_owned());
    let is_close = found.with_untracked(|(by, _)| !by.is_empty() && words.starts_with(by.as_str()));
    if !is_close {
        found.set(Default::default());
    }
    if words.is_empty() {
        return;
    }
    let asked = words.clone();
    // The page may be gone meanwhile, or other words typed.
    let are_meant = move |words: &str| typed.try_with_untracked(|typed| typed.trim() == words) == Some(true);
    let ask = async move {
        let query = Query {
            search: words.clone(),
            ..Query::default()
        };
        let listed = feed.list(query, 0, palette::ASKED_FOR, true).await;
        if let (Some(listed), true) = (listed, are_meant(&words)) {
            found.set((words, listed.rows));
        }
    };
    set_timeout(
        move || {
            if are_meant(&asked) {
                spawn_local(ask);
            }
        },
        REST,
    );
}

/// The id of a line, for the field to say which one is chosen.
fn id(number: usize) -> String {
    let mut id = "palette-".to_owned();
    id.push_str(&number.to_string());
    id
}
