//! What the server tells the person who started it: its address, the link for the first admin, and the one
//! line that enrols an agent on this machine. Scripts find the same in the file of `--announce`.

use std::io::{self, Write as _};
use std::path::Path;

use rollcall_server::api::serve::Listening;
use rollcall_server::auth::enrolment::{EnrolToken, EnrollLine, enroll_command};
use rollcall_server::auth::setup_link::setup_url;
use rollcall_server::config::Config;
use rollcall_server::wiring::Backend;
use rollcall_shared::DomainId;
use serde::Serialize;

/// Agents that the printed line may enrol: enough to try it on a rack, too few to hand it around.
const USES: u32 = 100;

/// How long the printed line is good for.
const GOOD_FOR_MS: i64 = 24 * 3_600_000;

/// The agent's program, looked for beside the server's own.
const AGENT: &str = "rollcall-agent";

/// What is told.
#[derive(Debug, Serialize)]
pub(super) struct Announcement {
    url: String,
    setup_url: Option<String>,
    enroll_command: String,
}

/// What the line that enrols an agent says of this server.
pub(super) fn enroll_line(config: &Config, listening: &Listening) -> EnrollLine {
    let beside = std::env::current_exe()
        .ok()
        .map(|server| server.with_file_name(AGENT));
    let program = beside
        .filter(|agent| agent.exists())
        .and_then(|agent| agent.to_str().map(str::to_owned));
    EnrollLine {
        program: program.unwrap_or_else(|| AGENT.to_owned()),
        server_url: config.reached_at(&listening.addresses).to_string(),
        fingerprint: listening.fingerprint.clone(),
    }
}

impl Announcement {
    /// Makes the enrolment token that the line carries.
    pub(super) async fn make(
        backend: &Backend,
        line: &EnrollLine,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let app = &backend.app;
        let token = EnrolToken::random(&app.clock)?;
        let now_ms = app.clock.wall_ms();
        app.store
            .tokens()
            .create(
                token.hash(),
                DomainId::ROOT,
                USES,
                now_ms,
                now_ms + GOOD_FOR_MS,
                None,
            )
            .await?;
        Ok(Self {
            url: line.server_url.clone(),
            setup_url: backend
                .setup
                .as_ref()
                .map(|token| setup_url(&line.server_url, token)),
            enroll_command: enroll_command(line, token.text()),
        })
    }

    /// Writes it for people, and into the file for scripts.
    pub(super) fn publish(&self, config: &Config) -> io::Result<()> {
        if let Some(path) = &config.announce {
            write_whole(path, serde_json::to_string_pretty(self)?.as_bytes())?;
        }
        let mut out = io::stdout().lock();
        writeln!(out, "\nRollcall listens on {}", self.url)?;
        if let Some(url) = &self.setup_url {
            writeln!(out, "\nCreate the first admin (this link works once):\n  {url}")?;
        }
        writeln!(
            out,
            "\nEnrol and start an agent on this machine:\n  {}\n",
            self.enroll_command
        )?;
        out.flush()
    }
}

/// Writes a file that a reader sees whole or not at all. Only its owner can read it: it opens the server.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut draft = path.as_os_str().to_owned();
    draft.push(".draft");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}
