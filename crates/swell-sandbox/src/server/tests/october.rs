//! October's server answers as it was recorded to, octet for octet but for ids and URLs.

use alloy_primitives::Address;
use http::Method;
use serde_json::json;
use swell_vana::encryption::{S2kCount, derive_password, encrypt_file};
use swell_vana::grant::GrantFile;
use swell_vana::server::ServerGeneration;

use super::recorded::{self, normalised};
use crate::keys::APPLICATION_ADDRESS;
use crate::tests::bed::{Answer, Bed, DATA, PROMPT, Permitted, Setup, config, pass};
use crate::{Delay, Profile, SandboxConfig};

fn october() -> SandboxConfig {
    let operation_time = Delay::Fixed(std::time::Duration::from_secs(10));
    SandboxConfig { generation: ServerGeneration::October, operation_time, ..config(Profile::Fast) }
}

fn is_recorded(name: &str, answer: &Answer, permitted: Option<&Permitted>) {
    let urls = permitted.map_or(["#"; 2], |permitted| [&permitted.grant_url, &permitted.file_url]);
    let found = (answer.status.as_u16(), normalised(answer.text(), &urls));
    assert_eq!(found, recorded::october(name), "{name}");
}

fn grant(change: impl FnOnce(&mut GrantFile)) -> Setup {
    let mut grant = GrantFile::inference(APPLICATION_ADDRESS, PROMPT);
    change(&mut grant);
    Setup { grant: Some(grant.to_text()), ..Setup::default() }
}

fn at_urls(grant_url: Option<&str>, file_url: Option<&str>) -> Setup {
    let [grant_url, file_url] = [grant_url, file_url].map(|url| url.map(str::to_owned));
    Setup { grant_url, file_url, ..Setup::default() }
}

#[tokio::test(start_paused = true)]
async fn faults_of_grant_and_file() {
    let text = |text: &str| Setup { grant: Some(text.to_owned()), ..Setup::default() };
    let file = |content: Vec<u8>| Setup { file: Some(content), ..Setup::default() };
    let format = |format| {
        grant(|grant| {
            grant.parameters.insert("response_format".to_owned(), format);
        })
    };
    let mut extra = GrantFile::inference(APPLICATION_ADDRESS, PROMPT).to_text();
    extra.insert_str(1, "\"extra\":1,");
    let mut bed = Bed::with(october());
    let password = derive_password(&bed.other).unwrap();
    let others = encrypt_file(&password, DATA.as_bytes(), S2kCount(0), 0, &mut bed.rng).unwrap();
    let lower = format!("{APPLICATION_ADDRESS:#x}");
    for (name, setup) in [
        ("grant URL 403", at_urls(Some("http://sandbox.localhost/objects/load/grant.json"), None)),
        ("grant not JSON", text("hello")),
        ("grant with an extra key", text(&extra)),
        ("grant grantee lower-case", grant(|grant| grant.grantee = lower)),
        ("grant expired", grant(|grant| grant.expires = Some(1_767_225_599))),
        ("grant operation unknown", grant(|grant| grant.operation = "foo".to_owned())),
        ("grant response_format type xml", format(json!({ "type": "xml" }))),
        ("permission without files", Setup { has_no_file: true, ..Setup::default() }),
        (
            "no key for this server",
            Setup { sealed_for: Some(Address::repeat_byte(7)), ..Setup::default() },
        ),
        ("file URL 403", at_urls(None, Some("http://sandbox.localhost/objects/load/data.json"))),
        ("file is not OpenPGP", file(b"hello".to_vec())),
        ("file password wrong", file(others)),
        ("ECIES key garbage", Setup { sealed: Some("ab".repeat(257)), ..Setup::default() }),
        ("file larger than 5 MiB", file(vec![0xc3; 6 * 1024 * 1024])),
    ] {
        let mut bed = Bed::with(october());
        let permitted = bed.permit(setup).await;
        is_recorded(name, &bed.operate(permitted.id).await, Some(&permitted));
    }
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_request() {
    use alloy_signer::SignerSync;
    let mut bed = Bed::with(october());
    let permitted = bed.permit(Setup::default()).await;
    let sign = |text: &str| {
        let signature = bed.application.sign_message_sync(text.as_bytes()).unwrap();
        format!("0x{}", hex::encode(signature.as_bytes()))
    };
    let body = |signature: &str, text: &str| {
        json!({ "app_signature": signature, "operation_request_json": text }).to_string()
    };
    let good = format!("{{\"permission_id\":{}}}", permitted.id);
    for (name, text) in [
        ("broken JSON text", "{\"permission_id\":"),
        ("no permission_id", "{\"foo\":1}"),
        ("extra key parameters", "{\"permission_id\":1,\"parameters\":{}}"),
        ("permission_id 0", "{\"permission_id\":0}"),
        ("permission_id as string", "{\"permission_id\":\"1\"}"),
        ("permission not on chain", "{\"permission_id\":42}"),
    ] {
        is_recorded(name, &bed.post_body(&body(&sign(text), text)).await, None);
    }
    is_recorded("body {}", &bed.post_body("{}").await, None);
    is_recorded("body not JSON", &bed.post_body("hello").await, None);
    is_recorded("signature too short", &bed.post_body(&body("0x1234", &good)).await, None);
    let by_other = swell_vana::server::sign_operation(permitted.id, &bed.other).unwrap();
    is_recorded("signed by another key", &bed.post_operation(&by_other).await, None);
    let identity = bed.get("/api/v1/identity").await;
    is_recorded("identity without address", &identity, None);
    let identity = bed.get("/api/v1/identity?address=0x1234").await;
    is_recorded("identity with a malformed address", &identity, None);
    let status = bed.get("/api/v1/operations/abc").await;
    is_recorded("status of an unknown operation", &status, None);
    let cancel = bed.send(Method::POST, "/api/v1/operations/abc/cancel", &[], "").await;
    is_recorded("cancel of an unknown operation", &cancel, None);
}

#[tokio::test(start_paused = true)]
async fn other_operations_are_called_by_their_name_and_the_time() {
    let mut bed = Bed::with(october());
    let agent = grant(|grant| grant.operation = "prompt_qwen_agent".to_owned());
    let permitted = bed.permit(agent).await;
    let ids = [bed.operate(permitted.id).await, bed.operate(permitted.id).await];
    let ids = ids.map(|answer| answer.operation_id());
    assert_eq!(ids, ["prompt_qwen_agent_1767225600000", "prompt_qwen_agent_1767225600001"]);
    pass(10).await;
    for id in ids {
        assert_eq!(
            bed.get(&format!("/api/v1/operations/{id}")).await.json()["status"],
            "succeeded"
        );
    }
}
