//! `yousoon reviews`: whether what partners keep of their ratings is what their reviews add up to.

use api::services::Clock;
use clap::Subcommand;
use domain::reviews::{
    rating::{Recount, StarCounts},
    store::ReviewStore,
};
use serde_json::{Value, json};

use super::{database::DatabaseOptions, table::Format};

/// Partners that are counted with one question.
const AT_ONCE: usize = 500;

#[derive(Subcommand)]
pub(crate) enum ReviewsCommand {
    /// List the partners whose rating is not what their reviews add up to. Fails if there are any.
    Check(Format),
    /// Count the reviews of these partners anew, and keep that.
    Recount(Format),
}

pub(crate) async fn reviews(
    database: DatabaseOptions,
    command: ReviewsCommand,
) -> anyhow::Result<()> {
    let reviews = database.open_existing().await?.reviews;
    let drifted = drifted(&*reviews).await?;
    let (ReviewsCommand::Check(format) | ReviewsCommand::Recount(format)) = command;
    format.print(&drifted, &["partner", "kept", "counted"], row, object);
    match command {
        ReviewsCommand::Check(_) => {
            let count = drifted.len();
            anyhow::ensure!(
                count == 0,
                "{count} ratings have drifted: `reviews recount`"
            );
        }
        ReviewsCommand::Recount(_) => {
            let now_ms = Clock::System.now_ms();
            let mut mended = 0;
            for one in &drifted {
                // A review may have come since: it is counted in a transaction of its own.
                mended += usize::from(reviews.recount(&one.partner, now_ms).await?);
            }
            if !format.json {
                println!("counted anew: {mended}");
            }
        }
    }
    Ok(())
}

async fn drifted(reviews: &dyn ReviewStore) -> anyhow::Result<Vec<Recount>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = reviews.recounted(after.as_ref(), AT_ONCE).await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = Some(last.partner.clone());
        found.extend(page.into_iter().filter(Recount::has_drifted));
    }
}

/// The counts are of one star to five.
fn row(drifted: &Recount) -> Vec<String> {
    let counts = |counts: StarCounts| format!("{:?}", counts.counts());
    vec![
        drifted.partner.to_string(),
        drifted.kept.map_or_else(|| "none".to_owned(), counts),
        counts(drifted.counted),
    ]
}

fn object(drifted: &Recount) -> Value {
    json!({
        "partner": drifted.partner.to_string(),
        "kept": drifted.kept.map(StarCounts::counts),
        "counted": drifted.counted.counts(),
    })
}
