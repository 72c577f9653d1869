//! People: the first admin, signing in, who is signed in, signing out.
//!
//! Nothing here knows of HTTP; `api/setup` and `api/session` do. Not the place for agents, whose credentials
//! are checked from memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rollcall_shared::UserId;
use rollcall_shared::console_api::Role;
use tokio::sync::watch;

use super::credentials::NewPerson;
use super::enrolment::EnrollLine;
use super::passwords::{PasswordError, Passwords};
use super::person::Person;
use super::secret::Secret;
use super::sessions::{self, Use};
use super::setup_link::SetupLink;
use crate::clock::{Clock, NoRandomness};
use crate::scope::Scope;
use crate::store::sessions::SessionRecord;
use crate::store::users::UserRecord;
use crate::store::{Store, StoreError};

/// What time it is, by both clocks; a test passes its own.
#[derive(Clone)]
pub struct Times {
    /// Milliseconds since 1970: how long sessions and tokens last, also over a restart.
    pub wall_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Time without jumps: how long somebody who guesses has to wait.
    pub monotonic: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl From<Clock> for Times {
    fn from(clock: Clock) -> Self {
        Self {
            wall_ms: Arc::new(move || clock.wall_ms()),
            monotonic: Arc::new(move || clock.monotonic()),
        }
    }
}

/// What [`People`] is made of.
pub struct Parts {
    /// Where people and sessions are kept.
    pub store: Store,
    /// Where randomness comes from.
    pub clock: Clock,
    /// What time it is: `clock.into()`.
    pub times: Times,
    /// Where passwords are hashed.
    pub passwords: Passwords,
    /// The link that creates the first admin, where one was printed.
    pub setup_link: SetupLink,
    /// What the line that enrols a machine says.
    pub enroll_line: EnrollLine,
}

/// The people who may sign in. Cheap to clone: the state that handlers take.
#[derive(Clone)]
pub struct People(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// Somebody was seen to exist. Never goes back, so the question costs the database nothing from then on.
    somebody: AtomicBool,
    /// Told whenever a screen is let in no more.
    displays_revoked: watch::Sender<()>,
}

/// Somebody who has just signed in, and the secret of their session, to be put into a cookie.
pub struct SignedIn {
    /// Who.
    pub person: Person,
    /// Their session.
    pub session: Secret,
}

/// Why something about people could not be done now.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No secret could be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

/// Why the first admin was not created.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// Somebody can sign in already.
    #[error("the first admin exists")]
    Done,
    /// The token is not the one of the link.
    #[error("the token is not the one of the setup link")]
    WrongToken,
    /// Nothing was done.
    #[error(transparent)]
    Failed(#[from] PeopleError),
    /// The admin was created, and can sign in; only the session could not be opened.
    #[error("the first admin was created, but not signed in")]
    NotSignedIn(#[source] PeopleError),
}

impl People {
    /// Brings the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            somebody: AtomicBool::new(false),
            displays_revoked: watch::Sender::new(()),
        }))
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.parts.store
    }

    /// Where randomness comes from.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.parts.clock
    }

    /// What the line that enrols a machine says.
    #[must_use]
    pub fn enroll_line(&self) -> &EnrollLine {
        &self.0.parts.enroll_line
    }

    pub(super) fn displays_revoked(&self) -> &watch::Sender<()> {
        &self.0.displays_revoked
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        (self.0.parts.times.wall_ms)()
    }

    /// Time without jumps.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        (self.0.parts.times.monotonic)()
    }

    /// Whether the first admin is still to be created.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn nobody_yet(&self) -> Result<bool, StoreError> {
        if self.0.somebody.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let nobody = self.store().users().count().await? == 0;
        if !nobody {
            self.0.somebody.store(true, Ordering::Relaxed);
        }
        Ok(nobody)
    }

    /// Creates the first admin by the token of the setup link, and signs them in. Of two at once one wins.
    ///
    /// # Errors
    /// Where there is somebody already, the token is another, or something fails.
    pub async fn set_up(&self, token: &str, admin: NewPerson) -> Result<SignedIn, SetUpError> {
        if !self.nobody_yet().await.map_err(PeopleError::from)? {
            return Err(SetUpError::Done);
        }
        let link = &self.0.parts.setup_link;
        if !link.opens(token) {
            return Err(SetUpError::WrongToken);
        }
        let admin = self.record(admin, Role::Admin).await?;
        let created = self
            .store()
            .users()
            .create_first(admin.clone())
            .await
            .map_err(PeopleError::from)?;
        // Whoever came first: there is an admin now, here or made by another node.
        link.close();
        self.0.somebody.store(true, Ordering::Relaxed);
        if !created {
            return Err(SetUpError::Done);
        }
        tracing::info!(user = %admin.id, "the first admin was created");
        self.open_session(admin).await.map_err(SetUpError::NotSignedIn)
    }

    /// Signs in; `None` where nobody has this name and password, after the same time in both cases.
    ///
    /// # Errors
    /// Where something fails.
    pub async fn sign_in(&self, name: &str, password: String) -> Result<Option<SignedIn>, PeopleError> {
        let user = self.store().users().by_name(name).await?;
        let kept = user.as_ref().map(|user| user.password_hash.clone());
        let right = self.0.parts.passwords.matches(password, kept).await?;
        match user {
            Some(user) if right => self.open_session(user).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Who carries this session, if it lives. A use within [`sessions::TOUCH_EVERY_MS`] of the last writes
    /// nothing. A console that watches a feed uses its session, too: ask again every minute while it does.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn who(&self, session: &Secret) -> Result<Option<Person>, StoreError> {
        let (now_ms, hash) = (self.now_ms(), session.hash());
        let sessions = self.store().sessions();
        let Some((user, record)) = sessions.find(hash, now_ms).await? else {
            return Ok(None);
        };
        let judged = sessions::judge(now_ms, record.last_used_ms, record.expires_at_ms);
        let written = match judged {
            Use::GoesOn => Ok(()),
            Use::Touch => sessions.touch(hash, now_ms, record.expires_at_ms).await,
            Use::Ended => sessions.delete(hash).await,
        };
        let last_used_ms = match (judged, written) {
            (Use::Touch, Ok(())) => now_ms,
            (_, Ok(())) => record.last_used_ms,
            // A disk that is full must not turn away those who come to see why.
            (_, Err(error)) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "the use of a session could not be written down");
                record.last_used_ms
            }
        };
        let found = SessionRecord {
            last_used_ms,
            ..record
        };
        Ok((judged != Use::Ended).then(|| person(user, &found)))
    }

    /// Ends a session at once. Nothing happens where it does not live.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sign_out(&self, session: &Secret) -> Result<(), StoreError> {
        self.store().sessions().delete(session.hash()).await?;
        Ok(())
    }

    async fn record(&self, new: NewPerson, role: Role) -> Result<UserRecord, PeopleError> {
        let (name, password) = new.into_parts();
        let password_hash = self.0.parts.passwords.hash(password).await?;
        Ok(UserRecord {
            id: UserId::from_bits(u64::from_be_bytes(self.clock().random()?)),
            name,
            password_hash,
            role,
            created_at_ms: self.now_ms(),
        })
    }

    async fn open_session(&self, user: UserRecord) -> Result<SignedIn, PeopleError> {
        let session = Secret::random(self.clock())?;
        let now_ms = self.now_ms();
        let opened = SessionRecord {
            last_used_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(sessions::LONGEST_MS),
        };
        let sessions = self.store().sessions();
        // Only opening a session makes the table grow, so here is where it is kept small.
        sessions.delete_expired(now_ms).await?;
        sessions
            .create(session.hash(), user.id, now_ms, opened.expires_at_ms)
            .await?;
        Ok(SignedIn {
            person: person(user, &opened),
            session,
        })
    }
}

/// Everybody sees all domains until people can be limited to some.
fn person(user: UserRecord, session: &SessionRecord) -> Person {
    Person {
        user: user.id,
        name: user.name,
        role: user.role,
        scope: Scope::All,
        session_ends_at_ms: sessions::ends_at(session.last_used_ms, session.expires_at_ms),
    }
}
