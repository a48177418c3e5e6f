//! The store that all users of a run share, and what became of their uploads.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use swell_core::journey::FailureClass;
use swell_core::report::StorageRow;
use swell_core::stats::UploadStats;
use swell_core::target::SafeUrl;
use swell_core::time::RunOffset;
use swell_engine::StepError;
use swell_net::CallOptions;
use swell_net::clock::RunClock;
use swell_net::compute::Compute;

use super::object::{Object, below};
use super::{
    GcsStore, LocalStore, ObjectKind, PinataStore, S3Store, SandboxStore, UploadBook, UploadNote,
};

/// Whose store it is.
#[derive(Clone, Debug)]
pub enum Provider {
    /// The sandbox's.
    Sandbox(SandboxStore),
    /// Google Cloud Storage.
    Gcs(GcsStore),
    /// Amazon S3, or what speaks its protocol.
    S3(S3Store),
    /// IPFS, through Pinata.
    Pinata(PinataStore),
    /// A folder that Swell serves itself.
    Local(LocalStore),
}

/// What one user uploads.
#[derive(Clone, Debug)]
pub struct Upload<'a> {
    /// Which of its objects.
    pub kind: ObjectKind,
    /// The user's position in the run.
    pub seq: u64,
    /// The content.
    pub content: Bytes,
    /// When it must be there.
    pub deadline: RunOffset,
    /// Where URLs and tokens are signed.
    pub compute: &'a Compute,
}

/// What became of an object that was to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is deleted.
    Deleted,
    /// It was not there (any more).
    Gone,
}

/// A store of objects, as the users of one run see it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage {
    shared: Arc<Shared>,
    /// What names of objects tell runs apart by.
    run: Arc<str>,
    book: Option<UploadBook>,
}

#[derive(Debug)]
struct Shared {
    provider: Provider,
    clock: RunClock,
    stats: Mutex<UploadStats>,
}

impl Provider {
    /// The word that reports and lists of uploads use.
    #[must_use]
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Sandbox(_) => "sandbox",
            Self::Gcs(_) => "gcs",
            Self::S3(_) => "s3",
            Self::Pinata(_) => "pinata",
            Self::Local(_) => "local",
        }
    }

    /// The bucket, or what is one.
    pub(super) fn bucket(&self) -> &str {
        match self {
            Self::Sandbox(_) | Self::Pinata(_) => "",
            Self::Gcs(store) => store.bucket(),
            Self::S3(store) => store.bucket(),
            Self::Local(store) => store.folder(),
        }
    }

    fn prefix(&self) -> &str {
        match self {
            Self::Sandbox(_) | Self::Pinata(_) | Self::Local(_) => "",
            Self::Gcs(store) => store.prefix(),
            Self::S3(store) => store.prefix(),
        }
    }

    pub(super) async fn upload(
        &self,
        object: &Object<'_>,
        options: CallOptions,
        compute: &Compute,
    ) -> Result<String, StepError> {
        match self {
            Self::Sandbox(store) => store.upload(object, options).await,
            Self::Gcs(store) => store.upload(object, options, compute).await,
            Self::S3(store) => store.upload(object, options).await,
            Self::Pinata(store) => store.upload(object, options).await,
            Self::Local(store) => store.upload(object).await,
        }
    }
}

impl Storage {
    /// The store of `provider`, of no run yet.
    #[must_use]
    pub fn new(provider: Provider, clock: RunClock) -> Self {
        let shared = Shared { provider, clock, stats: Mutex::default() };
        Self { shared: Arc::new(shared), run: "".into(), book: None }
    }

    /// The same store for the users of `run`, whose uploads are noted in `book`.
    #[must_use]
    pub fn for_run(&self, run: &str, book: Option<UploadBook>) -> Self {
        Self { shared: Arc::clone(&self.shared), run: run.into(), book }
    }

    /// Whose store it is.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.shared.provider
    }

    /// Where objects go, in words.
    #[must_use]
    pub fn place(&self) -> String {
        let bucket = self.provider().bucket();
        match self.provider() {
            Provider::Sandbox(_) => "the sandbox's store".into(),
            Provider::Gcs(_) => format!("the bucket {bucket} of Google Cloud Storage"),
            Provider::S3(_) => format!("the bucket {bucket} of S3"),
            Provider::Pinata(_) => "Pinata".into(),
            Provider::Local(_) => format!("the folder {bucket}"),
        }
    }

    /// Where its service is; shown without credentials. `None` for a folder of this machine.
    #[must_use]
    pub fn url(&self) -> Option<&SafeUrl> {
        Some(match self.provider() {
            Provider::Sandbox(store) => store.endpoint().url(),
            Provider::Gcs(store) => store.endpoint().url(),
            Provider::S3(store) => store.endpoint().url(),
            Provider::Pinata(store) => store.endpoint().url(),
            Provider::Local(_) => return None,
        })
    }

    /// Whether what is uploaded stays until somebody deletes it. The sandbox forgets by itself.
    #[must_use]
    pub fn keeps(&self) -> bool {
        !matches!(self.provider(), Provider::Sandbox(_))
    }

    /// The clock it lives by.
    pub(super) fn clock(&self) -> &RunClock {
        &self.shared.clock
    }

    /// The whole name of an object.
    pub(super) fn name(&self, kind: ObjectKind, seq: u64) -> String {
        below(self.provider().prefix(), &kind.file_name(&self.run, seq))
    }

    /// Uploads one object and returns the URL under which the personal server can fetch it. Its
    /// name is noted on disk before anything is sent.
    ///
    /// # Errors
    /// The class of the store's answer, or of its absence.
    pub async fn upload(&self, upload: Upload<'_>) -> Result<String, StepError> {
        let Upload { kind, seq, content, deadline, compute } = upload;
        let name = self.name(kind, seq);
        let size = content.len() as u64;
        if let Some(book) = &self.book {
            let (provider, bucket) = (self.provider().label(), self.provider().bucket());
            let note = UploadNote {
                provider: provider.to_owned(),
                bucket: bucket.to_owned(),
                object: name.clone(),
                size,
            };
            book.note(&note).await?;
        }
        let mut measured = Measured::begin(&self.shared, deadline);
        let object = Object { name: &name, content_type: kind.content_type(), content };
        // The name is the user's own: writing it twice writes the same object.
        let options = CallOptions::idempotent().by(deadline).limit_scope("upload");
        let result = self.provider().upload(&object, options, compute).await;
        measured.end(&result, size);
        result
    }

    /// Deletes what `note` tells of.
    ///
    /// # Errors
    /// The class of the store's answer, or of its absence; class `internal` when the object is
    /// another provider's.
    pub async fn delete(
        &self,
        note: &UploadNote,
        compute: &Compute,
    ) -> Result<Deletion, StepError> {
        let ours = self.provider().label();
        if note.provider != ours {
            let words =
                format!("it lies with {}, and the target's storage is {ours}", note.provider);
            return Err(StepError::new(FailureClass::Internal, words));
        }
        let options = CallOptions::idempotent().limit_scope("delete");
        match self.provider() {
            // It forgets by itself, and nothing of it is ever noted.
            Provider::Sandbox(_) => Ok(Deletion::Gone),
            Provider::Gcs(store) => {
                store.delete(&note.bucket, &note.object, options, compute).await
            }
            Provider::S3(store) => store.delete(&note.bucket, &note.object, options).await,
            Provider::Pinata(store) => store.delete(&note.object, options).await,
            Provider::Local(store) => store.delete(&note.bucket, &note.object).await,
        }
    }

    /// What was uploaded so far, one row a provider.
    #[must_use]
    pub fn rows(&self) -> Vec<StorageRow> {
        self.shared.stats().row(self.provider().label()).into_iter().collect()
    }
}

impl Shared {
    fn stats(&self) -> std::sync::MutexGuard<'_, UploadStats> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An upload that is under way. One that its user gives up counts too.
struct Measured<'a> {
    shared: &'a Shared,
    began: RunOffset,
    deadline: RunOffset,
    has_ended: bool,
}

impl<'a> Measured<'a> {
    fn begin(shared: &'a Shared, deadline: RunOffset) -> Self {
        Self { shared, began: shared.clock.now(), deadline, has_ended: false }
    }

    fn end(&mut self, result: &Result<String, StepError>, size: u64) {
        self.has_ended = true;
        let time = self.shared.clock.now().saturating_since(self.began);
        let mut stats = self.shared.stats();
        match result {
            Ok(url) => stats.succeed(time, size, url.chars().count() as u64),
            Err(error) => stats.fail(time, error.class),
        }
    }
}

impl Drop for Measured<'_> {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let now = self.shared.clock.now();
        let class =
            if now >= self.deadline { FailureClass::Timeout } else { FailureClass::Stopped };
        self.shared.stats().fail(now.saturating_since(self.began), class);
    }
}
