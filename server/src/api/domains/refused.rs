//! Why the agent tree was not changed, and how that is answered.

use http::StatusCode;
use rollcall_shared::console_api::Domain;
use rollcall_shared::{DomainId, FieldError};
use tokio::task::JoinError;

use crate::api::answer::Refusal;
use crate::api::app::App;
use crate::api::name;
use crate::auth::person::MayNot;
use crate::scope::Scope;
use crate::store::domains::{Contents, TreeError};

/// Why the tree, or where agents are in it, was not changed.
#[derive(Debug, thiserror::Error)]
pub(in crate::api) enum TreeRefused {
    /// The person may not.
    #[error(transparent)]
    MayNot(#[from] MayNot),
    /// Fields that cannot be used.
    #[error("fields that cannot be used")]
    Fields(Vec<FieldError>),
    /// No such domain, or none that the person may see.
    #[error("no domain {0}")]
    Unknown(DomainId),
    /// It is the top of what the person may see, so where it is is not theirs to say.
    #[error("domain {0} is the top of what they may see")]
    Top(DomainId),
    /// What the store says.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The act broke off.
    #[error("a change of the tree broke off")]
    Interrupted(#[from] JoinError),
}

/// The name of a domain, without spaces at its ends.
pub(in crate::api) fn checked_name(given: &str) -> Result<&str, TreeRefused> {
    name::checked(given, Domain::LONGEST_NAME).map_err(|error| TreeRefused::Fields(vec![error]))
}

/// A domain that is named in this field is none, or none that the person may see.
pub(in crate::api) fn no_such(field: &str, given: DomainId) -> FieldError {
    FieldError::new(
        field,
        "There is no such domain that you may see.",
        "the number of a domain",
        given.to_string(),
    )
}

impl TreeRefused {
    /// A domain that is named in this field of the body is none.
    pub(in crate::api) fn no_domain(field: &str, given: DomainId) -> Self {
        Self::Fields(vec![no_such(field, given)])
    }
}

impl From<TreeRefused> for Refusal {
    fn from(refused: TreeRefused) -> Self {
        match refused {
            TreeRefused::MayNot(error) => error.into(),
            TreeRefused::Fields(errors) => Self::invalid(errors),
            TreeRefused::Unknown(id) => Self::not_found(format!("There is no domain {id} that you may see.")),
            TreeRefused::Top(_) => Self::forbidden(
                "This domain is the top of what you may see: it is neither moved nor deleted by you.",
            ),
            TreeRefused::Tree(error) => of_tree(error),
            TreeRefused::Interrupted(error) => Self::internal(&error),
        }
    }
}

fn of_tree(error: TreeError) -> Refusal {
    let parent = |detail: &str| Refusal::invalid(vec![FieldError::bare("parent", detail)]);
    let conflict = |kind: &str, title: &str| Refusal::new(StatusCode::CONFLICT, kind, title);
    match error {
        TreeError::Store(error) => error.into(),
        TreeError::Unknown => Refusal::not_found("There is no such domain any more."),
        TreeError::NoParent => parent("There is no such domain any more."),
        TreeError::BelowItself => parent("A domain cannot be put into itself or into one below it."),
        TreeError::TooDeep => parent(&format!(
            "The tree has at most {} levels below the domain that holds all.",
            Domain::MOST_LEVELS
        )),
        TreeError::Root => conflict("/problems/root", "The domain that holds all")
            .detail("The domain that holds all stays where it is. It can be renamed."),
        TreeError::NameTaken => {
            let detail = "Another domain there has this name; capital and small letters make no difference.";
            conflict("/problems/name-taken", "The name is taken")
                .detail(detail)
                .fields(vec![FieldError::bare("name", detail)])
        }
        TreeError::TooMany => conflict("/problems/too-many-domains", "Too many domains")
            .detail(format!("There are {} domains, and no more fit.", Domain::MOST)),
        TreeError::InUse(contents) => conflict("/problems/in-use", "The domain is not empty")
            .detail(format!("In this domain there are still {}.", listed(contents))),
    }
}

/// What is in a domain, in words.
fn listed(contents: Contents) -> String {
    let parts: Vec<String> = [
        (contents.domains, "domain", "domains"),
        (contents.agents, "agent", "agents"),
        (
            contents.tokens,
            "enrolment token in use",
            "enrolment tokens in use",
        ),
        (contents.displays, "display", "displays"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    match parts.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => parts.concat(),
    }
}

/// Does it to the end, also where whoever asked is gone: what the database holds by then must get into the roster.
pub(in crate::api) async fn uninterrupted<T: Send + 'static>(
    act: impl Future<Output = Result<T, TreeRefused>> + Send + 'static,
) -> Result<T, TreeRefused> {
    tokio::spawn(act).await?
}

/// What came of a change of the tree. Where it was refused, the roster takes the tree as the database has it: there may
/// be a change whose answer was lost.
pub(in crate::api) async fn settled<T>(app: &App, outcome: Result<T, TreeError>) -> Result<T, TreeRefused> {
    if outcome.is_err()
        && let Ok(domains) = app.store.domains().list(&Scope::All).await
    {
        app.roster.plant(domains);
    }
    Ok(outcome?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_domain_is_said_in_a_sentence() {
        for (domains, agents, tokens, displays, expected) in [
            (0, 1, 0, 0, "1 agent"),
            (2, 3, 0, 0, "2 domains and 3 agents"),
            (1, 2, 1, 0, "1 domain, 2 agents and 1 enrolment token in use"),
            (0, 0, 0, 2, "2 displays"),
        ] {
            let contents = Contents {
                domains,
                agents,
                tokens,
                displays,
            };
            assert_eq!(listed(contents), expected);
        }
    }
}
