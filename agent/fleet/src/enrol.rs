//! Enrols those that are not in the file of identities yet, some at a time.

use core::cell::RefCell;
use core::time::Duration;
use std::rc::Rc;

use rollcall_shared::Problem;
use rollcall_shared::agent_api::{Enroll, Enrolled};

use crate::board::Board;
use crate::http::{Endpoint, Fault, Link, Media};
use crate::identities::{Identities, IdentitiesError, Identity};
use crate::traffic;

/// How many enrolments are under way at a time: each is a transaction of the server's database, which makes one at a
/// time.
const AT_ONCE: usize = 16;

/// How long one may take: the server's queue of the others before it.
const WITHIN: Duration = Duration::from_mins(1);

/// How often one is tried where the server is busy or cannot be called, before it is given up.
const TRIES: u32 = 30;

/// Why the fleet is not complete.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    #[error(
        "{missing} agents are not enrolled yet, and there is no token. Give --token (one that enrols {missing} \
         agents; the console makes it under \"Add an agent\"), or --user and --password of somebody who may make one"
    )]
    NoToken { missing: usize },
    #[error(
        "the token was refused after {enrolled} of {wanted} enrolments: {detail} A run needs a token with as many \
         uses as agents are to be enrolled; those that were are kept, and a token for the rest goes on from there"
    )]
    Token {
        enrolled: usize,
        wanted: usize,
        detail: String,
    },
    #[error("an enrolment was answered {status}: {detail}")]
    Refused { status: u16, detail: String },
    #[error("the server cannot be called to enrol ({0:?})")]
    Fault(Fault),
    #[error(transparent)]
    Identities(#[from] IdentitiesError),
}

/// What the tasks share.
struct Work {
    endpoint: Endpoint,
    token: String,
    identities: RefCell<Identities>,
    /// Numbers that are still to be enrolled, the next one last.
    rest: RefCell<Vec<u32>>,
    wanted: usize,
    done: core::cell::Cell<usize>,
}

/// Enrols all that are missing, and gives the file back.
pub(crate) async fn enrol(
    endpoint: &Endpoint,
    token: String,
    identities: Identities,
    board: &mut Board,
) -> Result<Identities, EnrolError> {
    let mut rest = identities.missing();
    rest.reverse();
    let wanted = rest.len();
    let work = Rc::new(Work {
        endpoint: endpoint.clone(),
        token,
        identities: RefCell::new(identities),
        rest: RefCell::new(rest),
        wanted,
        done: core::cell::Cell::new(0),
    });
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE.min(wanted) {
        let work = Rc::clone(&work);
        tasks.spawn_local(async move { work.enrol_some().await });
    }
    let mut outcome = Ok(());
    let mut look = tokio::time::interval(Duration::from_millis(200));
    while !tasks.is_empty() {
        tokio::select! {
            ended = tasks.join_next() => {
                if let Some(Ok(Err(error))) = ended
                    && outcome.is_ok()
                {
                    outcome = Err(error);
                    // The others end with what they are at.
                    work.rest.borrow_mut().clear();
                }
            }
            _ = look.tick() => board.at(work.done.get() as u64),
        }
    }
    board.at(work.done.get() as u64);
    drop(tasks);
    work.identities.borrow_mut().flush()?;
    outcome?;
    // The tasks have ended, so nobody else holds it.
    let work = Rc::into_inner(work).ok_or(EnrolError::Fault(Fault::Broken))?;
    Ok(work.identities.into_inner())
}

impl Work {
    async fn enrol_some(&self) -> Result<(), EnrolError> {
        let mut link = Link::new(traffic::local_toward(self.endpoint.address));
        loop {
            let Some(number) = self.rest.borrow_mut().pop() else {
                return Ok(());
            };
            let identity = self.enrol_one(&mut link, number).await?;
            self.identities.borrow_mut().keep(identity)?;
            self.done.set(self.done.get() + 1);
        }
    }

    async fn enrol_one(&self, link: &mut Link, number: u32) -> Result<Identity, EnrolError> {
        let request = self.request(number);
        let mut tries = 0;
        loop {
            tries += 1;
            let wait = match link.call(&self.endpoint, &request, WITHIN).await {
                Ok(reply) if reply.status == 201 && reply.media == Media::Json => {
                    let enrolled: Enrolled =
                        serde_json::from_slice(reply.body).map_err(|_| EnrolError::Fault(Fault::Garbled))?;
                    return Ok(Identity {
                        number,
                        agent: enrolled.agent,
                        secret: enrolled.secret,
                    });
                }
                Ok(reply) => {
                    let detail = detail(reply.body);
                    match reply.status {
                        401 | 403 => {
                            let (enrolled, wanted) = (self.done.get(), self.wanted);
                            return Err(EnrolError::Token {
                                enrolled,
                                wanted,
                                detail,
                            });
                        }
                        429 | 503 if tries < TRIES => reply.retry_after_s.unwrap_or(1).min(60),
                        status => return Err(EnrolError::Refused { status, detail }),
                    }
                }
                Err(Fault::Garbled) => return Err(EnrolError::Fault(Fault::Garbled)),
                Err(_) if tries < TRIES => 1,
                Err(fault) => return Err(EnrolError::Fault(fault)),
            };
            tokio::time::sleep(Duration::from_secs(wait)).await;
        }
    }

    fn request(&self, number: u32) -> Vec<u8> {
        let body = serde_json::to_string(&Enroll {
            token: self.token.clone(),
            key: self.identities.borrow().key(number),
            host_name: name(number),
            platform: traffic::PLATFORM.to_owned(),
            machine_id: machine_id(number),
        })
        .unwrap_or_default();
        let url = &self.endpoint.url;
        format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            url.path("enroll"),
            url.authority(),
            body.len(),
        )
        .into_bytes()
    }
}

/// What a simulated machine is called.
pub(crate) fn name(number: u32) -> String {
    format!("fleet-{number:07}")
}

/// What tells a simulated machine from the others.
pub(crate) fn machine_id(number: u32) -> String {
    format!("{number:032x}")
}

fn detail(body: &[u8]) -> String {
    let problem = serde_json::from_slice::<Problem>(body).ok();
    let detail = problem.and_then(|problem| problem.detail).unwrap_or_default();
    // It comes from the network and goes to a terminal.
    detail.chars().filter(|one| !one.is_control()).take(300).collect()
}
