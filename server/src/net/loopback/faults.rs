//! What is done where the operating system refuses to wait for packets, or to give them. Without I/O.

use std::time::Duration;

use rustix::io::Errno;

/// The longest rest between two tries of a socket that is still good: what comes meanwhile waits in the kernel.
const LONGEST_REST: Duration = Duration::from_millis(100);

/// How long the first that failed is waited for until an address is tried again, and the longest: who took it may give it
/// back, and an address that was taken from the machine may come again.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Try again, after so long; the first time at once.
    Rest(Duration),
    /// The socket is of no use any more.
    GiveUp,
}

/// How it goes with the sockets of a door.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Of this socket, since it last gave something.
    in_a_row: u32,
    /// Sockets that were lost since one last worked.
    lost: u32,
}

impl Faults {
    /// The socket works.
    pub(super) fn works(&mut self) {
        *self = Self::default();
    }

    /// The system said this.
    pub(super) fn met(&mut self, fault: Errno) -> Next {
        match fault {
            // Nobody's fault, and no other call can be cut short by the same signal.
            Errno::INTR => Next::Rest(Duration::ZERO),
            // Want of memory; what became of one answer on its way; a network that is away; a wake for nothing. The socket
            // is as good as before.
            Errno::NOBUFS
            | Errno::NOMEM
            | Errno::AGAIN
            | Errno::CONNREFUSED
            | Errno::CONNRESET
            | Errno::HOSTUNREACH
            | Errno::HOSTDOWN
            | Errno::NETUNREACH
            | Errno::NETDOWN
            | Errno::NETRESET
            | Errno::MSGSIZE
            | Errno::TIMEDOUT
            | Errno::ACCESS
            | Errno::PERM
            | Errno::PROTO
            | Errno::NOPROTOOPT
            | Errno::OPNOTSUPP => {
                let rest = doubled(Duration::from_millis(1), self.in_a_row, LONGEST_REST);
                self.in_a_row = self.in_a_row.saturating_add(1);
                Next::Rest(rest)
            }
            _ => Next::GiveUp,
        }
    }

    /// A socket was lost, or another could not be had in its place: how long until the next try. The first is at once.
    pub(super) fn lose(&mut self) -> Duration {
        let wait = doubled(FIRST_WAIT, self.lost, LONGEST_WAIT);
        self.lost = self.lost.saturating_add(1);
        self.in_a_row = 0;
        wait
    }
}

/// Nothing, then `first`, then twice as long each time.
fn doubled(first: Duration, times: u32, longest: Duration) -> Duration {
    match times.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => first
            .saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX))
            .min(longest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_never_without_a_rest() {
        for fault in [
            Errno::NOBUFS,
            Errno::NOMEM,
            Errno::CONNREFUSED,
            Errno::NETDOWN,
            Errno::AGAIN,
        ] {
            let mut faults = Faults::default();
            let rests: Vec<_> = (0..10).map(|_| faults.met(fault)).collect();
            let expected = [0, 1, 2, 4, 8, 16, 32, 64, 100, 100];
            assert_eq!(
                rests,
                expected.map(|ms| Next::Rest(Duration::from_millis(ms))),
                "{fault}"
            );
            for _ in 0..100 {
                assert_eq!(faults.met(fault), Next::Rest(LONGEST_REST), "{fault}");
            }
            faults.works();
            assert_eq!(faults.met(fault), Next::Rest(Duration::ZERO), "{fault}");
        }
        let mut faults = Faults::default();
        for _ in 0..100 {
            assert_eq!(faults.met(Errno::INTR), Next::Rest(Duration::ZERO));
        }
    }

    #[test]
    fn a_socket_that_is_none_is_given_up() {
        for fault in [
            Errno::BADF,
            Errno::NOTSOCK,
            Errno::INVAL,
            Errno::FAULT,
            Errno::IO,
            Errno::PIPE,
        ] {
            assert_eq!(Faults::default().met(fault), Next::GiveUp, "{fault}");
        }
    }

    #[test]
    fn a_place_is_tried_at_once_and_then_ever_more_rarely_until_it_works() {
        let mut faults = Faults::default();
        let waits: Vec<_> = (0..12).map(|_| faults.lose().as_millis()).collect();
        assert_eq!(
            waits,
            [
                0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000
            ]
        );
        faults.works();
        assert_eq!(faults.lose(), Duration::ZERO);
    }
}
