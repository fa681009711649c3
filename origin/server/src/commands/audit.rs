//! `yousoon audit`: checks that nobody changed what operators did.

use anyhow::bail;
use clap::{Args, Subcommand};
use domain::operators::{
    deed::{End, Number},
    store::OperatorStore,
};

use super::database::DatabaseOptions;

const AT_ONCE: usize = 500;

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that each entry of the audit of operators follows the one before, unchanged; prints where it
    /// ends.
    Verify(VerifyOptions),
}

#[derive(Args)]
pub(crate) struct VerifyOptions {
    /// An end that an earlier check printed, such as 12:0a1b…: it has to be there still. Entries that were
    /// removed from the end are seen by this only.
    #[arg(long)]
    had: Option<String>,
}

pub(crate) async fn audit(database: DatabaseOptions, command: AuditCommand) -> anyhow::Result<()> {
    let operators = database.open_existing().await?.operators;
    match command {
        AuditCommand::Verify(options) => {
            let had = match options.had.as_deref().map(end) {
                Some(None) => bail!("--had is a number, a colon and a digest"),
                Some(Some(had)) => Some(had),
                None => None,
            };
            match verify(&*operators, had).await? {
                None => println!("the audit is empty"),
                Some(end) => println!("the audit is whole until {}:{}", end.number.0, end.digest),
            }
        }
    }
    Ok(())
}

/// Where the audit ends, if each entry follows the one before.
async fn verify(operators: &dyn OperatorStore, had: Option<End>) -> anyhow::Result<Option<End>> {
    let (mut last, mut is_there): (Option<End>, bool) = (None, had.is_none());
    loop {
        let after = last.as_ref().map(|end| end.number);
        let entries = operators.audit_after(after, AT_ONCE).await?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            if !entry.follows(last.as_ref()) {
                bail!(
                    "entry {} does not follow the one before: the audit was changed there or before",
                    entry.number.0
                );
            }
            let end = entry.end();
            is_there |= had.as_ref() == Some(&end);
            last = Some(end);
        }
    }
    if is_there {
        Ok(last)
    } else {
        bail!("the end of the earlier check is not there: entries were removed or written again")
    }
}

fn end(text: &str) -> Option<End> {
    let (number, digest) = text.split_once(':')?;
    Some(End {
        number: Number(number.parse().ok()?),
        digest: digest.to_owned(),
    })
}
