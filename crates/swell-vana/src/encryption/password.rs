//! The password: a wallet's signature over a fixed text.

use std::fmt;

use alloy_primitives::{B256, b256};
use alloy_signer::SignerSync;
use zeroize::Zeroizing;

/// What the wallet signs to retrieve the password.
pub const SEED_TEXT: &str = "Please sign to retrieve your encryption key";

/// The EIP-191 digest of [`SEED_TEXT`], the same for every user.
const SEED_DIGEST: B256 =
    b256!("0x5c313c4446798e4a121d2fe99f6bbbbe3421b06f18338672e7df4314b94b062f");

const PASSWORD_OCTETS: usize = 132;

/// A user's password: the *text* of a signature, `0x` and 130 lower-case hexadecimal digits.
///
/// Wiped from memory when dropped; never shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The password as text: the passphrase of files and the plaintext for the server's key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The octets of the text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl AsRef<str> for Password {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

/// Why text is not a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password has 0x and 130 lower-case hexadecimal digits, found other text")]
pub struct PasswordError;

impl TryFrom<&str> for Password {
    type Error = PasswordError;

    fn try_from(text: &str) -> Result<Self, PasswordError> {
        let digits = text.strip_prefix("0x").ok_or(PasswordError)?;
        let is_lower_hex = |octet: u8| matches!(octet, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != PASSWORD_OCTETS || !digits.bytes().all(is_lower_hex) {
            return Err(PasswordError);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

/// Derives the password of the wallet behind `signer`.
///
/// The same wallet always gives the same password, so `signer` must choose its nonces as RFC 6979
/// does; alloy's signers do.
///
/// # Errors
/// What the signer says; a key in memory cannot fail.
pub fn derive_password(signer: &impl SignerSync) -> Result<Password, alloy_signer::Error> {
    let signature = Zeroizing::new(signer.sign_hash_sync(&SEED_DIGEST)?.as_bytes());
    let mut digits = Zeroizing::new([0; 2 * 65]);
    // The only error is a wrong length, which the types rule out.
    let _always_fits = hex::encode_to_slice(signature.as_slice(), digits.as_mut_slice());
    let mut text = Zeroizing::new(String::with_capacity(PASSWORD_OCTETS));
    text.push_str("0x");
    text.extend(digits.iter().map(|&digit| char::from(digit)));
    Ok(Password(text))
}
