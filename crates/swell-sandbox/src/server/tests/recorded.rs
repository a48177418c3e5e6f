//! Answers recorded from the real servers.

use serde_json::Value;

const RECORDED: &str = include_str!("../../../../swell-vana/vectors/11-personal-server.json");

/// The recorded `status` and `body` of a case, as September's server answered.
pub(super) fn september(name: &str) -> (u16, Value) {
    answer(name, "september_2025")
}

/// The same of October's server.
pub(super) fn october(name: &str) -> (u16, Value) {
    answer(name, "main_october_2025")
}

fn answer(name: &str, generation: &str) -> (u16, Value) {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let responses = recorded["responses"].as_array().unwrap();
    let response = responses.iter().find(|response| response["name"] == name).unwrap();
    let answer = &response[generation];
    (u16::try_from(answer["status"].as_u64().unwrap()).unwrap(), answer["body"].clone())
}

/// `text` with what differs from recording to recording replaced as the recordings have it.
pub(super) fn normalised(text: &str, urls: &[&str]) -> Value {
    let mut text = text.to_owned();
    for url in urls {
        text = text.replace(url, "https://storage.example/object");
    }
    let text = text
        .replace("'1' not found", "'<id>' not found")
        .replace("decrypt file 1:", "decrypt file <id>:");
    serde_json::from_str(&text).unwrap()
}
