use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::bip32::ExtendedKey;
use super::{AccountKey, KeyTree, RelayerKey, Role, RunId};

/// The first of the keys that dev chains publish.
const RELAYER: &str = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/// The bytes 0 to 9.
const RUN: &str = "000g40r40m30e209";

/// Agent, role, index and private key, computed by another program from the description alone.
const GOLDEN: &[(u32, u32, u32, &str)] = &[
    (0, 0, 0, "5c7987993ea35ba301a8daec09de74c8d9d4d77132934e5837e88a94ac20df90"),
    (0, 0, 1, "174054173ed831ef00af4f9eaf805f4f7bdea2edf2929a05a364ad2371766467"),
    (0, 1, 0, "f2efbbd8c513e39a57e83ca16d48175d61c617eee2f87ae1ebf4a518e8119c34"),
    (0, 1, 19, "8f2450c3ebf7ba0674fe15b66597433140e13cc6172f191ac52de7862a13fd5b"),
    (3, 0, 1_000_000, "3fbfb0533d1c7a12f6ad862f3f2e82ec771345a4a546710fcf1fccafeb8cf305"),
    (0, 0, 2_147_483_647, "c670bb069c8a19be47945b24901dbee8d54b7e6c60d225f70d14d51d93aca590"),
];

fn tree() -> KeyTree {
    KeyTree::new(&RELAYER.parse().unwrap(), &RUN.parse().unwrap())
}

/// Keys say only their address, so golden private keys are compared by it.
fn address_of(private: &str) -> alloy_primitives::Address {
    private.parse::<RelayerKey>().unwrap().address()
}

#[test]
fn every_release_derives_the_same_keys() {
    let tree = tree();
    for (agent, role, index, private) in GOLDEN {
        let role = [Role::Wallet, Role::Lane][*role as usize];
        assert_eq!(tree.key(*agent, role, *index).address(), address_of(private), "{index}");
    }
}

#[test]
fn the_run_id_of_the_vectors_is_the_bytes_zero_to_nine() {
    let run: RunId = RUN.parse().unwrap();
    assert_eq!(run.as_bytes(), &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[test]
fn another_run_or_relayer_gives_other_keys() {
    let other_run = KeyTree::new(&RELAYER.parse().unwrap(), &"7h3k9zq2m4xw0c5t".parse().unwrap());
    let other_relayer =
        KeyTree::new(&RELAYER.replace("ac", "ad").parse().unwrap(), &RUN.parse().unwrap());
    let addresses: BTreeSet<_> =
        [tree(), other_run, other_relayer].iter().map(|tree| tree.wallet(0, 0).address()).collect();
    assert_eq!(addresses.len(), 3);
}

#[test]
fn a_tree_is_never_printed() {
    assert_eq!(format!("{:?}", tree()), "KeyTree");
    assert!(ExtendedKey::from_seed(&[7; 64]).is_some());
}

proptest! {
    #[test]
    fn keys_are_distinct_and_come_again(
        places in prop::collection::btree_set((0_u32..3, any::<bool>(), 0..KeyTree::INDEX_END), 1..12),
    ) {
        let (one, same) = (tree(), tree());
        let key = |tree: &KeyTree, (agent, lane, index): (u32, bool, u32)| -> AccountKey {
            if lane { tree.lane(agent, index) } else { tree.wallet(agent, index) }
        };
        let mut seen = BTreeSet::new();
        for place in places {
            let address = key(&one, place).address();
            prop_assert_eq!(address, key(&same, place).address());
            prop_assert!(seen.insert(address));
        }
    }

    #[test]
    fn signatures_are_the_accounts_and_deterministic(index in 0_u32..1000, message: Vec<u8>) {
        let key = tree().wallet(0, index);
        let signature = key.sign_message(&message);
        prop_assert_eq!(signature, key.sign_message(&message));
        prop_assert_eq!(signature.recover_address_from_msg(&message).unwrap(), key.address());
    }
}
