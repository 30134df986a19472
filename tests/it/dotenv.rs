//! How the scripts read `.env`.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What `scripts/lib.sh` makes of a `.env`, in a shell that has `NAMED` already.
fn read(dotenv: &str, names: &[&str]) -> Vec<String> {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join(".env"), dotenv).unwrap();
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/lib.sh");
    let script = r#"set -euo pipefail; root=$1; source "$2"; shift 2; read_dotenv; for name; do echo "[${!name-unset}]"; done"#;
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash"]).args([root.path(), library.as_path()]).args(names);
    let output = command.env("NAMED", "by the environment").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_comment_behind_a_value_is_none_of_it() {
    let dotenv = "KEY=hcaik_1234     # an ingest key\nURL=https://a.test/#top\nNOTHING=    # not yet\nQUOTED=\"a # b\" # c\n";

    assert_eq!(
        read(dotenv, &["KEY", "URL", "NOTHING", "QUOTED"]),
        ["[hcaik_1234]", "[https://a.test/#top]", "[]", "[a # b]"]
    );
}

#[test]
fn what_the_environment_names_wins_and_what_is_no_variable_is_passed_over() {
    let dotenv = "NAMED=by the file\r\n# COMMENT=1\nno variable\nexport SHELL_LIKE='as it is'\r\nLAST=a=b";

    assert_eq!(
        read(dotenv, &["NAMED", "COMMENT", "SHELL_LIKE", "LAST"]),
        ["[by the environment]", "[unset]", "[as it is]", "[a=b]"]
    );
}
