//! Every seed of every fuzz target, replayed.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::path::PathBuf;

/// Asked when it runs: checkouts may share a target folder.
fn fuzz() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../fuzz")
}

#[test]
fn seeds_find_nothing() {
    for (target, run) in gatewright_fuzzed::TARGETS {
        let folder = fuzz().join("seeds").join(target);
        let mut seeds: Vec<_> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().path())
            .collect();
        seeds.sort();
        assert!(!seeds.is_empty(), "{target} has no seeds");
        for seed in seeds {
            // Shown if the test fails: the last one is it.
            println!("{}", seed.display());
            run(&std::fs::read(&seed).unwrap());
        }
    }
}

#[test]
fn every_target_has_its_file_and_its_seeds() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(fuzz().join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let listed: BTreeSet<String> =
        gatewright_fuzzed::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("targets"), listed);
    assert_eq!(names("seeds"), listed);
}
