//! How the server proves who it is: by a certificate that the platform trusts, or by exactly the one whose
//! SHA-256 fingerprint travelled in the enrolment line.
//!
//! A pinned certificate may be self-made, expired or for another name: its key is what is believed.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
};

use crate::hex::Hex;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error(
        "the fingerprint {given:?} is wrong: allowed are 64 hexadecimal digits (SHA-256), with or without colons"
    )]
    Fingerprint { given: String },
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

/// The SHA-256 of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads 64 hexadecimal digits, with or without colons between them, in either case.
    pub(crate) fn parse(text: &str) -> Result<Self, TlsError> {
        let wrong = || TlsError::Fingerprint {
            given: text.chars().take(100).collect(),
        };
        let digits: Vec<u8> = text
            .trim()
            .chars()
            .filter(|character| *character != ':')
            .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let (pairs, rest) = digits.as_chunks::<2>();
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        match (<[u8; 32]>::try_from(bytes), rest) {
            (Ok(bytes), []) => Ok(Self(bytes)),
            _ => Err(wrong()),
        }
    }

    fn of(certificate: &CertificateDer<'_>) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl core::fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        Hex(&self.0).fmt(out)
    }
}

/// The client's side of TLS: believing `pinned`, or where there is none, the platform.
pub(crate) fn client_config(pinned: Option<Fingerprint>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let config = match pinned {
        Some(fingerprint) => builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Pinned {
                fingerprint,
                provider,
            }))
            .with_no_client_auth(),
        None => builder
            .with_root_certificates(platform_roots())
            .with_no_client_auth(),
    };
    Ok(config)
}

/// The platform's roots, so that a company's own authority is believed where the machine believes it; Mozilla's
/// as built in, where the platform has none (a bare container).
fn platform_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// A server that shows another certificate than the pinned one.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("its fingerprint is {shown}, expected is {expected}")]
pub(crate) struct WrongCertificate {
    shown: Fingerprint,
    expected: Fingerprint,
}

impl WrongCertificate {
    /// The one that `error` stands for, where it does.
    pub(crate) fn found_in(error: &rustls::Error) -> Option<Self> {
        match error {
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
                inner.downcast_ref().copied()
            }
            _ => None,
        }
    }
}

/// Believes one certificate.
#[derive(Debug)]
struct Pinned {
    fingerprint: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Fingerprint::of(end_entity);
        if shown == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            let wrong = WrongCertificate {
                shown,
                expected: self.fingerprint,
            };
            Err(CertificateError::Other(OtherError(Arc::new(wrong))).into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_reads_with_colons_and_in_either_case() {
        let plain = "00ff".repeat(16);
        let fancy = "00:FF:".repeat(16);
        let fingerprint = Fingerprint::parse(&plain).unwrap();
        assert_eq!(
            Fingerprint::parse(fancy.trim_end_matches(':')).unwrap(),
            fingerprint
        );
        assert_eq!(fingerprint.to_string(), plain);
        for wrong in ["", "00", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64)] {
            assert!(Fingerprint::parse(wrong).is_err(), "{wrong}");
        }
    }
}
