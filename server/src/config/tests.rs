//! The configuration as an operator meets it: precedence, and what is said about every kind of mistake.

use super::*;

/// Loads with these flags, this environment and this file.
fn load(flags: &[&str], env: &[(&str, &str)], file: Option<&str>) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rollcall.toml");
    let mut args = vec!["rollcall-server".to_owned()];
    args.extend(flags.iter().map(|flag| (*flag).to_owned()));
    if let Some(text) = file {
        std::fs::write(&path, text).unwrap();
        args.push("--config".to_owned());
        args.push(path.display().to_string());
    }
    Config::load(args, |name| {
        env.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn nothing_said_is_a_server_for_this_machine_on_its_own_database() {
    let config = load(&[], &[], Some("")).unwrap();
    assert_eq!(config.listen, ["127.0.0.1:8080".parse().unwrap()]);
    assert_eq!(config.database.to_string(), "sqlite://data/rollcall.db?mode=rwc");
    assert_eq!(config.minute, Duration::from_mins(1));
    assert_eq!(config.settings, Settings::default());
    assert_eq!(config.tls, Tls::Off);
    assert_eq!(config.component_limit, 1_073_741_824);
    assert_eq!(config.log.filter, "info");
    assert_eq!(
        config.reached_at(&config.listen).as_str(),
        "http://127.0.0.1:8080"
    );
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let file = Some("minute = \"4s\"\npoll-every = 4\nheartbeat-every = 4\n");
    let env = [("ROLLCALL_MINUTE", "3s"), ("ROLLCALL_POLL_EVERY", "3")];
    let config = load(&["--minute", "2s"], &env, file).unwrap();
    assert_eq!(config.minute, Duration::from_secs(2));
    assert_eq!(config.settings.poll_every.get(), 3);
    assert_eq!(config.settings.heartbeat_every.get(), 4);
}

#[test]
fn several_values_come_by_repeated_flags_by_commas_or_as_an_array() {
    let both = ["127.0.0.1:0".parse().unwrap(), "[::1]:0".parse().unwrap()];
    let by_flags = load(&["--listen", "127.0.0.1:0", "--listen", "[::1]:0"], &[], None).unwrap();
    let by_env = load(&[], &[("ROLLCALL_LISTEN", "127.0.0.1:0, [::1]:0")], None).unwrap();
    let by_file = load(&[], &[], Some("listen = [\"127.0.0.1:0\", \"[::1]:0\"]")).unwrap();
    for config in [by_flags, by_env, by_file] {
        assert_eq!(config.listen, both);
    }
}

#[test]
fn loopback_packets_are_taken_as_http_is_unless_other_addresses_or_none_are_named() {
    let listen = |flags: &[&str]| load(flags, &[], None).map(|config| config.loopback_listen);
    assert_eq!(listen(&[]).unwrap(), LoopbackListen::AsHttp);
    assert_eq!(
        listen(&["--loopback-listen", "off"]).unwrap(),
        LoopbackListen::Off
    );
    let there = LoopbackListen::At(vec!["0.0.0.0:3478".parse().unwrap()]);
    assert_eq!(listen(&["--loopback-listen", "0.0.0.0:3478"]).unwrap(), there);
    for wrong in ["off,0.0.0.0:3478", "3478", "on"] {
        let error = listen(&["--loopback-listen", wrong]).unwrap_err().to_string();
        assert!(
            error.contains("--loopback-listen") && error.contains("off"),
            "{error}"
        );
    }
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let config = load(&[], &[("ROLLCALL_PUBLIC_URL", "")], Some("")).unwrap();
    assert_eq!(config.public_url, None);
}

#[test]
fn a_folder_given_for_data_is_where_the_database_goes() {
    let config = load(&["--data", "/srv/roll call"], &[], Some("")).unwrap();
    assert_eq!(
        config.database.reveal(),
        "sqlite:///srv/roll call/rollcall.db?mode=rwc"
    );
}

#[test]
fn a_wrong_flag_is_refused_with_its_name_what_is_allowed_and_what_was_given() {
    for (flags, parts) in [
        (
            vec!["--listen", "localhost"],
            vec!["--listen", "127.0.0.1:8080", "\"localhost\""],
        ),
        (vec!["--listen", "127.0.0.1:0,:80"], vec!["--listen", "\":80\""]),
        (
            vec!["--minute", "61s"],
            vec!["--minute", "100ms to 60s", "\"61s\""],
        ),
        (
            vec!["--component-limit", "1000"],
            vec!["--component-limit", "1KiB to 1TiB", "\"1000\""],
        ),
        (
            vec!["--component-limit", "2TiB"],
            vec!["--component-limit", "1KiB to 1TiB"],
        ),
        (
            vec!["--component-limit", "99999999999999999999GiB"],
            vec!["--component-limit"],
        ),
        (vec!["--minute", "99ms"], vec!["--minute", "100ms to 60s"]),
        (vec!["--minute", "2"], vec!["--minute", "such as 2s"]),
        (vec!["--minute", "s"], vec!["--minute", "such as 2s"]),
        (vec!["--minute", "99999999999999999999s"], vec!["--minute"]),
        (
            vec!["--heartbeat-every", "0"],
            vec!["--heartbeat-every", "1 to 129600", "\"0\""],
        ),
        (
            vec!["--heartbeat-every", "-1"],
            vec!["--heartbeat-every", "1 to 129600", "\"-1\""],
        ),
        (
            vec!["--poll-every", "129601"],
            vec!["--poll-every", "1 to 129600", "\"129601\""],
        ),
        (
            vec!["--offline-after", "5"],
            vec!["--offline-after", "more than heartbeat_every (10)", "\"5\""],
        ),
        (
            vec!["--heartbeat-every", "60"],
            vec!["offline-after (the default)", "more than heartbeat_every"],
        ),
        (
            vec!["--public-url", "rollcall"],
            vec!["--public-url", "https://", "\"rollcall\""],
        ),
        (
            vec!["--tls-cert", "a.pem"],
            vec!["--tls-cert", "together with tls-key"],
        ),
        (
            vec!["--tls-key", "a.pem"],
            vec!["--tls-key", "together with tls-cert"],
        ),
        (
            vec!["--tls-self-signed", "--tls-cert", "a", "--tls-key", "b"],
            vec!["--tls-self-signed", "either"],
        ),
        (
            vec!["--tls-self-signed", "yes"],
            vec!["--tls-self-signed", "true or false", "\"yes\""],
        ),
        (
            vec!["--trusted-proxy", "10.0.0.0/33"],
            vec!["--trusted-proxy", "10.0.0.0/8", "\"10.0.0.0/33\""],
        ),
        (
            vec!["--log-format", "xml"],
            vec!["--log-format", "text or json", "\"xml\""],
        ),
        (vec!["--log", "loud"], vec!["--log", "debug", "\"loud\""]),
        (vec!["--log", "info,=,"], vec!["--log"]),
        (vec!["--data", ""], vec!["--data", "folder"]),
        (
            vec!["--database", "mysql://u:hunter2@h/d"],
            vec!["--database", "postgres://", "mysql://u:***@h/d"],
        ),
        (vec!["--nonsense"], vec!["--nonsense"]),
    ] {
        let refused = load(&flags, &[], Some("")).unwrap_err();
        let text = refused.to_string();
        assert_eq!(refused.exit_code(), 2, "{text}");
        for part in parts {
            assert!(text.contains(part), "{flags:?} said {text:?}, without {part:?}");
        }
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_wrong_variable_is_refused_by_its_own_name() {
    let refused = load(&[], &[("ROLLCALL_OFFLINE_AFTER", "soon")], Some("")).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "environment variable ROLLCALL_OFFLINE_AFTER: allowed is a whole number of minutes from 1 to 129600; \
         given was \"soon\""
    );
}

#[test]
fn a_wrong_value_in_the_file_is_refused_with_file_line_and_key() {
    for (file, parts) in [
        (
            "# ours\n\nminute = \"1h\"",
            vec!["rollcall.toml, line 3, minute", "\"1h\""],
        ),
        ("listen = 8080", vec!["line 1, listen", "\"8080\""]),
        (
            "heartbeat-every = 1.5",
            vec!["line 1, heartbeat-every", "\"1.5\""],
        ),
        (
            "data = [\"a\", \"b\"]",
            vec!["line 1, data", "one value", "2 values"],
        ),
        ("[listen]\nport = 1", vec!["line 1, listen", "a table"]),
        (
            "listen = \"127.0.0.1:1\"\nlisten_on = 1",
            vec!["line 2, listen_on", "no such key", "public-url"],
        ),
        ("[server]\nlisten = 1", vec!["line 1, server", "no such key"]),
        ("listen = ", vec!["rollcall.toml is not TOML", "line 1"]),
        (
            "offline-after = 10",
            vec!["line 1, offline-after", "more than heartbeat_every (10)"],
        ),
    ] {
        let refused = load(&[], &[], Some(file)).unwrap_err();
        let text = refused.to_string();
        assert_eq!(refused.exit_code(), 2);
        for part in parts {
            assert!(text.contains(part), "{file:?} said {text:?}, without {part:?}");
        }
    }
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let refused = load(&["--config", "/nonexistent/rollcall.toml"], &[], None).unwrap_err();
    assert!(
        refused.to_string().contains("/nonexistent/rollcall.toml"),
        "{refused}"
    );
    assert_eq!(refused.exit_code(), 2);
}

#[test]
fn help_is_no_mistake() {
    let help = load(&["--help"], &[], None).unwrap_err();
    assert_eq!(help.exit_code(), 0);
    assert!(help.to_string().contains("ROLLCALL_PUBLIC_URL"), "{help}");
}
