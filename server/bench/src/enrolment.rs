//! A fleet for a client: enrolled over some connections at once, since each enrolment waits for the disk.

use std::io;

use crate::fleet::Agent;
use crate::wire::Line;

/// Those that an enrolment goes over.
const ENROLLERS: usize = 32;

/// So many agents in so many shares; enrolled where there is a token, else such as no server knows.
///
/// # Errors
/// Where the server does not take one.
pub async fn enrolled(
    address: &str,
    token: Option<&str>,
    agents: usize,
    shares: usize,
) -> io::Result<Vec<Vec<Agent>>> {
    let mut tasks = Vec::new();
    for one in 0..ENROLLERS {
        let (address, token) = (address.to_owned(), token.map(str::to_owned));
        tasks.push(tokio::spawn(async move {
            let mut own = Vec::new();
            let Some(token) = token else {
                own.extend((one..agents).step_by(ENROLLERS).map(Agent::unknown));
                return Ok(own);
            };
            let mut line = Line::open(&address).await?;
            for number in (one..agents).step_by(ENROLLERS) {
                own.push(Agent::enrol(&mut line, &token, number).await?);
            }
            Ok::<_, io::Error>(own)
        }));
    }
    let mut fleets: Vec<_> = (0..shares).map(|_| Vec::new()).collect();
    let mut place = 0;
    for task in tasks {
        for agent in task.await.map_err(io::Error::other)?? {
            fleets[place % shares].push(agent);
            place += 1;
        }
    }
    Ok(fleets)
}
