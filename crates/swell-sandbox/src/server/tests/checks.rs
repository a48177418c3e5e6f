//! Every check has a request that fails it, and only it.

use alloy_primitives::{Address, Bytes};
use serde_json::json;
use swell_vana::encryption::{S2kCount, derive_password, encrypt_file};
use swell_vana::grant::GrantFile;
use swell_vana::server::{CreateOperation, ServerGeneration, sign_operation};

use super::recorded::{self, normalised};
use crate::keys::APPLICATION_ADDRESS;
use crate::tests::bed::{Answer, Bed, DATA, PROMPT, Permitted, Setup, config};
use crate::{Grantees, Profile, SandboxConfig, contracts};

/// A contract that fails whatever is asked: what an RPC that does not answer looks like.
const BROKEN: Bytes = Bytes::from_static(&[0xfe]);

/// Asks for the operation of a permission set up as `setup` says.
async fn with_setup(config: SandboxConfig, setup: impl FnOnce(&mut Bed) -> Setup) -> Outcome {
    let mut bed = Bed::with(config);
    let setup = setup(&mut bed);
    let permitted = bed.permit(setup).await;
    let answer = bed.operate(permitted.id).await;
    Outcome { answer, permitted }
}

/// Asks for the operation of a faultless permission, in the given way.
async fn with_body(config: SandboxConfig, body: impl FnOnce(&Bed) -> String) -> Answer {
    let mut bed = Bed::with(config);
    bed.permit(Setup::default()).await;
    let body = body(&bed);
    bed.post_body(&body).await
}

/// A body whose text is `text`, signed as sent.
fn signed(bed: &Bed, text: &str) -> String {
    body(&signature(&bed.application, text), text)
}

fn body(signature: &str, text: &str) -> String {
    json!({ "app_signature": signature, "operation_request_json": text }).to_string()
}

fn signature(signer: &alloy_signer_local::PrivateKeySigner, text: &str) -> String {
    use alloy_signer::SignerSync;
    let signature = signer.sign_message_sync(text.as_bytes()).unwrap();
    format!("0x{}", hex::encode(signature.as_bytes()))
}

fn september() -> SandboxConfig {
    config(Profile::Fast)
}

fn october() -> SandboxConfig {
    SandboxConfig { generation: ServerGeneration::October, ..september() }
}

fn grant_with(change: impl FnOnce(&mut GrantFile)) -> Setup {
    let mut grant = GrantFile::inference(APPLICATION_ADDRESS, PROMPT);
    change(&mut grant);
    Setup { grant: Some(grant.to_text()), ..Setup::default() }
}

fn file(content: Vec<u8>) -> Setup {
    Setup { file: Some(content), ..Setup::default() }
}

struct Outcome {
    answer: Answer,
    permitted: Permitted,
}

impl Outcome {
    /// That the answer is what September's server was recorded to give.
    fn is_recorded(&self, name: &str, status: u16, code: &str) {
        let urls = [self.permitted.grant_url.as_str(), self.permitted.file_url.as_str()];
        is_recorded(&self.answer, &urls, name, status, code);
    }

    fn is(&self, status: u16, code: &str) {
        assert_eq!(self.answer.refusal(), (status, code.to_owned()), "{}", self.answer.text());
    }
}

fn is_recorded(answer: &Answer, urls: &[&str], name: &str, status: u16, code: &str) {
    assert_eq!(answer.refusal(), (status, code.to_owned()), "{name}: {}", answer.text());
    let found = (answer.status.as_u16(), normalised(answer.text(), urls));
    assert_eq!(found, recorded::september(name), "{name}");
}

#[tokio::test(start_paused = true)]
async fn a_faultless_request_is_accepted_by_both_generations() {
    for config in [september(), october()] {
        let outcome = with_setup(config, |_| Setup::default()).await;
        assert_eq!(outcome.answer.status.as_u16(), 202, "{}", outcome.answer.text());
        assert_eq!(outcome.answer.json()["kind"], "OperationCreated");
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_must_have_the_right_shape() {
    for (name, sent) in [("body {}", "{}"), ("body not JSON", "hello")] {
        let answer = with_body(september(), |_| sent.to_owned()).await;
        is_recorded(&answer, &[], name, 422, "");
    }
    let mut bed = Bed::new();
    let permitted = bed.permit(Setup::default()).await;
    let request = sign_operation(permitted.id, &bed.application).unwrap();
    let headers = [("content-type", "text/plain")];
    let sent = serde_json::to_string(&request).unwrap();
    let answer = bed.send(http::Method::POST, "/api/v1/operations", &headers, sent).await;
    assert_eq!(answer.refusal().0, 422);
    assert_eq!(answer.json()["detail"][0]["type"], "model_attributes_type");
}

#[tokio::test(start_paused = true)]
async fn the_text_must_name_a_permission_and_nothing_else() {
    const REQUEST: &str = "VALIDATION_ERROR_OPERATION_REQUEST_JSON";
    const PERMISSION: &str = "VALIDATION_ERROR_PERMISSION_ID";
    for (name, text, status, code) in [
        ("broken JSON text", "{\"permission_id\":", 400, REQUEST),
        ("no permission_id", "{\"foo\":1}", 400, REQUEST),
        ("extra key parameters", "{\"permission_id\":1,\"parameters\":{}}", 400, REQUEST),
        ("permission_id 0", "{\"permission_id\":0}", 400, PERMISSION),
        ("permission_id as string", "{\"permission_id\":\"1\"}", 500, "INTERNAL_SERVER_ERROR"),
    ] {
        let answer = with_body(september(), |bed| signed(bed, text)).await;
        is_recorded(&answer, &[], name, status, code);
    }
    for name in ["broken JSON text", "no permission_id"] {
        assert_eq!(recorded::october(name).0, 422);
    }
    let answer = with_body(october(), |bed| signed(bed, "{\"foo\":1}")).await;
    assert_eq!(answer.json()["detail"][0]["type"], "value_error");
}

#[tokio::test(start_paused = true)]
async fn the_signature_must_recover() {
    let text = "{\"permission_id\":1}";
    let answer = with_body(september(), |_| body("0x1234", text)).await;
    is_recorded(&answer, &[], "signature too short", 401, "AUTHENTICATION_ERROR");
    let answer = with_body(october(), |_| body("0x1234", text)).await;
    let found = (answer.status.as_u16(), answer.json());
    assert_eq!(found, recorded::october("signature too short"));
    let unprefixed = |bed: &Bed| body(&signature(&bed.application, text)[2..], text);
    assert_eq!(with_body(september(), unprefixed).await.status.as_u16(), 202);
    assert_eq!(with_body(october(), unprefixed).await.status.as_u16(), 422);
}

#[tokio::test(start_paused = true)]
async fn the_permission_must_be_readable() {
    let mut bed = Bed::new();
    let permitted = bed.permit(Setup::default()).await;
    bed.sandbox.chain().write(|chain| chain.set_code(contracts::PERMISSIONS, BROKEN));
    let answer = bed.operate(permitted.id).await;
    is_recorded(&answer, &[], "chain RPC unreachable", 404, "NOT_FOUND_ERROR");
}

#[tokio::test(start_paused = true)]
async fn the_permission_must_have_files() {
    let setup = Setup { has_no_file: true, ..Setup::default() };
    let outcome = with_setup(september(), |_| setup).await;
    outcome.is_recorded("permission without files", 400, "VALIDATION_ERROR");
    let answer = with_body(september(), |bed| signed(bed, "{\"permission_id\":42}")).await;
    is_recorded(&answer, &[], "permission not on chain", 400, "VALIDATION_ERROR");
}

#[tokio::test(start_paused = true)]
async fn the_grantee_must_be_readable() {
    for grantees in [Grantees::Modern, Grantees::Legacy] {
        let mut bed = Bed::with(SandboxConfig { grantees, ..september() });
        let permitted = bed.permit(Setup::default()).await;
        assert_eq!(bed.operate(permitted.id).await.status.as_u16(), 202);
        bed.sandbox.chain().write(|chain| chain.set_code(contracts::GRANTEES, BROKEN));
        let answer = bed.operate(permitted.id).await;
        assert_eq!(answer.refusal(), (404, "NOT_FOUND_ERROR".to_owned()));
        assert_eq!(answer.json()["detail"]["detail"], "Grantee '1' not found");
    }
}

#[tokio::test(start_paused = true)]
async fn the_signer_must_be_the_grantee() {
    let text = "{\"permission_id\":1}";
    let answer = with_body(september(), |bed| body(&signature(&bed.other, text), text)).await;
    is_recorded(&answer, &[], "signed by another key", 401, "AUTHENTICATION_ERROR");
    let spaced = "{\"permission_id\": 1}";
    let answer =
        with_body(september(), |bed| body(&signature(&bed.application, text), spaced)).await;
    assert_eq!(answer.refusal(), (401, "AUTHENTICATION_ERROR".to_owned()));
    let answer = with_body(september(), |bed| signed(bed, spaced)).await;
    assert_eq!(answer.status.as_u16(), 202);
}

#[tokio::test(start_paused = true)]
async fn the_grant_file_must_be_there_and_hold_json() {
    const CODE: &str = "FILE_ACCESS_ERROR";
    let at = |url: &str| Setup { grant_url: Some(url.to_owned()), ..Setup::default() };
    let unsigned = at("http://sandbox.localhost/objects/load/grant.json");
    with_setup(september(), |_| unsigned).await.is_recorded("grant URL 403", 500, CODE);
    with_setup(september(), |_| at("https://elsewhere.example/grant.json")).await.is(500, CODE);
    with_setup(september(), |_| at("ipfs://QmHash")).await.is(500, CODE);
    let text = |text: &str| Setup { grant: Some(text.to_owned()), ..Setup::default() };
    let not_json = with_setup(september(), |_| text("hello")).await;
    not_json.is_recorded("grant not JSON", 500, CODE);
    with_setup(september(), |_| text("{}")).await.is(500, CODE);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_grant_or_file_is_not_found() {
    // Small, so that a store that is full forgets one object at a time.
    let filler = vec![0; 50];
    for (forgotten, name) in [("grant", "grant URL 404"), ("data", "file URL 404")] {
        let mut config = september();
        config.store_limits.total_octets_max = 600;
        let mut bed = Bed::with(config);
        let grant = GrantFile::inference(APPLICATION_ADDRESS, PROMPT).to_text();
        let permitted = bed.permit(Setup::default()).await;
        if forgotten == "data" {
            // The grant is stored once more, under its name: it is the younger one now.
            bed.put("load/grant.json", "application/json", grant.into_bytes()).await;
        }
        while is_held(&bed, &permitted, forgotten).await {
            let name = format!("filler{}", bed.sandbox.store().stored());
            bed.put(&name, "text/plain", filler.clone()).await;
        }
        let answer = bed.operate(permitted.id).await;
        let urls = [permitted.grant_url.as_str(), permitted.file_url.as_str()];
        is_recorded(&answer, &urls, name, 500, "FILE_ACCESS_ERROR");
    }
}

async fn is_held(bed: &Bed, permitted: &Permitted, what: &str) -> bool {
    let url = if what == "grant" { &permitted.grant_url } else { &permitted.file_url };
    bed.get_url(url).await.status.as_u16() == 200
}

#[tokio::test(start_paused = true)]
async fn the_grant_must_be_valid() {
    const CODE: &str = "GRANT_VALIDATION_ERROR";
    let with_grant = |setup: Setup| with_setup(september(), move |_| setup);
    let mut extra =
        serde_json::to_value(GrantFile::inference(APPLICATION_ADDRESS, PROMPT)).unwrap();
    extra["extra"] = 1.into();
    let extra = Setup { grant: Some(extra.to_string()), ..Setup::default() };
    with_grant(extra).await.is_recorded("grant with an extra key", 400, CODE);
    let lower = grant_with(|grant| grant.grantee = format!("{APPLICATION_ADDRESS:#x}"));
    with_grant(lower).await.is_recorded("grant grantee lower-case", 400, CODE);
    let expired = grant_with(|grant| grant.expires = Some(1_767_225_599));
    with_grant(expired).await.is_recorded("grant expired", 400, CODE);
    let endless = grant_with(|grant| grant.expires = Some(0));
    assert_eq!(with_grant(endless).await.answer.status.as_u16(), 202);
    let unknown = grant_with(|grant| grant.operation = "foo".to_owned());
    with_grant(unknown.clone()).await.is_recorded("grant operation unknown", 400, CODE);
    let answer = with_setup(october(), |_| unknown).await.answer;
    let found = (answer.status.as_u16(), answer.json());
    assert_eq!(found, recorded::october("grant operation unknown"));
}

#[tokio::test(start_paused = true)]
async fn the_response_format_must_be_one_of_two() {
    let format = |value| {
        grant_with(|grant| {
            grant.parameters.insert("response_format".to_owned(), value);
        })
    };
    let outcome = with_setup(september(), |_| format(json!({ "type": "xml" }))).await;
    outcome.is_recorded("grant response_format type xml", 400, "VALIDATION_ERROR");
    with_setup(september(), |_| format(json!("json_object"))).await.is(400, "VALIDATION_ERROR");
    let text = with_setup(september(), |_| format(json!({ "type": "text" }))).await;
    assert_eq!(text.answer.status.as_u16(), 202);
}

#[tokio::test(start_paused = true)]
async fn the_file_and_its_key_for_this_server_must_be_on_the_chain() {
    let stranger = Setup { sealed_for: Some(Address::repeat_byte(7)), ..Setup::default() };
    let outcome = with_setup(september(), |_| stranger).await;
    outcome.is_recorded("no key for this server", 404, "NOT_FOUND_ERROR");
    let mut bed = Bed::new();
    let permitted = bed.permit(Setup::default()).await;
    bed.sandbox.chain().write(|chain| chain.set_code(contracts::REGISTRY, BROKEN));
    let answer = bed.operate(permitted.id).await;
    is_recorded(&answer, &[], "no key for this server", 404, "NOT_FOUND_ERROR");
}

#[tokio::test(start_paused = true)]
async fn the_file_must_be_downloadable_and_not_too_large() {
    let at = |url: &str| Setup { file_url: Some(url.to_owned()), ..Setup::default() };
    let unsigned = at("http://sandbox.localhost/objects/load/data.json");
    let outcome = with_setup(september(), |_| unsigned).await;
    outcome.is_recorded("file URL 403", 500, "FILE_ACCESS_ERROR");
    let elsewhere = with_setup(september(), |_| at("https://elsewhere.example/data")).await;
    elsewhere.is(500, "FILE_ACCESS_ERROR");
    let large = with_setup(september(), |_| file(vec![0xc3; 6 * 1024 * 1024])).await;
    large.is_recorded("file larger than 5 MiB", 500, "DECRYPTION_ERROR");
}

#[tokio::test(start_paused = true)]
async fn password_and_file_must_decrypt_to_text() {
    const CODE: &str = "DECRYPTION_ERROR";
    let garbage = Setup { sealed: Some("ab".repeat(257)), ..Setup::default() };
    with_setup(september(), |_| garbage).await.is_recorded("ECIES key garbage", 500, CODE);
    let not_pgp = with_setup(september(), |_| file(b"hello".to_vec())).await;
    not_pgp.is_recorded("file is not OpenPGP", 500, CODE);
    let others_password = |bed: &mut Bed| {
        let password = derive_password(&bed.other).unwrap();
        let data = DATA.as_bytes();
        file(encrypt_file(&password, data, S2kCount(0), 0, &mut bed.rng).unwrap())
    };
    let outcome = with_setup(september(), others_password).await;
    outcome.is_recorded("file password wrong", 500, CODE);
    let not_utf8 = |bed: &mut Bed| file(bed.encrypted(&[0xff, 0xfe]));
    with_setup(september(), not_utf8).await.is(500, CODE);
}

#[tokio::test(start_paused = true)]
async fn the_inference_must_have_room() {
    let config = SandboxConfig { operations_max: 0, ..september() };
    let outcome = with_setup(config, |_| Setup::default()).await;
    outcome.is_recorded("inference back end answers 429", 500, "COMPUTE_ERROR");
}

#[tokio::test(start_paused = true)]
async fn of_two_faults_the_one_checked_first_is_told() {
    let mut config = september();
    config.rate_limits.operations_per_hour = Some(0);
    let sent = |body: &str| {
        let body = body.to_owned();
        with_body(config.clone(), |_| body)
    };
    assert_eq!(sent("{}").await.refusal().0, 422);
    assert_eq!(sent(&body("0x1234", "{}")).await.refusal().1, "RATE_LIMIT_ERROR");
    let text_first = with_body(september(), |_| body("0x1234", "{}")).await;
    assert_eq!(text_first.refusal().1, "VALIDATION_ERROR_OPERATION_REQUEST_JSON");
    let files_first = |bed: &Bed| {
        let text = "{\"permission_id\":9}";
        body(&signature(&bed.other, text), text)
    };
    assert_eq!(with_body(september(), files_first).await.refusal().1, "VALIDATION_ERROR");

    let mut broken = grant_with(|grant| grant.operation = "foo".to_owned());
    broken.file = Some(b"hello".to_vec());
    broken.sealed_for = Some(Address::repeat_byte(7));
    let mut bed = Bed::new();
    let permitted = bed.permit(broken.clone()).await;
    let by_other: CreateOperation = sign_operation(permitted.id, &bed.other).unwrap();
    assert_eq!(bed.post_operation(&by_other).await.refusal().1, "AUTHENTICATION_ERROR");
    assert_eq!(bed.operate(permitted.id).await.refusal().1, "GRANT_VALIDATION_ERROR");
    broken.grant = None;
    let outcome = with_setup(september(), |_| broken.clone()).await;
    outcome.is(404, "NOT_FOUND_ERROR");
    broken.sealed_for = None;
    with_setup(september(), |_| broken).await.is(500, "DECRYPTION_ERROR");
}
