//! What goes wrong on the network and on the disk.

use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;

use crate::home::{Home, text};
use crate::skipped::{forbidden, tool};
use crate::stub::{SECRET, Scripted, Stub};

#[tokio::test(flavor = "multi_thread")]
async fn garbage_of_every_kind_is_survived_and_no_redirect_followed() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = home.run();
    stub.nth("heartbeat", 1).await;
    let json = || vec![("content-type", "application/json".to_owned())];
    let html = || vec![("content-type", "text/html".to_owned())];
    let elsewhere = vec![("location", format!("{}/stolen", stub.url))];
    let garbage = [
        Scripted::Says(200, html(), "<h1>Welcome to Hotel Wi-Fi</h1>".to_owned()),
        Scripted::Says(401, html(), "<h1>Sign in</h1>".to_owned()),
        Scripted::Says(200, json(), "{".to_owned()),
        Scripted::Says(200, json(), "[]".to_owned()),
        Scripted::Says(200, json(), r#"{"next_in_ms":-1}"#.to_owned()),
        Scripted::Says(200, json(), "9".repeat(1_000_000)),
        Scripted::Says(204, vec![], String::new()),
        Scripted::Says(302, elsewhere.clone(), String::new()),
        Scripted::Says(307, elsewhere, String::new()),
        Scripted::Says(500, vec![("retry-after", "soon".to_owned())], "\u{0}".to_owned()),
        Scripted::BreaksOff,
    ];
    let count = garbage.len();
    for one in garbage {
        stub.script("heartbeat", one);
    }
    let before = stub.of("heartbeat").len();
    stub.nth("heartbeat", before + count + 3).await;
    assert!(stub.of("elsewhere").is_empty(), "a redirect was followed");
    assert_eq!(stub.boots(), 1);
    agent.signal(Signal::SIGTERM);
    let (status, said) = agent.end().await;
    assert!(status.success(), "{said}");
    assert!(said.contains("Found the server again"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_is_damaged_missing_or_exposed_is_named() {
    let (stub, home) = (Stub::start().await, Home::new());
    let absent = home.output(&["run"]).await;
    assert_eq!(absent.status.code(), Some(5));
    assert!(text(&absent.stderr).contains("nobody is enrolled"), "{absent:?}");
    DirBuilder::new().mode(0o700).create(home.state()).unwrap();
    let missing = home.output(&["run"]).await;
    assert_eq!(missing.status.code(), Some(5));
    assert!(text(&missing.stderr).contains("not enrolled"), "{missing:?}");

    home.enrol(&stub).await;
    let identity = home.file("identity.json");
    let whole = std::fs::read(&identity).unwrap();
    std::fs::set_permissions(&identity, std::fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = home.output(&["run"]).await;
    assert_eq!(exposed.status.code(), Some(1));
    assert!(text(&exposed.stderr).contains("chmod 600"), "{exposed:?}");

    std::fs::set_permissions(&identity, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&identity, &whole[..whole.len() / 2]).unwrap();
    let damaged = home.output(&["run"]).await;
    assert_eq!(damaged.status.code(), Some(5));
    let said = text(&damaged.stderr);
    assert!(said.contains("identity.json") && !said.contains(SECRET), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_identity_at_reload_leaves_the_agent_as_it_was() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    let agent = home.run();
    stub.nth("heartbeat", 1).await;
    std::fs::write(home.file("identity.json"), "{").unwrap();
    agent.signal(Signal::SIGHUP);
    let before = stub.of("heartbeat").len();
    stub.nth("heartbeat", before + 3).await;
    agent.signal(Signal::SIGTERM);
    let (status, said) = agent.end().await;
    assert!(
        status.success() && said.contains("Going on with the old identity"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_file_that_cannot_be_written_costs_the_file_not_the_agent() {
    let (stub, home) = (Stub::start().await, Home::new());
    home.enrol(&stub).await;
    // Stands where the file is written before it is renamed.
    std::fs::create_dir(home.file(".status.json.new")).unwrap();
    let agent = home.run();
    stub.nth("heartbeat", 3).await;
    agent.signal(Signal::SIGTERM);
    let (status, said) = agent.end().await;
    assert!(status.success(), "{said}");
    assert_eq!(said.matches("status file cannot be written").count(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_costs_the_status_file_not_the_agent_and_no_half_identity_is_left() {
    let (stub, home) = (Stub::start().await, Home::new());
    let disk = match SmallDisk::mount(&home.state()) {
        Ok(disk) => disk,
        Err(missing) => {
            forbidden(
                "a_full_disk_costs_the_status_file_not_the_agent_and_no_half_identity_is_left",
                &format!("the right to mount a disk: {missing}"),
            );
            return;
        }
    };
    home.enrol(&stub).await;
    let agent = home.run();
    stub.nth("heartbeat", 1).await;
    disk.fill(&home.file("fill"));
    let before = stub.of("heartbeat").len();
    stub.nth("heartbeat", before + 3).await;
    let identity = std::fs::read(home.file("identity.json")).unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&identity).is_ok());
    std::fs::remove_file(home.file("fill")).unwrap();
    let before = stub.of("heartbeat").len();
    stub.nth("heartbeat", before + 2).await;
    let (report, code) = home.status().await;
    assert_eq!(code, 0, "{report}");
    agent.signal(Signal::SIGTERM);
    let (status, said) = agent.end().await;
    assert!(status.success(), "{said}");
    assert_eq!(said.matches("status file cannot be written").count(), 1, "{said}");

    std::fs::remove_file(home.file("identity.json")).unwrap();
    disk.fill(&home.file("fill"));
    let output = home
        .output(&["enroll", "--server", &stub.url, "--token", "good"])
        .await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("No space left"), "{output:?}");
    assert_eq!(
        stub.of("enroll").len(),
        1,
        "nothing is asked for that could not be kept"
    );
    assert!(!home.file("identity.json").exists());
}

/// A disk of 64 KiB.
struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Says what is missing where this may not be done here.
    fn mount(at: &Path) -> Result<Self, String> {
        DirBuilder::new().mode(0o700).create(at).unwrap();
        let mut mount = Command::new("mount");
        tool(
            mount
                .args(["-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs"])
                .arg(at),
        )?;
        Ok(Self { at: at.to_owned() })
    }

    /// Writes until nothing more fits.
    fn fill(&self, path: &Path) {
        assert!(path.starts_with(&self.at));
        let mut file = File::create(path).unwrap();
        while file.write_all(&[0; 512]).is_ok() {}
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).status();
    }
}
