//! Every action of a workflow is named by its commit: a tag can be moved to other code.

use std::fs;
use std::path::Path;

use anyhow::Result;

const COMMIT_DIGITS: usize = 40;

pub(super) fn violations(root: &Path) -> Result<Vec<String>> {
    let Ok(entries) = fs::read_dir(root.join(".github/workflows")) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let text = fs::read_to_string(&path)?;
        let unpinned = unpinned(&text)
            .map(|action| format!("{}: {action} is not named by its commit", path.display()));
        found.extend(unpinned);
    }
    Ok(found)
}

/// The actions of a workflow that are not named by a commit. Actions of this repository
/// (`./…`) have none.
fn unpinned(workflow: &str) -> impl Iterator<Item = &str> {
    workflow.lines().filter_map(|line| {
        let line = line.trim_start().trim_start_matches("- ");
        let action = line.strip_prefix("uses:")?.split('#').next()?.trim();
        let commit = action.rsplit_once('@').map_or("", |(_, commit)| commit);
        let is_pinned =
            commit.len() == COMMIT_DIGITS && commit.bytes().all(|digit| digit.is_ascii_hexdigit());
        (!is_pinned && !action.starts_with("./")).then_some(action)
    })
}

#[cfg(test)]
mod tests {
    use super::unpinned;

    #[test]
    fn an_action_that_is_named_by_a_tag_is_found() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let workflow = format!(
            "steps:\n  - uses: a/tag@v4\n  - uses: a/commit@{commit} # v4\n  - uses: ./own\n    uses: a/none\n"
        );
        let found: Vec<&str> = unpinned(&workflow).collect();
        assert_eq!(found, ["a/tag@v4", "a/none"]);
    }
}
