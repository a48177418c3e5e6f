use alloy_primitives::eip191_hash_message;
use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::test_support::{octets, rng, signer, text, vectors};

const PASSWORD: &str = "0x0044baa8603579b33f1b8ca9d397233e5644112bf3082eb324a43aa451401fd42f330a3ba77abcf5271631822882cbab30647ce5a610f815da679243f6ec76811c";

fn password() -> Password {
    Password::try_from(PASSWORD).unwrap()
}

fn message(item: &serde_json::Value) -> Vec<u8> {
    let message = BASE64_STANDARD.decode(text(item, "message_base64")).unwrap();
    assert_eq!(message.len() as u64, item["message_length"].as_u64().unwrap());
    message
}

#[test]
fn passwords_follow_the_vectors() {
    let file = vectors("01-encryption-key.json");
    assert_eq!(text(&file, "seed"), SEED_TEXT);
    assert_eq!(eip191_hash_message(SEED_TEXT).to_string(), text(&file, "eip191_digest"));
    let keys = file["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 5);
    for key in keys {
        let signer = signer(key, "private_key");
        assert_eq!(signer.address().to_string(), text(key, "address"));
        let password = derive_password(&signer).unwrap();
        assert_eq!(password.as_str(), text(key, "password"));
        assert_eq!(Password::try_from(password.as_str()), Ok(password));
    }
}

#[test]
fn the_pure_rust_signer_derives_the_same_password() {
    let file = vectors("01-encryption-key.json");
    let key = &file["keys"][1];
    let signer = alloy_signer_local::PrivateKeySigner::from_slice(&octets(key, "private_key"));
    assert_eq!(derive_password(&signer.unwrap()).unwrap().as_str(), PASSWORD);
}

#[test]
fn secrets_do_not_show() {
    let shown = format!("{:?}", password());
    assert!(!shown.contains("0044baa8"), "{shown}");
    let key = derive_s2k_key(PASSWORD.as_bytes(), &[1; 8], S2kCount(0));
    let shown = format!("{key:?}");
    assert!(!shown.contains(&format!("{}", key.as_bytes()[0])), "{shown}");
}

#[test]
fn other_text_is_no_password() {
    for other in ["", "0x", &PASSWORD[2..], &PASSWORD.to_uppercase(), &format!("{PASSWORD}0")] {
        assert_eq!(Password::try_from(other), Err(PasswordError), "{other}");
    }
}

#[test]
fn counts_decode_as_openpgp_says() {
    for (octet, expected) in [(0, 1_024), (96, 65_536), (224, 16_777_216), (255, 65_011_712)] {
        assert_eq!(S2kCount(octet).octets(), expected);
    }
}

#[test]
fn a_derived_key_hashes_at_least_one_whole_copy() {
    let long = vec![b'x'; 3_000];
    let expected: [u8; 32] = Sha256::digest([&[7; 8][..], &long].concat()).into();
    assert_eq!(derive_s2k_key(&long, &[7; 8], S2kCount(0)).as_bytes(), &expected);
}

#[test]
fn derived_keys_follow_the_vectors() {
    let file = vectors("02-file-openpgp.json");
    let items: Vec<_> = file["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| !item["internals"].is_null())
        .collect();
    assert_eq!(items.len(), 4);
    for item in items {
        let internals = &item["internals"];
        let salt: S2kSalt = octets(&internals["s2k"], "salt_hex").try_into().unwrap();
        let count = u8::try_from(internals["s2k"]["count_byte"].as_u64().unwrap()).unwrap();
        let key = derive_s2k_key(PASSWORD.as_bytes(), &salt, S2kCount(count));
        assert_eq!(hex::encode(key.as_bytes()), text(internals, "kek_hex"));
    }
}

/// Feeds fixed octets to whoever asks for random ones.
struct Script(std::collections::VecDeque<u8>);

impl rand::TryRng for Script {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("the writer asks for octets")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("the writer asks for octets")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.fill_with(|| self.0.pop_front().unwrap());
        Ok(())
    }
}

impl rand::TryCryptoRng for Script {}

#[test]
fn with_the_same_random_octets_files_equal_the_vectors() {
    let file = vectors("02-file-openpgp.json");
    let mut compared = 0;
    for item in file["items"].as_array().unwrap() {
        let internals = &item["internals"];
        if internals.is_null() {
            continue;
        }
        let salt = octets(&internals["s2k"], "salt_hex");
        let content_key = octets(internals, "content_key_hex");
        let prefix = octets(internals, "cfb_prefix_hex");
        let literal = octets(internals, "literal_header_hex");
        let created = u32::from_be_bytes(*literal.last_chunk().unwrap());
        let plaintext = plaintext(item);
        let mut script =
            Script(salt.into_iter().chain(content_key).chain(prefix[..16].to_vec()).collect());
        let encrypted =
            encrypt_file(&password(), &plaintext, S2kCount::FAITHFUL, created, &mut script)
                .unwrap();
        assert_eq!(hex::encode(encrypted), hex::encode(message(item)), "{}", text(item, "name"));
        compared += 1;
    }
    assert_eq!(compared, 4);
}

fn plaintext(item: &serde_json::Value) -> Vec<u8> {
    if let Some(text) = item["plaintext_utf8"].as_str() {
        return text.as_bytes().to_vec();
    }
    (b'a'..=b'z').cycle().take(10_000).collect()
}

#[test]
fn files_decrypt_or_are_refused_as_the_vectors_expect() {
    let file = vectors("02-file-openpgp.json");
    let items = file["items"].as_array().unwrap();
    assert_eq!(items.len(), 15);
    for item in items {
        let name = text(item, "name");
        let key = if name == "wrong_password" { "password_wrong" } else { "password" };
        let result = decrypt_file(text(&file, key), &message(item));
        match text(item, "expect") {
            "decrypt" | "accepted_by_both" => {
                let found = result.unwrap_or_else(|error| panic!("{name}: {error:?}"));
                assert_eq!(found, plaintext(item), "{name}");
                if let Some(digest) = item["plaintext_sha256"].as_str() {
                    assert_eq!(hex::encode(Sha256::digest(&found)), digest, "{name}");
                }
            }
            "fail" => {
                assert!(matches!(result, Err(DecryptError::WrongPassword(_))), "{name}: {result:?}")
            }
            "sdk_only" => {
                assert!(
                    matches!(result, Err(DecryptError::Unsupported { .. })),
                    "{name}: {result:?}"
                );
            }
            other => panic!("{name} expects {other}"),
        }
    }
}

#[test]
fn what_is_no_message_is_refused() {
    for other in [&b""[..], b"{\"hello\":\"world\"}", b"-----BEGIN PGP MESSAGE-----\n", &[0xFF; 40]]
    {
        let result = decrypt_file(PASSWORD, other);
        assert!(result.is_err(), "{other:?}");
    }
    // A literal packet without any encryption.
    let result = decrypt_file(PASSWORD, b"\xCB\x08b\0\0\0\0\0hi");
    assert!(matches!(result, Err(DecryptError::Unsupported { .. })), "{result:?}");
}

#[test]
fn data_without_integrity_protection_are_refused() {
    let mut message = encrypt_file(&password(), b"hello", S2kCount::FAST, 0, &mut rng(1)).unwrap();
    // Tag 9 instead of tag 18.
    message[48] = 0xC9;
    let result = decrypt_file(PASSWORD, &message);
    assert!(matches!(result, Err(DecryptError::Unsupported { .. })), "{result:?}");
}

#[test]
fn few_of_many_session_keys_are_tried() {
    /// A packet's header, and what it says the length is.
    const SESSION_KEY_OCTETS: usize = 48;
    let other = Password::try_from(format!("0x{}", "11".repeat(65)).as_str()).unwrap();
    let encrypt = |password: &Password| {
        encrypt_file(password, b"data", S2kCount::FAST, 0, &mut rng(7)).unwrap()
    };
    let (ours, theirs) = (encrypt(&password()), encrypt(&other));
    let with_others = |count| {
        let before = theirs[..SESSION_KEY_OCTETS].repeat(count);
        decrypt_file(PASSWORD, &[before, ours.clone()].concat())
    };
    assert_eq!(with_others(3).unwrap(), b"data");
    assert!(matches!(with_others(4), Err(DecryptError::WrongPassword(_))));
}

#[test]
fn other_derivations_and_ciphers_decrypt() {
    use pgp::{
        composed::MessageBuilder,
        crypto::{hash::HashAlgorithm, sym::SymmetricKeyAlgorithm},
        packet::DataMode,
        types::{CompressionAlgorithm, StringToKey},
    };

    let salt = [3; 8];
    let cases = [
        (
            SymmetricKeyAlgorithm::AES192,
            StringToKey::Salted { hash_alg: HashAlgorithm::Sha256, salt },
        ),
        (
            SymmetricKeyAlgorithm::AES256,
            StringToKey::IteratedAndSalted { hash_alg: HashAlgorithm::Sha512, salt, count: 96 },
        ),
        (
            SymmetricKeyAlgorithm::AES128,
            StringToKey::IteratedAndSalted { hash_alg: HashAlgorithm::Sha256, salt, count: 96 },
        ),
    ];
    for (cipher, s2k) in cases {
        let shown = format!("{cipher:?} {s2k:?}");
        let mut builder =
            MessageBuilder::from_bytes("name.json", &b"hello"[..]).seipd_v1(pgp_rng(), cipher);
        builder.compression(CompressionAlgorithm::ZIP);
        builder.data_mode(DataMode::Utf8).unwrap();
        builder.encrypt_with_password(s2k, &PASSWORD.into()).unwrap();
        let message = builder.to_vec(pgp_rng()).unwrap();
        assert_eq!(decrypt_file(PASSWORD, &message).unwrap(), b"hello", "{shown}");
    }
}

#[test]
fn a_simple_derivation_without_content_key_decrypts() {
    use pgp::crypto::sym::SymmetricKeyAlgorithm;

    let key = Sha256::digest(PASSWORD);
    let literal = b"\xCB\x0Bb\0\0\0\0\0hello";
    let encrypted =
        SymmetricKeyAlgorithm::AES256.encrypt_protected(pgp_rng(), &key, literal).unwrap();
    let mut message =
        vec![0xC3, 4, 4, 9, 0, 8, 0xD2, u8::try_from(encrypted.len()).unwrap() + 1, 1];
    message.extend_from_slice(&encrypted);
    assert_eq!(decrypt_file(PASSWORD, &message).unwrap(), b"hello");
    let other = PASSWORD.replacen('4', "5", 1);
    assert!(matches!(decrypt_file(other, &message), Err(DecryptError::WrongPassword(_))));
}

/// The OpenPGP library takes generators of an older interface.
fn pgp_rng() -> secp256k1::rand::rngs::StdRng {
    secp256k1::rand::SeedableRng::seed_from_u64(1)
}

#[test]
fn sizes_are_as_the_format_says() {
    for (length, overhead) in [(0, 99), (100, 99), (9_000, 107)] {
        let data = vec![b'x'; length];
        let message = encrypt_file(&password(), &data, S2kCount::FAST, 0, &mut rng(2)).unwrap();
        assert_eq!(message.len(), length + overhead);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_data_round_trips(
        data in prop::collection::vec(any::<u8>(), 0..65_536),
        created in any::<u32>(),
        seed in any::<u64>(),
    ) {
        let message = encrypt_file(&password(), &data, S2kCount::FAST, created, &mut rng(seed)).unwrap();
        prop_assert_eq!(decrypt_file(password(), &message).unwrap(), data);
    }

    #[test]
    fn every_length_near_a_header_boundary_round_trips(
        length in prop_oneof![0_usize..10, 140_usize..200, 8_330_usize..8_400],
    ) {
        let data = vec![b'y'; length];
        let message = encrypt_file(&password(), &data, S2kCount(0), 0, &mut rng(3)).unwrap();
        prop_assert_eq!(decrypt_file(PASSWORD, &message).unwrap(), data);
    }

    #[test]
    fn an_altered_file_never_decrypts(position in 49_usize..199, bit in 0_u8..8) {
        let data = vec![b'z'; 100];
        let mut message = encrypt_file(&password(), &data, S2kCount(0), 0, &mut rng(4)).unwrap();
        message[position] ^= 1 << bit;
        prop_assert!(decrypt_file(PASSWORD, &message).is_err());
    }

    #[test]
    fn an_altered_session_key_never_gives_other_data(position in 0_usize..49, bit in 0_u8..8) {
        let data = vec![b'z'; 100];
        let mut message = encrypt_file(&password(), &data, S2kCount(0), 0, &mut rng(5)).unwrap();
        message[position] ^= 1 << bit;
        if let Ok(found) = decrypt_file(PASSWORD, &message) {
            prop_assert_eq!(found, data);
        }
    }

    #[test]
    fn arbitrary_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        let _either = decrypt_file(PASSWORD, &octets);
    }
}

/// Octets of the encrypted file for data of `length` octets, by the packets it is made of.
fn encrypted_length(length: usize) -> usize {
    let header = |body: usize| match body {
        0..192 => 2,
        192..8_384 => 3,
        _ => 6,
    };
    let literal = 6 + length;
    let protected = 1 + 18 + header(literal) + literal + 22;
    48 + header(protected) + protected
}

/// Data of `length` octets.
fn data(length: usize, seed: u64) -> Vec<u8> {
    use rand::Rng;
    let mut data = vec![0; length];
    rng(seed).fill_bytes(&mut data);
    data
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Through OpenPGP as others implement it, from parsing to the modification detection code.
    #[test]
    fn any_data_up_to_a_megabyte_round_trips_through_real_openpgp(
        length in prop_oneof![0_usize..200, 8_200_usize..8_500, 0_usize..1_000_000],
        seed in any::<u64>(),
    ) {
        use pgp::composed::Message;
        let data = data(length, seed);
        let file = encrypt_file(&password(), &data, S2kCount::FAST, 0, &mut rng(!seed)).unwrap();
        prop_assert_eq!(file.len(), encrypted_length(length));
        let message = Message::from_bytes(&file[..]).unwrap();
        let mut opened = message.decrypt_with_password(&PASSWORD.into()).unwrap();
        prop_assert_eq!(opened.as_data_vec().unwrap(), data);
    }
}

#[test]
fn the_length_of_a_file_is_known_beforehand() {
    assert_eq!([0, 100, 10_000].map(|n| encrypted_length(n) - n), [99, 99, 107]);
}
