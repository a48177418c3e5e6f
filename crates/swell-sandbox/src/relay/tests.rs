//! The relay: recorded requests, every way to answer, and an account of its own.

use alloy_primitives::{Address, U256};
use http::Method;
use serde_json::{Value, json};
use swell_net::clock::RunClock;

use super::request::RelayRequest;
use crate::keys::{RELAY_ADDRESS, RELAYER_ADDRESS};
use crate::tests::bed::{Bed, config};
use crate::{Profile, RelayAnswers, SandboxConfig};

const RECORDED: &str = include_str!("../../../swell-vana/vectors/10-relay.json");

/// The recorded case of this name.
fn recorded(name: &str) -> Value {
    let mut file: Value = serde_json::from_str(RECORDED).unwrap();
    let items = file["items"].as_array_mut().unwrap();
    items.iter_mut().find(|item| item["name"] == name).unwrap().take()
}

fn bed(relay_answers: RelayAnswers) -> Bed {
    Bed::with(SandboxConfig { relay_answers, ..config(Profile::Fast) })
}

async fn post(bed: &Bed, body: &Value) -> (u16, Value) {
    let headers = [("content-type", "application/json")];
    let answer = bed.send(Method::POST, "/api/relay", &headers, body.to_string()).await;
    (answer.status.as_u16(), answer.json())
}

/// Makes the next block.
fn mine(bed: &Bed, second: u64) {
    bed.sandbox.chain().produce_block(RunClock::VIRTUAL_UNIX_ORIGIN.as_secs() + second);
}

fn nonce(bed: &Bed, who: Address) -> u64 {
    bed.sandbox.chain().read(|chain| chain.nonce(who))
}

#[test]
fn every_recorded_request_is_read_as_the_handler_reads_it() {
    let file: Value = serde_json::from_str(RECORDED).unwrap();
    for item in file["items"].as_array().unwrap() {
        let read = RelayRequest::read(item["request"].to_string().as_bytes());
        match item["message"].as_str() {
            None => assert!(matches!(read, Ok(RelayRequest::Submit(_))), "{}", item["name"]),
            Some(words) => assert_eq!(read.unwrap_err().to_string(), words, "{}", item["name"]),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_user_signed_is_sent_at_once_from_the_relays_own_account() {
    for (answers, word) in [
        (RelayAnswers::Signed, "signed"),
        (RelayAnswers::Submitted, "submitted"),
        (RelayAnswers::Pending, "pending"),
    ] {
        let bed = bed(answers);
        let (status, answer) = post(&bed, &recorded("good_decimal_strings")["request"]).await;
        assert_eq!((status, &answer["type"]), (200, &json!(word)), "{answer}");
        assert_eq!(answer["hash"].is_string(), answers != RelayAnswers::Pending);
        assert_eq!(bed.sandbox.stats().permissions, 0, "no block holds it yet");
        mine(&bed, 1);
        assert_eq!(bed.sandbox.stats().permissions, 1);
        assert_eq!((nonce(&bed, RELAY_ADDRESS), nonce(&bed, RELAYER_ADDRESS)), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_pending_operation_is_confirmed_once_a_block_holds_it_and_forgotten_later() {
    let bed = bed(RelayAnswers::Pending);
    let (_, answer) = post(&bed, &recorded("good_decimal_strings")["request"]).await;
    let check = json!({ "type": "status_check", "operationId": answer["operationId"] });
    assert_eq!(post(&bed, &check).await, (200, answer));
    mine(&bed, 1);
    let (status, answer) = post(&bed, &check).await;
    assert_eq!((status, &answer["type"]), (200, &json!("confirmed")), "{answer}");
    assert_eq!(answer["receipt"]["status"], "0x1");
    assert_eq!(answer["receipt"]["transactionHash"], answer["hash"]);
    let unknown = json!({ "type": "error", "error": "Operation not found" });
    let other = json!({ "type": "status_check", "operationId": "nobody" });
    assert_eq!(post(&bed, &other).await, (200, unknown.clone()));
    crate::tests::bed::pass(300).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let running = bed.sandbox.run(stop.clone());
    let house = async {
        crate::tests::bed::pass(2).await;
        stop.cancel();
    };
    tokio::join!(biased; running, house);
    assert_eq!(post(&bed, &check).await, (200, unknown));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_error_value_and_only_the_handler_that_throws_makes_it_a_500() {
    for (answers, expected) in
        [(RelayAnswers::Signed, 500), (RelayAnswers::Submitted, 200), (RelayAnswers::Pending, 200)]
    {
        let bed = bed(answers);
        let case = recorded("expected_address_mismatch");
        let refusal = json!({ "type": "error", "error": case["message"] });
        assert_eq!(post(&bed, &case["request"]).await, (expected, refusal));
        for body in [json!({}), json!([]), json!({ "type": "signed" }), json!({ "type": "x" })] {
            assert_eq!(post(&bed, &body).await.0, 400, "{body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_would_revert_is_not_sent_and_costs_no_nonce() {
    let bed = bed(RelayAnswers::Submitted);
    let good = recorded("good_decimal_strings")["request"].take();
    post(&bed, &good).await;
    mine(&bed, 1);
    let (status, answer) = post(&bed, &good).await;
    assert_eq!(status, 200);
    let words = "Add server files and permissions submission failed: The contract function \
        \"addServerFilesAndPermissions\" reverted.\n\nError: InvalidNonce(uint256 expectedNonce, \
        uint256 providedNonce)\n                   (1, 0)";
    assert_eq!(answer, json!({ "type": "error", "error": words }));
    assert_eq!(bed.sandbox.chain().read(|chain| chain.pending_nonce(RELAY_ADDRESS)), 1);
}

#[tokio::test(start_paused = true)]
async fn an_empty_account_is_the_nodes_refusal() {
    let bed = bed(RelayAnswers::Submitted);
    bed.sandbox.chain().write(|chain| chain.set_balance(RELAY_ADDRESS, U256::from(1)));
    let (status, answer) = post(&bed, &recorded("good_decimal_strings")["request"]).await;
    let words = answer["error"].as_str().unwrap();
    assert_eq!((status, &answer["type"]), (200, &json!("error")));
    assert!(words.starts_with("Add server files and permissions submission failed: "), "{words}");
    assert!(words.contains("insufficient funds"), "{words}");
}
