//! What this machine says about itself. Labels for people, but for the machine id, which tells clones apart.

use core::net::IpAddr;
use std::fs;
use std::io::Read;

use nix::ifaddrs::getifaddrs;
use rollcall_shared::agent_api::Register;

use crate::clock;
use crate::hex::Hex;
use crate::state_dir::StateDir;

/// As long as a host name may be.
const LONGEST_NAME: usize = 253;

/// As long as the server takes a platform's name.
const LONGEST_PLATFORM: usize = 128;

/// Where systemd and D-Bus keep the machine's id.
const MACHINE_ID_FILES: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// Our own, on a machine that has none.
const OWN_MACHINE_ID: &str = "machine-id";

/// The machine's id: the system's, else one that is made once and kept in `dir`.
pub(crate) fn machine_id(dir: &StateDir) -> String {
    let of_system = MACHINE_ID_FILES.iter().find_map(|path| {
        let text = first_kilobytes(path)?;
        let text = text.trim();
        (text.len() >= 16
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        .then(|| text.to_owned())
    });
    of_system
        .or_else(|| own_machine_id(dir))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn own_machine_id(dir: &StateDir) -> Option<String> {
    if let Ok(Some(bytes)) = dir.read(OWN_MACHINE_ID, false)
        && let Ok(text) = String::from_utf8(bytes)
        && text.len() == 32
    {
        return Some(text);
    }
    let bytes = clock::random_bytes::<16>().ok()?;
    let text = Hex(&bytes).to_string();
    dir.write(OWN_MACHINE_ID, text.as_bytes(), true).ok()?;
    Some(text)
}

/// What to call the agent: the name it was given, else the host's.
pub(crate) fn host_name(given: Option<&str>) -> String {
    let name = given.map_or_else(
        || {
            nix::unistd::gethostname()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default()
        },
        str::to_owned,
    );
    let name: String = name
        .chars()
        .filter(|character| !character.is_control())
        .take(LONGEST_NAME)
        .collect();
    if name.is_empty() {
        "unnamed".to_owned()
    } else {
        name
    }
}

/// Operating system and version.
pub(crate) fn platform() -> String {
    first_kilobytes("/etc/os-release")
        .and_then(|text| pretty_name(&text))
        .unwrap_or_else(|| std::env::consts::OS.to_owned())
}

fn pretty_name(os_release: &str) -> Option<String> {
    let value = os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let value: String = value
        .trim()
        .trim_matches(['"', '\''])
        .chars()
        .filter(|character| !character.is_control())
        .take(LONGEST_PLATFORM)
        .collect();
    (!value.is_empty()).then_some(value)
}

/// The machine's addresses as it reports them: at most as many as a register may list.
pub(crate) fn addresses() -> Vec<IpAddr> {
    at_most(all_addresses(), Register::MOST_ADDRESSES)
}

/// So many of the addresses, of both families where there are both: a machine with many containers would else
/// seem to have no IPv6.
fn at_most(addresses: Vec<IpAddr>, most: usize) -> Vec<IpAddr> {
    let (mut kept, mut v6): (Vec<_>, Vec<_>) = addresses.into_iter().partition(IpAddr::is_ipv4);
    v6.truncate(most.saturating_sub(kept.len()).max(most / 2));
    kept.truncate(most - v6.len());
    kept.append(&mut v6);
    kept
}

/// The machine's addresses, without loopback and link-local ones. None where they cannot be listed.
pub(crate) fn all_addresses() -> Vec<IpAddr> {
    let Ok(interfaces) = getifaddrs() else {
        return Vec::new();
    };
    let mut addresses: Vec<IpAddr> = interfaces
        .filter_map(|interface| {
            let address = interface.address?;
            let v4 = address.as_sockaddr_in().map(|socket| IpAddr::V4(socket.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|socket| IpAddr::V6(socket.ip())))
        })
        .filter(|address| match address {
            IpAddr::V4(v4) => !v4.is_loopback() && !v4.is_link_local(),
            IpAddr::V6(v6) => !v6.is_loopback() && !v6.is_unicast_link_local(),
        })
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

fn first_kilobytes(path: &str) -> Option<String> {
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    file.take(8 * 1024).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_is_what_the_distribution_calls_itself() {
        let text = "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n";
        assert_eq!(
            pretty_name(text).as_deref(),
            Some("Debian GNU/Linux 12 (bookworm)")
        );
        assert_eq!(pretty_name("NAME=x"), None);
        assert_eq!(pretty_name("PRETTY_NAME="), None);
    }

    #[test]
    fn a_name_fits_and_shows_no_control_characters() {
        assert_eq!(host_name(Some(&"a".repeat(300))).len(), LONGEST_NAME);
        assert_eq!(host_name(Some("a\u{1b}[31mb\n")), "a[31mb");
        assert_eq!(host_name(Some("")), "unnamed");
        assert!(!host_name(None).is_empty());
    }

    #[test]
    fn of_too_many_addresses_some_of_both_families_are_reported() {
        let v4 = |count: u8| (0..count).map(|last| IpAddr::from([192, 0, 2, last]));
        let v6 = |count: u16| (0..count).map(|last| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]));
        for (four, six, kept) in [
            (3, 2, (3, 2)),
            (200, 2, (8, 2)),
            (200, 200, (5, 5)),
            (2, 200, (2, 8)),
            (200, 0, (10, 0)),
            (0, 200, (0, 10)),
        ] {
            let addresses = at_most(v4(four).chain(v6(six)).collect(), 10);
            let of_four = addresses.iter().filter(|address| address.is_ipv4()).count();
            assert_eq!((of_four, addresses.len() - of_four), kept, "{four} {six}");
        }
    }

    #[test]
    fn a_machine_without_an_id_is_given_one_that_stays() {
        let parent = tempfile::tempdir().unwrap();
        let dir = StateDir::open(parent.path().to_owned()).unwrap();
        let made = own_machine_id(&dir).unwrap();
        assert_eq!(made.len(), 32);
        assert_eq!(own_machine_id(&dir).unwrap(), made);
    }
}
