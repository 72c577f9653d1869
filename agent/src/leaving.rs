//! What to say when told to end: whether the machine restarts, and the agent will be back within a minute, or not.

use core::time::Duration;
use std::path::Path;
use std::process::{Command, Stdio};

use rollcall_shared::GoodbyeKind;
use tokio::time::timeout;

/// How long systemd may take to say what it is doing. While it stops services it is busy, and so is the goodbye.
const ASK_WITHIN: Duration = Duration::from_millis(700);

/// There where systemd runs the machine.
const SYSTEMD: &str = "/run/systemd/system";

/// The targets that a restart of the machine is under way to.
const RESTARTS: [&str; 3] = ["reboot.target", "kexec.target", "soft-reboot.target"];

/// `restart` where the machine is being restarted and says so in time, else `stop`. `stop` is never wrong for
/// long: who registers within a minute was only restarting (rule 10).
pub(crate) async fn kind() -> GoodbyeKind {
    if !Path::new(SYSTEMD).exists() {
        return GoodbyeKind::Stop;
    }
    let jobs = tokio::task::spawn_blocking(|| {
        Command::new("systemctl")
            .args(["list-jobs", "--no-legend", "--no-pager"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
    });
    match timeout(ASK_WITHIN, jobs).await {
        Ok(Ok(Ok(output))) if restarts(&String::from_utf8_lossy(&output.stdout)) => GoodbyeKind::Restart,
        _ => GoodbyeKind::Stop,
    }
}

/// Whether a list of systemd's jobs has a restart of the machine in it.
fn restarts(jobs: &str) -> bool {
    jobs.lines().any(|job| {
        let mut words = job.split_whitespace().skip(1);
        let unit = words.next().unwrap_or_default();
        RESTARTS.contains(&unit) && words.next() == Some("start")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_is_told_from_a_shutdown_and_from_a_stopped_service() {
        let restart = "  201 reboot.target             start waiting\n  190 cron.service stop  running\n";
        let shutdown = "  201 poweroff.target           start waiting\n";
        let stopped = "  201 rollcall-agent.service    stop  running\n";
        assert!(restarts(restart));
        assert!(!restarts(shutdown) && !restarts(stopped) && !restarts(""));
    }
}
