use std::path::PathBuf;

use store_sqlite::{database::EmbeddedDb, stores::catalogue::EmbeddedCatalogue};

use super::*;

const NOW_MS: i64 = 1_790_000_000_000;
const LINES: [&str; 4] = [
    "RESTAURANT,crepe,48.858246,2.309831,du Gros-Caillou,75007",
    "BAR,,48.859386,2.348953,Saint-Merri,75004",
    "BAR,,48.859386,2.348953,Saint-Merri,75004",
    "RESTAURANT,,48.8,2.3,,",
];

fn fresh() -> (tempfile::TempDir, EmbeddedCatalogue) {
    let dir = tempfile::tempdir().unwrap();
    let db = EmbeddedDb::open(dir.path()).unwrap();
    (dir, EmbeddedCatalogue::new(db))
}

fn file(dir: &tempfile::TempDir, lines: &[&[u8]]) -> PathBuf {
    let path = dir.path().join("places.csv");
    let mut bytes = HEADER.join(",").into_bytes();
    for line in lines {
        bytes.push(b'\n');
        bytes.extend_from_slice(line);
    }
    std::fs::write(&path, bytes).unwrap();
    path
}

async fn import(catalogue: &EmbeddedCatalogue, path: &Path) -> ImportReport {
    import_csv(catalogue, path, NOW_MS, "test").await.unwrap()
}

#[tokio::test]
async fn bad_lines_are_reported_and_the_rest_goes_in() {
    let (dir, catalogue) = fresh();
    let path = file(
        &dir,
        &[
            LINES[0].as_bytes(),
            b"DISCO,,48.8,2.3,x,75001",
            b"BAR,,98.8,2.3,x,75001",
            b"BAR,,48.8,2.3,x",
            b"BAR,,48.8,2.3,\xff\xfe,75001",
            b"BAR,,north,2.3,x,75001",
            b"BAR,,48.8,NaN,x,75001",
            LINES[1].as_bytes(),
        ],
    );
    let report = import(&catalogue, &path).await;
    assert_eq!(report.added, 2);
    let bad: Vec<(u64, &str)> = report
        .bad_lines
        .iter()
        .map(|(line, reason)| (*line, reason.as_str()))
        .collect();
    assert_eq!(
        bad,
        [
            (3, "unknown category `DISCO`"),
            (4, "latitude 98.8 is out of range"),
            (5, "5 columns instead of 6"),
            (6, "not UTF-8"),
            (7, "latitude `north` is not a number"),
            (8, "longitude NaN is out of range"),
        ]
    );
}

#[tokio::test]
async fn another_header_is_refused() {
    let (dir, catalogue) = fresh();
    let path = dir.path().join("x.csv");
    std::fs::write(&path, "lat,lng\n1,2\n").unwrap();
    assert!(matches!(
        import_csv(&catalogue, &path, NOW_MS, "test").await,
        Err(ImportError::Header)
    ));
    std::fs::write(&path, "").unwrap();
    assert!(matches!(
        import_csv(&catalogue, &path, NOW_MS, "test").await,
        Err(ImportError::Header)
    ));
    assert!(matches!(
        import_csv(&catalogue, &dir.path().join("none"), NOW_MS, "test").await,
        Err(ImportError::Io(_))
    ));
}

#[test]
fn a_line_always_gives_the_same_rows() {
    let text = format!("{}\n{}\n", HEADER.join(","), LINES.join("\r\n"));
    let venues = parse(text.as_bytes()).unwrap().venues;
    assert_eq!(venues.len(), 4);
    assert_eq!(family_of(&venues[0], NOW_MS), family_of(&venues[0], NOW_MS));
    let Family {
        partner,
        establishments,
        offers,
    } = family_of(&venues[0], NOW_MS);
    let (place, offer) = (&establishments[0], &offers[0]);
    assert!(partner.name.starts_with("Crêperie "), "{}", partner.name);
    assert!(place.name.ends_with("(Gros-Caillou)"), "{}", place.name);
    assert!(offer.is_active && offer.valid_from_ms <= NOW_MS && NOW_MS < offer.valid_until_ms);
    assert_ne!(
        family_of(&venues[1], NOW_MS).offers[0].id,
        family_of(&venues[2], NOW_MS).offers[0].id
    );
}
