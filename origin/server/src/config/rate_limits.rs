//! How many requests a minute each caller may send, and how often it may try what guesses, sends or
//! stores.

use std::sync::Arc;

use access::rate::{RateLimitsConfig, budgets::Budgets};

use super::reader::Reader;

pub(super) fn read(reader: &mut Reader<'_>) -> RateLimitsConfig {
    let defaults = RateLimitsConfig::default();
    let switch = reader.or("YOUSOON_RATE_LIMITS", "on", |text| match text {
        "on" => Ok("on"),
        "off" => Ok("off"),
        other => Err(format!("{other:?} is neither on nor off")),
    });
    let limit = |text: &str| {
        text.parse()
            .map_err(|_| format!("{text:?} is not a number of requests a minute"))
    };
    let times = |text: &str| {
        text.parse()
            .map_err(|_| format!("{text:?} is not how many times"))
    };
    let mut budgets = Budgets::default();
    for budget in budgets.all_mut() {
        budget.most = reader.or(budget.variable, budget.most, |text| {
            text.parse()
                .map_err(|_| format!("{text:?} is not a number of attempts"))
        });
    }
    let (per_56, per_48) = (
        "YOUSOON_RATE_LIMIT_TIMES_PER_56",
        "YOUSOON_RATE_LIMIT_TIMES_PER_48",
    );
    let config = RateLimitsConfig {
        is_on: switch == "on",
        per_ip: reader.or("YOUSOON_RATE_LIMIT_PER_IP", defaults.per_ip, limit),
        per_user: reader.or("YOUSOON_RATE_LIMIT_PER_USER", defaults.per_user, limit),
        times_per_56: reader.or(per_56, defaults.times_per_56, times),
        times_per_48: reader.or(per_48, defaults.times_per_48, times),
        budgets: Arc::new(budgets),
    };
    if config.times_per_48 < config.times_per_56 {
        reader.refuse(per_48, format!("is less than {per_56}"));
    }
    config
}
