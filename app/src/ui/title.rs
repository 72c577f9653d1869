//! The title of the page, which is read in the browser's tab.

use leptos::prelude::*;
use rollcall_shared::Status;

use crate::feed::live::Live;
use crate::feed::standing::Standing;
use crate::phrase;

/// Sets the title of a page outside the fleet: `Sign in · Rollcall`.
pub(crate) fn use_title(page: &'static str) {
    document().set_title(&format!("{page} · Rollcall"));
}

/// Keeps the title of a page of the fleet: `3 offline · Agents · Rollcall`, or that it is not live.
pub(crate) fn use_live_title(page: impl Fn() -> String + Send + Sync + 'static) {
    let live = expect_context::<Live>();
    let title = Memo::new(move |_| {
        let offline =
            live.read_seldom(|fleet| fleet.count(Status::Offline) + fleet.count(Status::UnreachableOffline));
        let first = if matches!(live.standing(), Standing::NotLive { .. }) {
            "Not live · ".to_owned()
        } else if offline > 0 {
            format!("{} offline · ", phrase::grouped(offline))
        } else {
            String::new()
        };
        format!("{first}{} · Rollcall", page())
    });
    Effect::new(move |_| document().set_title(&title.get()));
}
