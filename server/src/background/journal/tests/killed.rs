//! A process that is killed again and again: nothing that it said was kept is lost.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::*;

/// Set for the process that is to be killed: its data folder.
const DATA: &str = "ROLLCALL_TEST_JOURNAL_VICTIM";

/// Set with it: its first number.
const FIRST: &str = "ROLLCALL_TEST_JOURNAL_FIRST";

/// How often it is killed; each costs the start of a process.
const KILLS: i64 = 25;

/// A server that starts as servers do and changes things until it is killed, and says the number of each when it is
/// kept. No test, but what the one below starts: the cheapest way to a process that has all this crate's insides.
#[tokio::test]
async fn victim() {
    let Ok(data) = std::env::var(DATA) else {
        // Run among the tests it is none. One that is ignored would count as skipped.
        return;
    };
    let data = PathBuf::from(data);
    let first: i64 = std::env::var(FIRST).unwrap().parse().unwrap();
    let store = store_in(&data).await;
    let folder = data.join("journal");
    recover(&store, &folder).await.unwrap();
    let (journal, writer) = journal(store, Some(folder), Clock::start()).unwrap();
    tokio::spawn(writer.run(Duration::ZERO));
    for number in first.. {
        journal.push(blind(number));
        journal.kept().await.unwrap();
        // Not print!, which the test harness may keep to itself.
        writeln!(io::stdout(), "\nkept {number}").unwrap();
    }
}

#[tokio::test]
async fn what_was_kept_before_any_of_many_kills_is_in_the_database_after_the_last() {
    let data = tempfile::tempdir().unwrap();
    let mut told = Vec::new();
    for kill in 0..KILLS {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "background::journal::tests::killed::victim",
                "--nocapture",
            ])
            .env(DATA, data.path())
            .env(FIRST, (kill * 1_000_000).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Another number each time: before the database has anything, and long after.
        let enough = 1 + kill * kill * 3;
        let mut kept = 0;
        let mut said = BufReader::new(victim.stdout.take().unwrap());
        for line in said.by_ref().lines() {
            if let Some(number) = line.unwrap().strip_prefix("kept ") {
                told.push(number.parse::<i64>().unwrap());
                kept += 1;
            }
            if kept == enough {
                break;
            }
        }
        victim.kill().unwrap();
        victim.wait().unwrap();
        drop(said);
        assert_eq!(kept, enough);
    }
    let store = store_in(data.path()).await;
    recover(&store, &data.path().join("journal")).await.unwrap();
    let there: std::collections::BTreeSet<i64> = landed(&store).await.into_iter().collect();
    let lost: Vec<&i64> = told.iter().filter(|number| !there.contains(number)).collect();
    assert!(
        lost.is_empty(),
        "{} of {} are lost: {lost:?}",
        lost.len(),
        told.len()
    );
}
