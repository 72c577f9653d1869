//! What lets a machine in: the text of an enrolment token, and the one line that uses it.

use super::secret::{Secret, hash_of};
use crate::clock::{Clock, NoRandomness};

/// What the text of an enrolment token begins with, so that people and secret scanners know one when they see it.
pub const PREFIX: &str = "rct_";

/// An enrolment token with its text, which is shown once. The database keeps [`EnrolToken::hash`].
pub struct EnrolToken(String);

impl EnrolToken {
    /// A new one.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn random(clock: &Clock) -> Result<Self, NoRandomness> {
        Secret::random(clock).map(|secret| Self(format!("{PREFIX}{secret}")))
    }

    /// The text: `rct_` and 43 characters.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What the database keeps: the hash of the whole text, prefix and all.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        hash_of(&self.0)
    }
}

/// What the line that enrols a machine needs to know of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrollLine {
    /// The agent's program: `rollcall-agent`, or where it lies.
    pub program: String,
    /// The address by which agents reach this server.
    pub server_url: String,
    /// The SHA-256 of the server's certificate in hexadecimal digits, where it is self-made and no authority
    /// vouches for it.
    pub fingerprint: Option<String>,
}

/// The one line that enrols a machine and starts its agent. Good for any POSIX shell, whatever the paths hold.
#[must_use]
pub fn enroll_command(line: &EnrollLine, token: &str) -> String {
    let mut command = format!(
        "{} enroll --server {} --token {} --run",
        quoted(&line.program),
        quoted(&line.server_url),
        quoted(token)
    );
    if let Some(fingerprint) = &line.fingerprint {
        command.push_str(" --fingerprint ");
        command.push_str(&quoted(fingerprint));
    }
    command
}

/// A word of a shell's line. Left alone where nothing in it means anything to a shell.
fn quoted(word: &str) -> String {
    // Brackets, as in http://[::1]:8080, are a pattern to a shell: not plain.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:@%+,=".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(program: &str, server_url: &str) -> EnrollLine {
        EnrollLine {
            program: program.to_owned(),
            server_url: server_url.to_owned(),
            fingerprint: None,
        }
    }

    #[test]
    fn the_line_is_what_the_agent_takes() {
        assert_eq!(
            enroll_command(&line("rollcall-agent", "https://roll.example:8443"), "rct_abc"),
            "rollcall-agent enroll --server https://roll.example:8443 --token rct_abc --run"
        );
    }

    #[test]
    fn a_self_made_certificate_travels_by_its_fingerprint() {
        let line = EnrollLine {
            fingerprint: Some("ab01".to_owned()),
            ..line("rollcall-agent", "https://10.0.0.1:8443")
        };
        assert!(enroll_command(&line, "rct_abc").ends_with("--run --fingerprint ab01"));
    }

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        assert_eq!(
            enroll_command(
                &line("/home/ada's own/rollcall-agent", "http://[::1]:8080"),
                "rct_abc"
            ),
            r"'/home/ada'\''s own/rollcall-agent' enroll --server 'http://[::1]:8080' --token rct_abc --run"
        );
    }

    #[test]
    fn a_token_is_known_by_its_prefix_and_kept_as_the_hash_of_its_whole_text() {
        let token = EnrolToken::random(&Clock::start()).unwrap();
        let secret = token.text().strip_prefix(PREFIX).unwrap();
        assert!(Secret::parse(secret).is_ok());
        assert_eq!(token.hash(), hash_of(token.text()));
        assert_ne!(token.hash(), hash_of(secret));
    }
}
