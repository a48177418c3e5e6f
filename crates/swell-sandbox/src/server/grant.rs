//! The grant file: fetched, read and checked.

use alloy_primitives::Address;
use serde_json::Value;
use swell_vana::grant::{GrantError, GrantFile};
use swell_vana::server::{ErrorCode, ServerGeneration};

use super::download::{DownloadError, Downloads};
use super::refusal::Refusal;

/// Fetches the grant file at `url`, as if by a plain GET.
pub(crate) async fn fetch(downloads: &Downloads, url: &str) -> Result<String, Refusal> {
    let refuse = |detail| Refusal::new(ErrorCode::FileAccess, detail);
    let trouble = |why: &str| refuse(format!("IPFS error retrieving grant file from {url}: {why}"));
    let content = downloads.get(url).await.map_err(|error| match error {
        DownloadError::NotFound => {
            refuse(format!("Grant file not found at {url}: Content not found at {url}"))
        }
        DownloadError::Denied => trouble(&format!(
            "HTTP error fetching {url}: 403 Client Error: Forbidden for url: {url}"
        )),
        DownloadError::Foreign => {
            trouble(&format!("HTTP error fetching {url}: the sandbox opens no connections"))
        }
        DownloadError::Status(status) => {
            trouble(&format!("HTTP error fetching {url}: status {status} for url: {url}"))
        }
        DownloadError::Lost(why) => trouble(&format!("HTTP error fetching {url}: {why}")),
    })?;
    let text = str::from_utf8(&content).map_err(|_| {
        trouble(&format!("Invalid JSON content from {url}: 'utf-8' codec can't decode it"))
    })?;
    Ok(text.to_owned())
}

/// Reads and checks the grant file.
pub(crate) fn check(
    text: &str,
    url: &str,
    grantee: Address,
    now_unix_s: u64,
    generation: ServerGeneration,
) -> Result<GrantFile, Refusal> {
    let grant = GrantFile::parse(text).map_err(|error| refusal(&error, url, None, generation))?;
    grant
        .check(grantee, now_unix_s, generation)
        .map_err(|error| refusal(&error, url, Some(&grant), generation))?;
    Ok(grant)
}

fn refusal(
    error: &GrantError,
    url: &str,
    grant: Option<&GrantFile>,
    generation: ServerGeneration,
) -> Refusal {
    let detail = match error {
        GrantError::NotJson(_) => format!(
            "IPFS error retrieving grant file from {url}: Invalid JSON content from {url}: \
             Expecting value: line 1 column 1 (char 0)"
        ),
        GrantError::Empty => {
            format!("IPFS error retrieving grant file from {url}: Empty content from {url}")
        }
        GrantError::ResponseFormat { .. } => {
            format!("Invalid response_format in grant file: {}", response_format_text(grant))
        }
        other => format!("Grant validation failed: {}", validation_text(other, generation)),
    };
    Refusal::new(error.code(), detail)
}

/// The real server's words, its bug in the case of a wrong shape included.
fn validation_text(error: &GrantError, generation: ServerGeneration) -> String {
    match error {
        GrantError::OtherGrantee { .. } => {
            "App address does not match the app address in the access permissions".to_owned()
        }
        GrantError::Expired { .. } => "Grant has expired".to_owned(),
        GrantError::Operation { found, expected } => match generation {
            ServerGeneration::September => "Only LLM inference is supported".to_owned(),
            ServerGeneration::October => format!(
                "Unsupported operation: {found}. Supported operations are: {}",
                expected.join(", ")
            ),
        },
        _ => "'NoneType' object has no attribute 'operation'".to_owned(),
    }
}

fn response_format_text(grant: Option<&GrantFile>) -> String {
    let format = grant.and_then(|grant| grant.parameters.get("response_format"));
    match format.and_then(|format| format.get("type")) {
        Some(Value::String(found)) => {
            format!("response_format.type must be one of ['text', 'json_object'], got '{found}'")
        }
        Some(found) => {
            format!("response_format.type must be one of ['text', 'json_object'], got {found}")
        }
        None => "response_format must be an object with a type".to_owned(),
    }
}
