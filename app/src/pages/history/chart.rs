//! The presence timeline: a row of the last day, or one a day. Pointer and arrows go from part to part, and a line says what
//! each is.

use leptos::prelude::*;
use rollcall_shared::AgentId;
use rollcall_shared::console_api::{Timeline, TimelineState};
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::availability::{Period, width};
use crate::clock;
use crate::feed::live::Live;
use crate::generation::Generations;
use crate::pages::agent::Known;
use crate::timeline::{self, Piece, Row};
use crate::ui::told;

/// It is asked for again so often: its last part grows.
const EVERY_MS: i64 = 30_000;

/// The parts that have a key.
const STATES: [TimelineState; 4] = [
    TimelineState::Online,
    TimelineState::Offline,
    TimelineState::Unknown,
    TimelineState::Changing,
];

/// The chart, and the question that it is the answer to.
#[derive(Clone, Copy)]
struct Drawn {
    id: AgentId,
    known: Known,
    told: RwSignal<Option<(Period, i64, Timeline)>>,
    failure: RwSignal<Option<Failure>>,
    asked: StoredValue<Generations>,
    rows: Memo<Vec<Row>>,
    /// Which part is pointed at: row and part.
    at: RwSignal<Option<(usize, usize)>>,
}

/// The chart.
#[component]
pub(super) fn Chart(id: AgentId, known: Known) -> impl IntoView {
    let drawn = Drawn::new(id, known);
    drawn.keep();
    let pointed = told::text(move || drawn.words());
    let hint = told::text(move || {
        let failure = drawn
            .failure
            .with(|failure| failure.as_ref().map(ToString::to_string));
        let is_empty = drawn
            .told
            .with(|told| told.as_ref().is_some_and(|(_, _, told)| told.spans.is_empty()));
        match failure {
            Some(failure) => failure,
            None if is_empty => "It was never heard in this time.".to_owned(),
            None => String::new(),
        }
    });
    let row = move |(number, row): (usize, Row)| drawn.row(number, row);
    let key = |was: TimelineState| {
        let class = format!("timeline__key timeline__part--{}", timeline::key(was));
        view! { <li><span class=class></span>{timeline::name(was)}</li> }
    };
    view! {
        <section class="timeline" aria-labelledby="timeline">
            <div class="timeline__head">
                <h3 class="panel__heading" id="timeline">"Presence"</h3>
                <ul class="timeline__keys" role="list">{STATES.map(key).collect_view()}</ul>
            </div>
            <div
                class="timeline__rows"
                role="group"
                aria-label="Presence, part by part"
                tabindex="0"
                on:keydown=move |event| {
                    if drawn.walk(&event.key()) {
                        event.prevent_default();
                    }
                }
                on:pointerleave=move |_| drawn.at.set(None)
            >
                {move || drawn.rows.get().into_iter().enumerate().map(row).collect_view()}
            </div>
            {move || drawn.rows.with(|rows| rows.last().map(axis))}
            <p class="timeline__told" role="status">{pointed}</p>
            <p class="timeline__hint">{hint}</p>
        </section>
    }
}

impl Drawn {
    fn new(id: AgentId, known: Known) -> Self {
        let told = RwSignal::new(None::<(Period, i64, Timeline)>);
        Self {
            id,
            known,
            told,
            failure: RwSignal::new(None),
            asked: StoredValue::new(Generations::default()),
            rows: Memo::new(move |_| {
                told.with(|told| {
                    let Some((period, now_ms, told)) = told else {
                        return Vec::new();
                    };
                    timeline::rows(told, &bounds(*period, *now_ms))
                })
            }),
            at: RwSignal::new(None),
        }
    }

    /// Asks for the period that is chosen, and again as time passes.
    fn keep(self) {
        let live = expect_context::<Live>();
        let turn = Memo::new(move |_| {
            live.has_arrived()
                .then(|| (self.known.period.get(), live.now() / EVERY_MS))
        });
        Effect::new(move |_| {
            if let Some((period, _)) = turn.get() {
                self.ask(period, live.peek_now());
            }
        });
    }

    fn ask(self, period: Period, now_ms: i64) {
        let from_ms = bounds(period, now_ms).first().copied().unwrap_or(now_ms);
        let generation = self
            .asked
            .try_update_value(Generations::begin)
            .unwrap_or_default();
        spawn_local(async move {
            let answer = api::timeline(self.id, from_ms, now_ms).await;
            // The page may have been left meanwhile.
            let is_news = self.asked.try_update_value(|asked| asked.accept(generation));
            if is_news != Some(true) {
                return;
            }
            match answer {
                Ok(told) => {
                    self.failure.set(None);
                    self.told.set(Some((period, now_ms, told)));
                }
                Err(failure) => {
                    self.known.people.heed(&failure);
                    self.failure.set(Some(failure));
                }
            }
        });
    }

    /// What is pointed at, in words; nothing where nothing is.
    fn words(self) -> String {
        self.rows.with(|rows| {
            let piece = self
                .at
                .get()
                .and_then(|(row, piece)| rows.get(row)?.pieces.get(piece).copied());
            piece.map_or_else(String::new, |piece| {
                timeline::words(&piece.span, |at_ms| clock::local(at_ms).exact())
            })
        })
    }

    /// The arrows go to the part before and after, and to the rows above and below. Whether the key was one of them.
    fn walk(self, key: &str) -> bool {
        let next = self.rows.with_untracked(|rows| {
            let has = |row: usize| rows.get(row).map_or(0, |row| row.pieces.len());
            let last = rows.iter().rposition(|row| !row.pieces.is_empty())?;
            let first = rows.iter().position(|row| !row.pieces.is_empty())?;
            let Some((row, piece)) = self.at.get_untracked() else {
                return Some((last, has(last).saturating_sub(1)));
            };
            Some(match key {
                "ArrowRight" if piece + 1 < has(row) => (row, piece + 1),
                "ArrowRight" if row < last => (row + 1, 0),
                "ArrowLeft" if piece > 0 => (row, piece - 1),
                "ArrowLeft" if row > first => (row - 1, has(row - 1).saturating_sub(1)),
                "ArrowUp" if row > first => (row - 1, piece.min(has(row - 1).saturating_sub(1))),
                "ArrowDown" if row < last => (row + 1, piece.min(has(row + 1).saturating_sub(1))),
                _ => (row, piece),
            })
        });
        let is_arrow = matches!(key, "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown");
        if is_arrow && next.is_some() {
            self.at.set(next);
        }
        is_arrow
    }

    fn row(self, number: usize, row: Row) -> AnyView {
        let label = match self.known.period.get_untracked() {
            Period::Day => "24 hours".to_owned(),
            Period::Week | Period::Month => clock::local(row.from_ms).day_name(),
        };
        let summary = timeline::summary(&row);
        let part = |(place, piece): (usize, Piece)| {
            let class = told::text(move || {
                let is_here = self.at.get() == Some((number, place));
                let here = if is_here { " timeline__part--here" } else { "" };
                format!(
                    "timeline__part timeline__part--{}{here}",
                    timeline::key(piece.span.was)
                )
            });
            view! {
                <span
                    class=class
                    style:left=width(piece.left)
                    style:width=width(piece.width)
                    on:pointerenter=move |_| self.at.set(Some((number, place)))
                ></span>
            }
            .into_any()
        };
        let pieces = row.pieces.into_iter().enumerate().map(part).collect_view();
        view! {
            <div class="timeline__row">
                <span class="timeline__day">{label}</span>
                <span class="timeline__bar" role="img" aria-label=summary>{pieces}</span>
            </div>
        }
        .into_any()
    }
}

/// What time it was at each quarter of a row.
fn axis(row: &Row) -> AnyView {
    let quarter = (row.to_ms - row.from_ms) / 4;
    let at = |part: i64| {
        let time = clock::local(row.from_ms + part * quarter).time();
        // Without its seconds.
        let time = time.get(..5).unwrap_or_default().to_owned();
        view! { <span class="timeline__time" style:left=width(part * 2_500)>{time}</span> }
    };
    view! {
        <div class="timeline__row" aria-hidden="true">
            <span></span>
            <span class="timeline__axis">{(0..4).map(at).collect_view()}</span>
        </div>
    }
    .into_any()
}

/// Where rows begin, and where the last one ends.
fn bounds(period: Period, now_ms: i64) -> Vec<i64> {
    match period {
        Period::Day => vec![now_ms - period.ms(), now_ms],
        Period::Week => clock::midnights(now_ms, 7),
        Period::Month => clock::midnights(now_ms, 30),
    }
}
