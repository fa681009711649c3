//! What failed, said once more when a phase ends: in a long run it is far above its last line.

use std::fmt;

/// As many lines of a failed test's output as are repeated: its message is among the first.
const KEPT_LINES: usize = 30;

/// The failed tests of a phase, as libtest reports them.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    reading: Reading,
    tests: Vec<Failed>,
}

/// Which part of a test program's report is being read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Reading {
    #[default]
    Elsewhere,
    /// After the first `failures:`, where each failed test's output follows its name.
    Outputs,
}

#[derive(Debug)]
struct Failed {
    name: String,
    output: Vec<String>,
}

impl Failures {
    /// Takes the next line that cargo printed.
    pub(crate) fn take_line(&mut self, line: &str) {
        match (self.reading, line) {
            (Reading::Elsewhere, "failures:") => self.reading = Reading::Outputs,
            // The second one begins the list of names.
            (Reading::Outputs, "failures:") => self.reading = Reading::Elsewhere,
            (Reading::Outputs, line) => {
                if let Some(name) = name_of_output(line) {
                    let output = Vec::new();
                    self.tests.push(Failed {
                        name: name.to_owned(),
                        output,
                    });
                } else if let Some(test) = self.tests.last_mut()
                    && test.output.len() < KEPT_LINES
                {
                    test.output.push(line.to_owned());
                }
            }
            (Reading::Elsewhere, _) => {}
        }
    }
}

/// `---- name stdout ----`
fn name_of_output(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Failed { name, output } in &self.tests {
            writeln!(f, "failed: {name}")?;
            for line in output {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Failures;

    #[test]
    fn a_failed_test_is_told_with_its_output_and_a_passed_one_is_not() {
        let mut failures = Failures::default();
        for line in [
            "test a ... ok",
            "test b ... FAILED",
            "",
            "successes:",
            "",
            "---- a stdout ----",
            "fine",
            "",
            "successes:",
            "    a",
            "",
            "failures:",
            "",
            "---- b stdout ----",
            "",
            "thread 'b' panicked",
            "",
            "failures:",
            "    b",
            "",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored",
            "test c ... ok",
        ] {
            failures.take_line(line);
        }
        let told = failures.to_string();
        assert_eq!(told, "failed: b\n    \n    thread 'b' panicked\n    \n");
    }
}
