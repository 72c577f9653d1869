//! The last hour below the cells.

use leptos::prelude::*;

use super::known::Known;
use crate::clock;
use crate::phrase;
use crate::ui::told;
use crate::wall::hour::{self, Column, HEIGHT, PITCH};

/// The chart.
#[component]
pub(super) fn LastHour(known: Known) -> impl IntoView {
    let columns = Memo::new(move |_| {
        known
            .hour
            .with(|told| told.as_ref().map(hour::columns).unwrap_or_default())
    });
    let summary = told::text(move || columns.with(|columns| summary(columns)));
    let none = told::flag(move || columns.with(Vec::is_empty));
    view! {
        <section class="hour" aria-labelledby="hour">
            <h2 class="wall__heading" id="hour">
                "Last hour " <span class="hour__key">"one column a minute · hatched: the server could not hear"</span>
            </h2>
            <svg class="hour__chart" viewBox="0 0 598 90" preserveAspectRatio="none" role="img" aria-label=summary>
                <defs>
                    <pattern id="blind" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                        <rect class="hour__ground" width="6" height="6" />
                        <rect class="hour__hatch" width="2" height="6" />
                    </pattern>
                </defs>
                {move || columns.get().into_iter().enumerate().map(column).collect_view()}
            </svg>
            <p class="hour__none" hidden=told::flag(move || !none.get())>"Not told yet"</p>
        </section>
    }
}

fn column((number, column): (usize, Column)) -> AnyView {
    let x = u32::try_from(number).unwrap_or(0) * PITCH;
    let width = (PITCH - 2).to_string();
    let part = |part: hour::Part| {
        let class = format!("hour__part hour__part--{}", part.status.key());
        let width = width.clone();
        view! { <rect class=class x=x.to_string() y=part.y.to_string() width=width height=part.height.to_string() /> }
    };
    let blind = column.is_blind.then(|| {
        view! { <rect class="hour__blind" x=x.to_string() y="0" width=width.clone() height=HEIGHT.to_string() /> }
    });
    let words = words(&column);
    view! {
        <g>
            <title>{words}</title>
            <rect class="hour__room" x=x.to_string() y="0" width=PITCH.to_string() height=HEIGHT.to_string() />
            {column.parts.into_iter().map(part).collect_view()}
            {blind}
        </g>
    }
    .into_any()
}

/// `13:21:00 · 61,204 Online · 1,902 Offline · the server was blind`
fn words(column: &Column) -> String {
    let mut words = clock::local(column.from_ms).time();
    for part in &column.parts {
        words.push_str(" · ");
        words.push_str(&phrase::grouped(part.count as usize));
        words.push(' ');
        words.push_str(&part.status.to_string());
    }
    if column.is_blind {
        words.push_str(" · the server was blind");
    }
    words
}

/// The hour in a sentence, for those who do not see the chart.
fn summary(columns: &[Column]) -> String {
    let blind = columns.iter().filter(|column| column.is_blind).count();
    match (columns.first(), columns.last()) {
        (Some(first), Some(last)) => format!(
            "An hour ago: {}. Now: {}. Minutes in which the server was blind: {blind}.",
            words(first),
            words(last)
        ),
        _ => "Not told yet".to_owned(),
    }
}
