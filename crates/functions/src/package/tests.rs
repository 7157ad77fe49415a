use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;

use base::{Clock, Timestamp};
use store::BlobId;
use store::{Location, Store, StoreFault, StoreOptions};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn zip_of(entries: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, contents) in entries {
        let options = SimpleFileOptions::default().unix_permissions(*mode);
        if name.ends_with('/') {
            writer.add_directory(*name, options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(contents).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn a_package_is_named_by_its_digest_and_size() {
    let zip = zip_of(&[("index.py", 0o644, b"def handler(event, context): return event")]);
    let facts = check(&zip).unwrap();
    assert_eq!(facts.size, zip.len() as u64);
    assert_eq!(facts.sha256, STANDARD.encode(digest(&SHA256, &zip)));
    assert_eq!(facts.sha256.len(), 44);
}

#[test]
fn broken_packages_are_refused_in_lambdas_words() {
    let refused = "Could not unzip uploaded file. Please check your file, then try to upload again.";
    let good = zip_of(&[("index.py", 0o644, &[7; 4000])]);
    let mut damaged = good.clone();
    damaged[60] ^= 0xff;
    let check_message = |zip: &[u8], expected: &str| {
        assert_eq!(check(zip).unwrap_err().message(), expected);
    };
    check_message(b"", "Uploaded file must be a non-empty zip");
    check_message(&zip_of(&[]), "Uploaded file must be a non-empty zip");
    check_message(b"PK\x03\x04 this is no zip", refused);
    check_message(&good[..good.len() - 30], refused);
    check_message(&damaged, refused);
    check_message(&zip_of(&[("../up.py", 0o644, b"x")]), refused);
    check_message(&zip_of(&[("/etc/cron.d/x", 0o644, b"x")]), refused);
}

#[test]
fn symbolic_links_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc", SimpleFileOptions::default()).unwrap();
    let zip = writer.finish().unwrap().into_inner();
    assert!(matches!(check(&zip), Err(PackageError::SymbolicLink { name }) if name == "link"));
}

#[test]
fn unpacked_size_is_limited_to_the_byte() {
    assert_eq!(MAXIMUM_UNPACKED_BYTES, 262_144_000);
    assert_eq!(PackageError::TooLarge.message(), "Unzipped size must be smaller than 262144000 bytes");
    let zip = zip_of(&[("a", 0o644, &[0; 600]), ("b", 0o644, &[0; 400])]);
    assert!(entries::read(&zip, 1000, &mut entries::Nowhere).is_ok());
    assert!(matches!(entries::read(&zip, 999, &mut entries::Nowhere), Err(PackageError::TooLarge)));
}

fn block_on<T>(future: impl std::future::Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn a_package_is_unpacked_once_and_removed_when_unused() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::standing_at(Timestamp::from_millis(1_000_000));
    let store = Store::open(StoreOptions { location: Location::Memory, clock: clock.clone() }).unwrap();
    let zip =
        zip_of(&[("lib/", 0o755, b""), ("lib/a.py", 0o644, b"a = 1"), ("bootstrap", 0o755, b"#!/bin/sh")]);
    let (code, _) =
        store.blocking_write(move |tx| tx.put_blob(&zip)).map_err(|fault: StoreFault| fault).unwrap();
    let codes = CodeDirectory::open(directory.path().join("code"), store, clock.clone()).unwrap();

    let unpacked = block_on(codes.unpacked(&code)).unwrap();
    let path = unpacked.path().to_owned();
    assert_eq!(std::fs::read(path.join("lib/a.py")).unwrap(), b"a = 1");
    let mode = |name: &str| std::fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o111;
    assert_eq!(mode("bootstrap"), 0o111);
    assert_eq!(mode("lib/a.py"), 0);

    std::fs::write(path.join("mark"), b"").unwrap();
    assert_eq!(block_on(codes.unpacked(&code)).unwrap().path(), path);
    assert!(path.join("mark").exists());

    clock.advance(std::time::Duration::from_secs(3600));
    codes.remove_unused();
    assert!(path.exists(), "in use");
    drop(unpacked);
    codes.remove_unused();
    assert!(!path.exists());
    assert!(!block_on(codes.unpacked(&code)).unwrap().path().join("mark").exists());
}

#[test]
fn a_package_that_is_gone_is_said_to_be() {
    let directory = tempfile::tempdir().unwrap();
    let clock = Clock::system();
    let store = Store::open(StoreOptions { location: Location::Memory, clock: clock.clone() }).unwrap();
    let codes = CodeDirectory::open(directory.path().join("code"), store, clock).unwrap();
    let fault = block_on(codes.unpacked(&BlobId::of(b"nothing"))).unwrap_err();
    assert!(matches!(fault, directory::CodeFault::Missing(_)));
}
