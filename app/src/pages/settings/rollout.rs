//! How far the newest settings have got, live: how many live by them, and who does not and why.

use core::time::Duration;

use leptos::prelude::*;
use rollcall_shared::console_api::{Rollout, Subject, Waiting};
use wasm_bindgen_futures::spawn_local;

use crate::api;
use crate::feed::live::Live;
use crate::people::People;
use crate::phrase;
use crate::ui::mark::Mark;
use crate::ui::told::{self, If};

/// How many of those that it waits for are shown at first, and what each *more* makes of it; the last is as many as the
/// API gives at once.
const SHOWN: u32 = 10;
const TIMES: u32 = 10;
const MOST_SHOWN: u32 = 1_000;
/// They are asked for again no sooner than after so long, however quickly the numbers change.
const BETWEEN: Duration = Duration::from_secs(1);
/// And with the same numbers no sooner than after so long.
const NOW_AND_THEN: Duration = Duration::from_secs(9);

/// That of the newest version of the settings.
pub(super) fn of_settings() -> Memo<Option<Rollout>> {
    let live = expect_context::<Live>();
    Memo::new(move |_| newest(&live.rollouts()))
}

/// A roll-out, of settings or of a component.
#[component]
pub(crate) fn RollOut(rollout: Memo<Option<Rollout>>) -> impl IntoView {
    let people = expect_context::<People>();
    let waiting = RwSignal::new(Vec::<Waiting>::new());
    let limit = RwSignal::new(SHOWN);
    ask_again(rollout, waiting, limit, people);
    let read = move |tell: fn(&Rollout) -> String| {
        told::text(move || rollout.with(|rollout| rollout.as_ref().map(tell).unwrap_or_default()))
    };
    let share = move || rollout.with(|rollout| rollout.as_ref().map_or(0, percent));
    let is_told = told::flag(move || {
        rollout.with(|rollout| rollout.as_ref().is_some_and(|rollout| concerned(rollout) > 0))
    });
    let more = move || {
        let left = rollout.with(|rollout| rollout.as_ref().map_or(0, left)) as usize;
        let shown = waiting.with(Vec::len);
        match left.saturating_sub(shown) {
            0 => String::new(),
            _ if shown == 0 => String::new(),
            more => format!("and {} more", phrase::grouped(more)),
        }
    };
    view! {
        <section class="rollout" aria-labelledby="rollout-title" data-testid="rollout">
            <h2 class="beside__name" id="rollout-title">{read(title)}</h2>
            <If so=told::flag(move || rollout.with(Option::is_none))>
                <p class="rollout__none">"Nothing is on its way to agents."</p>
            </If>
            <If so=told::flag(move || rollout.with(Option::is_some) && !is_told.get())>
                <p class="rollout__none">"No agent has to be told."</p>
            </If>
            <If so=is_told>
                <p class="rollout__figure">
                    <span class="rollout__share">{told::text(move || format!("{} %", share()))}</span>
                    <span class="rollout__count">{read(know)}</span>
                </p>
                <progress class="rollout__bar" max="100" value=told::text(move || share().to_string()) aria-labelledby="rollout-title"></progress>
                <p class="rollout__states">{read(states)}</p>
                <p class="rollout__states">{read(delays)}</p>
            </If>
            <If so=told::flag(move || !waiting.with(Vec::is_empty))>
                <h3 class="beside__part" id="waiting-title">{read(who_waits)}</h3>
                <ul class="waiting" role="list" aria-labelledby="waiting-title">
                    <For
                        each=move || waiting.get()
                        key=|one| (one.agent, one.status, one.state, one.waits_for, one.failure.clone())
                        children=|one| view! { <WaitingLine one /> }
                    />
                </ul>
                <p class="rollout__states">{told::text(more)}</p>
                <If so=told::flag(move || !more().is_empty() && limit.get() < MOST_SHOWN)>
                    <button class="button" on:click=move |_| limit.update(|limit| *limit = MOST_SHOWN.min(*limit * TIMES))>"Show more"</button>
                </If>
            </If>
        </section>
    }
}

#[component]
fn WaitingLine(one: Waiting) -> impl IntoView {
    let why = match one.failure {
        Some(failure) => format!("{}: {failure}", one.waits_for.phrase()),
        None => one.waits_for.phrase().to_owned(),
    };
    view! {
        <li class="waiting__one">
            <Mark status=one.status />
            <a href=format!("/agents/{}", one.agent)>{one.name}</a>
            <span class="waiting__why">{why}</span>
        </li>
    }
}

/// The newest version of the settings on its way.
fn newest(rollouts: &[Rollout]) -> Option<Rollout> {
    let version = |rollout: &Rollout| match rollout.subject {
        Subject::Settings(version) => Some(version),
        Subject::Component(..) => None,
    };
    rollouts
        .iter()
        .filter(|rollout| version(rollout).is_some())
        .max_by_key(|rollout| version(rollout))
        .cloned()
}

/// Those for whom nothing newer took its place.
fn concerned(rollout: &Rollout) -> u32 {
    rollout.concerned.saturating_sub(rollout.superseded)
}

fn left(rollout: &Rollout) -> u32 {
    concerned(rollout).saturating_sub(rollout.applied)
}

/// Rounded down: 100 only when it is so.
pub(crate) fn percent(rollout: &Rollout) -> u32 {
    let share = u64::from(rollout.applied) * 100 / u64::from(concerned(rollout).max(1));
    u32::try_from(share).unwrap_or(100)
}

fn title(rollout: &Rollout) -> String {
    match &rollout.subject {
        Subject::Settings(version) => format!("Roll-out of version {version}"),
        Subject::Component(name, version) => format!("Roll-out of {name} {version}"),
    }
}

fn know(rollout: &Rollout) -> String {
    let of = phrase::counted(concerned(rollout) as usize, "agent", "agents");
    let verb = if is_component(rollout) { "have" } else { "know" };
    format!("{} of {of} {verb} it", phrase::grouped(rollout.applied as usize))
}

fn who_waits(rollout: &Rollout) -> String {
    let verb = if is_component(rollout) { "have" } else { "know" };
    format!("Who does not {verb} it yet, and why")
}

fn is_component(rollout: &Rollout) -> bool {
    matches!(rollout.subject, Subject::Component(..))
}

fn states(rollout: &Rollout) -> String {
    let count = |count: u32, word: &str| format!("{} {word}", phrase::grouped(count as usize));
    let mut states = vec![
        count(rollout.applied, "applied"),
        count(rollout.delivered, "told"),
        count(rollout.queued, "waiting"),
    ];
    if rollout.failed > 0 {
        states.push(count(rollout.failed, "failed"));
    }
    if rollout.superseded > 0 {
        states.push(count(rollout.superseded, "superseded"));
    }
    states.join(" · ")
}

fn delays(rollout: &Rollout) -> String {
    match (rollout.median_ms, rollout.longest_ms) {
        (Some(median), Some(longest)) => format!(
            "Half of them within {}, the last after {}",
            phrase::behind(median.into()),
            phrase::behind(longest.into())
        ),
        (Some(median), None) => format!("Half of them within {}", phrase::behind(median.into())),
        _ => String::new(),
    }
}

/// Asks who is waited for: when the numbers change, and now and then, since agents come and go meanwhile.
fn ask_again(
    rollout: Memo<Option<Rollout>>,
    waiting: RwSignal<Vec<Waiting>>,
    limit: RwSignal<u32>,
    people: People,
) {
    let resting = RwSignal::new(false);
    let asked = StoredValue::new(None::<(Rollout, u32)>);
    let rest = move |how_long: Duration| {
        resting.set(true);
        let wake = move || {
            resting.try_set(false);
        };
        set_timeout(wake, how_long);
    };
    Effect::new(move |_| {
        if resting.get() {
            return;
        }
        let Some(rollout) = rollout.get() else { return };
        let limit = limit.get();
        if left(&rollout) == 0 {
            waiting.set(Vec::new());
            return;
        }
        let this = Some((rollout.clone(), limit));
        if asked.with_value(|asked| *asked == this) {
            asked.set_value(None);
            rest(NOW_AND_THEN);
            return;
        }
        asked.set_value(this);
        rest(BETWEEN);
        spawn_local(async move {
            match api::settings::waiting(&rollout.subject, limit).await {
                Ok(page) => drop(waiting.try_set(page.items)),
                Err(failure) => people.heed(&failure),
            }
        });
    });
}
