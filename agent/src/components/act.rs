//! One attempt to install a component: fetch, verify, swap in, run the hook.
//!
//! It may be dropped at any point, as by the end of the process, and be begun again: what came is kept, what was
//! verified is found, the hook runs once more.

use core::cell::Cell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use rollcall_agent::install::{Attempt, Ended, Place};
use rollcall_shared::agent_api::Offer;
use rollcall_shared::{ComponentVersion, SourceUrl};

use super::fetch::{self, FetchError};
use super::folder::{Folder, LEFT_FREE, Part};
use super::hook::{self, HookError};
use crate::client::{Endpoint, EndpointError};
use crate::failure::chain;
use crate::server_url::{InvalidUrl, ServerUrl};

/// What an attempt needs besides what is wanted.
pub(super) struct Surroundings {
    /// The folder of all components.
    pub(super) folder: PathBuf,
    /// Where this machine's admin keeps hooks.
    pub(super) hooks: Option<PathBuf>,
    /// The server.
    pub(super) server: Rc<Endpoint>,
    /// The version that is installed.
    pub(super) before: Option<ComponentVersion>,
    /// Set once the version is here and its hook is about to run: from then on it is not given up lightly.
    pub(super) committed: Rc<Cell<bool>>,
}

/// What came of an attempt.
pub(crate) struct Outcome {
    pub(crate) offer: Offer,
    pub(crate) ended: Ended,
    /// Why it failed; empty where it did not.
    pub(crate) detail: String,
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
enum ActError {
    #[error("{place} cannot be asked")]
    Source { place: String, source: EndpointError },
    #[error("{place} cannot be asked")]
    Address { place: String, source: InvalidUrl },
    #[error("nothing from {place}")]
    Fetch {
        place: String,
        source: FetchError,
        progressed: bool,
    },
    #[error("what came from {place} has another SHA-256; it was thrown away")]
    OtherBytes { place: String, mixed: bool },
    #[error(
        "there is no room for it: {} MiB and {} MiB more have to be free",
        size / (1024 * 1024), LEFT_FREE / (1024 * 1024)
    )]
    NoRoom { size: u64 },
    #[error("the disk fails")]
    Disk(#[from] io::Error),
    #[error(transparent)]
    Hook(#[from] HookError),
}

impl ActError {
    fn ended(&self) -> Ended {
        match self {
            Self::Source { .. } | Self::Address { .. } | Self::OtherBytes { mixed: false, .. } => {
                Ended::Wrong
            }
            Self::OtherBytes { mixed: true, .. } => Ended::Mixed,
            Self::Fetch {
                source, progressed, ..
            } => source.ended(*progressed),
            Self::NoRoom { .. } | Self::Disk(_) | Self::Hook(_) => Ended::Broken,
        }
    }
}

/// Does it.
pub(super) async fn act(attempt: Attempt, surroundings: Surroundings) -> Outcome {
    let done = install(&attempt, &surroundings).await;
    Outcome {
        ended: done.as_ref().err().map_or(Ended::Installed, ActError::ended),
        detail: done.err().map(|error| chain(&error)).unwrap_or_default(),
        offer: attempt.offer,
    }
}

async fn install(attempt: &Attempt, surroundings: &Surroundings) -> Result<(), ActError> {
    let offer = &attempt.offer;
    let folder = Folder::of(&surroundings.folder, offer);
    let here = folder.clone();
    if !beside(move || here.is_here()).await? {
        bring(attempt, surroundings, &folder).await?;
    }
    surroundings.committed.set(true);
    let swap = folder.clone();
    beside(move || swap.swap_in()).await?;
    let hooks = surroundings.hooks.as_deref();
    if let Err(error) = hook::run(hooks, offer, &folder.file(), hook::WITHIN).await {
        let before = surroundings.before.clone();
        beside(move || folder.swap_back(before.as_ref())).await?;
        return Err(error.into());
    }
    // What stays takes room and does no other harm.
    let _ = beside(move || folder.tidy()).await;
    Ok(())
}

/// Fetches what is missing, and verifies all of it.
async fn bring(attempt: &Attempt, surroundings: &Surroundings, folder: &Folder) -> Result<(), ActError> {
    let offer = &attempt.offer;
    let begin = folder.clone();
    let (part, has_room) = beside(move || {
        let part = begin.begin()?;
        let has_room = begin.has_room(part.have)?;
        Ok((part, has_room))
    })
    .await?;
    if !has_room {
        return Err(ActError::NoRoom { size: offer.size });
    }
    let before = part.have;
    let (part, fetched) = match &attempt.place {
        Place::Server => {
            let path = surroundings
                .server
                .path(&format!("components/{}/{}", offer.name, offer.version));
            fetch::fetch(&surroundings.server, &path, offer, part).await
        }
        Place::Source(source) => elsewhere(source, &surroundings.server, offer, part).await?,
    };
    let (have, place) = (part.have, told(&attempt.place));
    drop(part);
    if let Err(source) = fetched {
        if source.spoils() {
            let spoilt = folder.clone();
            beside(move || spoilt.give_up()).await?;
        }
        return Err(ActError::Fetch {
            place,
            source,
            progressed: have > before,
        });
    }
    let verify = folder.clone();
    if beside(move || verify.verify()).await? {
        return Ok(());
    }
    let wrong = folder.clone();
    beside(move || wrong.give_up()).await?;
    Err(ActError::OtherBytes {
        place,
        mixed: before > 0,
    })
}

/// From a source: without the agent's credential, and believed by the platform's authorities.
async fn elsewhere(
    source: &SourceUrl,
    server: &Endpoint,
    offer: &Offer,
    part: Part,
) -> Result<(Part, Result<(), FetchError>), ActError> {
    let (authority, path) = source.split();
    let place = || source.to_string();
    let url: ServerUrl = authority.parse().map_err(|source| ActError::Address {
        place: place(),
        source,
    })?;
    let endpoint =
        Endpoint::new(url, None, None, server.may_be_plain()).map_err(|source| ActError::Source {
            place: place(),
            source,
        })?;
    Ok(fetch::fetch(&endpoint, path, offer, part).await)
}

fn told(place: &Place) -> String {
    match place {
        Place::Server => "the server".to_owned(),
        Place::Source(source) => source.to_string(),
    }
}

/// Waits for the disk beside the agent's one thread.
async fn beside<T: Send + 'static>(act: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    match tokio::task::spawn_blocking(act).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
