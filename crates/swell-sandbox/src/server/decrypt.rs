//! Decrypting a user's file as the personal server does.

use swell_vana::ecies::{self, EciesError};
use swell_vana::encryption::{self, DecryptError};
use swell_vana::server::{ErrorCode, ServerKey};

use super::refusal::Refusal;

/// Decrypts the password with the server's key and the file with the password.
///
/// Costs what the file's producer asked for: some 10 ms of work by default.
pub(crate) fn decrypt(
    file_id: &str,
    key: &ServerKey,
    sealed_password: &str,
    file: &[u8],
) -> Result<String, Refusal> {
    let refuse = |why: &str| {
        let detail = format!("Failed to decrypt file {file_id}: {why}");
        Refusal::new(ErrorCode::Decryption, detail)
    };
    let password = ecies::decrypt_hex(sealed_password, key.secret()).map_err(|error| {
        refuse(&format!("Failed to decrypt with wallet private key: {}", ecies_text(&error)))
    })?;
    let user_data = |why: &str| refuse(&format!("Failed to decrypt user data: {why}"));
    let password = str::from_utf8(&password)
        .map_err(|_| user_data("'utf-8' codec can't decode the password"))?;
    let plaintext = encryption::decrypt_file(password, file).map_err(|error| {
        let why = match error {
            DecryptError::NotOpenPgp(_) => "no data was provided",
            _ => "decryption failed",
        };
        user_data(&format!("Decryption failed: {why}"))
    })?;
    String::from_utf8(plaintext).map_err(|_| user_data("'utf-8' codec can't decode the data"))
}

fn ecies_text(error: &EciesError) -> &'static str {
    match error {
        EciesError::NotHex => "Non-hexadecimal digit found",
        EciesError::TooShort { .. } | EciesError::EphemeralKey => {
            "The public key could not be parsed or is invalid."
        }
        EciesError::Mac => "MAC mismatch",
        EciesError::Padding => "Padding is incorrect.",
    }
}
