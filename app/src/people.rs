//! Who looks at this screen.

use leptos::prelude::*;
use rollcall_shared::DomainId;
use rollcall_shared::console_api::{DisplaySession, Role, Session};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};
use crate::route;

/// What is known of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// They are signed in.
    SignedIn(Session),
    /// Nobody: a screen on a wall, which is let in by its token.
    Display(DisplaySession),
    /// They are not; or nobody can be, while the first admin is still to be created.
    SignedOut {
        /// Whether the first admin is still to be created.
        setup_needed: bool,
    },
    /// The server could not be asked.
    Unknown(Failure),
}

/// Whom a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admits {
    /// Those who are signed in.
    People,
    /// Them, and screens that are let in by a token.
    Displays,
}

/// Asks the server who is there.
pub(crate) async fn ask(admits: Admits) -> Who {
    match api::session().await {
        Ok(session) => return Who::SignedIn(session),
        Err(failure) if !failure.is_signed_out() => return Who::Unknown(failure),
        Err(_) => {}
    }
    if admits == Admits::Displays {
        // Who is signed in is asked first, by the page.
        if let Some(token) = carried_token()
            && let Err(failure) = enter(token).await
        {
            return Who::Unknown(failure);
        }
        match api::displays::own().await {
            Ok(display) => return Who::Display(display),
            Err(failure) if !failure.is_signed_out() => return Who::Unknown(failure),
            Err(_) => {}
        }
    }
    match api::setup_state().await {
        Ok(state) => Who::SignedOut {
            setup_needed: state.needed,
        },
        Err(failure) => Who::Unknown(failure),
    }
}

/// The token that the address carries, where it carries one.
pub(crate) fn carried_token() -> Option<String> {
    let hash = window().location().hash().unwrap_or_default();
    route::display_token(&hash).map(ToOwned::to_owned)
}

/// Takes the token out of the address: it must stay neither in the bar nor in the history.
pub(crate) fn drop_token() {
    let location = window().location();
    let bare = format!(
        "{}{}",
        location.pathname().unwrap_or_default(),
        location.search().unwrap_or_default()
    );
    if let Ok(history) = window().history() {
        // An address of this page's own path can always be written.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&bare));
    }
}

/// Comes in by a token of the address, and takes it out of there. It is shown nowhere else any more: where the server can
/// not judge it now, it stays, to be tried again.
async fn enter(token: String) -> Result<(), Failure> {
    match api::displays::enter(token).await {
        Ok(_) => drop_token(),
        // No token, or none any more: who is there is asked in the usual way.
        Err(failure) if failure.is_signed_out() || failure.of_field("token").is_some() => drop_token(),
        Err(failure) => return Err(failure),
    }
    Ok(())
}

/// Who looks at this screen, for every component.
#[derive(Clone, Copy)]
pub(crate) struct People {
    who: RwSignal<Who>,
}

impl People {
    /// Begins with what was asked before anything was drawn.
    pub(crate) fn new(who: Who) -> Self {
        Self {
            who: RwSignal::new(who),
        }
    }

    /// What is known now; tracked.
    pub(crate) fn who(self) -> Who {
        self.who.get()
    }

    /// Whether somebody is signed in; tracked.
    pub(crate) fn is_signed_in(self) -> bool {
        self.who.with(|who| matches!(who, Who::SignedIn(_)))
    }

    /// Whether somebody is signed in, or this is a screen that is let in; tracked.
    pub(crate) fn is_let_in(self) -> bool {
        self.who
            .with(|who| matches!(who, Who::SignedIn(_) | Who::Display(_)))
    }

    /// Whether this is a screen on a wall, at which nobody is signed in; not tracked.
    pub(crate) fn is_display(self) -> bool {
        self.who.with_untracked(|who| matches!(who, Who::Display(_)))
    }

    /// Whether it is one that shows a part of the fleet; not tracked.
    pub(crate) fn is_display_of_part(self) -> bool {
        self.who
            .with_untracked(|who| matches!(who, Who::Display(display) if display.domain != DomainId::ROOT))
    }

    /// What a display is called, and whose agents it shows: `NOC, left · Berlin`; tracked.
    pub(crate) fn display_name(self) -> Option<String> {
        self.who.with(|who| match who {
            Who::Display(display) => Some(format!("{} · {}", display.name, display.domain_name)),
            _ => None,
        })
    }

    /// Asks the server whether they are let in still.
    pub(crate) async fn ask_again(self) -> Result<(), Failure> {
        if self.is_display() {
            api::displays::own().await.map(drop)
        } else {
            api::session().await.map(drop)
        }
    }

    /// Asks anew who is there, of people and displays: the screen goes on as soon as somebody is.
    pub(crate) fn ask_who(self) {
        spawn_local(async move {
            let who = ask(Admits::Displays).await;
            if matches!(who, Who::SignedIn(_)) && carried_token().is_some() {
                // The page asks at its begin what is to become of the token. One that cannot be reloaded is as it was.
                let _ = window().location().reload();
            }
            self.who.try_set(who);
        });
    }

    /// Whether they may change agents; tracked. The server decides again.
    pub(crate) fn may_change(self) -> bool {
        self.who
            .with(|who| matches!(who, Who::SignedIn(session) if session.role != Role::Viewer))
    }

    /// Whether they may save settings; tracked. The server decides again.
    pub(crate) fn may_set(self) -> bool {
        self.who
            .with(|who| matches!(who, Who::SignedIn(session) if session.role == Role::Admin))
    }

    /// Somebody signed in.
    pub(crate) fn signed_in(self, session: Session) {
        self.set(Who::SignedIn(session));
    }

    /// Nobody is signed in any more.
    pub(crate) fn signed_out(self) {
        self.set(Who::SignedOut { setup_needed: false });
    }

    /// Signs out. A session that the server could not be told to end stays; the person is told by still being in.
    pub(crate) fn leave(self) {
        spawn_local(async move {
            match api::sign_out().await {
                Ok(()) => self.signed_out(),
                Err(failure) => self.heed(&failure),
            }
        });
    }

    /// Takes note where a failure says that nobody is signed in any more.
    pub(crate) fn heed(self, failure: &Failure) {
        if failure.is_signed_out() {
            self.signed_out();
        }
    }

    fn set(self, who: Who) {
        self.who.set(who);
    }
}
