//! The cryptography of access tokens: Ed25519 only. A token that names another algorithm cannot be
//! verified, because no other algorithm is implemented.

use ed25519_dalek::{
    Signature, SigningKey, VerifyingKey,
    ed25519::signature::{Error, Signer, Verifier},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error as JwtError, ErrorKind},
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Installs the provider for the whole process; calling it again has no effect.
pub(super) fn install() {
    let _already_installed = PROVIDER.install_default();
}

/// Encodes a private key as its 32 raw bytes, the form that [`signer`] reads.
pub(super) fn encoding_key(private: &SigningKey) -> EncodingKey {
    EncodingKey::from_ed_der(private.as_bytes())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as jsonwebtoken has it")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, JwtError> {
    only_eddsa(*algorithm)?;
    let bytes = key.as_bytes().try_into();
    let bytes = bytes.map_err(|_| ErrorKind::InvalidEddsaKey)?;
    Ok(Box::new(EdSigner(SigningKey::from_bytes(bytes))))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as jsonwebtoken has it")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, JwtError> {
    only_eddsa(*algorithm)?;
    let bytes = key.try_get_as_bytes()?.try_into();
    let bytes = bytes.map_err(|_| ErrorKind::InvalidEddsaKey)?;
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| ErrorKind::InvalidEddsaKey)?;
    Ok(Box::new(EdVerifier(key)))
}

fn only_eddsa(algorithm: Algorithm) -> Result<(), JwtError> {
    if algorithm == Algorithm::EdDSA {
        Ok(())
    } else {
        Err(ErrorKind::InvalidAlgorithm.into())
    }
}

struct EdSigner(SigningKey);

impl Signer<Vec<u8>> for EdSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature: Signature = self.0.try_sign(message)?;
        Ok(signature.to_vec())
    }
}

impl JwtSigner for EdSigner {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct EdVerifier(VerifyingKey);

impl Verifier<Vec<u8>> for EdVerifier {
    /// Verifies strictly: each message has one valid signature per key, and weak keys are rejected.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        let signature = Signature::from_slice(signature)?;
        self.0.verify_strict(message, &signature)
    }
}

impl JwtVerifier for EdVerifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
