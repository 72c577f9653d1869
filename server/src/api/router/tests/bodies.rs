//! Every call that takes a body, given everything that a body can be: it is refused with a problem that names
//! the field, never with a panic, and never with a secret in it.

mod calls;

use serde_json::json;

use calls::{Caller, MARK, calls};

/// More than any body may have, and less than that.
const MEGABYTE: usize = 1 << 20;
const DEEP: usize = 10_000;

#[tokio::test]
async fn the_body_that_the_other_tests_spoil_is_a_good_one() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        let body = caller.good(&call).to_string().into_bytes();
        let answer = caller.send(&call, Some("application/json"), body).await;
        if call.path == "/api/v1/setup" {
            answer.refused(409, "/problems/already-set-up");
        } else {
            assert!(answer.status.is_success(), "{} {answer:?}", call.path);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        let good = caller.good(&call).to_string();
        for content_type in [
            None,
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data; boundary=x"),
            Some(""),
            Some("application/jsonp"),
        ] {
            let answer = caller.send(&call, content_type, good.clone().into_bytes()).await;
            let fields = answer.refused(415, "/problems/unsupported-media-type");
            assert_eq!(fields, ["Content-Type"], "{}", call.path);
        }
        for body in [
            "",
            " \n",
            "{",
            "nonsense",
            "NaN",
            "{'name': 1}",
            "\u{feff}{}",
            &good[..good.len() - 1],
            &format!("{good}}}"),
            &format!("{good}{good}"),
            "a=1&b=2",
            "<?xml version=\"1.0\"?>",
            "\0\0\0\0",
        ] {
            let (status, _) = caller.refused(&call, body.as_bytes().to_vec()).await;
            assert_eq!(status, 400, "{} {body:?}", call.path);
        }
        for body in [
            &b"\xff\xfe{\0}\0"[..],
            b"{\"\xc3\x28\": 1}",
            b"\x80",
            b"\"\xed\xa0\x80\"",
            b"{\"name\": }",
        ] {
            caller.refused(&call, body.to_vec()).await;
        }
    }
}

#[tokio::test]
async fn json_that_is_no_object_is_refused() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for body in [
            "null",
            "true",
            "1",
            "-1.5",
            "\"text\"",
            "[]",
            "[null]",
            "[[], {}, \"hunter2\"]",
        ] {
            let (status, fields) = caller.refused(&call, body.into()).await;
            assert_eq!(status, 422, "{} {body}", call.path);
            assert_eq!(fields.len(), 1, "{} {body} {fields:?}", call.path);
        }
    }
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        let required: Vec<&str> = call
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| field.name.as_str())
            .collect();
        let (status, fields) = caller.refused(&call, b"{}".to_vec()).await;
        assert_eq!(status, 422, "{}", call.path);
        // Where each may be left out, not all may be.
        let any = required.is_empty() && call.fields.iter().any(|field| field.name == fields[0]);
        assert!(
            any || required.contains(&fields[0].as_str()),
            "{} {fields:?}",
            call.path
        );
        for name in required {
            let mut body = caller.good(&call);
            body.as_object_mut().unwrap().remove(name);
            let refused = caller.refused(&call, body.to_string().into_bytes()).await;
            assert_eq!(refused, (422, vec![name.to_owned()]), "{}", call.path);
        }
    }
}

#[tokio::test]
async fn a_field_that_is_given_twice_is_named() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for field in &call.fields {
            let good = caller.good(&call);
            let twice = format!(
                "{{{}:{},{}",
                json!(field.name),
                good[&field.name],
                &good.to_string()[1..]
            );
            let refused = caller.refused(&call, twice.into_bytes()).await;
            assert_eq!(refused, (422, vec![field.name.clone()]), "{}", call.path);
        }
    }
}

#[tokio::test]
async fn a_field_of_another_type_is_named_and_a_secret_in_it_is_not_told() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for field in &call.fields {
            for value in field.wrong() {
                let body = caller.with(&call, &field.name, value.clone());
                let answer = caller.send(&call, Some("application/json"), body).await;
                let fields = answer.refused(422, "/problems/invalid");
                let name = fields[0].split(['[', '.']).next().unwrap();
                assert_eq!(name, field.name, "{} {value} {answer:?}", call.path);
                if field.is_secret() {
                    assert!(!answer.text.contains(MARK), "{answer:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_number_out_of_range_is_named() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for field in call.fields.iter().filter(|field| field.is("integer")) {
            for raw in [
                "-1",
                "-2147483649",
                "4294967296",
                "18446744073709551616",
                "99999999999999999999999999999999999999",
                "1.5",
                "1e3",
                "1e400",
                "-0.0",
                "\"1\"",
                "\"NaN\"",
                "\"Infinity\"",
            ] {
                // A clock may say anything that a number holds.
                if field.name == "clock_ms" && raw.parse::<u64>().is_ok() {
                    continue;
                }
                let body = caller.with_raw(&call, &field.name, raw.as_bytes());
                let refused = caller.refused(&call, body).await;
                assert_eq!(refused, (422, vec![field.name.clone()]), "{} {raw}", call.path);
            }
            // These are no JSON, so there is no field yet; but the number that some begin with may be refused as such.
            for raw in ["NaN", "Infinity", "0x10", "01", "+1", "1_000"] {
                let body = caller.with_raw(&call, &field.name, raw.as_bytes());
                let (status, fields) = caller.refused(&call, body).await;
                let begins = raw.starts_with(|letter: char| letter.is_ascii_digit());
                let refused =
                    status == 400 || (begins && (status, fields) == (422, vec![field.name.clone()]));
                assert!(refused, "{} {raw} {status}", call.path);
            }
            if !["applied", "clock_ms"].contains(&field.name.as_str()) {
                let body = caller.with(&call, &field.name, json!(0));
                let refused = caller.refused(&call, body).await;
                assert_eq!(refused, (422, vec![field.name.clone()]), "{}", call.path);
            }
        }
    }
}

#[tokio::test]
async fn a_text_that_cannot_be_used_is_named_and_no_text_breaks_the_server() {
    let caller = Caller::new().await;
    let control = [
        "\0",
        "hunter2\0",
        "\u{1}\u{2}\u{7f}",
        "a\nb",
        "\u{1b}[31mred",
        "\u{85}",
    ];
    let strange = [
        "\u{202e}txt.exe",
        "👩‍👩‍👧‍👦",
        "مرحبا",
        "'; DROP TABLE agents; --",
        "../../../../etc/passwd",
        "%00%2e%2e%2f",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
        "\u{fffe}\u{feff}",
        " ",
        "",
    ];
    for call in calls(&caller.server).await {
        for field in call.fields.iter().filter(|field| field.is("string")) {
            for text in control {
                let body = caller.with(&call, &field.name, json!(text));
                let (status, fields) = caller.refused(&call, body).await;
                // A secret is only compared: it is wrong, whatever is in it.
                if !["token", "password"].contains(&field.name.as_str()) {
                    assert_eq!(
                        (status, fields),
                        (422, vec![field.name.clone()]),
                        "{} {text:?}",
                        call.path
                    );
                }
            }
            for text in strange {
                let body = caller.with(&call, &field.name, json!(text));
                let answer = caller.send(&call, Some("application/json"), body).await;
                if !answer.status.is_success() {
                    answer.problem();
                }
                if field.is_chosen() {
                    assert_eq!(answer.refused(422, "/problems/invalid"), [field.name.as_str()]);
                }
            }
            let long = format!("{MARK}{}", "x".repeat(900));
            let body = caller.with(&call, &field.name, json!(long));
            let answer = caller.send(&call, Some("application/json"), body).await;
            // The setup link is closed by now, so nobody looks at what is said to be its token.
            if call.path != "/api/v1/setup" || field.name != "token" {
                assert_eq!(answer.refused(422, "/problems/invalid"), [field.name.as_str()]);
            }
            assert!(answer.text.len() < 1000, "the answer repeats it: {answer:?}");
            if field.is_secret() {
                assert!(!answer.text.contains(MARK), "{answer:?}");
            }
            let body = caller.with(&call, &field.name, json!("x".repeat(100 * 1024)));
            // Settings may hold thousands of ranges.
            let largest = call.path != "/api/v1/settings";
            let (status, _) = caller.refused(&call, body).await;
            assert_eq!(status, if largest { 413 } else { 422 }, "{}", call.path);
            for raw in [
                &b"\"\xff\xfe\""[..],
                b"\"\xc3\x28\"",
                b"\"\\ud800\"",
                b"\"\\x\"",
                b"\"a\nb\"",
            ] {
                let body = caller.with_raw(&call, &field.name, raw);
                let (status, _) = caller.refused(&call, body).await;
                assert!([400, 422].contains(&status), "{} {status}", call.path);
            }
        }
    }
}

#[tokio::test]
async fn a_body_too_large_or_too_deep_is_refused() {
    let caller = Caller::new().await;
    for call in calls(&caller.server).await {
        for filler in [" ", "[", "x", "{\"a\":"] {
            let (status, _) = caller
                .refused(&call, filler.repeat(MEGABYTE / filler.len()).into_bytes())
                .await;
            assert_eq!(status, 413, "{}", call.path);
        }
        let nests = [
            format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP)),
            format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP)),
            "[".repeat(DEEP),
            "{\"a\":".repeat(DEEP),
        ];
        for nest in nests {
            caller.refused(&call, nest.clone().into_bytes()).await;
            for field in &call.fields {
                let body = caller.with_raw(&call, &field.name, nest.as_bytes());
                caller.refused(&call, body).await;
            }
            // A field that nobody knows may be passed over, whatever is in it.
            let body = caller.with_raw(&call, "unheard_of", nest.as_bytes());
            let answer = caller.send(&call, Some("application/json"), body).await;
            if !answer.status.is_success() {
                answer.problem();
            }
        }
    }
}
