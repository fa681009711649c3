//! `docs/first-hour.md`: its commands are run, and print what the page shows.

use std::path::Path;

use e2e::Stack;
use serde_json::json;
use tokio::process::Command;

use crate::stack;

/// A fenced block of the page.
struct Block {
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut parts = page.split("\n```");
    parts.next();
    parts
        .step_by(2)
        .map(|part| {
            let (language, text) = part.split_once('\n').unwrap();
            Block {
                language: language.to_owned(),
                text: text.to_owned(),
            }
        })
        .collect()
}

/// What is after `cargo xtask up` at fixed places is elsewhere in a test.
fn moved(text: &str, stack: &Stack) -> String {
    let folder = stack.beside("up").display().to_string();
    let programs = Path::new(&std::env::var("PQ_BIN").unwrap())
        .parent()
        .unwrap()
        .display()
        .to_string();
    [
        ("$PWD/.yousoon", folder.as_str()),
        ("$PWD/target/debug", &programs),
        ("http://127.0.0.1:8080", &stack.origin_url),
        ("http://127.0.0.1:8787", &stack.edge_url),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Whether a line is as the page shows it, where `…` is anything.
fn is_like(shown: &str, line: &str) -> bool {
    let mut pieces = shown.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, between)) = pieces.split_last() else {
        return rest.is_empty();
    };
    for piece in between {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether the lines are as shown, where a line `…` is any number of them.
fn are_like(shown: &[&str], lines: &[&str]) -> bool {
    match (shown, lines) {
        ([], []) => true,
        (["…", rest @ ..], _) => {
            (0..=lines.len()).any(|skipped| are_like(rest, &lines[skipped..]))
        }
        ([one, rest @ ..], [line, others @ ..]) => is_like(one, line) && are_like(rest, others),
        _ => false,
    }
}

#[test]
fn what_is_shown_is_compared() {
    assert!(is_like("a; …, b", "a; 1, b"));
    assert!(is_like("ab", "ab") && !is_like("ab", "abc") && !is_like("ab", "a"));
    assert!(!is_like("a; …, b", "a; 1, c") && !is_like("hit; …", "a hit; 1"));
    assert!(are_like(&["…", "b"], &["a", "a", "b"]) && are_like(&["…"], &[]));
    assert!(!are_like(&["…", "b"], &["a"]) && !are_like(&["a"], &["a", "b"]));
}

/// All commands, in one shell; each is compared with the text block after it.
#[tokio::test]
async fn every_command_of_the_page_prints_what_it_shows() {
    const END: &str = "end-of-a-block";
    let stack = stack().await;
    std::fs::create_dir_all(stack.beside("up")).unwrap();
    let secrets = json!({"admin_token": stack.token()}).to_string();
    std::fs::write(stack.beside("up/dev-secrets.json"), secrets).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/first-hour.md")).unwrap();
    let blocks = blocks(&page);
    let mut program = "set -euo pipefail\n".to_owned();
    for block in blocks.iter().filter(|block| block.language == "sh") {
        program += &moved(&block.text, &stack);
        program += "\necho ";
        program += END;
        program += "\n";
    }
    let ran = Command::new("bash")
        .args(["-c", &program])
        .current_dir(&root)
        .output()
        .await
        .unwrap();
    let printed = String::from_utf8_lossy(&ran.stdout);
    println!("{printed}");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let end = format!("{END}\n");
    let mut printed = printed.split(&end);
    let mut compared = 0;
    for pair in blocks.windows(2) {
        if pair[0].language != "sh" {
            continue;
        }
        let printed: Vec<&str> = printed.next().unwrap().lines().collect();
        if pair[1].language == "text" {
            let shown = moved(&pair[1].text, &stack);
            let shown: Vec<&str> = shown.lines().collect();
            assert!(are_like(&shown, &printed), "{shown:#?} {printed:#?}");
            compared += 1;
        }
    }
    assert_eq!(compared, 7);
}
