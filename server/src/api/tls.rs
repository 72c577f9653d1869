//! TLS by the server itself: certificates from files, read again when they change, or one that it makes.
//!
//! A certificate of our own making proves nothing by itself; agents know it by the SHA-256 of its bytes, which
//! travels in the enrolment line. Not for who may connect: that is the credentials' part.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use parking_lot::{Mutex, RwLock};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// The protocols offered in the handshake, by preference.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file holds no certificate, or a broken one.
    #[error("{} holds no certificate in PEM form", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// A file holds no private key, or a broken one.
    #[error("{} holds no private key in PEM form", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The two do not belong together, or are of a kind that is not supported.
    #[error("the certificate in {} cannot be used with the key in {}", cert.display(), key.display())]
    Unfit {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
    /// A certificate of our own cannot be made.
    #[error("a certificate cannot be made")]
    Make(#[source] rcgen::Error),
    /// A certificate of our own cannot be kept.
    #[error("{} cannot be written", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// TLS itself cannot be set up.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// Names *ring* as what TLS is made with, for every part of the process that leaves the choice open.
///
/// First thing in `main`: two providers in one binary, none of them named, panic at first use.
pub fn install_provider() {
    // An error says that one is installed already, which is as good.
    let _ = ring::default_provider().install_default();
}

/// The certificate in use, and where it comes from.
#[derive(Debug)]
pub struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
    seen: Mutex<Stamp>,
}

/// What tells that a pair of files has changed.
type Stamp = [Option<(SystemTime, u64)>; 2];

impl Certificate {
    /// Reads a certificate and its key.
    ///
    /// # Errors
    /// Where a file cannot be read or used.
    pub fn read(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        // Stamped before reading: a change in between is then seen as one at the next look.
        let seen = stamp(cert, key);
        Ok(Self {
            cert: cert.to_owned(),
            key: key.to_owned(),
            current: RwLock::new(Arc::new(load(cert, key)?)),
            seen: Mutex::new(seen),
        })
    }

    /// The server's own certificate, kept in this folder; made there where there is none.
    ///
    /// `names` are the host names and addresses that it is made for.
    ///
    /// # Errors
    /// Where it cannot be made, kept or read.
    pub fn own(folder: &Path, names: Vec<String>) -> Result<Self, TlsError> {
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        if !cert.exists() || !key.exists() {
            make(folder, &cert, &key, names)?;
        }
        Self::read(&cert, &key)
    }

    /// The SHA-256 of the certificate, in hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let current = self.current.read();
        let leaf = current.cert.first().map(AsRef::as_ref).unwrap_or_default();
        super::hex::of(::ring::digest::digest(&::ring::digest::SHA256, leaf).as_ref())
    }

    /// Reads the files again where they have changed since they were last looked at; whether they had.
    ///
    /// # Errors
    /// Where they have changed into something that cannot be used. The certificate so far stays in use, and
    /// the same files are not complained of twice.
    pub fn refresh(&self) -> Result<bool, TlsError> {
        let stamp = stamp(&self.cert, &self.key);
        if std::mem::replace(&mut *self.seen.lock(), stamp) == stamp {
            return Ok(false);
        }
        let fresh = load(&self.cert, &self.key)?;
        *self.current.write() = Arc::new(fresh);
        Ok(true)
    }

    /// What rustls needs to serve with this certificate, whatever it will be.
    ///
    /// # Errors
    /// Where the provider supports none of the protocol's versions.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
        Ok(config)
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read()))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn stamp(cert: &Path, key: &Path) -> Stamp {
    [cert, key].map(|path| {
        let meta = fs::metadata(path).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    })
}

fn load(cert: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let read = |path: &Path| {
        fs::read(path).map_err(|source| TlsError::Unreadable {
            path: path.to_owned(),
            source,
        })
    };
    let chain = CertificateDer::pem_slice_iter(&read(cert)?)
        .collect::<Result<Vec<_>, _>>()
        .unwrap_or_default();
    if chain.is_empty() {
        return Err(TlsError::NoCertificate {
            path: cert.to_owned(),
        });
    }
    // The parser's own error might repeat parts of the key.
    let private =
        PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| TlsError::NoKey { path: key.to_owned() })?;
    CertifiedKey::from_der(chain, private, &provider()).map_err(|source| TlsError::Unfit {
        cert: cert.to_owned(),
        key: key.to_owned(),
        source,
    })
}

fn make(folder: &Path, cert: &Path, key: &Path, names: Vec<String>) -> Result<(), TlsError> {
    let private = rcgen::KeyPair::generate().map_err(TlsError::Make)?;
    let mut params = rcgen::CertificateParams::new(names).map_err(TlsError::Make)?;
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "Rollcall server");
    let public = params.self_signed(&private).map_err(TlsError::Make)?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| TlsError::Unwritable {
            path: folder.to_owned(),
            source,
        })?;
    // The key first: a crash in between leaves no certificate, and the next start makes both anew.
    write(key, 0o600, private.serialize_pem().as_bytes())?;
    write(cert, 0o644, public.pem().as_bytes())
}

/// Writes a file whole or not at all.
fn write(path: &Path, mode: u32, text: &[u8]) -> Result<(), TlsError> {
    let fresh = path.with_extension("new");
    let write = || {
        // A left-over of a crash may have other permissions than `mode`, which counts only at creation.
        if fresh.exists() {
            fs::remove_file(&fresh)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&fresh)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    write().map_err(|source| TlsError::Unwritable {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn own(folder: &Path) -> Certificate {
        Certificate::own(folder, vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap()
    }

    #[test]
    fn a_certificate_is_made_once_and_its_key_is_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let tls = folder.path().join("tls");
        let first = own(&tls);
        assert_eq!(first.fingerprint().len(), 64);
        assert_eq!(own(&tls).fingerprint(), first.fingerprint());
        let mode = fs::metadata(tls.join("key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn changed_files_are_read_again_and_broken_ones_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
        let (certificate, replacement) = (own(&ours), own(&other));
        let before = certificate.fingerprint();
        assert!(!certificate.refresh().unwrap());

        // Half of a renewal: the key does not fit yet.
        fs::copy(other.join("cert.pem"), ours.join("cert.pem")).unwrap();
        assert!(matches!(certificate.refresh(), Err(TlsError::Unfit { .. })));
        assert_eq!(certificate.fingerprint(), before);
        assert!(!certificate.refresh().unwrap(), "complained of once");

        fs::copy(other.join("key.pem"), ours.join("key.pem")).unwrap();
        assert!(certificate.refresh().unwrap());
        assert_eq!(certificate.fingerprint(), replacement.fingerprint());

        fs::remove_file(ours.join("cert.pem")).unwrap();
        assert!(matches!(certificate.refresh(), Err(TlsError::Unreadable { .. })));
        assert_eq!(certificate.fingerprint(), replacement.fingerprint());
    }

    #[test]
    fn files_that_are_no_certificate_or_key_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let tls = folder.path().join("tls");
        own(&tls);
        let (cert, key) = (tls.join("cert.pem"), tls.join("key.pem"));
        let nothing = folder.path().join("nothing.pem");
        fs::write(&nothing, "nothing").unwrap();
        let missing = folder.path().join("missing.pem");
        for (cert, key, named) in [
            (&nothing, &key, "nothing.pem holds no certificate"),
            (&cert, &nothing, "nothing.pem holds no private key"),
            (&missing, &key, "missing.pem cannot be read"),
        ] {
            let text = Certificate::read(cert, key).unwrap_err().to_string();
            assert!(text.contains(named), "{text}");
        }
    }
}
