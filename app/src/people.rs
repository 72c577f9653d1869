//! Who looks at this screen.

use leptos::prelude::*;
use rollcall_shared::console_api::{Role, Session};
use wasm_bindgen_futures::spawn_local;

use crate::api::{self, Failure};

/// What is known of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// They are signed in.
    SignedIn(Session),
    /// They are not; or nobody can be, while the first admin is still to be created.
    SignedOut {
        /// Whether the first admin is still to be created.
        setup_needed: bool,
    },
    /// The server could not be asked.
    Unknown(Failure),
}

/// Asks the server who is signed in.
pub(crate) async fn ask() -> Who {
    match api::session().await {
        Ok(session) => Who::SignedIn(session),
        Err(failure) if failure.is_signed_out() => match api::setup_state().await {
            Ok(state) => Who::SignedOut {
                setup_needed: state.needed,
            },
            Err(failure) => Who::Unknown(failure),
        },
        Err(failure) => Who::Unknown(failure),
    }
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
