//! `GET identity`.

use http::StatusCode;
use serde_json::Value;
use swell_vana::server::ServerGeneration;

use super::recorded;
use crate::tests::bed::{Bed, config};
use crate::{Profile, SandboxConfig};

#[tokio::test(start_paused = true)]
async fn identities_are_those_recorded() {
    let bed = Bed::new();
    let recorded: Value = serde_json::from_str(include_str!(
        "../../../../swell-vana/vectors/11-personal-server.json"
    ))
    .unwrap();
    for item in recorded["identity"].as_array().unwrap() {
        let address = item["user_address"].as_str().unwrap();
        let answer = bed.get(&format!("/api/v1/identity?address={address}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json(), item["identity_response"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_or_malformed_address_is_refused_as_recorded() {
    let september = Bed::new();
    let october =
        Bed::with(SandboxConfig { generation: ServerGeneration::October, ..config(Profile::Fast) });
    for (name, query) in
        [("identity without address", ""), ("identity with a malformed address", "?address=0x1234")]
    {
        let path = format!("/api/v1/identity{query}");
        let answer = september.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.json()), recorded::september(name));
        let answer = october.get(&path).await;
        assert_eq!((answer.status.as_u16(), answer.json()), recorded::october(name));
    }
}
