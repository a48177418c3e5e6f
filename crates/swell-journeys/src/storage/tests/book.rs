//! The list of uploads, on disk.

use std::path::PathBuf;

use futures_util::future::join_all;
use proptest::prelude::*;

use super::super::{UPLOADS_FILE, UploadBook, UploadList, UploadListError, UploadNote};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("swell-book-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.0.join(UPLOADS_FILE)).unwrap()
    }

    fn write(&self, text: &str) {
        std::fs::write(self.0.join(UPLOADS_FILE), text).unwrap();
    }

    fn read(&self, from: u64) -> Result<Vec<(Option<String>, u64)>, UploadListError> {
        let Some(mut list) = UploadList::open(&self.0, from)? else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        while let Some(line) = list.next_line()? {
            lines.push((line.note.map(|note| note.object), line.end));
        }
        Ok(lines)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

proptest! {
    #[test]
    fn any_octets_are_a_list_or_refused(lines in any::<Vec<u8>>(), has_head in any::<bool>()) {
        let folder = Folder::new("octets");
        let head = if has_head { &b"{\"format\":1}\n"[..] } else { b"" };
        std::fs::write(folder.0.join(UPLOADS_FILE), [head, &lines].concat()).unwrap();
        match folder.read(0) {
            Ok(read) => prop_assert!(read.len() <= lines.len()),
            Err(error) => {
                let is_format = matches!(error, UploadListError::Format { .. });
                prop_assert!(is_format && !has_head);
            }
        }
    }
}

fn note(object: impl Into<String>) -> UploadNote {
    UploadNote { provider: "gcs".into(), bucket: "b".into(), object: object.into(), size: 5 }
}

#[tokio::test]
async fn what_was_noted_is_on_disk_when_the_user_goes_on() {
    let folder = Folder::new("noted");
    assert_eq!(folder.read(0).unwrap(), []);
    let book = UploadBook::open(&folder.0).unwrap();
    book.note(&note("one")).await.unwrap();
    assert_eq!(
        folder.text(),
        "{\"format\":1}\n{\"provider\":\"gcs\",\"bucket\":\"b\",\"object\":\"one\",\"size\":5}\n"
    );
    let notes: Vec<UploadNote> = (0..700).map(|user| note(format!("user {user}"))).collect();
    let kept = join_all(notes.iter().map(|note| book.note(note))).await;
    assert!(kept.iter().all(Result::is_ok));
    assert_eq!(folder.read(0).unwrap().len(), 701);
}

#[tokio::test]
async fn a_list_goes_on_after_a_crash_cut_its_last_line() {
    let folder = Folder::new("cut");
    let book = UploadBook::open(&folder.0).unwrap();
    book.note(&note("one")).await.unwrap();
    let whole = folder.text();
    folder.write(&format!("{whole}{{\"provider\":\"gc"));
    let book = UploadBook::open(&folder.0).unwrap();
    book.note(&note("two")).await.unwrap();
    let read = folder.read(0).unwrap();
    let objects: Vec<Option<&str>> = read.iter().map(|(object, _)| object.as_deref()).collect();
    assert_eq!(objects, [Some("one"), None, Some("two")]);
    for (at, (_, end)) in read.iter().enumerate() {
        assert_eq!(folder.read(*end).unwrap(), read[at + 1..], "each line is a place to go on");
    }
}

#[test]
fn what_is_no_list_is_refused() {
    let folder = Folder::new("format");
    for text in ["{\"format\":2}\n", "hello\n", "{}\n"] {
        folder.write(text);
        let error = folder.read(0).unwrap_err();
        assert!(matches!(error, UploadListError::Format { .. }), "{error}");
    }
    folder.write("");
    assert_eq!(folder.read(0).unwrap(), []);
}
