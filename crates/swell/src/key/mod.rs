//! Keys: loaded by reference, wiped when dropped, and never shown, whatever goes wrong.

mod credential;
mod error;
mod inputs;
mod keystore;
mod load;
mod secret;
#[cfg(test)]
mod tests;

pub use credential::{LoadedSecret, SecretError, SecretText, load_secret, place as secret_place};
pub use error::{KeyError, KeystoreFault};
pub use inputs::KeyInputs;
pub use load::{KeyRing, LoadedKey, load};
pub use secret::SecretKey;

/// Ways in for fuzzing, and for nothing else.
#[doc(hidden)]
pub mod fuzzing {
    /// Opens a keystore.
    pub fn keystore(text: &[u8]) {
        let _opened = super::keystore::open(text, b"password");
    }
}
