//! The MongoDB that tests run on: given, there, or mongo-java-server, built once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::{checkout, debian, progress};

/// Servers that tests may use instead.
const GIVEN: &str = "YOUSOON_TEST_MONGODB_URL";
const IMAGE: &str = "mongo:8";
const SOURCES: [&str; 2] = ["pom.xml", "src/main/java/yousoon/Main.java"];
const ADVICE: &str = "tests need a MongoDB: a mongod on the PATH, YOUSOON_TEST_MONGODB_URL, or Java 17 and Maven for a \
     small one";

/// The jar for `MONGO_SERVER_JAR`; none when the tests find a real server. The order is that of
/// `tests/src/mongo/launch.rs`.
pub(crate) fn ensure() -> Result<Option<PathBuf>> {
    let given = std::env::var_os(GIVEN).is_some_and(|urls| !urls.is_empty());
    if given
        || succeeds("mongod", &["--version"])
        || succeeds("docker", &["image", "inspect", IMAGE])
        || succeeds("docker", &["pull", "-q", IMAGE])
    {
        return Ok(None);
    }
    debian::ensure("javac", "openjdk-17-jdk-headless").context(ADVICE)?;
    debian::ensure("mvn", "maven").context(ADVICE)?;
    let source = checkout::root().join("tests/mongo-server");
    let out = checkout::tools_dir()?.join("mongo-server");
    let (jar, stamp) = (out.join("mongo-server.jar"), out.join("built-from"));
    let wanted = read_all(&source)?;
    let is_built = jar.is_file() && fs::read_to_string(&stamp).is_ok_and(|from| from == wanted);
    if !is_built {
        build(&source, &out)?;
        fs::write(&stamp, wanted)?;
    }
    Ok(Some(jar))
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What the jar is built from, in one text.
fn read_all(source: &Path) -> Result<String> {
    let mut all = String::new();
    for name in SOURCES {
        let path = source.join(name);
        let text = fs::read_to_string(&path);
        all.push_str(&text.with_context(|| format!("cannot read {}", path.display()))?);
    }
    Ok(all)
}

fn build(source: &Path, out: &Path) -> Result<()> {
    fs::create_dir_all(out)?;
    progress::step(
        "building mongo-java-server (about 20 s)",
        Command::new("mvn")
            .args(["--quiet", "--batch-mode"])
            .arg(format!("-Dout={}", out.display()))
            .arg("package")
            .current_dir(source),
    )
}
