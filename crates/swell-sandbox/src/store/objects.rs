//! The objects that are held, and for how long.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use swell_core::time::RunOffset;
use swell_net::clock::RunClock;
use swell_vana::crc32c::crc32c_text;

use super::routes::StoredObject;
use super::signing::{FetchError, SignedUrls, UrlSignature};
use crate::config::SandboxConfig;

/// The longest name of an object, in octets.
///
/// # Source
/// Google Cloud Storage's naming requirements.
const NAME_OCTETS_MAX: usize = 1024;

/// What the store takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Octets of one object.
    pub object_octets_max: usize,
    /// Octets of all objects held.
    pub total_octets_max: usize,
}

impl Default for StoreLimits {
    /// 16 MiB an object, 512 MiB in all.
    fn default() -> Self {
        Self { object_octets_max: 16 * 1024 * 1024, total_octets_max: 512 * 1024 * 1024 }
    }
}

/// A stored object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its media type, as it was uploaded.
    pub content_type: String,
    /// Its content.
    pub content: Bytes,
}

/// Why an object is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PutError {
    /// The name is empty, too long, or has control characters.
    #[error("the object's name must have 1 to {NAME_OCTETS_MAX} octets and no control characters")]
    Name,
    /// The object is too large.
    #[error("the object has {found} octets, expected at most {limit}")]
    TooLarge {
        /// Octets found.
        found: usize,
        /// Octets allowed.
        limit: usize,
    },
    /// Everything is to be kept, and there is no room left.
    #[error("the store is full: it keeps everything, and holds at most {limit} octets")]
    Full {
        /// Octets held at most.
        limit: usize,
    },
}

/// The object store. It forgets an object some time after its upload; beyond its total size, the
/// oldest first.
pub struct ObjectStore {
    urls: SignedUrls,
    limits: StoreLimits,
    /// How long an object is kept; `None` for ever.
    retention: Option<Duration>,
    clock: RunClock,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    objects: HashMap<String, HeldObject>,
    /// Uploads, the oldest first. An upload that has been replaced is no longer in `objects`.
    uploads: VecDeque<Upload>,
    total_octets: usize,
    stored: u64,
}

struct HeldObject {
    object: Object,
    upload: u64,
}

struct Upload {
    name: String,
    number: u64,
    at: RunOffset,
}

impl ObjectStore {
    /// An empty store.
    pub(crate) fn new(config: &SandboxConfig, clock: RunClock) -> Self {
        Self {
            urls: SignedUrls::new(config.seed, &config.base_url, config.url_chars),
            limits: config.store_limits,
            retention: config.retention(),
            clock,
            held: Mutex::default(),
        }
    }

    /// Stores `object` as `name`, in place of an older one of that name.
    ///
    /// # Errors
    /// [`PutError`] for a bad name, an object too large, or a store that is full and must keep
    /// everything.
    pub fn put(&self, name: &str, object: Object) -> Result<StoredObject, PutError> {
        self.check_put(name, &object)?;
        let size = object.content.len();
        let crc32c = crc32c_text(&object.content);
        let now = self.clock.now();
        let mut held = self.lock();
        held.forget_until(self.horizon(now));
        let replaced = held.objects.get(name).map_or(0, |old| old.object.content.len());
        if self.retention.is_none()
            && held.total_octets - replaced + size > self.limits.total_octets_max
        {
            return Err(PutError::Full { limit: self.limits.total_octets_max });
        }
        let is_forgetful = self.retention.is_some();
        held.insert(name, object, is_forgetful.then_some(now));
        held.shrink_to(self.limits.total_octets_max);
        drop(held);
        let url = self.urls.sign(name, self.clock.unix_now());
        Ok(StoredObject { name: name.to_owned(), size: size as u64, crc32c, url })
    }

    /// Gives the object behind a download URL, as if by an HTTP request.
    ///
    /// # Errors
    /// [`FetchError`] for a URL of elsewhere, a bad signature or an unknown object.
    pub fn fetch(&self, url: &str) -> Result<Object, FetchError> {
        let (name, claim) = self.urls.parse(url)?;
        self.get(&name, &claim)
    }

    /// How many objects were ever stored.
    #[must_use]
    pub fn stored(&self) -> u64 {
        self.lock().stored
    }

    /// How many objects are held now, and their octets.
    #[must_use]
    pub fn held(&self) -> (usize, usize) {
        let held = self.lock();
        (held.objects.len(), held.total_octets)
    }

    /// Forgets what is older than it may be.
    pub fn prune(&self) {
        let horizon = self.horizon(self.clock.now());
        self.lock().forget_until(horizon);
    }

    /// The largest object taken, in octets.
    pub(crate) const fn object_octets_max(&self) -> usize {
        self.limits.object_octets_max
    }

    pub(crate) fn get(&self, name: &str, claim: &UrlSignature) -> Result<Object, FetchError> {
        self.urls.check(name, claim, self.clock.unix_now())?;
        self.prune();
        let held = self.lock();
        held.objects.get(name).map(|held| held.object.clone()).ok_or(FetchError::NotFound)
    }

    fn check_put(&self, name: &str, object: &Object) -> Result<(), PutError> {
        if name.is_empty() || name.len() > NAME_OCTETS_MAX || name.chars().any(char::is_control) {
            return Err(PutError::Name);
        }
        let (found, limit) = (object.content.len(), self.limits.object_octets_max);
        if found > limit {
            return Err(PutError::TooLarge { found, limit });
        }
        Ok(())
    }

    /// Uploads until then are forgotten.
    fn horizon(&self, now: RunOffset) -> Option<RunOffset> {
        let age = self.retention?;
        now.since_start().checked_sub(age).map(RunOffset::new)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// `at` is `None` where nothing is ever forgotten, and the order of uploads is not needed.
    fn insert(&mut self, name: &str, object: Object, at: Option<RunOffset>) {
        let number = self.stored;
        self.stored += 1;
        self.total_octets += object.content.len();
        let held = HeldObject { object, upload: number };
        if let Some(old) = self.objects.insert(name.to_owned(), held) {
            self.total_octets -= old.object.content.len();
        }
        if let Some(at) = at {
            self.uploads.push_back(Upload { name: name.to_owned(), number, at });
        }
    }

    fn forget_until(&mut self, horizon: Option<RunOffset>) {
        let Some(horizon) = horizon else { return };
        while self.uploads.front().is_some_and(|upload| upload.at <= horizon) {
            self.forget_oldest();
        }
    }

    fn shrink_to(&mut self, octets: usize) {
        while self.total_octets > octets && self.uploads.len() > 1 {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(upload) = self.uploads.pop_front() else { return };
        let is_current =
            self.objects.get(&upload.name).is_some_and(|held| held.upload == upload.number);
        if is_current && let Some(old) = self.objects.remove(&upload.name) {
            self.total_octets -= old.object.content.len();
        }
    }
}
