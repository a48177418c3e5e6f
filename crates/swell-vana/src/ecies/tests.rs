use proptest::prelude::*;

use super::*;
use crate::test_support::{octets, rng, text, vectors};

fn secret(item: &serde_json::Value, key: &str) -> SecretKey {
    SecretKey::from_slice(&octets(item, key)).unwrap()
}

#[test]
fn ciphertexts_decrypt_or_are_refused_as_the_vectors_expect() {
    let file = vectors("03-ecies.json");
    let items = file["items"].as_array().unwrap();
    assert_eq!(items.len(), 12);
    for item in items {
        let name = text(item, "name");
        let result = decrypt_hex(text(item, "ciphertext_hex"), &secret(item, "server_private_key"));
        let prefixed = format!("0x{}", text(item, "ciphertext_hex"));
        assert_eq!(result, decrypt_hex(&prefixed, &secret(item, "server_private_key")));
        if item["must_decrypt"].as_bool().unwrap() {
            assert_eq!(result.unwrap().as_slice(), text(item, "plaintext").as_bytes(), "{name}");
        } else if name == "tampered_ephemeral_key" {
            assert_eq!(result, Err(EciesError::EphemeralKey), "{name}");
        } else {
            assert_eq!(result, Err(EciesError::Mac), "{name}");
        }
    }
}

#[test]
fn with_the_same_random_octets_ciphertexts_equal_the_vectors() {
    let file = vectors("03-ecies.json");
    let mut compared = 0;
    for item in file["items"].as_array().unwrap() {
        if item["ephemeral_private_key"].is_null() {
            continue;
        }
        let ephemeral = secret(item, "ephemeral_private_key");
        let recipient: RecipientKey = text(item, "server_public_key").parse().unwrap();
        let keys = Keys::agree(&recipient.0, &ephemeral);
        assert_eq!(hex::encode(keys.encryption.as_slice()), text(item, "aes_key"));
        assert_eq!(hex::encode(keys.authentication.as_slice()), text(item, "mac_key"));
        let iv = octets(item, "iv").try_into().unwrap();
        let sealed = seal(text(item, "plaintext").as_bytes(), &recipient, &ephemeral, &iv);
        assert_eq!(hex::encode(sealed), text(item, "ciphertext_hex"), "{}", text(item, "name"));
        compared += 1;
    }
    assert_eq!(compared, 4);
}

#[test]
fn public_keys_are_accepted_in_the_forms_of_the_vectors() {
    let file = vectors("03-ecies.json");
    let forms = file["public_key_forms_accepted_by_the_sdk"].as_array().unwrap();
    assert_eq!(forms.len(), 6);
    for form in forms {
        let result: Result<RecipientKey, _> = text(form, "public_key").parse();
        assert_eq!(result.is_ok(), form["accepted"].as_bool().unwrap(), "{form}");
    }
}

#[test]
fn what_is_no_key_says_why() {
    assert_eq!("0xzz".parse::<RecipientKey>(), Err(RecipientKeyError::NotHex));
    assert_eq!(
        "00".repeat(64).parse::<RecipientKey>(),
        Err(RecipientKeyError::Length { found: 64 })
    );
    assert_eq!("04".repeat(65).parse::<RecipientKey>(), Err(RecipientKeyError::NotOnCurve));
}

#[test]
fn what_is_no_ciphertext_says_why() {
    let secret = SecretKey::from_slice(&[1; 32]).unwrap();
    assert_eq!(decrypt_hex("password", &secret), Err(EciesError::NotHex));
    assert_eq!(decrypt_hex("00ff", &secret), Err(EciesError::TooShort { found: 2 }));
    assert_eq!(decrypt(&[0; 200], &secret), Err(EciesError::EphemeralKey));
}

#[test]
fn the_password_becomes_514_digits() {
    let recipient = SecretKey::from_slice(&[5; 32]).unwrap().public_key(SECP256K1).into();
    let text = encrypt(&[b'0'; 132], &recipient, &mut rng(1));
    assert_eq!(text.len(), 514);
    assert_eq!(text, text.to_lowercase());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_plaintext_round_trips(
        plaintext in prop::collection::vec(any::<u8>(), 0..512),
        key in 1_u64..,
        seed in any::<u64>(),
    ) {
        let mut octets = [0; 32];
        octets[24..].copy_from_slice(&key.to_be_bytes());
        let secret = SecretKey::from_slice(&octets).unwrap();
        let recipient = secret.public_key(SECP256K1).into();
        let sealed = encrypt(&plaintext, &recipient, &mut rng(seed));
        prop_assert_eq!(decrypt_hex(&sealed, &secret).unwrap().to_vec(), plaintext);
    }

    #[test]
    fn an_altered_ciphertext_is_refused(position in 0_usize..145, bit in 0_u8..8) {
        let secret = SecretKey::from_slice(&[9; 32]).unwrap();
        let recipient = secret.public_key(SECP256K1).into();
        let mut sealed = hex::decode(encrypt(&[7; 20], &recipient, &mut rng(2))).unwrap();
        sealed[position] ^= 1 << bit;
        prop_assert!(decrypt(&sealed, &secret).is_err());
    }
}
