//! What the language model is asked: one of eight small tasks about the wallet's address.

use alloy_primitives::Address;

/// How many prompts there are.
pub const TEMPLATES: u8 = 8;

/// Index of the prompt that belongs to `wallet`: its last two octets, modulo 8.
#[must_use]
pub fn template_index(wallet: Address) -> u8 {
    wallet.0[19] % TEMPLATES
}

/// The prompt that belongs to `wallet`.
///
/// None mentions the user's data: the personal server of September 2025 then sends the prompt
/// alone.
#[must_use]
pub fn prompt(wallet: Address) -> String {
    let text = wallet.to_checksum(None);
    match template_index(wallet) {
        0 => format!("Draw a small ASCII picture using only characters that occur in {text}."),
        1 => format!("Write a haiku whose mood is inspired by the wallet address {text}."),
        2 => format!(
            "Expand \"{}\" into a playful acronym, one word for each character.",
            text.get(..10).unwrap_or(&text)
        ),
        3 => format!("Think up a friendly nickname for whoever owns the address {text}."),
        4 => format!("Which fortune-cookie message is hidden in the address {text}? One line."),
        5 => format!("Tell the story of the address {text} with three to five emoji."),
        6 => format!(
            "Compose a limerick about a wallet that ends in \"{}\".",
            text.get(text.len().saturating_sub(6)..).unwrap_or(&text)
        ),
        _ => format!("Suggest three user names drawn from patterns in the address {text}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::vectors;

    #[test]
    fn templates_follow_the_vectors() {
        let file = vectors("13-selection.json");
        for item in file["items"].as_array().unwrap() {
            let wallet: Address = item["address"].as_str().unwrap().parse().unwrap();
            assert_eq!(
                u64::from(template_index(wallet)),
                item["prompt_template_index"].as_u64().unwrap()
            );
        }
    }

    #[test]
    fn each_template_quotes_its_part_of_the_address_and_no_data() {
        for last in 0..TEMPLATES {
            let wallet = Address::with_last_byte(last);
            let text = wallet.to_checksum(None);
            let quoted = match last {
                2 => &text[..10],
                6 => &text[36..],
                _ => &text,
            };
            let prompt = prompt(wallet);
            assert!(prompt.contains(quoted), "{prompt}");
            assert_eq!(prompt.contains(&text), quoted.len() == text.len(), "{prompt}");
            assert!(!prompt.contains("{{data}}"), "{prompt}");
        }
    }
}
