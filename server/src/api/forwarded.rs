//! What proxies write about whom they speak for: `Forwarded` (RFC 7239) and the customary `X-Forwarded-For`.
//!
//! Pure, linear in the length of the text, and without an error: what cannot be read is a hop without an
//! address. Whom to believe is decided in [`super::peer`].

use std::net::{IpAddr, SocketAddr};

/// One hop that a proxy saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hop {
    /// Its address; `None` where it hides or is garbage.
    pub address: Option<IpAddr>,
    /// Whether it spoke TLS to the proxy, where that was said.
    pub secure: Option<bool>,
}

/// `Forwarded`, all its headers joined by commas; the farthest hop first.
#[must_use]
pub fn standard(text: &str) -> Vec<Hop> {
    split_outside_quotes(text, ',')
        .into_iter()
        .filter(|element| !element.trim().is_empty())
        .map(|element| {
            let mut hop = Hop::default();
            for pair in split_outside_quotes(element, ';') {
                let Some((name, value)) = pair.split_once('=') else {
                    continue;
                };
                let Some(value) = unquote(value.trim()) else {
                    continue;
                };
                match name.trim().to_ascii_lowercase().as_str() {
                    "for" => hop.address = address(&value),
                    "proto" => hop.secure = scheme(&value),
                    _ => {}
                }
            }
            hop
        })
        .collect()
}

/// `X-Forwarded-For` and `X-Forwarded-Proto`, their headers joined by commas; the farthest hop first.
///
/// Proxies that append to both write lists of the same length, those that overwrite the scheme write one for
/// all. So schemes are counted from the near end, and the farthest one given stands for the hops beyond it.
#[must_use]
pub fn customary(addresses: &str, schemes: &str) -> Vec<Hop> {
    let schemes: Vec<_> = schemes.rsplit(',').map(|text| scheme(text.trim())).collect();
    let mut hops: Vec<_> = addresses
        .rsplit(',')
        .enumerate()
        .map(|(index, text)| Hop {
            address: address(text.trim()),
            secure: schemes.get(index).or(schemes.last()).copied().flatten(),
        })
        .collect();
    hops.reverse();
    hops
}

/// An address with or without a port, IPv6 in brackets or not.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bare.unwrap_or(text)
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
}

fn scheme(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "https" | "wss" => Some(true),
        "http" | "ws" => Some(false),
        _ => None,
    }
}

/// A token as it is, a quoted string without its quotes; `None` where the quotes do not close.
fn unquote(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else {
        return Some(text.to_owned());
    };
    let inner = rest.strip_suffix('"')?;
    let mut plain = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        plain.push(if letter == '\\' { letters.next()? } else { letter });
    }
    Some(plain)
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(|letter: char| {
        let was_escaped = std::mem::take(&mut escaped);
        match letter {
            '"' if !was_escaped => quoted = !quoted,
            '\\' if quoted && !was_escaped => escaped = true,
            _ => {}
        }
        letter == separator && !quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_makes_the_readers_stumble(text in ".{0,200}", other in ".{0,50}") {
            let _ = standard(&text);
            let _ = customary(&text, &other);
        }

        #[test]
        fn every_address_that_is_written_by_the_rules_is_read(address: IpAddr, port: u16) {
            let hop = Hop { address: Some(address), secure: Some(true) };
            let node = match address {
                IpAddr::V4(ip) => format!("{ip}:{port}"),
                IpAddr::V6(ip) => format!("[{ip}]:{port}"),
            };
            prop_assert_eq!(standard(&format!("proto=https;for=\"{node}\"")), [hop]);
            prop_assert_eq!(customary(&node, "https"), [hop]);
        }
    }
}
