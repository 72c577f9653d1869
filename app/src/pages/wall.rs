//! `/wall`: every agent a cell, counts that are read from across the room, and what happened last. With `?kiosk` nothing
//! else is on the screen.

mod figures;
mod grouped;
mod hour;
mod known;
mod server;
mod sky;

use leptos::prelude::*;
use rollcall_shared::Status;
use rollcall_shared::feed::Row;
use rollcall_shared::feed::wall::{Asked, FromWall, ToWall};

use crate::feed::live::Live;
use crate::feed::socket::Feed;
use crate::feed::spoken::Frame;
use crate::people::People;
use crate::phrase;
use crate::ui::happening::{Happening, Line};
use crate::ui::mark::Mark;
use crate::ui::told;
use crate::wall::picture::{Changed, Picture};
use figures::Figures;
use grouped::GroupedBy;
pub(crate) use grouped::{grouping, is_kiosk};
use hour::LastHour;
use known::Known;
use server::ServerStands;
use sky::Sky;

/// The statuses that a wall counts: retired agents have no cell.
const COUNTED: [Status; 6] = [
    Status::Online,
    Status::UnreachableOnline,
    Status::Offline,
    Status::UnreachableOffline,
    Status::Pending,
    Status::Inactive,
];

/// What the feed told, for whoever draws it.
#[derive(Clone, Copy)]
pub(crate) struct Wall {
    picture: StoredValue<Picture, LocalStorage>,
    /// Who was asked for last.
    known: RwSignal<Option<(usize, Row)>>,
}

impl Wall {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self {
            picture: StoredValue::new_local(Picture::default()),
            known: RwSignal::new(None),
        }
    }

    /// Takes in a message; nothing where it cannot be read.
    pub(crate) fn take(self, bytes: &[u8]) -> Option<Frame> {
        let message: ToWall = postcard::from_bytes(bytes).ok()?;
        if let ToWall::Known { asked, agent, .. } = &message
            && asked.picture == self.with(Picture::number)
        {
            let known = agent.clone().map(|agent| (asked.cell as usize, agent));
            self.known.set(known);
        }
        let frame = self.picture.try_update_value(|picture| {
            if matches!(message, ToWall::Hello { .. }) {
                picture.disconnected();
            }
            let server_ms = Picture::time_of(&message);
            let answer = picture.apply(message);
            Frame {
                server_ms,
                answer,
                is_whole: picture.is_whole(),
                is_adrift: picture.is_adrift(),
            }
        })?;
        Some(frame)
    }

    fn with<T>(self, look: impl FnOnce(&Picture) -> T) -> T {
        self.picture.with_value(look)
    }

    fn take_changed(self) -> Changed {
        self.picture
            .try_update_value(Picture::take_changed)
            .unwrap_or_default()
    }

    /// Asks who a cell is, unless that is known.
    fn ask(self, feed: Feed, cell: usize) {
        let is_known = self
            .known
            .with_untracked(|known| known.as_ref().is_some_and(|(known, _)| *known == cell));
        if let (false, Ok(cell)) = (is_known, u32::try_from(cell)) {
            let picture = self.with(Picture::number);
            feed.send(&FromWall::Who(Asked { picture, cell }));
        }
    }

    fn forget(self) {
        if self.known.with_untracked(Option::is_some) {
            self.known.set(None);
        }
    }
}

/// The page.
#[component]
pub(crate) fn WallPage() -> impl IntoView {
    // A display may go nowhere else, so there is no way to anywhere on it.
    let is_alone = is_kiosk() || expect_context::<People>().is_display();
    if is_alone && let Some(root) = document().document_element() {
        // Setting an attribute of this name cannot fail.
        let _ = root.set_attribute("data-kiosk", "");
    }
    let known = Known::new();
    view! {
        <div class="wall">
            <Counted known />
            <GroupedBy />
            <Sky />
            <LastHour known />
            <Happenings known />
        </div>
    }
}

/// How many there are of each status.
#[component]
fn Counted(known: Known) -> impl IntoView {
    let (live, wall) = (expect_context::<Live>(), expect_context::<Wall>());
    let count_of = |status: Status| {
        let count = Memo::new(move |_| {
            live.version();
            wall.with(|picture| picture.count(status))
        });
        let class = told::text(move || {
            let none = if count.get() == 0 { " count--none" } else { "" };
            format!("count count--{}{none}", status.key())
        });
        view! {
            <li class=class>
                <span class="count__name">
                    <Mark status />
                    {status.to_string()}
                </span>
                <span class="count__number">{told::text(move || phrase::grouped(count.get()))}</span>
            </li>
        }
    };
    view! {
        <ul class="counts wall__counts" role="list" aria-label="Agents by status">
            {COUNTED.map(count_of).collect_view()}
            <Figures known />
        </ul>
    }
}

/// The latest transitions, newest first.
#[component]
fn Happenings(known: Known) -> impl IntoView {
    let (live, wall) = (expect_context::<Live>(), expect_context::<Wall>());
    let lines = Memo::new(move |_| {
        live.version();
        wall.with(|picture| {
            let lines = picture.latest().iter().map(|one| Line {
                agent: Some((one.agent, one.name.clone())),
                at_ms: one.at_ms,
                to: one.to,
                cause: one.cause,
            });
            lines.collect::<Vec<_>>()
        })
    });
    let none = told::flag(move || lines.with(Vec::is_empty));
    view! {
        <section class="wall__latest" aria-labelledby="latest">
            <div class="wall__server"><ServerStands known /></div>
            <h2 class="wall__heading" id="latest">"Latest transitions"</h2>
            <told::If so=none>
                <p class="wall__none">"Nothing has changed since the server remembers."</p>
            </told::If>
            <ol class="happenings" role="list" tabindex="0" aria-labelledby="latest">
                {move || lines.get().into_iter().map(|line| view! { <Happening line /> }).collect_view()}
            </ol>
        </section>
    }
}
