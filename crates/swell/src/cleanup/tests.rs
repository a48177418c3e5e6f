//! Cleaning up against a store that checks what it is sent.

use swell_core::seed::Seed;
use swell_core::target::{S3Target, S3Urls, SafeUrl, SecretRef};
use swell_journeys::storage::testing::s3::{BUCKET, FakeS3, KEY_ID, REGION, SECRET};
use swell_journeys::storage::testing::{Trouble, in_process};
use swell_journeys::storage::{
    ObjectKind, Provider, S3Credentials, S3Store, UPLOADS_FORMAT, Upload, UploadBook,
};
use swell_net::{Endpoint, EndpointId, EndpointSettings};

use super::*;

const RUN: &str = "04hmasw9nf6yy044";

struct Bed {
    folder: PathBuf,
    fake: FakeS3,
    storage: Storage,
    compute: Compute,
    clock: RunClock,
}

impl Bed {
    /// A run that uploaded the data of `users` users.
    async fn new(name: &str, users: u64) -> Self {
        let folder =
            std::env::temp_dir().join(format!("swell-clean-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let clock = RunClock::real();
        let fake = FakeS3::new(clock.clone(), None);
        let unused = SecretRef::Env("UNUSED".into());
        let url = SafeUrl::new("http://s3.example");
        let target = S3Target {
            bucket: BUCKET.into(),
            region: REGION.into(),
            endpoint: Some(url.clone()),
            prefix: "p".into(),
            access_key_id: unused.clone(),
            secret_access_key: unused,
            session_token: None,
            urls: S3Urls::Presigned,
        };
        let credentials =
            S3Credentials { key_id: KEY_ID.into(), secret: SECRET.to_owned().into(), token: None };
        let endpoint = Endpoint::new(
            EndpointId::new("storage"),
            &url,
            in_process(fake.router()),
            EndpointSettings::default(),
            clock.clone(),
            Seed(1),
        );
        let store = S3Store::new(&target, endpoint.unwrap(), &credentials).unwrap();
        let storage = Storage::new(Provider::S3(store), clock.clone());
        let book = UploadBook::open(&folder).unwrap();
        let storage = storage.for_run(RUN, Some(book));
        let compute = Compute::inline(clock.clone());
        let bed = Self { folder, fake, storage, compute, clock };
        for seq in 0..users {
            bed.upload(seq).await;
        }
        bed
    }

    async fn upload(&self, seq: u64) {
        let upload = Upload {
            kind: ObjectKind::Data,
            seq,
            content: "data".into(),
            deadline: self.clock.now() + Duration::from_secs(60),
            compute: &self.compute,
        };
        self.storage.upload(upload).await.unwrap();
    }

    async fn clean(&self) -> Cleaned {
        let mut cleanup = Cleanup::open(RUN, &self.folder).unwrap();
        cleanup.work_off(&self.storage, &self.compute, &self.clock, |_, _| ()).await.unwrap()
    }

    fn remaining(&self) -> Option<u64> {
        let remaining = Cleanup::open(RUN, &self.folder).unwrap().remaining().unwrap();
        remaining.map(|remaining| remaining.objects)
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

fn numbers(cleaned: &Cleaned) -> [u64; 3] {
    [cleaned.deleted, cleaned.gone, cleaned.failed]
}

#[tokio::test]
async fn what_failed_is_tried_by_the_next_call_and_what_is_done_is_not() {
    let bed = Bed::new("again", 150).await;
    assert_eq!(bed.remaining(), Some(150));
    bed.fake.trouble(Trouble::Status(400));
    let cleaned = bed.clean().await;
    assert_eq!(numbers(&cleaned), [149, 0, 1]);
    let (object, error) = cleaned.sample.unwrap();
    assert!(object.starts_with("p/vana_loadtest_04hmasw9nf6yy044_"), "{object}");
    assert_eq!(error.detail.status, Some(400));
    assert_eq!((bed.fake.objects().len(), bed.remaining()), (1, Some(1)));
    assert_eq!(numbers(&bed.clean().await), [1, 0, 0]);
    assert!(bed.fake.objects().is_empty());
    assert_eq!(bed.remaining(), Some(0));
    // The run is resumed, and uploads more.
    bed.upload(150).await;
    assert_eq!(numbers(&bed.clean().await), [1, 0, 0]);
}

#[tokio::test]
async fn a_call_that_was_cut_off_is_repeated_without_harm() {
    let bed = Bed::new("cut", 40).await;
    assert_eq!(numbers(&bed.clean().await), [40, 0, 0]);
    std::fs::remove_file(bed.folder.join(CLEANUP_FILE)).unwrap();
    assert_eq!(numbers(&bed.clean().await), [0, 40, 0], "what is gone is no failure");
}

#[tokio::test]
async fn when_nothing_can_be_deleted_it_is_given_up_and_nothing_is_lost() {
    let bed = Bed::new("refused", 300).await;
    for _ in 0..300 {
        bed.fake.trouble(Trouble::Status(400));
    }
    let cleaned = bed.clean().await;
    assert!(cleaned.is_given_up && cleaned.deleted == 0);
    // What failed is listed once more, so it may be counted where it was passed over and not again.
    assert!(bed.remaining().unwrap() >= 300);
    while bed.fake.objects().len() == 300 {
        bed.clean().await;
    }
    while bed.remaining() != Some(0) {
        bed.clean().await;
    }
    assert!(bed.fake.objects().is_empty());
}

#[tokio::test]
async fn a_note_of_another_run_is_refused_and_a_line_that_cannot_be_read_passed_over() {
    let bed = Bed::new("odd", 2).await;
    let list = bed.folder.join(UPLOADS_FILE);
    let text = std::fs::read_to_string(&list).unwrap();
    std::fs::write(&list, format!("{text}{{\"provider\":\"s3\",\"buc\n")).unwrap();
    let cleaned = bed.clean().await;
    assert_eq!((numbers(&cleaned), cleaned.unreadable), ([2, 0, 0], 1));
    let other = Cleanup::open("14hmasw9nf6yy044", &bed.folder).unwrap_err();
    assert!(matches!(other, CleanupError::Note { .. }), "{other}");
}

#[test]
fn sizes_that_cannot_be_true_are_added_up_all_the_same() {
    let folder = std::env::temp_dir().join(format!("swell-clean-{}-sizes", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let size = u64::MAX;
    let line = format!(r#"{{"provider":"s3","bucket":"b","object":"o","size":{size}}}"#);
    let list = format!("{{\"format\":{UPLOADS_FORMAT}}}\n{line}\n{line}\n");
    std::fs::write(folder.join(UPLOADS_FILE), list).unwrap();
    let left = Cleanup::open(RUN, &folder).unwrap().remaining().unwrap();
    assert_eq!(left, Some(Remaining { objects: 2, bytes: u64::MAX }));
}
