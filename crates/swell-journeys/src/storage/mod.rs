//! Where user data goes.
//!
//! A user uploads two objects, named after the run and its place in it, so that no two runs ever
//! write the same name. Every name is in the run's folder before anything is sent
//! ([`UploadBook`]), so that what a run uploaded can be deleted whatever became of the run.

mod book;
#[doc(hidden)]
pub mod fuzzing;
pub mod gcs;
mod list;
mod local;
mod moment;
mod multipart;
mod object;
mod pinata;
mod probe;
mod s3;
mod sandbox;
mod shared;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod xml;

pub use book::{UPLOADS_FILE, UPLOADS_FORMAT, UploadBook, UploadNote};
pub use gcs::{GcsStore, ServiceAccount, ServiceAccountError};
pub use list::{Listed, UploadList, UploadListError};
pub use local::LocalStore;
pub use object::ObjectKind;
pub use pinata::PinataStore;
pub use probe::{ProbeError, ProbeStage};
pub use s3::{S3Credentials, S3Error, S3Store};
pub use sandbox::SandboxStore;
pub use shared::{Deletion, Provider, Storage, Upload};
