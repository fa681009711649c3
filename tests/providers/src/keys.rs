//! The key of the fake SNS. It is public, and good for nothing else.

use anyhow::anyhow;
use ring::signature::RsaKeyPair;

pub(crate) const CERTIFICATE: &str = include_str!("../keys/sns-development.pem");
const SNS: &[u8] = include_bytes!("../keys/sns-development.key.der");

pub(crate) fn sns() -> anyhow::Result<RsaKeyPair> {
    RsaKeyPair::from_pkcs8(SNS).map_err(|error| anyhow!("the key of SNS: {error}"))
}
