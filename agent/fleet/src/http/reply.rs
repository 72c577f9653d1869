//! Reading an answer in place: its status, the few headers that decide something, and where its body is.

use rollcall_shared::problem;

/// What came back, with its body still in the connection's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reply<'a> {
    pub(crate) status: u16,
    pub(crate) media: Media,
    /// `Retry-After` in seconds.
    pub(crate) retry_after_s: Option<u64>,
    /// Whether the server closes the connection after it.
    pub(crate) closes: bool,
    pub(crate) body: &'a [u8],
}

/// What a body is, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    Problem,
    Other,
}

/// Bytes that are no answer that this program understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Garbled;

/// The head of an answer, and how many bytes it and its body have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    status: u16,
    media: Media,
    retry_after_s: Option<u64>,
    closes: bool,
    body_at: usize,
    length: usize,
}

impl Head {
    /// How many bytes the whole answer has.
    pub(crate) const fn whole(&self) -> usize {
        self.body_at + self.length
    }

    /// The answer, once all its bytes are there.
    pub(crate) fn reply<'a>(&self, bytes: &'a [u8]) -> Reply<'a> {
        Reply {
            status: self.status,
            media: self.media,
            retry_after_s: self.retry_after_s,
            closes: self.closes,
            body: bytes.get(self.body_at..self.whole()).unwrap_or_default(),
        }
    }

    /// Reads the head at the beginning of `bytes`; nothing where it is not all there yet.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Garbled> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let mut lines = bytes[..end]
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii_end);
        let status = lines.next().and_then(status).ok_or(Garbled)?;
        let mut head = Self {
            status,
            media: Media::Other,
            retry_after_s: None,
            closes: false,
            body_at: end + 4,
            length: 0,
        };
        for line in lines {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else {
                return Err(Garbled);
            };
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            head.take(name, value)?;
        }
        Ok(Some(head))
    }

    fn take(&mut self, name: &[u8], value: &[u8]) -> Result<(), Garbled> {
        // By its length first: most headers are none of these.
        match name.len() {
            10 if name.eq_ignore_ascii_case(b"connection") => {
                self.closes = value.eq_ignore_ascii_case(b"close");
            }
            11 if name.eq_ignore_ascii_case(b"retry-after") => self.retry_after_s = decimal(value),
            12 if name.eq_ignore_ascii_case(b"content-type") => self.media = media(value),
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                self.length = decimal(value)
                    .and_then(|length| usize::try_from(length).ok())
                    .ok_or(Garbled)?;
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => return Err(Garbled),
            _ => {}
        }
        Ok(())
    }
}

/// The status in `HTTP/1.1 200 OK`.
fn status(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/1.1 ")?;
    let status = decimal(rest.get(..3)?)?;
    u16::try_from(status).ok().filter(|status| *status >= 100)
}

fn decimal(text: &[u8]) -> Option<u64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

fn media(value: &[u8]) -> Media {
    let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
    let plain = value[..end].trim_ascii();
    if plain.eq_ignore_ascii_case(b"application/json") {
        Media::Json
    } else if plain.eq_ignore_ascii_case(problem::MEDIA_TYPE.as_bytes()) {
        Media::Problem
    } else {
        Media::Other
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_is_read_whatever_case_its_headers_have() {
        let text =
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json; charset=utf-8\r\n\
            Retry-After: 17\r\ncontent-LENGTH: 4\r\nConnection: close\r\n\r\n{}{}rest";
        let head = Head::read(text).unwrap().unwrap();
        assert_eq!(
            head.reply(text),
            Reply {
                status: 503,
                media: Media::Problem,
                retry_after_s: Some(17),
                closes: true,
                body: b"{}{}",
            }
        );
        assert_eq!(head.whole(), text.len() - 4);
    }

    #[test]
    fn half_a_head_is_waited_for_and_what_is_no_answer_is_refused() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        for end in 0..whole.len() {
            assert_eq!(Head::read(&whole[..end]), Ok(None));
        }
        for text in [
            "SSH-2.0-OpenSSH\r\n\r\n",
            "HTTP/1.1 20\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        ] {
            assert_eq!(Head::read(text.as_bytes()), Err(Garbled), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(mut bytes: Vec<u8>, end: bool) {
            if end {
                bytes.extend_from_slice(b"\r\n\r\n");
            }
            if let Ok(Some(head)) = Head::read(&bytes) {
                let _ = head.reply(&bytes);
            }
        }
    }
}
