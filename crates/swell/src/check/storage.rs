//! Whether the storage takes an object, gives it back, and lets it be deleted.

use std::num::NonZeroUsize;

use swell_core::journey::FailureClass;
use swell_core::target::SafeUrl;
use swell_engine::StepError;
use swell_journeys::storage::{ProbeError, ProbeStage, Provider, Storage};
use swell_net::compute::Compute;

use crate::config::Settings;
use crate::config::choice::JourneyKind;
use crate::connection::Connection;

/// Tries the storage with one tiny object, which is deleted again. Says what was done.
pub(super) async fn examine(
    connection: &Connection,
    settings: &Settings,
    errors: &mut Vec<String>,
) -> Vec<String> {
    let storage = &connection.storage;
    // The sandbox in this process needs no trial: nothing of it is out of reach.
    if settings.journey != JourneyKind::DataPortability || connection.is_embedded() {
        return Vec::new();
    }
    let one = NonZeroUsize::MIN;
    let probed = match Compute::threads(one, one) {
        Ok(compute) => storage.probe(&compute).await,
        Err(error) => {
            errors.push(format!("the storage could not be tried: {error}"));
            return Vec::new();
        }
    };
    match probed {
        Ok(url_chars) => {
            if let Some(chars) = url_chars {
                connection.measured_url_chars(chars);
            }
            let end = if storage.keeps() { "was deleted again" } else { "it will forget" };
            vec![format!("{} took a tiny object, which {end}", storage.place())]
        }
        Err(error) => {
            errors.push(sentence(storage, &error));
            Vec::new()
        }
    }
}

/// What went wrong, where, and what is expected.
fn sentence(storage: &Storage, ProbeError { stage, error }: &ProbeError) -> String {
    let place = storage.place();
    let asked = match (stage, storage.provider()) {
        (ProbeStage::Token, Provider::Gcs(store)) => Some(store.token_url()),
        _ => storage.url(),
    };
    let why = words(error, asked);
    match (stage, error.class, error.detail.status) {
        (ProbeStage::Token, FailureClass::Unauthorized, _) => format!(
            "the service account {} is refused a token ({why}); expected a key that is its own and \
             not deleted, and a clock that is right",
            account(storage)
        ),
        (ProbeStage::Token, ..) => {
            format!("no token could be had for the service account {}: {why}", account(storage))
        }
        (_, _, Some(401)) => {
            format!("{place} refuses the credentials ({why}); expected some that are valid now")
        }
        (_, FailureClass::Unauthorized, Some(400)) => format!(
            "the session's token that {place} was asked with has expired, or is none ({why}); expected \
             temporary credentials that are valid for the whole run"
        ),
        (ProbeStage::Upload, FailureClass::Unauthorized, _) => format!(
            "{place} may not be written to ({why}); expected credentials with the right to create \
             objects in it"
        ),
        (ProbeStage::Upload, FailureClass::NotFound, _) => {
            format!("{place} is not there ({why}); expected one that exists")
        }
        (ProbeStage::Upload, ..) => format!("{place} did not take a tiny object: {why}"),
        (ProbeStage::Fetch, ..) => format!(
            "{place} took a tiny object, which could not be fetched by its URL ({why}); the \
             personal server could not fetch the users' files either"
        ),
        (ProbeStage::Delete, FailureClass::Unauthorized, _) => format!(
            "{place} took a tiny object, which may not be deleted ({why}); expected credentials \
             with the right to delete, or `swell cleanup` will not be able to"
        ),
        (ProbeStage::Delete, ..) => {
            format!("{place} took a tiny object, which could not be deleted: {why}")
        }
    }
}

fn account(storage: &Storage) -> &str {
    match storage.provider() {
        Provider::Gcs(store) => store.account(),
        _ => "",
    }
}

/// The status, or what came instead of an answer, and from whom.
fn words(error: &StepError, asked: Option<&SafeUrl>) -> String {
    let said = error.detail.body.as_deref().unwrap_or_default();
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let said: String = said.chars().take(160).collect();
    match error.detail.status {
        Some(status) if said.is_empty() => format!("status {status}"),
        Some(status) => format!("status {status}: {said}"),
        // Whoever was not reached has to be named.
        None => asked.map_or_else(|| said.clone(), |url| format!("{url}: {said}")),
    }
}
