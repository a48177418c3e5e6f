//! Which of several endpoints a wallet's transactions go to.

use alloy_primitives::Address;

/// Index of the endpoint, of `endpoints`, that belongs to `wallet`; `None` when there are none.
///
/// A hash over the checksummed text of the address, so that a wallet always meets the same
/// endpoint and wallets spread evenly.
#[must_use]
pub fn endpoint_index(wallet: Address, endpoints: usize) -> Option<usize> {
    let endpoints = u64::try_from(endpoints).ok()?;
    let index = endpoint_hash(wallet).unsigned_abs().checked_rem(endpoints)?;
    usize::try_from(index).ok()
}

/// The hash behind [`endpoint_index`].
///
/// Only the shifted term wraps at 32 bits; the sum does not, and stays below 2^38 over the 42
/// characters.
#[must_use]
pub fn endpoint_hash(wallet: Address) -> i64 {
    wallet.to_checksum(None).bytes().fold(0, |hash: i64, code| {
        #[expect(clippy::cast_possible_truncation, reason = "wraps on purpose, as the rule does")]
        let shifted = (hash as i32).wrapping_shl(5);
        i64::from(shifted) - hash + i64::from(code)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::vectors;

    #[test]
    fn endpoints_follow_the_vectors() {
        let file = vectors("13-selection.json");
        let items = file["items"].as_array().unwrap();
        assert_eq!(items.len(), 5);
        for item in items {
            let wallet: Address = item["address"].as_str().unwrap().parse().unwrap();
            assert_eq!(endpoint_hash(wallet), item["rpc_hash"].as_i64().unwrap());
            for count in [2, 3, 5] {
                let expected = item[format!("rpc_endpoint_index_of_{count}")].as_u64();
                let found = endpoint_index(wallet, count).map(|index| index as u64);
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn no_endpoints_give_no_index() {
        assert_eq!(endpoint_index(Address::ZERO, 0), None);
    }
}
