//! Flags, environment and file laid over each other, each value with where it came from.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::flags::Flags;
use super::keys::{self, Key};
use super::origin::{ConfigError, Origin};

/// The file that is read where no other is named and it exists.
const DEFAULT_FILE: &str = "rollcall.toml";

/// How the layers are called inside figment.
const FLAGS: &str = "flags";
const ENVIRONMENT: &str = "environment";
const FILE: &str = "file";

/// What was said, by anybody.
#[derive(Debug)]
pub(super) struct Sources {
    merged: Figment,
    file: Option<PathBuf>,
    /// The file's text, to find the line of a key.
    text: String,
}

impl Sources {
    /// Reads all of them and refuses keys that do not exist.
    pub(super) fn read<A, T>(args: A, env: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError>
    where
        A: IntoIterator<Item = T>,
        T: Into<OsString> + Clone,
    {
        let flags = Flags::try_parse_from(args).map_err(ConfigError::Flags)?;
        // An empty variable is how compose files and units say "not set".
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let (file, text) = read_file(flags.config.clone().or_else(|| env("ROLLCALL_CONFIG")).as_deref())?;
        let in_file = parse_file(file.as_deref(), &text)?;
        let in_env = keys::ALL
            .iter()
            .filter_map(|key| Some((key.name.to_owned(), Value::from(env(&key.env())?))))
            .collect();
        let in_flags = flags
            .given()
            .into_iter()
            .map(|(key, values)| (key.to_owned(), Value::from(values)))
            .collect();
        let sources = Self {
            merged: Figment::new()
                .merge(Layer(FILE, in_file.clone()))
                .merge(Layer(ENVIRONMENT, in_env))
                .merge(Layer(FLAGS, in_flags)),
            file,
            text,
        };
        for key in in_file.keys() {
            if !keys::ALL.iter().any(|known| known.name == key) {
                let names: Vec<_> = keys::ALL.iter().map(|key| key.name).collect();
                return Err(ConfigError::Unknown {
                    origin: sources.in_file(key),
                    allowed: names.join(", "),
                });
            }
        }
        Ok(sources)
    }

    /// The file that was read.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The value of a key that has one; `None` where nobody gave it.
    pub(super) fn one<T>(
        &self,
        key: &Key,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, ConfigError> {
        self.secret(key, parse, str::to_owned)
    }

    /// As [`Self::one`], for a value that a refusal repeats only by what `shown` leaves of it.
    pub(super) fn secret<T>(
        &self,
        key: &Key,
        parse: impl Fn(&str) -> Result<T, &'static str>,
        shown: impl Fn(&str) -> String,
    ) -> Result<Option<T>, ConfigError> {
        let Some(texts) = self.texts(key)? else {
            return Ok(None);
        };
        match texts.as_slice() {
            [text] => parse(text).map(Some).map_err(|_| self.wrong(key, shown(text))),
            several => Err(ConfigError::Wrong {
                origin: self.origin_of(key.name),
                allowed: format!("one value: {}", key.allowed),
                given: format!("{} values", several.len()),
            }),
        }
    }

    /// The values of a key that may have several; none where nobody gave it.
    pub(super) fn many<T>(
        &self,
        key: &Key,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, ConfigError> {
        let texts = self.texts(key)?.unwrap_or_default();
        texts
            .iter()
            .flat_map(|text| text.split(','))
            .map(|text| parse(text.trim()).map_err(|_| self.wrong(key, text.to_owned())))
            .collect()
    }

    /// Where the value of this key came from.
    pub(super) fn origin_of(&self, key: &str) -> Origin {
        let layer = self
            .merged
            .find_value(key)
            .ok()
            .and_then(|value| self.merged.get_metadata(value.tag()));
        match layer.map(|layer| layer.name.as_ref()) {
            Some(FLAGS) => Origin::Flag(format!("--{key}")),
            Some(ENVIRONMENT) => {
                Origin::Env(format!("ROLLCALL_{}", key.to_ascii_uppercase().replace('-', "_")))
            }
            Some(_) => self.in_file(key),
            None => Origin::Default(key.to_owned()),
        }
    }

    fn in_file(&self, key: &str) -> Origin {
        Origin::File {
            path: self.file.clone().unwrap_or_default(),
            key: key.to_owned(),
            line: line_of(&self.text, key),
        }
    }

    fn wrong(&self, key: &Key, given: String) -> ConfigError {
        ConfigError::Wrong {
            origin: self.origin_of(key.name),
            allowed: key.allowed.to_owned(),
            given,
        }
    }

    /// The values of a key as text, whatever TOML took them for: `10`, `"10"` and `[10]` are the same.
    fn texts(&self, key: &Key) -> Result<Option<Vec<String>>, ConfigError> {
        let Ok(value) = self.merged.find_value(key.name) else {
            return Ok(None);
        };
        let texts = match value {
            Value::Array(_, values) => values.iter().map(scalar).collect::<Option<Vec<_>>>(),
            other => scalar(&other).map(|text| vec![text]),
        };
        match texts {
            Some(texts) if texts.is_empty() => Ok(None),
            Some(texts) => Ok(Some(texts)),
            None => Err(self.wrong(key, "a table".to_owned())),
        }
    }
}

/// One layer of values, by the name that [`Sources::origin_of`] knows it by.
struct Layer(&'static str, Dict);

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.1.clone()))
    }
}

/// The file's path and text; an empty text where none is named and the default one does not exist.
fn read_file(named: Option<&str>) -> Result<(Option<PathBuf>, String), ConfigError> {
    let path = PathBuf::from(named.unwrap_or(DEFAULT_FILE));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok((Some(path), text)),
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
            Ok((None, String::new()))
        }
        Err(source) => Err(ConfigError::Unreadable { path, source }),
    }
}

fn parse_file(path: Option<&Path>, text: &str) -> Result<Dict, ConfigError> {
    let mut profiles = Toml::string(text).data().map_err(|error| ConfigError::NotToml {
        path: path.map(Path::to_owned).unwrap_or_default(),
        detail: error.to_string().trim().to_owned(),
    })?;
    Ok(profiles.remove(&Profile::Default).unwrap_or_default())
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, letter) => Some(letter.to_string()),
        Value::Bool(_, bool) => Some(bool.to_string()),
        Value::Num(_, num) => num
            .to_i128()
            .map(|whole| whole.to_string())
            .or_else(|| num.to_u128().map(|whole| whole.to_string()))
            .or_else(|| num.to_f64().map(|broken| broken.to_string())),
        Value::Empty(..) | Value::Dict(..) | Value::Array(..) => None,
    }
}

/// The line, from 1, on which a key is given.
fn line_of(text: &str, key: &str) -> Option<usize> {
    let names = |line: &str| {
        let line = line.trim_start().trim_start_matches('[');
        let line = line.trim_start_matches(['"', '\'']);
        line.strip_prefix(key).is_some_and(|rest| {
            let rest = rest.trim_start_matches(['"', '\'']).trim_start();
            rest.starts_with(['=', '.', ']'])
        })
    };
    text.lines().position(names).map(|index| index + 1)
}
