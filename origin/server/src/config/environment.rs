//! Whether this server runs in development or in production.

use api::environment::Environment;

use super::reader::Reader;

/// The environment, `development` or `production`: `YOUSOON_ENV`, default development.
pub(super) fn read(reader: &mut Reader<'_>) -> Environment {
    reader.or("YOUSOON_ENV", Environment::Development, |text| match text {
        "development" => Ok(Environment::Development),
        "production" => Ok(Environment::Production),
        other => Err(format!("{other:?} is neither development nor production")),
    })
}
