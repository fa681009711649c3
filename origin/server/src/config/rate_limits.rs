//! How many requests a minute each caller may send.

use access::rate::RateLimitsConfig;

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
    RateLimitsConfig {
        is_on: switch == "on",
        per_ip: reader.or("YOUSOON_RATE_LIMIT_PER_IP", defaults.per_ip, limit),
        per_user: reader.or("YOUSOON_RATE_LIMIT_PER_USER", defaults.per_user, limit),
    }
}
