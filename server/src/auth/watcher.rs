//! Who may look at a wall: somebody who is signed in, or a screen that is let in by its token.
//!
//! What a handler of the wall takes; all others take a [`Person`], and a screen gets nothing from them.

use super::displays::{self, DisplayToken};
use super::people::People;
use super::person::{Action, MayNot, Person};
use super::secret::Secret;
use crate::scope::Scope;
use crate::store::StoreError;
use crate::store::displays::DisplayRecord;

/// Whoever looks at a wall.
#[derive(Debug, Clone)]
pub struct Watcher {
    who: Who,
    pass: Pass,
}

#[derive(Debug, Clone)]
enum Who {
    Person(Person),
    Display(Scope),
}

/// What they came in by.
#[derive(Debug, Clone)]
pub enum Pass {
    /// A person's session.
    Session(Secret),
    /// A screen's token.
    Display(DisplayToken),
}

/// A screen asked for what is no part of the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a display shows the wall and nothing else")]
pub struct OnlyTheWall;

impl Watcher {
    /// Somebody who is signed in by this session.
    #[must_use]
    pub const fn person(person: Person, session: Secret) -> Self {
        Self {
            who: Who::Person(person),
            pass: Pass::Session(session),
        }
    }

    /// A screen that is let in by this token.
    #[must_use]
    pub fn display(display: &DisplayRecord, token: DisplayToken) -> Self {
        Self {
            who: Who::Display(displays::scope(display.domain)),
            pass: Pass::Display(token),
        }
    }

    /// What they may see.
    #[must_use]
    pub const fn scope(&self) -> &Scope {
        match &self.who {
            Who::Person(person) => &person.scope,
            Who::Display(scope) => scope,
        }
    }

    /// Goes on where they may look at the wall.
    ///
    /// # Errors
    /// Where a person's role does not hold it.
    pub fn may_look(&self) -> Result<(), MayNot> {
        match &self.who {
            Who::Person(person) => person.may(Action::Look),
            Who::Display(_) => Ok(()),
        }
    }

    /// The person, for what is no part of the wall.
    ///
    /// # Errors
    /// Where it is a screen.
    pub const fn as_person(&self) -> Result<&Person, OnlyTheWall> {
        match &self.who {
            Who::Person(person) => Ok(person),
            Who::Display(_) => Err(OnlyTheWall),
        }
    }

    /// What they came in by.
    #[must_use]
    pub fn into_pass(self) -> Pass {
        self.pass
    }
}

impl People {
    /// Whether who came in by this is let in still. Asking is a use of it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn lets_in(&self, pass: &Pass) -> Result<bool, StoreError> {
        match pass {
            Pass::Session(session) => Ok(self.who(session).await?.is_some()),
            Pass::Display(token) => Ok(self.display(token).await?.is_some()),
        }
    }
}
