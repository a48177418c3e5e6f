//! Answers of storage providers, and what the one that Swell is itself is asked for.

use bytes::Bytes;
use http::{Response, StatusCode};
use swell_journeys::storage::fuzzing;

/// What S3 refuses with, in XML.
pub fn s3_answer(data: &[u8]) {
    if let Some(response) = response(data) {
        fuzzing::s3_answer(&response);
    }
}

/// What Google's store and its token service answer.
pub fn gcs_answer(data: &[u8]) {
    if let Some(response) = response(data) {
        fuzzing::gcs_answer(&response);
    }
}

/// What Pinata answers. The search may find other names than the one it was asked for.
pub fn pinata_answer(data: &[u8]) {
    fuzzing::pinata_answer(data, "swell/a/0-file");
}

/// The name of a file that somebody asks a local folder for.
pub fn local_file(data: &[u8]) {
    if let Ok(name) = std::str::from_utf8(data) {
        fuzzing::local_file(name);
    }
}

/// A status of two octets, and the rest.
fn response(data: &[u8]) -> Option<Response<Bytes>> {
    let (status, body) = data.split_first_chunk::<2>()?;
    let status = StatusCode::from_u16(200 + u16::from_be_bytes(*status) % 400).ok()?;
    let mut response = Response::new(Bytes::copy_from_slice(body));
    *response.status_mut() = status;
    Some(response)
}
