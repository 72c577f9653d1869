//! A native `<dialog>`: the browser keeps the focus inside, and Esc closes it.

use leptos::html;
use leptos::prelude::*;

use crate::ui::icon::{Icon, Picture};
use crate::ui::told::If;

/// A dialog that is open while `open` holds. What it shows is made anew each time.
#[component]
pub(crate) fn Dialog(
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is open.
    open: RwSignal<bool>,
    /// How it looks.
    #[prop(default = "dialog")]
    class: &'static str,
    /// What it shows.
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() && !dialog.open() {
            // It fails only for a dialog that is out of the page or open already.
            let _ = dialog.show_modal();
        } else if !open.get() && dialog.open() {
            dialog.close();
        }
    });
    let children = StoredValue::new(children);
    view! {
        <dialog class=class node_ref=dialog aria-label=title on:close=move |_| open.set(false)>
            <If so=open.into()>
                <header class="dialog__head">
                    <h2 class="dialog__title">{title}</h2>
                    <button class="button button--bare" aria-label="Close" on:click=move |_| open.set(false)>
                        <Icon of=Picture::Close />
                    </button>
                </header>
                {children.with_value(|children| children())}
            </If>
        </dialog>
    }
}
