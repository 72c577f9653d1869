//! The key under which an agent's loopback packets and their answers carry a MAC ([`rollcall_shared::loopback`]).
//!
//! Derived from the proof key with a purpose of its own, so that nothing signed in one conversation can be shown in the
//! other. Kept as 32 bytes, not as what a hash makes of them: there is one for each agent.

use ring::hmac;
use rollcall_shared::loopback::{KEY_PURPOSE, MAC};
use subtle::ConstantTimeEq as _;

use super::proof_key::ProofKey;

/// An agent's key for loopback packets.
#[derive(Clone)]
pub struct LoopbackKey([u8; MAC]);

/// The same, ready to be used: for one packet and its answer.
pub struct Ready(hmac::Key);

impl LoopbackKey {
    /// The key of the agent with this proof key.
    #[must_use]
    pub fn of(proof_key: &ProofKey) -> Self {
        Self(proof_key.sign(KEY_PURPOSE))
    }

    /// Makes it ready.
    #[must_use]
    pub fn ready(&self) -> Ready {
        Ready(hmac::Key::new(hmac::HMAC_SHA256, &self.0))
    }
}

impl Ready {
    /// The MAC of two parts, one after the other.
    #[must_use]
    pub fn sign(&self, parts: [&[u8]; 2]) -> [u8; MAC] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut mac = [0; MAC];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }

    /// Whether this is the MAC of two parts; in a time that does not tell where it differs.
    #[must_use]
    pub fn verify(&self, parts: [&[u8]; 2], mac: &[u8; MAC]) -> bool {
        self.sign(parts).ct_eq(mac).into()
    }
}

impl core::fmt::Debug for LoopbackKey {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("LoopbackKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use rollcall_shared::dial::KEY_PURPOSE as PROOF;

    use super::*;
    use crate::auth::secret::Secret;

    #[test]
    fn a_mac_is_good_for_its_parts_and_its_key_only() {
        let of = |byte| LoopbackKey::of(&ProofKey::of(&Secret::from_bytes([byte; 32]))).ready();
        let mac = of(7).sign([b"te", b"xt"]);
        assert!(of(7).verify([b"text", b""], &mac));
        assert!(!of(7).verify([b"te", b"xT"], &mac));
        assert!(!of(8).verify([b"te", b"xt"], &mac));
    }

    #[test]
    fn no_key_is_another_ones_of_the_same_secret() {
        assert_ne!(KEY_PURPOSE, PROOF);
        let proof = ProofKey::of(&Secret::from_bytes([7; 32]));
        let loopback = LoopbackKey::of(&proof).ready().sign([b"text", b""]);
        assert_ne!(loopback, proof.sign(b"text"));
    }
}
