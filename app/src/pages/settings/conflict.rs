//! Two people saved at once: both versions side by side, and what is to become of them.

use leptos::prelude::*;
use rollcall_shared::Settings;
use rollcall_shared::settings::Field;
use rollcall_shared::settings::difference::{Change, both, differences};

use super::differences::change;
use super::form::{self, Form};
use crate::ui::dialog::Dialog;
use crate::ui::told;

/// Whose field is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Theirs,
    Mine,
    /// What either changed, in a list of ranges.
    Both,
}

/// A field that is not the same in both, and whose is chosen.
#[derive(Clone, Copy)]
struct Choice {
    field: Field,
    whose: RwSignal<Whose>,
}

/// The dialog. It is there while there is a choice to make.
#[component]
pub(super) fn Conflict() -> impl IntoView {
    let form = expect_context::<Form>();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(form.conflict.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && form.conflict.with_untracked(Option::is_some) {
            // Closed without a choice: the next save asks again.
            let theirs = form
                .conflict
                .with_untracked(|conflict| conflict.as_ref().map(|one| one.theirs.version));
            form.newer.set(theirs);
            form.conflict.set(None);
        }
    });
    view! {
        <Dialog title="Somebody saved before you" open class="dialog dialog--wide">
            {move || form.conflict.get().map(|conflict| view! { <Choices conflict /> })}
        </Dialog>
    }
}

#[component]
fn Choices(conflict: form::Conflict) -> impl IntoView {
    let form = expect_context::<Form>();
    let choices: Vec<Choice> = differences(&conflict.theirs.settings, &conflict.mine)
        .into_iter()
        .map(|difference| Choice {
            field: difference.field,
            whose: RwSignal::new(usual(&conflict, difference.field)),
        })
        .collect();
    let author = conflict
        .theirs
        .author
        .clone()
        .unwrap_or_else(|| "the server".to_owned());
    let theirs = format!("Version {}, {author}", conflict.theirs.version);
    let was = format!("Version {}, before", conflict.base.version);
    let lead = format!(
        "{author} saved version {} while you changed version {}. Nothing of yours is saved yet.",
        conflict.theirs.version, conflict.base.version
    );
    let held = StoredValue::new(conflict);
    let chosen = {
        let choices = choices.clone();
        Memo::new(move |_| held.with_value(|conflict| taken(conflict, &choices)))
    };
    let refused = Memo::new(move |_| {
        let refusals = chosen.with(|chosen| chosen.refusals_on(form.listens));
        refusals
            .into_iter()
            .map(|refusal| refusal.detail)
            .collect::<Vec<_>>()
            .join(" ")
    });
    let save = move |settings: Settings| {
        let of = held.with_value(|conflict| conflict.theirs.version);
        form.save_over(of, settings);
    };
    let take_theirs = move |_| {
        let theirs = held.with_value(|conflict| conflict.theirs.clone());
        form.conflict.set(None);
        form.said.set(form::Said::Well(format!(
            "Version {} is in the form. Yours is discarded.",
            theirs.version
        )));
        form.adopt(theirs);
    };
    let rows = choices
        .iter()
        .map(|&choice| held.with_value(|conflict| row(conflict, choice)))
        .collect_view();
    view! {
        <div class="dialog__body">
            <p class="form__lead">{lead}</p>
            <div class="conflict__scroll" tabindex="0" role="group" aria-label="Both versions side by side">
                <table class="conflict">
                    <thead>
                        <tr>
                            <th scope="col">"Field"</th>
                            <th scope="col">{was}</th>
                            <th scope="col">{theirs}</th>
                            <th scope="col">"Yours, not saved"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="field__refusal" role="alert">{refused}</p>
            <div class="form__acts conflict__acts">
                <button class="button" on:click=take_theirs>"Take theirs"</button>
                <button class="button" on:click=move |_| save(held.with_value(|conflict| conflict.mine.clone()))>"Keep mine, save over theirs"</button>
                <button
                    class="button button--first"
                    aria-disabled=told::maybe(move || refused.with(|refused| !refused.is_empty()).then_some("true"))
                    on:click=move |_| {
                        if refused.with_untracked(String::is_empty) {
                            save(chosen.get_untracked());
                        }
                    }
                >
                    "Save as chosen"
                </button>
            </div>
        </div>
    }
}

/// Whose field is taken unless somebody says otherwise: that of the one who changed it, and of two the own.
fn usual(conflict: &form::Conflict, field: Field) -> Whose {
    let changed = |now: &Settings| {
        differences(&conflict.base.settings, now)
            .iter()
            .any(|difference| difference.field == field)
    };
    match (changed(&conflict.theirs.settings), changed(&conflict.mine)) {
        (true, true) if conflict.mine.ranges(field).is_some() => Whose::Both,
        (_, true) => Whose::Mine,
        (_, false) => Whose::Theirs,
    }
}

/// The settings as they are chosen.
fn taken(conflict: &form::Conflict, choices: &[Choice]) -> Settings {
    let mut taken = conflict.theirs.settings.clone();
    for choice in choices {
        match choice.whose.get() {
            Whose::Theirs => {}
            Whose::Mine => taken.take(choice.field, &conflict.mine),
            Whose::Both => {
                let of = |settings: &Settings| settings.ranges(choice.field).unwrap_or_default().to_vec();
                let list = both(
                    &of(&conflict.base.settings),
                    &of(&conflict.theirs.settings),
                    &of(&conflict.mine),
                );
                let merged = Settings {
                    unreachable_network: list.clone(),
                    dial_own_addresses_in: list,
                    ..conflict.mine.clone()
                };
                taken.take(choice.field, &merged);
            }
        }
    }
    taken
}

/// One field of both.
fn row(conflict: &form::Conflict, choice: Choice) -> AnyView {
    let Choice { field, whose } = choice;
    let base = &conflict.base.settings;
    let is_list = base.ranges(field).is_some();
    let shown = |now: &Settings| {
        let found = differences(base, now)
            .into_iter()
            .find(|difference| difference.field == field);
        match found.map(|difference| difference.change) {
            Some(ranges @ Change::Ranges { .. }) => change(ranges),
            Some(Change::Value { is, .. }) => is.into_any(),
            None => "as before".into_any(),
        }
    };
    let radio = move |of: Whose, name: &'static str, shown: AnyView| {
        view! {
            <label class="conflict__choice">
                <input
                    type="radio"
                    name=format!("whose-{}", field.key())
                    aria-label=format!("{}: {name}", field.label())
                    prop:checked=move || whose.get() == of
                    on:change=move |_| whose.set(of)
                />
                <span>{shown}</span>
            </label>
        }
    };
    let both = is_list.then(|| radio(Whose::Both, "both", "What either changed".into_any()));
    view! {
        <tr>
            <th scope="row">{field.label()}</th>
            <td>{base.phrase(field)}</td>
            <td>{radio(Whose::Theirs, "theirs", shown(&conflict.theirs.settings))}</td>
            <td>{radio(Whose::Mine, "yours", shown(&conflict.mine))} {both}</td>
        </tr>
    }
    .into_any()
}
