//! What a target file may say about storage.

use swell_core::target::{SafeUrl, SecretRef, StorageTarget};

use super::target_file::{has_scheme, is_variable_name, on_chain};

/// Refuses names that are none, URLs that are none, and credentials in place of references.
pub(super) fn check(storage: &StorageTarget, found: &mut Vec<String>) {
    let mut url = |name: &str, url: &SafeUrl| {
        if !has_scheme(url, ["http", "https"]) {
            found.push(format!(
                "storage.{name} is `{url}`; expected a URL that begins with http:// or https:// \
                 and names a host"
            ));
        }
    };
    match storage {
        StorageTarget::Sandbox { url: base } => url("url", base),
        StorageTarget::Local(local) => url("url", &local.url),
        StorageTarget::Gcs(gcs) => gcs.url.iter().for_each(|base| url("url", base)),
        StorageTarget::Pinata(pinata) => pinata.url.iter().for_each(|base| url("url", base)),
        StorageTarget::S3(s3) => s3.endpoint.iter().for_each(|base| url("endpoint", base)),
    }
    // Objects' URLs begin with these; Pinata's is asked, and never written down.
    let published = match storage {
        StorageTarget::Sandbox { url } => Some(("storage.url", url)),
        StorageTarget::Local(local) => Some(("storage.url", &local.url)),
        StorageTarget::Gcs(gcs) => gcs.url.as_ref().map(|url| ("storage.url", url)),
        StorageTarget::S3(s3) => s3.endpoint.as_ref().map(|url| ("storage.endpoint", url)),
        StorageTarget::Pinata(_) => None,
    };
    found.extend(published.and_then(|(name, url)| on_chain(name, url)));
    match storage {
        StorageTarget::Gcs(gcs) => {
            check_bucket(&gcs.bucket, found);
            check_prefix(&gcs.prefix, found);
            check_secret("credentials", &gcs.credentials, found);
        }
        StorageTarget::S3(s3) => {
            check_bucket(&s3.bucket, found);
            check_prefix(&s3.prefix, found);
            if s3.region.is_empty() || !s3.region.chars().all(is_region_char) {
                found.push(
                    "storage.region is not the name of a region; expected one such as \
                     \"eu-central-1\", or \"auto\""
                        .into(),
                );
            }
            check_secret("access_key_id", &s3.access_key_id, found);
            check_secret("secret_access_key", &s3.secret_access_key, found);
            if let Some(token) = &s3.session_token {
                check_secret("session_token", token, found);
            }
        }
        StorageTarget::Pinata(pinata) => check_secret("jwt", &pinata.jwt, found),
        StorageTarget::Sandbox { .. } | StorageTarget::Local(_) => {}
    }
}

const fn is_region_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// Both providers' rules, as far as they are the same.
fn check_bucket(bucket: &str, found: &mut Vec<String>) {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if bucket.len() < 3 || bucket.len() > 222 || !bucket.chars().all(is_part) {
        found.push(
            "storage.bucket is not the name of a bucket; expected 3 to 222 lower-case letters, \
             digits, dashes, underscores and dots"
                .into(),
        );
    }
}

/// A name is a prefix and some 60 characters more, of at most 1024 octets.
fn check_prefix(prefix: &str, found: &mut Vec<String>) {
    const OCTETS_MAX: usize = 900;
    let is_part = |c: char| !c.is_control() && !matches!(c, '?' | '#' | '\\');
    let is_whole = !prefix.split('/').any(|part| part == ".." || part == ".");
    if prefix.len() > OCTETS_MAX || !prefix.chars().all(is_part) || !is_whole {
        found.push(format!(
            "storage.prefix is not the beginning of a name; expected at most {OCTETS_MAX} octets \
             without ?, #, \\ and parts that are dots only"
        ));
    }
}

fn check_secret(name: &str, reference: &SecretRef, found: &mut Vec<String>) {
    let (key, variable) = match reference {
        SecretRef::Env(variable) => ("env", variable),
        SecretRef::EnvFile(place) => ("env-file.variable", &place.variable),
        SecretRef::File(_) => return,
    };
    if !is_variable_name(variable) {
        found.push(format!(
            "storage.{name}.{key} is not the name of a variable; expected capitals, digits and _, \
             never the credential itself"
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn problems(storage: Value) -> Vec<String> {
        let mut found = Vec::new();
        check(&serde_json::from_value(storage).unwrap(), &mut found);
        found
    }

    #[test]
    fn storage_that_can_be_used_is_not_complained_of() {
        for good in [
            json!({"kind": "gcs", "bucket": "a-bucket", "credentials": {"file": "x"}}),
            json!({"kind": "s3", "bucket": "a-bucket", "region": "auto", "prefix": "",
                   "access_key_id": {"env": "ID"}, "secret_access_key": {"env": "SECRET"}}),
            json!({"kind": "pinata", "jwt": {"env": "PINATA_JWT"}}),
            json!({"kind": "local", "folder": "f", "listen": "[::]:1", "url": "https://h/p"}),
        ] {
            assert_eq!(problems(good), Vec::<String>::new());
        }
    }

    #[test]
    fn a_url_that_goes_on_the_chain_holds_no_credential() {
        let gcs = |url: &str| {
            problems(json!({"kind": "gcs", "bucket": "a-bucket", "url": url,
                            "credentials": {"file": "x"}}))
        };
        let local = |url: &str| {
            problems(json!({"kind": "local", "folder": "f", "listen": "[::]:1", "url": url}))
        };
        for bad in ["https://me:hunter2@h/p", "https://hunter2@h", "https://h/p?key=hunter2"] {
            for found in [gcs(bad), local(bad)] {
                let [sentence] = &found[..] else { panic!("{found:?}") };
                assert!(sentence.starts_with("storage.url is written on the chain"), "{sentence}");
                assert!(!sentence.contains("hunter2"), "{sentence}");
            }
        }
    }

    #[test]
    fn each_fault_is_one_sentence_that_quotes_no_credential() {
        let bad = json!({"kind": "s3", "bucket": "No Bucket", "region": "Nowhere!",
            "endpoint": "ftp://h", "prefix": "a/../b",
            "access_key_id": {"env": "AKIAhunter2"}, "secret_access_key": {"env": "hunter2"}});
        let found = problems(bad);
        let begins = ["endpoint", "bucket", "prefix", "region", "access_key_id", "secret_access"];
        assert_eq!(found.len(), begins.len(), "{found:?}");
        for (sentence, name) in found.iter().zip(begins) {
            assert!(sentence.starts_with(&format!("storage.{name}")), "{sentence}");
            assert!(sentence.contains("expected") && !sentence.contains("hunter2"), "{sentence}");
        }
    }
}
