//! The schema that exists from genesis: what a user's short profile looks like.

use http::header;

/// Its name on the chain.
pub(crate) const NAME: &str = "Swell user profile";
/// Its dialect on the chain.
pub(crate) const DIALECT: &str = "json";
/// Where its definition is served.
pub(crate) const PATH: &str = "/schemas/1";

const DEFINITION: &str = include_str!("schema/definition.json");

/// The URL of its definition, as the chain knows it.
pub(crate) fn url(base_url: &str) -> String {
    format!("{base_url}{PATH}")
}

/// Serves its definition.
pub(crate) async fn definition() -> ([(header::HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], DEFINITION)
}
