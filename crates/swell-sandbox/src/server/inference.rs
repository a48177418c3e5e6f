//! The played inference: what a model might answer, short and told apart by user.

use serde_json::json;
use sha2::{Digest, Sha256};
use swell_vana::grant::{DATA_PLACEHOLDER, GrantFile};
use swell_vana::server::ServerGeneration;

/// A prompt is cut to so many characters.
const PROMPT_CHARS_MAX: usize = 75_000;

/// Characters of the prompt that an answer repeats.
const ECHO_CHARS: usize = 120;

/// What stands between two files in a prompt.
const FILE_SEPARATOR: &str = "\n-----\n";

/// The model's answer to `grant` on the decrypted `files`.
///
/// It repeats the beginning of the prompt and names the digest of what was sent to the model, so
/// that a reader can tell whose answer it is. In JSON mode it is a JSON object.
pub(crate) fn answer(grant: &GrantFile, files: &[String], generation: ServerGeneration) -> String {
    let prompt = full_prompt(grant.prompt().unwrap_or_default(), files, generation);
    let echo: String = grant.prompt().unwrap_or_default().chars().take(ECHO_CHARS).collect();
    let digest = hex::encode(&Sha256::digest(prompt.as_bytes())[..8]);
    if grant.wants_json() {
        return json!({ "echo": echo, "prompt_sha256": digest }).to_string();
    }
    format!("{echo} [{digest}]")
}

/// The prompt with the files in their place. September's server sends no data at all when the
/// prompt does not ask for it; October's appends them.
fn full_prompt(prompt: &str, files: &[String], generation: ServerGeneration) -> String {
    let data = files.join(FILE_SEPARATOR);
    let full = if prompt.contains(DATA_PLACEHOLDER) {
        prompt.replace(DATA_PLACEHOLDER, &data)
    } else if generation == ServerGeneration::October {
        format!("{prompt}\n\n{data}")
    } else {
        prompt.to_owned()
    };
    match full.char_indices().nth(PROMPT_CHARS_MAX) {
        Some((cut, _)) => full[..cut].to_owned(),
        None => full,
    }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::Address;

    use super::*;

    fn answers(prompt: &str, data: &str, generation: ServerGeneration) -> String {
        let grant = GrantFile::inference(Address::ZERO, prompt);
        answer(&grant, &[data.to_owned()], generation)
    }

    #[test]
    fn data_count_only_where_the_prompt_asks_or_the_server_appends_them() {
        use ServerGeneration::{October, September};
        assert_eq!(answers("plain", "a", September), answers("plain", "b", September));
        assert_ne!(answers("plain", "a", October), answers("plain", "b", October));
        assert_ne!(answers("of {{data}}", "a", September), answers("of {{data}}", "b", September));
    }

    #[test]
    fn json_mode_answers_json_that_repeats_the_prompt() {
        let text = answers("for 0xabc", "a", ServerGeneration::September);
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["echo"], "for 0xabc");
        let mut grant = GrantFile::inference(Address::ZERO, "for 0xabc");
        grant.parameters.remove("response_format");
        assert!(answer(&grant, &[], ServerGeneration::September).starts_with("for 0xabc ["));
    }
}
