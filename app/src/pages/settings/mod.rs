//! `/settings`: what is set for the fleet.

use leptos::prelude::*;

use crate::feed::live::Live;
use crate::ui::told;

/// The page.
#[component]
pub(crate) fn Settings() -> impl IntoView {
    let live = expect_context::<Live>();
    view! { <p>{told::text(move || format!("{} roll-outs", live.rollouts().len()))}</p> }
}
