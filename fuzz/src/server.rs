//! Messages of a personal server, to it, and what it fetches.

use swell_vana::grant::GrantFile;
use swell_vana::relay::RelayAnswer;
use swell_vana::schema::DataSchema;
use swell_vana::server::{
    ApplicationAnswer, AskedOperation, CreateOperation, ErrorBody, Identity, OperationCreated,
    OperationStatus, PassedOn, PolledOperation, ServerGeneration, parse_identity_address,
    parse_operation_request, recover_app,
};

/// Who serves a user, and who is asked for.
pub fn identity(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        for generation in [ServerGeneration::September, ServerGeneration::October] {
            let _who = parse_identity_address(Some(text), generation);
        }
    }
    if let Ok(identity) = serde_json::from_slice::<Identity>(data) {
        let _keys = identity.personal_server.keys();
    }
}

/// How far an operation is.
pub fn operation_status(data: &[u8]) {
    let _status = serde_json::from_slice::<OperationStatus>(data);
    let _created = serde_json::from_slice::<OperationCreated>(data);
}

/// What a server refuses with.
pub fn server_error(data: &[u8]) {
    if let Ok(body) = serde_json::from_slice::<ErrorBody>(data) {
        let _said = (body.status(), body.message(), body.code().cloned(), body.wait());
    }
}

/// What the application server answers, and what it passes on.
pub fn application_answer(data: &[u8]) {
    let _asked = serde_json::from_slice::<ApplicationAnswer<AskedOperation>>(data);
    if let Ok(polled) = serde_json::from_slice::<ApplicationAnswer<PolledOperation>>(data) {
        let _result = polled.data.and_then(|polled| polled.result).map(|result| result.into_text());
        let _behind = polled.error.as_deref().map(PassedOn::of);
    }
}

/// What a relay answers.
pub fn relay_answer(data: &[u8]) {
    match RelayAnswer::parse(data) {
        Ok(RelayAnswer::Pending(id)) => {
            assert!(!id.is_empty() && !id.contains(char::is_control), "it can be asked under");
        }
        Ok(answer) => {
            let _is_ours = answer.refuses_what_was_signed();
        }
        Err(error) => {
            let _said = error.to_string();
        }
    }
}

/// What an application asks for.
pub fn operation_request(data: &[u8]) {
    for generation in [ServerGeneration::September, ServerGeneration::October] {
        if let Ok(request) = CreateOperation::parse(data, generation) {
            let text = &request.operation_request_json;
            let _permission = parse_operation_request(text);
            let _who = recover_app(text, &request.app_signature);
        }
    }
}

/// A grant, as a server fetches it.
pub fn grant_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(grant) = GrantFile::parse(text) {
        let _use = (grant.prompt().map(str::len), grant.wants_json(), grant.hash());
        assert!(GrantFile::parse(&grant.to_text()).is_ok(), "what is written can be read");
    }
}

/// A schema's definition, and data for it.
pub fn schema(data: &[u8]) {
    let middle = data.iter().position(|octet| *octet == 0).unwrap_or(data.len());
    let (definition, text) = data.split_at(middle);
    let Ok(schema) = DataSchema::compile(1, definition) else { return };
    if let Ok(text) = std::str::from_utf8(text.get(1..).unwrap_or_default()) {
        let _fault = schema.check(text);
    }
}
