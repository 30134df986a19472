//! What survives a restart, a crash, and damage.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use trace_explorer::{Server, ServerError, Settings};

use crate::harness::{Running, request, span, trace_id};

fn segments(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    segments.sort();
    segments
}

fn settings(directory: &Path) -> Settings {
    Settings { port: 0, data: directory.to_owned(), ..Settings::default() }
}

/// Opens the directory and says what was warned of, or why it failed.
async fn open(directory: &Path) -> Result<Vec<String>, ServerError> {
    let warnings = Arc::new(Mutex::new(Vec::new()));
    let heard = warnings.clone();
    let server =
        Server::start(settings(directory), move |sentence| heard.lock().unwrap().push(sentence.to_owned()))?;
    server.serve(std::future::ready(())).await?;
    Ok(std::mem::take(&mut warnings.lock().unwrap()))
}

/// A directory with a trace in each of three records.
async fn three_traces() -> tempfile::TempDir {
    let (explorer, directory) = Running::fresh().await;
    for number in 1..=3 {
        explorer.send(&request("edge", &[span(number, 1, 0, "home")])).await;
    }
    explorer.stop().await;
    directory
}

#[actix_web::test]
async fn traces_are_there_after_a_restart() {
    let directory = three_traces().await;

    let explorer = Running::start(directory.path()).await;

    assert_eq!(explorer.found("").await, [trace_id(3), trace_id(2), trace_id(1)]);
    explorer.send(&request("edge", &[span(4, 1, 0, "home")])).await;
    explorer.stop().await;
    let explorer = Running::start(directory.path()).await;
    assert_eq!(explorer.found("").await.len(), 4);
}

#[actix_web::test]
async fn an_unfinished_record_is_cut_off_and_said_so_once() {
    let directory = three_traces().await;
    let segment = &segments(directory.path())[0];
    let whole = fs::read(segment).unwrap();
    fs::write(segment, &whole[..whole.len() - 5]).unwrap();

    let warnings = open(directory.path()).await.unwrap();

    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with(&segment.display().to_string()), "{warnings:?}");
    assert!(warnings[0].contains("bytes of an unfinished record at the end"), "{warnings:?}");
    assert_eq!(open(directory.path()).await.unwrap(), Vec::<String>::new());
    let explorer = Running::start(directory.path()).await;
    explorer.send(&request("edge", &[span(9, 1, 0, "home")])).await;
    explorer.stop().await;
    let explorer = Running::start(directory.path()).await;
    assert_eq!(explorer.found("").await, [trace_id(9), trace_id(2), trace_id(1)]);
}

#[actix_web::test]
async fn a_damaged_record_costs_its_own_spans_only() {
    let directory = three_traces().await;
    let segment = &segments(directory.path())[0];
    let mut bytes = fs::read(segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    fs::write(segment, bytes).unwrap();

    let warnings = open(directory.path()).await.unwrap();
    let explorer = Running::start(directory.path()).await;

    assert_eq!(explorer.found("").await, [trace_id(3), trace_id(1)]);
    assert!(warnings[0].contains("damaged bytes at offset"), "{warnings:?}");
}

#[actix_web::test]
async fn a_directory_that_cannot_be_used_is_an_error_that_names_it() {
    let directory = three_traces().await;
    let file = directory.path().join("a-file");
    fs::write(&file, "not a directory").unwrap();

    let check = async |path: &Path, says: &str| {
        let error = open(path).await.unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()) && error.contains(says), "{error}");
    };
    check(&file, "cannot use the data directory").await;
    check(&file.join("below"), "cannot use the data directory").await;
    fs::write(directory.path().join("format"), "trace-explorer log 99\n").unwrap();
    check(directory.path(), "holds `trace-explorer log 99`").await;
    fs::remove_file(directory.path().join("format")).unwrap();
    check(directory.path(), "segments without a `format` file").await;
}

#[actix_web::test]
async fn two_explorers_cannot_share_a_directory() {
    let (explorer, directory) = Running::fresh().await;

    let error = open(directory.path()).await.unwrap_err().to_string();

    assert!(error.contains("is in use by another explorer"), "{error}");
    explorer.stop().await;
    assert!(open(directory.path()).await.is_ok());
}

#[actix_web::test]
async fn an_address_that_is_taken_is_an_error_that_names_it() {
    let (explorer, _directory) = Running::fresh().await;
    let other = tempfile::tempdir().unwrap();
    let port = explorer.base.rsplit(':').next().unwrap().parse().unwrap();

    let outcome = Server::start(Settings { port, ..settings(other.path()) }, |_| {});

    let error = outcome.err().unwrap().to_string();
    assert!(error.starts_with(&format!("cannot listen on 127.0.0.1:{port}")), "{error}");
}

#[actix_web::test]
async fn spans_that_were_answered_before_the_stop_are_kept_by_it() {
    let (explorer, directory) = Running::fresh().await;
    let requests = (1..=50).map(|number| {
        let body = request("edge", &[span(number, 1, 0, "home")]).to_string();
        tokio::spawn(explorer.post("application/json", body).send())
    });
    let requests: Vec<_> = requests.collect();
    let mut accepted = 0;
    for request in requests {
        accepted += usize::from(request.await.unwrap().unwrap().status() == 200);
    }

    explorer.stop().await;

    let explorer = Running::start(directory.path()).await;
    assert_eq!((accepted, explorer.found("limit=100").await.len()), (50, 50));
}
