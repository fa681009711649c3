//! Which of two worlds this server is in.

use api::environment::Environment;

use super::reader::Reader;

/// development | production: `YOUSOON_ENV`, default development.
pub(super) fn read(reader: &mut Reader<'_>) -> Environment {
    reader.or("YOUSOON_ENV", Environment::Development, |text| match text {
        "development" => Ok(Environment::Development),
        "production" => Ok(Environment::Production),
        other => Err(format!("{other:?} is neither development nor production")),
    })
}
