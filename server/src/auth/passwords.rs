//! Hashing of what people choose: argon2id, off the runtime's threads, and never more at once than the machine
//! can bear.
//!
//! One hash takes some 20 ms of a core and 19 MiB by intention. So a core hashes one password at a time, a
//! short queue waits, and whoever comes after that is sent away at once: a flood of sign-ins costs those who
//! sign in some patience, and agents nothing. Secrets made by this server are hashed in [`secret`](super::secret).

use std::num::NonZeroUsize;
use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::task::JoinError;

use crate::clock::{Clock, NoRandomness};

/// Memory, passes and lanes by the OWASP Password Storage Cheat Sheet for argon2id: 19 MiB, 2, 1.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Waiting for each core that hashes: 8 x 20 ms is the longest that a sign-in is delayed by others.
const WAITING_PER_CORE: usize = 8;

/// Random bytes in a salt (RFC 9106, section 3.1).
const SALT_BYTES: usize = 16;

/// Where passwords are hashed. Cheap to clone; all clones share the queue.
#[derive(Clone)]
pub struct Passwords {
    clock: Clock,
    argon: Arc<Argon2<'static>>,
    /// A place in the queue, running or waiting.
    places: Arc<Semaphore>,
    /// A core to run on.
    cores: Arc<Semaphore>,
}

/// Why a password was neither hashed nor compared.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The queue is full; nothing was computed.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// No salt could be drawn.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The hasher refused: its parameters, or a hash in the database that is none.
    #[error("the password could not be hashed: {0}")]
    Hasher(argon2::password_hash::Error),
    /// The thread that hashed was lost, or the server is going down.
    #[error("the hashing was cut short")]
    Lost(#[source] Option<JoinError>),
}

impl Passwords {
    /// A hasher that uses this many cores at most.
    ///
    /// # Errors
    /// Never with the parameters above; the hasher checks them all the same.
    pub fn new(clock: Clock, cores: NonZeroUsize) -> Result<Self, PasswordError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .map_err(|error| PasswordError::Hasher(error.into()))?;
        let cores = cores.get();
        Ok(Self {
            clock,
            argon: Arc::new(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)),
            places: Arc::new(Semaphore::new(cores.saturating_mul(1 + WAITING_PER_CORE))),
            cores: Arc::new(Semaphore::new(cores)),
        })
    }

    /// The hash to keep of a password, with its salt and parameters (a PHC string).
    ///
    /// # Errors
    /// Where the queue is full, or the machine fails.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        let salt = self.salt()?;
        self.run(move |argon| {
            argon
                .hash_password(password.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(PasswordError::Hasher)
        })
        .await
    }

    /// Whether this is the password of that hash. Without a hash, since nobody has that name, it takes as long
    /// and says no.
    ///
    /// # Errors
    /// Where the queue is full, the hash is none, or the machine fails.
    pub async fn matches(&self, password: String, kept: Option<String>) -> Result<bool, PasswordError> {
        let salt = self.salt()?;
        self.run(move |argon| {
            let Some(kept) = kept else {
                // The same work as below, for nobody: the answer's time must not tell who exists.
                let nobody = argon.hash_password(password.as_bytes(), &salt);
                return nobody.map(|_| false).map_err(PasswordError::Hasher);
            };
            let kept = PasswordHash::new(&kept).map_err(PasswordError::Hasher)?;
            match argon.verify_password(password.as_bytes(), &kept) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::Password) => Ok(false),
                Err(error) => Err(PasswordError::Hasher(error)),
            }
        })
        .await
    }

    fn salt(&self) -> Result<SaltString, PasswordError> {
        let bytes = self.clock.random::<SALT_BYTES>()?;
        SaltString::encode_b64(&bytes).map_err(PasswordError::Hasher)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = self.turn().await?;
        let argon = Arc::clone(&self.argon);
        tokio::task::spawn_blocking(move || {
            // The turn moves in here: a client that hangs up does not free the core that still hashes for it.
            let _turn = turn;
            work(&argon)
        })
        .await
        .map_err(|error| PasswordError::Lost(Some(error)))?
    }

    /// Waits for a core, where there is still a place to wait.
    async fn turn(&self) -> Result<Turn, PasswordError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|error| match error {
                TryAcquireError::NoPermits => PasswordError::Busy,
                TryAcquireError::Closed => PasswordError::Lost(None),
            })?;
        let core = Arc::clone(&self.cores)
            .acquire_owned()
            .await
            .map_err(|_: AcquireError| PasswordError::Lost(None))?;
        Ok(Turn {
            _core: core,
            _place: place,
        })
    }
}

/// The right to hash; given back when dropped.
struct Turn {
    _core: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(Clock::start(), NonZeroUsize::MIN).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_and_no_other_password_does() {
        let passwords = passwords();
        let hash = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let matches = async |text: &str| {
            passwords
                .matches(text.to_owned(), Some(hash.clone()))
                .await
                .unwrap()
        };
        assert!(matches("correct horse battery").await);
        assert!(!matches("correct horse batterz").await);
        assert!(!matches("").await);
    }

    #[tokio::test]
    async fn the_same_password_has_another_hash_each_time() {
        let passwords = passwords();
        let one = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        let other = passwords.hash("correct horse battery".to_owned()).await.unwrap();
        assert_ne!(one, other);
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        assert!(
            !passwords()
                .matches("anything at all".to_owned(), None)
                .await
                .unwrap()
        );
    }

    #[tokio::test]
    async fn a_hash_that_is_none_is_an_error_and_not_a_match() {
        let broken = passwords().matches(String::new(), Some("plain".to_owned())).await;
        assert!(matches!(broken, Err(PasswordError::Hasher(_))), "{broken:?}");
    }

    #[tokio::test]
    async fn whoever_comes_when_the_queue_is_full_is_sent_away_at_once() {
        let passwords = passwords();
        let places = passwords.places.available_permits();
        assert_eq!(places, 9, "one runs and eight wait");
        let taken = Arc::clone(&passwords.places).acquire_many_owned(9).await.unwrap();
        assert!(matches!(
            passwords.hash("late".to_owned()).await,
            Err(PasswordError::Busy)
        ));
        drop(taken);
        assert!(passwords.hash("in time".to_owned()).await.is_ok());
        assert_eq!(
            passwords.places.available_permits(),
            9,
            "every place was given back"
        );
    }
}
