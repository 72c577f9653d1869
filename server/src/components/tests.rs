//! Bringing, offering and withdrawing, with the files on the disk.

use rollcall_shared::Sha256;
use tokio::io::AsyncReadExt as _;

use super::*;

async fn open(folder: &tempfile::TempDir) -> (Store, Components) {
    let store = Store::open("sqlite::memory:").await.unwrap();
    let components = Components::load(&store, folder.path().join("components"), 1_000)
        .await
        .unwrap();
    (store, components)
}

/// Brings these bytes.
async fn bring(store: &Store, components: &Components, name: &str, version: &str, bytes: &[u8]) -> Published {
    let mut incoming = components.files.receive(components.limit).await.unwrap();
    for part in bytes.chunks(7) {
        incoming.take(part).await.unwrap();
    }
    let whole = incoming.finish().await.unwrap();
    let new = Component {
        name: name.parse().unwrap(),
        version: version.parse().unwrap(),
        size: whole.size,
        sha256: whole.sha256,
        stored: true,
        sources: Vec::new(),
        note: None,
        author: None,
        created_at_ms: 1,
        current_since_ms: None,
        withdrawn_at_ms: None,
    };
    components.publish(store, &new, Some(whole)).await.unwrap()
}

fn files(folder: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder.path().join("components"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_agent_is_offered_what_it_lacks_and_one_that_knows_no_components_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (store, components) = open(&folder).await;
    let mut changes = components.follow();
    bring(&store, &components, "av", "1", b"one").await;
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    bring(&store, &components, "av", "2", b"two").await;
    bring(&store, &components, "zip", "1", b"one").await;
    assert!(components.offers(None).is_empty());
    let names = |installed: &[Installed]| -> Vec<String> {
        let offers = components.offers(Some(installed));
        offers
            .iter()
            .map(|offer| format!("{} {}", offer.name, offer.version))
            .collect()
    };
    assert_eq!(names(&[]), ["av 2", "zip 1"]);
    let has = |name: &str, version: &str| Installed {
        name: name.parse().unwrap(),
        version: version.parse().unwrap(),
    };
    assert_eq!(names(&[has("av", "1"), has("zip", "1")]), ["av 2"]);
    assert_eq!(
        names(&[has("av", "2"), has("zip", "1"), has("old", "9")]),
        [""; 0]
    );
}

#[tokio::test]
async fn bytes_that_two_versions_share_stay_until_the_last_is_withdrawn() {
    let folder = tempfile::tempdir().unwrap();
    let (store, components) = open(&folder).await;
    bring(&store, &components, "av", "1", b"the same").await;
    bring(&store, &components, "zip", "1", b"the same").await;
    assert_eq!(files(&folder).len(), 1);
    let (av, zip, one) = (
        "av".parse().unwrap(),
        "zip".parse().unwrap(),
        "1".parse().unwrap(),
    );
    let current = components.current();
    let mut read = Vec::new();
    let mut file = components.files.read(&current[0]).await.unwrap();
    file.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, b"the same");
    assert!(components.withdraw(&store, &av, &one, 2).await.unwrap().is_some());
    assert_eq!(files(&folder).len(), 1);
    assert!(
        components
            .withdraw(&store, &zip, &one, 2)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(files(&folder), [""; 0]);
    assert!(components.current().is_empty());
    let nothing = components
        .withdraw(&store, &zip, &"2".parse().unwrap(), 2)
        .await
        .unwrap();
    assert_eq!(nothing, None);
}

#[tokio::test]
async fn bytes_that_are_refused_do_not_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (store, components) = open(&folder).await;
    bring(&store, &components, "av", "1", b"one").await;
    let kept = files(&folder);
    let taken = bring(&store, &components, "av", "1", b"other").await;
    assert!(matches!(taken, Published::Taken(_)));
    assert_eq!(files(&folder), kept);
    let known = bring(&store, &components, "av", "1", b"one").await;
    assert!(matches!(known, Published::Known(_)));
    assert_eq!(files(&folder), kept);
}

#[tokio::test]
async fn what_does_not_come_whole_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, components) = open(&folder).await;
    let mut incoming = components.files.receive(10).await.unwrap();
    incoming.take(b"12345").await.unwrap();
    assert_eq!(files(&folder).len(), 1);
    assert!(matches!(
        incoming.take(b"678901").await,
        Err(incoming::NotTaken::TooMany { limit: 10 })
    ));
    drop(incoming);
    let whole = components
        .files
        .receive(10)
        .await
        .unwrap()
        .finish()
        .await
        .unwrap();
    drop(whole);
    assert_eq!(files(&folder), [""; 0]);
}

#[tokio::test]
async fn a_start_cleans_up_what_a_killed_server_left_and_leaves_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let (store, components) = open(&folder).await;
    bring(&store, &components, "av", "1", b"one").await;
    let kept = files(&folder);
    std::fs::write(folder.path().join("components/.coming-7"), b"half").unwrap();
    std::fs::write(folder.path().join("components/notes.txt"), b"an admin's").unwrap();
    let again = Components::load(&store, folder.path().join("components"), 1_000)
        .await
        .unwrap();
    assert_eq!(files(&folder), [kept[0].clone(), "notes.txt".to_owned()]);
    assert_eq!(again.current(), components.current());
}

#[tokio::test]
async fn a_file_of_another_size_is_not_given_out() {
    let folder = tempfile::tempdir().unwrap();
    let (store, components) = open(&folder).await;
    bring(&store, &components, "av", "1", b"one").await;
    let current = components.current();
    std::fs::write(
        folder
            .path()
            .join("components")
            .join(current[0].sha256.to_string()),
        b"on",
    )
    .unwrap();
    assert!(components.files.read(&current[0]).await.is_err());
    components
        .files
        .remove(Sha256::from_bytes([0; 32]))
        .await
        .unwrap();
}
