//! Faults that are planted around the shipped crates, in the server and in the agent, to know that the simulation sees:
//! each breaks one rule.

use core::str::FromStr;

macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $rule:literal;)+) => {
        /// A planted fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            $($(#[$doc])* $name,)+
        }

        impl Fault {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name on the command line.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)+
                }
            }

            /// The rule that it breaks.
            #[must_use]
            pub const fn rule(self) -> u8 {
                match self {
                    $(Self::$name => $rule,)+
                }
            }
        }
    };
}

faults! {
    /// Engine time runs on through a stall.
    RawMonotonic = "raw-monotonic", 1;
    /// A restart begins engine time anew.
    EngineTimeLost = "engine-time-lost", 1;
    /// Polls are answered and renew nothing.
    PollsDoNotCount = "polls-do-not-count", 2;
    /// Proofs of the server's own dials renew nothing.
    ProofsDoNotCount = "proofs-do-not-count", 2;
    /// Who sends no heartbeats has the time-out of heartbeats all the same.
    OneLeaseForAll = "one-lease-for-all", 3;
    /// Deadlines are looked for every half minute.
    Sweep = "sweep", 4;
    /// Deadlines are looked for two seconds ahead.
    TooEarly = "too-early", 4;
    /// Every contact is taken to know the newest settings.
    AllKnowTheNewest = "all-know-the-newest", 5;
    /// Only the newest version of the settings is kept.
    OldVersionsForgotten = "old-versions-forgotten", 5;
    /// Blindness is not told to the owner.
    BlindnessUntold = "blindness-untold", 6;
    /// A restart gives nobody time to come back.
    NoGraceAtStart = "no-grace-at-start", 6;
    /// A restart has everyone offline.
    AllOfflineAtStart = "all-offline-at-start", 6;
    /// Blind time is not kept in history.
    BlindTimeUnrecorded = "blind-time-unrecorded", 6;
    /// What happened is not written down.
    LastTransitionsLost = "last-transitions-lost", 6;
    /// Registrations and polls are answered before what they said is written down.
    AnsweredBeforeWritten = "answered-before-written", 6;
    /// Boot and sequence are not looked at.
    FenceStripped = "fence-stripped", 8;
    /// A goodbye is answered and forgotten.
    GoodbyeSwallowed = "goodbye-swallowed", 10;
    /// Every registration after a stop is taken to be within the minute.
    AlwaysFolded = "always-folded", 10;
    /// A failed probe is taken for a goodbye.
    FailedProbeEndsLease = "failed-probe-ends-lease", 11;
    /// Why an agent has its status is told of another one.
    GroundsOfAnother = "grounds-of-another", 13;
    /// The address that the server sees is not compared with the ranges.
    ObservedIgnored = "observed-ignored", 14;
    /// The address that the agent reports is not compared with the ranges.
    OwnIgnored = "own-ignored", 14;
    /// The next contact is dictated a third too late.
    IntervalStretched = "interval-stretched", 15;
    /// The agent does not poll when it is told that something is new.
    PollNowIgnored = "poll-now-ignored", 5;
    /// The agent does not notice that the server's memory began anew.
    EpochIgnored = "epoch-ignored", 6;
    /// The agent does not notice that its address is another one.
    AddressChangeIgnored = "address-change-ignored", 14;
    /// The agent does not poll by itself.
    NeverPolls = "never-polls", 14;
    /// The agent does not wait where the server has no time for it.
    RetryAfterIgnored = "retry-after-ignored", 15;
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = || {
            Self::ALL
                .iter()
                .map(|fault| fault.key())
                .collect::<Vec<_>>()
                .join(", ")
        };
        Self::ALL
            .iter()
            .copied()
            .find(|fault| fault.key() == text)
            .ok_or_else(|| format!("no fault of that name; there are {}", known()))
    }
}
