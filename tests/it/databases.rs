//! A database that cannot be used is named, and the service stops.

use std::fs;
use std::path::Path;

use integration_tests::process::{Ended, Process, Variables, variables};

fn fails(binary: &str, variables: &Variables) -> Ended {
    let ended = Process::start(binary, variables).wait();
    assert!(!ended.status.success(), "{binary} ended with {}", ended.status);
    ended
}

fn said(ended: &Ended) -> String {
    format!("{}\n{}", ended.stdout.join("\n"), ended.stderr.join("\n"))
}

fn with_data(folder: &Path) -> Variables {
    variables([("PORT", "0".to_owned()), ("CRUDDUR_DATA", folder.display().to_string())])
}

#[test]
fn a_corrupt_file_is_named() {
    for binary in ["activities", "users", "notifications"] {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join(format!("{binary}.db"));
        fs::write(&file, "this is no database, whatever its name says".repeat(100)).unwrap();

        let ended = fails(binary, &with_data(data.path()));

        assert!(said(&ended).contains(&file.display().to_string()), "{}", said(&ended));
        assert!(!said(&ended).contains("panicked"), "{}", said(&ended));
    }
}

#[test]
fn a_file_that_is_damaged_in_the_middle_is_named() {
    let data = tempfile::tempdir().unwrap();
    let mut first = Process::start("users", &with_data(data.path()));
    let _ = first.address();
    assert!(first.stop().status.success());
    let file = data.path().join("users.db");
    let mut bytes = fs::read(&file).unwrap();
    let middle = 4096;
    assert!(bytes.len() > 3 * middle, "the file has more than its header");
    bytes[middle..].fill(0xA5);
    fs::write(&file, bytes).unwrap();

    let ended = fails("users", &with_data(data.path()));

    assert!(said(&ended).contains(&file.display().to_string()), "{}", said(&ended));
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let data = tempfile::tempdir().unwrap();
    let mut first = Process::start("users", &with_data(data.path()));
    let _ = first.address();
    assert!(first.stop().status.success());
    let file = data.path().join("users.db");
    // Tests may run as root, whom permissions do not stop; the mode does.
    let mut settings = with_data(data.path());
    settings.insert("DATABASE_URL".to_owned(), format!("sqlite://{}?mode=ro", file.display()));

    let ended = fails("users", &settings);

    let said = said(&ended);
    assert!(said.contains(&file.display().to_string()) && said.contains("read-only"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("taken");
    fs::write(&file, "").unwrap();

    let ended = fails("users", &with_data(&file.join("below")));

    assert!(said(&ended).contains("taken"), "{}", said(&ended));
}

#[test]
fn a_server_that_does_not_answer_is_named_without_its_password() {
    let address = integration_tests::callee::nobody();
    let port = address.rsplit(':').next().unwrap();
    let mut settings = with_data(Path::new("unused"));
    settings.insert("DATABASE_URL".to_owned(), format!("postgres://me:hunter2@127.0.0.1:{port}/cruddur"));

    let ended = fails("users", &settings);

    let said = said(&ended);
    assert!(said.contains("127.0.0.1") && said.contains("cruddur"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
