//! Who is signed in, and what they may do: the table of roles and actions.

use rollcall_shared::UserId;
use rollcall_shared::console_api::{Role, Session};

use crate::scope::Scope;

/// Somebody who is signed in. A handler that takes one is closed to everybody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub user: UserId,
    /// The name that they sign in with.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What they may see.
    pub scope: Scope,
    /// When their session ends unless it is used again.
    pub session_ends_at_ms: i64,
}

/// What a person may or may not do, as the routes ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See agents, transitions, incidents, settings, within the own scope.
    Look,
    /// Let machines in: make, list and revoke enrolment tokens.
    Enrol,
    /// Let screens in: make, list and revoke display tokens.
    PutUpDisplays,
    /// Rename, move and retire agents, make and move domains.
    ManageAgents,
    /// Save settings.
    ChangeSettings,
    /// Bring and withdraw components: agents install what they are handed.
    HandOutComponents,
    /// Create people and change what they may do.
    ManagePeople,
}

impl Action {
    /// Every action, for those who show the table.
    pub const ALL: [Self; 7] = [
        Self::Look,
        Self::Enrol,
        Self::PutUpDisplays,
        Self::ManageAgents,
        Self::ChangeSettings,
        Self::HandOutComponents,
        Self::ManagePeople,
    ];

    /// What it is, to end the sentence "may not ..." with.
    const fn words(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Enrol => "enrol agents",
            Self::PutUpDisplays => "put up displays",
            Self::ManageAgents => "manage agents",
            Self::ChangeSettings => "change settings",
            Self::HandOutComponents => "hand out components",
            Self::ManagePeople => "manage people",
        }
    }
}

/// What a role holds. This is the table of the documents.
#[must_use]
pub const fn actions(role: Role) -> &'static [Action] {
    match role {
        // Everything.
        Role::Admin => &Action::ALL,
        // Everything but settings, components and people.
        Role::Operator => &[
            Action::Look,
            Action::Enrol,
            Action::PutUpDisplays,
            Action::ManageAgents,
        ],
        // Look.
        Role::Viewer => &[Action::Look],
    }
}

/// Somebody asked for what their role does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{} may not {}", role_words(*role), action.words())]
pub struct MayNot {
    /// Their role.
    pub role: Role,
    /// What they asked for.
    pub action: Action,
}

const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Admin => "An admin",
        Role::Operator => "An operator",
        Role::Viewer => "A viewer",
    }
}

impl Person {
    /// Goes on where the person's role holds this action.
    ///
    /// # Errors
    /// Where it does not.
    pub fn may(&self, action: Action) -> Result<(), MayNot> {
        if actions(self.role).contains(&action) {
            Ok(())
        } else {
            Err(MayNot {
                role: self.role,
                action,
            })
        }
    }

    /// As the API tells it.
    #[must_use]
    pub fn session(&self) -> Session {
        Session {
            user: self.user,
            name: self.name.clone(),
            role: self.role,
            expires_at_ms: self.session_ends_at_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_hold_what_the_table_says() {
        let table = [
            // action, admin, operator, viewer
            (Action::Look, true, true, true),
            (Action::Enrol, true, true, false),
            (Action::PutUpDisplays, true, true, false),
            (Action::ManageAgents, true, true, false),
            (Action::ChangeSettings, true, false, false),
            (Action::HandOutComponents, true, false, false),
            (Action::ManagePeople, true, false, false),
        ];
        assert_eq!(table.map(|row| row.0), Action::ALL);
        for (action, admin, operator, viewer) in table {
            for (role, expected) in [
                (Role::Admin, admin),
                (Role::Operator, operator),
                (Role::Viewer, viewer),
            ] {
                assert_eq!(actions(role).contains(&action), expected, "{role:?} {action:?}");
            }
        }
    }

    #[test]
    fn a_refusal_says_who_may_not_do_what() {
        let viewer = Person {
            user: UserId::from_bits(1),
            name: "vera".to_owned(),
            role: Role::Viewer,
            scope: Scope::All,
            session_ends_at_ms: 0,
        };
        assert_eq!(viewer.may(Action::Look), Ok(()));
        let refused = viewer.may(Action::Enrol).unwrap_err();
        assert_eq!(refused.to_string(), "A viewer may not enrol agents");
    }
}
