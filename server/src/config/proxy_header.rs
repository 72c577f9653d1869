//! The header by which the trusted proxies say for whom they speak.

/// A header of proxies. Only one is believed: the other may be the client's own, passed on untouched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`, as nearly every proxy writes them.
    #[default]
    XForwardedFor,
    /// `Forwarded`, RFC 7239.
    Forwarded,
}

impl ProxyHeader {
    /// Takes the header's name.
    ///
    /// # Errors
    /// Where it is neither of the two.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text.to_ascii_lowercase().as_str() {
            "x-forwarded-for" => Ok(Self::XForwardedFor),
            "forwarded" => Ok(Self::Forwarded),
            _ => Err("no such header"),
        }
    }
}
