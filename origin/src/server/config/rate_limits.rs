//! How much anybody may ask.

use std::num::NonZeroU32;

use super::reader::Reader;

const PER_IP: NonZeroU32 = NonZeroU32::new(100).unwrap();
const PER_USER: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitsConfig {
    /// on | off: `YOUSOON_RATE_LIMITS`, default on. Off is for machines that send everything from
    /// one address: tests and benchmarks.
    pub is_on: bool,
    /// Requests a minute of an address that is not signed in: `YOUSOON_RATE_LIMIT_PER_IP`, default
    /// 100.
    pub per_ip: NonZeroU32,
    /// Requests a minute of a user: `YOUSOON_RATE_LIMIT_PER_USER`, default 1000.
    pub per_user: NonZeroU32,
}

impl Default for RateLimitsConfig {
    fn default() -> Self {
        Self {
            is_on: true,
            per_ip: PER_IP,
            per_user: PER_USER,
        }
    }
}

impl RateLimitsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let switch = reader.or("YOUSOON_RATE_LIMITS", "on", |text| match text {
            "on" => Ok("on"),
            "off" => Ok("off"),
            other => Err(format!("{other:?} is neither on nor off")),
        });
        let limit = |text: &str| {
            text.parse()
                .map_err(|_| format!("{text:?} is not a number of requests a minute"))
        };
        Self {
            is_on: switch == "on",
            per_ip: reader.or("YOUSOON_RATE_LIMIT_PER_IP", PER_IP, limit),
            per_user: reader.or("YOUSOON_RATE_LIMIT_PER_USER", PER_USER, limit),
        }
    }
}
