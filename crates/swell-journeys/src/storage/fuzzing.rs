//! Ways in for fuzzing, and for nothing else: parsers that nobody outside calls by themselves.

use std::path::Path;

use swell_net::Response;

use super::object::ObjectKind;
use super::{gcs, pinata, xml};

/// Reads what S3 refuses with.
pub fn s3_answer(response: &Response) {
    let _refused = xml::refusal(response);
}

/// Reads what Google's store and its token service answer.
pub fn gcs_answer(response: &Response) {
    let _stored = gcs::stored_as(response.body());
    if let Ok((authorization, _life)) = gcs::granted(response.body()) {
        assert!(authorization.is_sensitive(), "a token is not shown");
    }
    let _refused = gcs::token_refusal(response);
}

/// Reads what Pinata answers; `name` is that of an object.
pub fn pinata_answer(answer: &[u8], name: &str) {
    for hash in pinata::pins(answer, name).into_iter().flatten().chain(pinata::pinned(answer)) {
        let path = format!("/pinning/unpin/{}", hash.trim_start_matches("ipfs://"));
        assert!(path.parse::<http::Uri>().is_ok(), "it can be part of a path");
    }
}

/// Reads the name of a file that somebody asks a local folder for.
pub fn local_file(name: &str) {
    if ObjectKind::of_file(name).is_some() {
        let folder = Path::new("/folder");
        let path = folder.join(name);
        assert_eq!(path.parent(), Some(folder), "it is in the folder");
        assert_eq!(path.file_name().and_then(|last| last.to_str()), Some(name), "by this name");
    }
}
