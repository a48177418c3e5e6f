//! The name of a run.

use std::fmt;
use std::str::FromStr;

use rand::{CryptoRng, Rng};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use swell_core::seed::Seed;

/// Crockford's base 32, in lower case: no `i`, `l`, `o`, `u`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The name of a run: 80 random bits, shown as 16 characters such as `7h3k9zq2m4xw0c5t`.
///
/// Not a secret. Together with the relayer's key it recovers every wallet of the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId([u8; 10]);

/// Why a text is not a run id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunIdError {
    /// The text has another length.
    #[error("a run id has 16 characters, this one has {found}")]
    Length {
        /// Characters found.
        found: usize,
    },
    /// A character that run ids do not use.
    #[error("{found:?} does not occur in a run id")]
    Character {
        /// The first such character.
        found: char,
    },
}

impl RunId {
    /// Characters of the printed form.
    pub const CHARS: usize = 16;

    /// A new name, of a real run.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self::draw(rng)
    }

    /// The name of the virtual run with this seed: the same every time.
    #[must_use]
    pub fn from_seed(seed: Seed) -> Self {
        Self::draw(&mut seed.rng("run-id"))
    }

    fn draw(rng: &mut impl Rng) -> Self {
        let mut bytes = [0; 10];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The 10 bytes that enter the key derivation.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 5 bytes are 8 characters.
        for chunk in self.0.chunks_exact(5) {
            let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for place in (0..8).rev() {
                let digit = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
                write!(f, "{}", char::from(ALPHABET[digit]))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunId({self})")
    }
}

impl FromStr for RunId {
    type Err = RunIdError;

    /// Takes the printed form. Upper case, `o` for 0 and `i` or `l` for 1 are understood.
    fn from_str(text: &str) -> Result<Self, RunIdError> {
        let found = text.chars().count();
        if found != Self::CHARS {
            return Err(RunIdError::Length { found });
        }
        let mut bits = 0_u128;
        for found in text.chars() {
            let plain = match found.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            };
            let digit = ALPHABET
                .iter()
                .position(|letter| char::from(*letter) == plain)
                .ok_or(RunIdError::Character { found })?;
            bits = bits << 5 | digit as u128;
        }
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&bits.to_be_bytes()[6..]);
        Ok(Self(bytes))
    }
}

impl Serialize for RunId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use swell_core::seed::Seed;

    use super::{RunId, RunIdError};

    proptest! {
        #[test]
        fn a_printed_run_id_reads_back(bytes: [u8; 10]) {
            let id = RunId(bytes);
            prop_assert_eq!(id.to_string().len(), RunId::CHARS);
            prop_assert_eq!(id.to_string().parse::<RunId>(), Ok(id));
            prop_assert_eq!(id.to_string().to_uppercase().parse::<RunId>(), Ok(id));
        }
    }

    #[test]
    fn what_is_not_a_run_id_is_refused() {
        assert_eq!("short".parse::<RunId>(), Err(RunIdError::Length { found: 5 }));
        assert_eq!("000000000000000é".parse::<RunId>(), Err(RunIdError::Character { found: 'é' }));
    }

    #[test]
    fn the_same_seed_names_the_same_virtual_run() {
        assert_eq!(RunId::from_seed(Seed(7)), RunId::from_seed(Seed(7)));
        assert_ne!(RunId::from_seed(Seed(7)), RunId::from_seed(Seed(8)));
    }
}
