//! The object store: upload, and download by signed URL.
//!
//! `PUT {base}/objects/{name}` answers 201 with the object's download URL, which ends in an expiry
//! and a signature. `GET` of that URL gives the object back until it expires or is forgotten.

mod objects;
mod routes;
mod signing;

#[cfg(test)]
mod tests;

pub use objects::{Object, ObjectStore, PutError, StoreLimits};
pub use routes::StoredObject;
pub(crate) use routes::routes;
pub use signing::FetchError;
