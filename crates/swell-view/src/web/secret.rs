//! What only those may know who may see or steer.

use std::fmt;

use subtle::ConstantTimeEq;

/// A text that only those may know who may see or steer. Not shown by `Debug`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes `text` for a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// 256 random bits in the alphabet of URLs.
    #[must_use]
    pub fn of(bits: [u8; 32]) -> Self {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let of_three = |bytes: &[u8]| {
            let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or_default());
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            // One letter for every six bits begun.
            (0..=bytes.len())
                .map(move |at| char::from(ALPHABET[(bits >> (18 - 6 * at) & 63) as usize]))
                .collect::<Vec<_>>()
        };
        Self(bits.chunks(3).flat_map(of_three).collect())
    }

    /// The text itself: for the one who may know it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `guess` is it, found in a time that says nothing of where they differ.
    pub(super) fn is(&self, guess: &str) -> bool {
        self.0.as_bytes().ct_eq(guess.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_base64_without_padding_as_in_rfc_4648() {
        let mut bits = [0; 32];
        assert_eq!(Secret::of(bits).expose(), "A".repeat(43));
        bits[..3].copy_from_slice(b"Man");
        bits[29..].copy_from_slice(&[0xff, 0xfb, 0xf0]);
        let text = Secret::of(bits);
        assert!(text.expose().starts_with("TWFu") && text.expose().len() == 43);
        // 0x00 0x00 0xff | 0xfb 0xf0: the last two bytes make three letters.
        assert!(text.expose().ends_with("AAD_-_A"), "{}", text.expose());
    }

    #[test]
    fn a_secret_is_compared_and_never_shown() {
        let secret = Secret::new("abc");
        assert!(secret.is("abc") && !secret.is("abd") && !secret.is("") && !secret.is("abcd"));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
