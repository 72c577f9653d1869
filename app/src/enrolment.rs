//! Enrolment tokens: whether one still lets machines in, and how many.

use std::collections::HashMap;

use rollcall_shared::DomainId;
use rollcall_shared::console_api::Token;

use crate::domains::Folder;
use crate::phrase;

/// Whether a token lets machines in, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does.
    Good,
    /// It enrolled all that it was made for.
    UsedUp,
    /// Its time is over.
    Expired,
    /// Somebody revoked it.
    Revoked,
}

impl State {
    /// That of a token, as the server judges it. What somebody did is told before what came by itself.
    #[must_use]
    pub fn of(token: &Token, now_ms: i64) -> Self {
        if token.revoked {
            Self::Revoked
        } else if token.uses_left == 0 {
            Self::UsedUp
        } else if token.expires_at_ms <= now_ms {
            Self::Expired
        } else {
            Self::Good
        }
    }

    /// The word that stands where it lets nobody in.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "",
            Self::UsedUp => "used up",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// `43 of 50 left`.
#[must_use]
pub fn left(token: &Token) -> String {
    let count = |count: u32| phrase::grouped(count as usize);
    format!("{} of {} left", count(token.uses_left), count(token.uses))
}

/// How many tokens let machines into each domain or one below it; what has none is missing.
#[must_use]
pub fn doors(tokens: &[Token], folders: &[Folder], now_ms: i64) -> HashMap<DomainId, usize> {
    let parents: HashMap<DomainId, Option<DomainId>> =
        folders.iter().map(|folder| (folder.id, folder.parent)).collect();
    let mut doors = HashMap::new();
    for token in tokens {
        if State::of(token, now_ms) != State::Good {
            continue;
        }
        let mut at = Some(token.domain);
        // However the tree may look for a moment, no token counts more than once for each domain that there is.
        for _ in folders {
            let Some(domain) = at else { break };
            *doors.entry(domain).or_default() += 1;
            at = parents.get(&domain).copied().flatten();
        }
    }
    doors
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000;

    fn a_token(domain: i32) -> Token {
        Token {
            id: 7,
            domain: DomainId(domain),
            uses: 1_500,
            uses_left: 1_043,
            created_at_ms: 0,
            expires_at_ms: NOW + 1,
            revoked: false,
            author: None,
        }
    }

    #[test]
    fn a_token_is_good_until_it_is_revoked_used_up_or_expired() {
        let token = a_token(1);
        assert_eq!(State::of(&token, NOW), State::Good);
        assert_eq!(State::of(&token, NOW + 1), State::Expired);
        let used = Token {
            uses_left: 0,
            ..token.clone()
        };
        assert_eq!(State::of(&used, NOW + 1), State::UsedUp);
        let revoked = Token {
            revoked: true,
            ..used
        };
        assert_eq!(State::of(&revoked, NOW + 1), State::Revoked);
    }

    #[test]
    fn what_is_left_is_told_with_what_there_was() {
        assert_eq!(left(&a_token(1)), "1,043 of 1,500 left");
    }

    #[test]
    fn tokens_count_for_their_domain_and_all_above_it() {
        let folder = |id, parent: Option<i32>| Folder {
            id: DomainId(id),
            parent: parent.map(DomainId),
            name: String::new(),
            level: 1,
            is_forked: false,
        };
        let folders = [
            folder(1, None),
            folder(2, Some(1)),
            folder(3, Some(2)),
            folder(4, Some(1)),
        ];
        let ended = Token {
            expires_at_ms: NOW,
            ..a_token(4)
        };
        let doors = doors(&[a_token(3), a_token(2), ended], &folders, NOW);
        assert_eq!(
            doors,
            HashMap::from([(DomainId(1), 2), (DomainId(2), 2), (DomainId(3), 1)])
        );
    }

    #[test]
    fn a_token_is_read_as_the_server_tells_it() {
        let text = r#"{"items":[{"id":7,"domain":3,"uses":50,"uses_left":43,"created_at_ms":1795491863085,
            "expires_at_ms":1795578263085,"revoked":false,"author":"ada"}]}"#;
        let page: rollcall_shared::console_api::Page<Token> = crate::json::read(text).unwrap();
        assert_eq!(left(&page.items[0]), "43 of 50 left");
        assert_eq!(page.items[0].author.as_deref(), Some("ada"));
    }
}
