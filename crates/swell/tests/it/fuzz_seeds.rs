//! Every fuzz target reads its seeds, without a fuzzer: it is there, and none of them breaks it.

#[expect(unreachable_pub, reason = "it is a crate of its own where it is fuzzed")]
#[path = "../../../../fuzz/src/lib.rs"]
mod fuzzed;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use fuzzed::TARGETS;

#[test]
fn no_seed_breaks_its_fuzz_target() {
    for (name, target) in TARGETS {
        let seeds = files(&format!("seeds/{name}"));
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for path in seeds {
            let seed = fs::read(&path).unwrap();
            let ended = catch_unwind(|| target(&seed));
            assert!(ended.is_ok(), "the seed {} breaks its target", path.display());
        }
    }
}

#[test]
fn every_fuzz_target_is_one_of_those_that_read_their_seeds() {
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let built: BTreeSet<String> = files("fuzz_targets").iter().map(name).collect();
    let seeded: BTreeSet<String> = files("seeds").iter().map(name).collect();
    let listed = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!((&built, &seeded), (&listed, &listed));
}

/// What a folder of the fuzz targets' workspace holds, in order.
fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(folder);
    let entries = fs::read_dir(&folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
