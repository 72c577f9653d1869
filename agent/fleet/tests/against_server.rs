//! `rollcall-fleet` against the real server: enrols its agents, has them beat, register all at once, and fall silent
//! and come back, and sees in the feed that nobody is falsely offline.
//!
//! The server is built beside it (`cargo build -p rollcall-server`), with a minute of half a second.

#![expect(clippy::unwrap_used, reason = "a test that panics fails")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const PASSWORD: &str = "correct horse battery staple";

/// Looks at the announcement before the server is given up: a limit against hanging, no bound.
const LOOKS: u32 = 1_200;

/// A server with a first admin, on a folder of its own.
struct Server {
    process: Child,
    home: tempfile::TempDir,
    url: String,
}

impl Server {
    fn start() -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_rollcall-fleet")).with_file_name("rollcall-server");
        assert!(
            program.exists(),
            "{} is missing: run `cargo build -p rollcall-server` first",
            program.display()
        );
        let home = tempfile::tempdir().unwrap();
        let log = std::fs::File::create(home.path().join("server.log")).unwrap();
        let announce = home.path().join("announce.json");
        let process = Command::new(program)
            .args(["--listen=127.0.0.1:0", "--log=warn", "--minute=500ms"])
            .args(["--heartbeat-every=2", "--offline-after=12", "--poll-every=30"])
            .arg("--data")
            .arg(home.path().join("data"))
            .arg("--announce")
            .arg(&announce)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let announced = announced(&announce);
        let server = Self {
            process,
            home,
            url: announced["url"].as_str().unwrap().to_owned(),
        };
        let link = announced["setup_url"].as_str().unwrap();
        let token = link.rsplit('#').next().unwrap();
        server.make_admin(&json!({ "token": token, "name": "ada", "password": PASSWORD }));
        server
    }

    fn make_admin(&self, body: &Value) {
        self.call("POST", "/api/v1/setup", "", body);
    }

    /// Has all agents send loopback packets, every ten seconds of a minute that lasts half of one.
    fn wants_loopback_packets(&self) {
        let signed_in = self.call(
            "POST",
            "/api/v1/session",
            "",
            &json!({ "name": "ada", "password": PASSWORD }),
        );
        let cookie = header(&signed_in, "set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let cookie = format!("cookie: {cookie}\r\n");
        let answer = self.call("GET", "/api/v1/settings", &cookie, &Value::Null);
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let in_force: Value = serde_json::from_str(body).unwrap();
        let mut settings = in_force["in_force"]["settings"].clone();
        settings["loopback"] = json!("all");
        settings["loopback_every_seconds"] = json!(10);
        let etag = header(&answer, "etag");
        self.call(
            "PUT",
            "/api/v1/settings",
            &format!("{cookie}if-match: {etag}\r\n"),
            &settings,
        );
    }

    /// A call that must succeed; gives its whole answer.
    fn call(&self, method: &str, path: &str, headers: &str, body: &Value) -> String {
        let at = self.url.strip_prefix("http://").unwrap();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {at}\r\norigin: {}\r\nconnection: close\r\n{headers}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.url,
            body.len()
        );
        let mut stream = TcpStream::connect(at).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
        answer
    }

    /// A run of two hundred agents; gives its summary, and whether it ended as expected.
    fn run(&self, arguments: &[&str]) -> (Value, bool) {
        let output = self.fleet(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let summary = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}; it said:\n{said}\n{}", self.log()));
        (summary, output.status.success())
    }

    fn fleet(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_rollcall-fleet"))
            .args([
                "--server",
                &self.url,
                "--json",
                "--agents=200",
                "--connections=16",
            ])
            .arg("--identities")
            .arg(self.identities())
            .args(arguments)
            .env("ROLLCALL_FLEET_PASSWORD", PASSWORD)
            .output()
            .unwrap()
    }

    fn identities(&self) -> PathBuf {
        self.home.path().join("identities")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("server.log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = i32::try_from(self.process.id()).unwrap();
        let _ = kill_process(Pid::from_raw(id).unwrap(), Signal::TERM);
        let _ = self.process.wait();
        if !std::thread::panicking() {
            assert!(!self.log().contains("panicked"), "{}", self.log());
        }
    }
}

fn header<'a>(answer: &'a str, name: &str) -> &'a str {
    let found = answer
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_else(|| panic!("no {name} in {answer}"))
}

fn announced(file: &Path) -> Value {
    for _ in 0..LOOKS {
        let found = std::fs::read(file).ok();
        if let Some(announced) = found.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return announced;
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    panic!("the server does not announce itself");
}

/// What no run may show, however busy the machine is.
fn nobody_is_wronged(summary: &Value) {
    for what in ["false", "twice", "missing"] {
        assert_eq!(summary["transitions"][what], 0, "{what}: {summary:#}");
    }
    assert_eq!(summary["errors"], json!({}), "{summary:#}");
}

#[test]
fn two_hundred_agents_beat_and_come_at_once_and_are_silent_and_nobody_is_falsely_offline() {
    let server = Server::start();
    let ada = ["--user", "ada"];

    // Without a token and without somebody who may make one there is no way in, and it says which there are.
    let refused = server.fleet(&["--scenario=steady"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("200 agents are not enrolled") && said.contains("--token"),
        "{said}"
    );

    let (steady, as_expected) = server.run(&[&ada[..], &["--scenario=steady", "--for=4s"]].concat());
    nobody_is_wronged(&steady);
    assert_eq!(steady["before"]["enrolled"], 200);
    assert_eq!(steady["before"]["registered"], 200);
    assert!(steady["heartbeats"].as_u64().unwrap() >= 200, "{steady:#}");
    assert_eq!(steady["answers_ms"]["count"], steady["heartbeats"], "{steady:#}");
    assert_eq!(steady["as_expected"], as_expected);

    // The same agents again: nobody is enrolled, and no token is asked for.
    let (herd, _) = server.run(&[&ada[..], &["--scenario=herd", "--for=30s"]].concat());
    nobody_is_wronged(&herd);
    assert_eq!(herd["before"]["enrolled"], 0);
    assert_eq!(herd["registering_ms"]["count"], 200, "{herd:#}");
    assert_eq!(herd["unregistered"], 0);

    let (outage, _) = server.run(&[&ada[..], &["--scenario=outage", "--for=2s"]].concat());
    nobody_is_wronged(&outage);
    let seen = &outage["transitions"];
    assert_eq!(seen["offline"], 200, "{outage:#}");
    assert_eq!(seen["detection_ms"]["count"], 200);
    assert_eq!(outage["returning_ms"]["count"], 200);
    assert_eq!(outage["unreturned"], 0);
}

#[test]
fn agents_that_send_loopback_packets_stay_online_by_them_and_fall_silent_with_them() {
    let server = Server::start();
    let udp = ["--user=ada", "--udp"];

    // By the settings that a server begins with nobody sends any.
    let refused = server.fleet(&[&udp[..], &["--scenario=steady"]].concat());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        refused.status.code() == Some(1) && said.contains("Loopback mode"),
        "{said}"
    );

    server.wants_loopback_packets();
    let (steady, _) =
        server.run(&[&udp[..], &["--scenario=steady", "--for=4s", "--interval=500ms"]].concat());
    nobody_is_wronged(&steady);
    // Eight are due of each.
    assert!(
        steady["echoes_ms"]["count"].as_u64().unwrap() >= 200,
        "{steady:#}"
    );
    assert_eq!(steady["transport"], "http and udp");

    let (outage, _) = server.run(&[&udp[..], &["--scenario=outage", "--for=2s"]].concat());
    nobody_is_wronged(&outage);
    assert_eq!(outage["transitions"]["offline"], 200, "{outage:#}");
    assert_eq!(outage["unreturned"], 0);
}
