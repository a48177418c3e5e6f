use super::{ExtendedKey, HARDENED};

/// The index of a step, none for the master key, and the extended private key it leads to.
type Step = (Option<u32>, &'static str);

/// BIP-32's own vectors 1 and 2: a seed, and the private key at each step of a path.
const VECTORS: &[(&str, &[Step])] = &[
    (
        "000102030405060708090a0b0c0d0e0f",
        &[
            (
                None,
                "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
            ),
            (
                Some(HARDENED),
                "xprv9uHRZZhk6KAJC1avXpDAp4MDc3sQKNxDiPvvkX8Br5ngLNv1TxvUxt4cV1rGL5hj6KCesnDYUhd7oWgT11eZG7XnxHrnYeSvkzY7d2bhkJ7",
            ),
            (
                Some(1),
                "xprv9wTYmMFdV23N2TdNG573QoEsfRrWKQgWeibmLntzniatZvR9BmLnvSxqu53Kw1UmYPxLgboyZQaXwTCg8MSY3H2EU4pWcQDnRnrVA1xe8fs",
            ),
            (
                Some(HARDENED + 2),
                "xprv9z4pot5VBttmtdRTWfWQmoH1taj2axGVzFqSb8C9xaxKymcFzXBDptWmT7FwuEzG3ryjH4ktypQSAewRiNMjANTtpgP4mLTj34bhnZX7UiM",
            ),
            (
                Some(2),
                "xprvA2JDeKCSNNZky6uBCviVfJSKyQ1mDYahRjijr5idH2WwLsEd4Hsb2Tyh8RfQMuPh7f7RtyzTtdrbdqqsunu5Mm3wDvUAKRHSC34sJ7in334",
            ),
            (
                Some(1_000_000_000),
                "xprvA41z7zogVVwxVSgdKUHDy1SKmdb533PjDz7J6N6mV6uS3ze1ai8FHa8kmHScGpWmj4WggLyQjgPie1rFSruoUihUZREPSL39UNdE3BBDu76",
            ),
        ],
    ),
    (
        "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542",
        &[
            (
                None,
                "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U",
            ),
            (
                Some(0),
                "xprv9vHkqa6EV4sPZHYqZznhT2NPtPCjKuDKGY38FBWLvgaDx45zo9WQRUT3dKYnjwih2yJD9mkrocEZXo1ex8G81dwSM1fwqWpWkeS3v86pgKt",
            ),
            (
                Some(HARDENED + 2_147_483_647),
                "xprv9wSp6B7kry3Vj9m1zSnLvN3xH8RdsPP1Mh7fAaR7aRLcQMKTR2vidYEeEg2mUCTAwCd6vnxVrcjfy2kRgVsFawNzmjuHc2YmYRmagcEPdU9",
            ),
            (
                Some(1),
                "xprv9zFnWC6h2cLgpmSA46vutJzBcfJ8yaJGg8cX1e5StJh45BBciYTRXSd25UEPVuesF9yog62tGAQtHjXajPPdbRCHuWS6T8XA2ECKADdw4Ef",
            ),
        ],
    ),
];

#[test]
fn derivation_matches_the_standards_own_vectors() {
    for (seed, steps) in VECTORS {
        let seed = alloy_primitives::hex::decode(seed).unwrap();
        let mut key: Option<ExtendedKey> = None;
        for (index, expected) in *steps {
            let next = match (&key, index) {
                (Some(parent), Some(index)) => {
                    let child = parent.child(*index).unwrap();
                    assert_eq!(parent.child_secret(*index), Some(child.secret));
                    child
                }
                _ => ExtendedKey::from_seed(&seed).unwrap(),
            };
            // Version, depth, parent and index; chain code; 0 and key; checksum.
            let bytes = base58(expected);
            assert_eq!(next.chain_code.as_slice(), &bytes[13..45], "chain code of {expected}");
            assert_eq!(next.secret.secret_bytes(), bytes[46..78], "key of {expected}");
            key = Some(next);
        }
    }
}

fn base58(text: &str) -> [u8; 82] {
    const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0_u8; 82];
    for letter in text.chars() {
        let mut carry = ALPHABET.find(letter).unwrap();
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = u8::try_from(carry & 255).unwrap();
            carry >>= 8;
        }
        assert_eq!(carry, 0);
    }
    bytes
}
