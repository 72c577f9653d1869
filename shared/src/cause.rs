//! Why a status changed: the cause that every transition carries, and the kinds of contact behind it.
//!
//! A cause has a short key for the API and the database (`contact.heartbeat`, `deadline.3600`) and a sentence
//! for people.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

// The key is a `tt`: a `literal` reaches the derives in a group, in which that of the API's document does not look.
macro_rules! keyed {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $key:tt),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $key)] $variant),+
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in the API and the database.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key),+
                }
            }

            /// The one of that name.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.key() == key)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.key())
            }
        }
    };
}

keyed! {
    /// How an agent was heard.
    ContactKind {
        /// It registered.
        Register = "register",
        /// It said that it is still here.
        Heartbeat = "heartbeat",
        /// It asked for what is new.
        Poll = "poll",
        /// It said goodbye.
        Goodbye = "goodbye",
        /// It proved itself to the server that connected to it.
        Verification = "verification",
        /// Its loopback packet came.
        Loopback = "loopback",
    }
}

keyed! {
    /// Why an agent registers.
    RegisterReason {
        /// First time after enrolment.
        Install = "install",
        /// Its process started.
        Start = "start",
        /// Its process started again after a goodbye that announced it.
        Restart = "restart",
        /// It was told to read its configuration again, or the server asked for it.
        Reload = "reload",
        /// Its own address changed.
        AddressChanged = "address_changed",
        /// Its machine woke from suspend.
        Resumed = "resumed",
        /// The NAT before it gave it another mapping.
        Rebound = "rebound",
    }
}

keyed! {
    /// What a goodbye announces (rule 10).
    GoodbyeKind {
        /// The agent stops: offline at once.
        Stop = "stop",
        /// The machine restarts: back within a minute.
        Restart = "restart",
        /// The agent is removed from the machine: retired.
        Uninstall = "uninstall",
    }
}

/// Why a status changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// It was enrolled.
    Enrolled,
    /// It registered.
    Registered(RegisterReason),
    /// A contact brought it back.
    Contact(ContactKind),
    /// No contact for as long as its lease lasts.
    Deadline {
        /// The lease in whole seconds.
        after_s: u32,
    },
    /// It said goodbye.
    Goodbye(GoodbyeKind),
    /// It stopped and was back within a minute: one restart, not two changes.
    Restarted,
    /// A person retired it.
    Retired,
    /// A save of the settings moved it into the unreachable network or out of it (rule 14).
    Settings {
        /// The version that was saved.
        version: u32,
    },
    /// Its address changed, and with it whether it is in the unreachable network (rule 14).
    Address,
    /// It was offline for as many days as the settings keep an agent in the roll call.
    Inactive {
        /// How many.
        after_days: u32,
    },
}

/// A text that names no cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no cause")]
pub struct UnknownCause(pub String);

impl fmt::Display for Cause {
    /// Its key in the API and the database.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enrolled => out.write_str("enrolled"),
            Self::Registered(reason) => write!(out, "register.{reason}"),
            Self::Contact(kind) => write!(out, "contact.{kind}"),
            Self::Deadline { after_s } => write!(out, "deadline.{after_s}"),
            Self::Goodbye(kind) => write!(out, "goodbye.{kind}"),
            Self::Restarted => out.write_str("restarted"),
            Self::Retired => out.write_str("retired"),
            Self::Settings { version } => write!(out, "settings.{version}"),
            Self::Address => out.write_str("address"),
            Self::Inactive { after_days } => write!(out, "inactive.{after_days}"),
        }
    }
}

impl FromStr for Cause {
    type Err = UnknownCause;

    fn from_str(text: &str) -> Result<Self, UnknownCause> {
        let unknown = || UnknownCause(text.to_owned());
        match text.split_once('.') {
            None => match text {
                "enrolled" => Ok(Self::Enrolled),
                "restarted" => Ok(Self::Restarted),
                "retired" => Ok(Self::Retired),
                "address" => Ok(Self::Address),
                _ => Err(unknown()),
            },
            Some(("register", reason)) => RegisterReason::from_key(reason)
                .map(Self::Registered)
                .ok_or_else(unknown),
            Some(("contact", kind)) => ContactKind::from_key(kind).map(Self::Contact).ok_or_else(unknown),
            Some(("goodbye", kind)) => GoodbyeKind::from_key(kind).map(Self::Goodbye).ok_or_else(unknown),
            Some(("deadline", after)) => after
                .parse()
                .map(|after_s| Self::Deadline { after_s })
                .map_err(|_| unknown()),
            Some(("settings", version)) => version
                .parse()
                .map(|version| Self::Settings { version })
                .map_err(|_| unknown()),
            Some(("inactive", days)) => days
                .parse()
                .map(|after_days| Self::Inactive { after_days })
                .map_err(|_| unknown()),
            Some(_) => Err(unknown()),
        }
    }
}

impl Cause {
    /// For people: a short phrase that follows the agent's name or stands beside its status.
    #[must_use]
    pub fn phrase(&self) -> String {
        match self {
            Self::Enrolled => "enrolled".to_owned(),
            Self::Registered(RegisterReason::Install) => "first registration".to_owned(),
            Self::Registered(RegisterReason::Start) => "registered at start".to_owned(),
            Self::Registered(RegisterReason::Restart) => "registered after a restart".to_owned(),
            Self::Registered(RegisterReason::Reload) => "registered again".to_owned(),
            Self::Registered(RegisterReason::AddressChanged) => "registered with a new address".to_owned(),
            Self::Registered(RegisterReason::Resumed) => "woke from suspend".to_owned(),
            Self::Registered(RegisterReason::Rebound) => "registered with a new mapping".to_owned(),
            Self::Contact(kind) => format!("heard again by {kind}"),
            Self::Deadline { after_s } => format!("no contact for {}", span(*after_s)),
            Self::Goodbye(GoodbyeKind::Stop) => "stopped, and said so".to_owned(),
            Self::Goodbye(GoodbyeKind::Restart) => "restarting, and said so".to_owned(),
            Self::Goodbye(GoodbyeKind::Uninstall) => "uninstalled".to_owned(),
            Self::Restarted => "restarted".to_owned(),
            Self::Retired => "retired by an admin".to_owned(),
            Self::Settings { version } => format!("by version {version} of the settings"),
            Self::Address => "its address changed".to_owned(),
            Self::Inactive { after_days: 1 } => "offline for a day".to_owned(),
            Self::Inactive { after_days } => format!("offline for {after_days} days"),
        }
    }
}

/// A span in the largest unit that says it exactly: `60 min`, `90 s`.
pub(crate) fn span(seconds: u32) -> String {
    if seconds >= 60 && seconds.is_multiple_of(60) {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            Compact::from(*self).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = <alloc::borrow::Cow<'de, str>>::deserialize(deserializer)?;
            text.parse().map_err(de::Error::custom)
        } else {
            Compact::deserialize(deserializer).map(Self::from)
        }
    }
}

/// A cause as the binary feed carries it: a byte or two instead of its text.
#[derive(Serialize, Deserialize)]
enum Compact {
    Enrolled,
    Registered(RegisterReason),
    Contact(ContactKind),
    Deadline(u32),
    Goodbye(GoodbyeKind),
    Restarted,
    Retired,
    Settings(u32),
    Address,
    Inactive(u32),
}

impl From<Cause> for Compact {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Enrolled => Self::Enrolled,
            Cause::Registered(reason) => Self::Registered(reason),
            Cause::Contact(kind) => Self::Contact(kind),
            Cause::Deadline { after_s } => Self::Deadline(after_s),
            Cause::Goodbye(kind) => Self::Goodbye(kind),
            Cause::Restarted => Self::Restarted,
            Cause::Retired => Self::Retired,
            Cause::Settings { version } => Self::Settings(version),
            Cause::Address => Self::Address,
            Cause::Inactive { after_days } => Self::Inactive(after_days),
        }
    }
}

impl From<Compact> for Cause {
    fn from(compact: Compact) -> Self {
        match compact {
            Compact::Enrolled => Self::Enrolled,
            Compact::Registered(reason) => Self::Registered(reason),
            Compact::Contact(kind) => Self::Contact(kind),
            Compact::Deadline(after_s) => Self::Deadline { after_s },
            Compact::Goodbye(kind) => Self::Goodbye(kind),
            Compact::Restarted => Self::Restarted,
            Compact::Retired => Self::Retired,
            Compact::Settings(version) => Self::Settings { version },
            Compact::Address => Self::Address,
            Compact::Inactive(after_days) => Self::Inactive { after_days },
        }
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Cause {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "Why the status changed: `contact.heartbeat`, `deadline.3600` (seconds), `goodbye.stop`",
            ))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Cause {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;

    fn every_cause() -> Vec<Cause> {
        let mut causes = vec![
            Cause::Enrolled,
            Cause::Restarted,
            Cause::Retired,
            Cause::Deadline { after_s: 3600 },
            Cause::Settings { version: 9_000 },
            Cause::Address,
            Cause::Inactive { after_days: 30 },
        ];
        causes.extend(RegisterReason::ALL.iter().copied().map(Cause::Registered));
        causes.extend(ContactKind::ALL.iter().copied().map(Cause::Contact));
        causes.extend(GoodbyeKind::ALL.iter().copied().map(Cause::Goodbye));
        causes
    }

    #[test]
    fn every_cause_reads_back_from_its_key_and_from_the_feed() {
        for cause in every_cause() {
            assert_eq!(cause.to_string().parse(), Ok(cause));
            let bytes = postcard::to_allocvec(&cause).unwrap();
            assert!(bytes.len() <= 3, "{cause} takes {} bytes", bytes.len());
            assert_eq!(postcard::from_bytes::<Cause>(&bytes), Ok(cause));
        }
    }

    #[test]
    fn a_deadline_is_told_in_the_unit_that_people_set() {
        assert_eq!(
            Cause::Deadline { after_s: 3600 }.phrase(),
            "no contact for 60 min"
        );
        assert_eq!(Cause::Deadline { after_s: 12 }.phrase(), "no contact for 12 s");
    }
}
