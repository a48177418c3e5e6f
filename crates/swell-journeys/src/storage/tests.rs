//! Each provider against one that checks what it is sent, and the list of uploads.

mod book;
mod providers;

use std::time::Duration;

use swell_core::seed::Seed;
use swell_core::target::SafeUrl;
use swell_engine::StepError;
use swell_net::clock::RunClock;
use swell_net::compute::Compute;
use swell_net::{Endpoint, EndpointId, EndpointSettings, HttpService};

use super::{Deletion, ObjectKind, Provider, Storage, Upload, UploadNote};

const RUN: &str = "04hmasw9nf6yy044";

/// An endpoint at `base`, as a run has it.
pub(super) fn endpoint(
    name: &str,
    base: &str,
    service: &HttpService,
    clock: &RunClock,
) -> Endpoint {
    let (id, settings) = (EndpointId::new(name.to_owned()), EndpointSettings::default());
    let base = SafeUrl::new(base);
    Endpoint::new(id, &base, service.clone(), settings, clock.clone(), Seed(1)).unwrap()
}

/// A store with users.
pub(super) struct Bed {
    pub(super) storage: Storage,
    pub(super) compute: Compute,
    pub(super) clock: RunClock,
}

impl Bed {
    pub(super) fn new(provider: Provider, clock: &RunClock) -> Self {
        let storage = Storage::new(provider, clock.clone()).for_run(RUN, None);
        Self { storage, compute: Compute::inline(clock.clone()), clock: clock.clone() }
    }

    /// Uploads user `seq`'s data, with a minute's patience.
    pub(super) async fn upload(&self, seq: u64, content: &[u8]) -> Result<String, StepError> {
        let upload = Upload {
            kind: ObjectKind::Data,
            seq,
            content: content.to_vec().into(),
            deadline: self.clock.now() + Duration::from_secs(60),
            compute: &self.compute,
        };
        self.storage.upload(upload).await
    }

    pub(super) fn note(&self, object: &str) -> UploadNote {
        UploadNote {
            provider: self.storage.provider().label().into(),
            bucket: self.storage.provider().bucket().into(),
            object: object.into(),
            size: 1,
        }
    }

    pub(super) async fn delete(&self, note: &UploadNote) -> Result<Deletion, StepError> {
        self.storage.delete(note, &self.compute).await
    }
}
