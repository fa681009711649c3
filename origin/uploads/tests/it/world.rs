//! A bucket, a database, a clock, and somebody who uploads.

use std::{
    io::Cursor,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use domain::{
    UploadId, UserId,
    pictures::{
        picture::{Picture, Purpose},
        store::{Opened, PictureStore},
        upload::{OPEN_MS, State, Upload},
    },
    users::{
        account::{Account, Status},
        change::{AccountChange, ProfileEdit},
        store::UserStore,
    },
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use pictures::{Pictures, PicturesConfig};
use s3::{Addressing, Bucket, BucketConfig, Credentials, PublicBase, Transport};
use store_sqlite::{
    database::EmbeddedDb,
    stores::{pictures::EmbeddedPictures, users::EmbeddedUsers},
};
use tempfile::TempDir;
use uploads::{Parts, Uploads};

pub(crate) const NOW_MS: i64 = 1_790_000_000_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) struct World {
    pub(crate) files: e2e::Bucket,
    pub(crate) bucket: Bucket,
    pub(crate) store: Arc<dyn PictureStore>,
    pub(crate) users: EmbeddedUsers,
    pub(crate) pool: Pictures,
    pub(crate) uploads: Uploads,
    pub(crate) ana: UserId,
    clock: Arc<AtomicI64>,
    _folder: TempDir,
}

impl World {
    /// None if there is no server for the bucket.
    pub(crate) async fn start() -> Option<Self> {
        let files = e2e::Bucket::start().await.unwrap()?;
        let bucket = bucket(&files, files.url.clone());
        let folder = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(folder.path()).unwrap();
        let users = EmbeddedUsers::new(db.clone());
        let ana = UserId::derive("user", "ana");
        users.create(account(&ana), vec![], None).await.unwrap();
        let store: Arc<dyn PictureStore> = Arc::new(EmbeddedPictures::new(db));
        let pool = Pictures::new(&PicturesConfig {
            threads: 1,
            waiting: 0,
            time_limit: Duration::from_mins(1),
        });
        let clock = Arc::new(AtomicI64::new(NOW_MS));
        let uploads = uploads(&files, &bucket, &pool, &store, &clock);
        Some(Self {
            files,
            bucket,
            store,
            users,
            pool,
            uploads,
            ana,
            clock,
            _folder: folder,
        })
    }

    /// The same, on a bucket at this address.
    pub(crate) fn uploads_at(&self, endpoint: String) -> Uploads {
        let bucket = bucket(&self.files, endpoint);
        uploads(&self.files, &bucket, &self.pool, &self.store, &self.clock)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.load(Relaxed)
    }

    pub(crate) fn pass_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Relaxed);
    }

    /// An upload of an avatar whose file, if there is one, is in the bucket.
    pub(crate) async fn upload(&self, name: &str, file: Option<Vec<u8>>) -> UploadId {
        let upload = Upload {
            id: UploadId::derive("upload", name),
            user: Some(self.ana.clone()),
            purpose: Purpose::Avatar,
            partner: None,
            content_type: "image/png".to_owned(),
            bytes: 1_000_000,
            state: State::Waiting,
            refusal: None,
            picture: None,
            holder: None,
            held_until_ms: None,
            created_at_ms: self.now_ms(),
            expires_at_ms: self.now_ms() + OPEN_MS,
        };
        let id = upload.id.clone();
        let opened = self.store.open(upload, self.now_ms()).await.unwrap();
        assert_eq!(opened, Opened::Done);
        if let Some(file) = file {
            let key = format!("uploads/{id}");
            self.bucket.put(&key, "image/png", file).await.unwrap();
        }
        id
    }

    pub(crate) async fn uploaded(&self, name: &str, grey: u8) -> Picture {
        let id = self.upload(name, Some(photo(grey))).await;
        self.uploads.complete(&self.ana, &id).await.unwrap()
    }

    pub(crate) async fn show(&self, avatar: Option<String>) {
        let edit = ProfileEdit {
            avatar: Some(avatar),
            ..ProfileEdit::default()
        };
        let change = AccountChange::Profile(Box::new(edit));
        let changed = self.users.change(&self.ana, change, self.now_ms()).await;
        changed.unwrap();
    }
}

fn bucket(files: &e2e::Bucket, endpoint: String) -> Bucket {
    let value = |name: &str| {
        let mut variables = files.variables().into_iter();
        variables.find(|(known, _)| *known == name).unwrap().1
    };
    let bucket = Bucket::new(&BucketConfig {
        endpoint,
        transport: Transport::AlsoPlain,
        region: value("YOUSOON_S3_REGION"),
        bucket: value("YOUSOON_S3_BUCKET"),
        addressing: Addressing::Path,
        credentials: Credentials::new(
            value("YOUSOON_S3_ACCESS_KEY_ID"),
            value("YOUSOON_S3_SECRET_KEY"),
        ),
        timeout: Duration::from_secs(20),
    });
    bucket.unwrap()
}

fn uploads(
    files: &e2e::Bucket,
    bucket: &Bucket,
    pool: &Pictures,
    store: &Arc<dyn PictureStore>,
    clock: &Arc<AtomicI64>,
) -> Uploads {
    let now = Arc::clone(clock);
    Uploads::new(Parts {
        bucket: bucket.clone(),
        public: PublicBase::new(&files.public).unwrap(),
        pool: pool.clone(),
        store: Arc::clone(store),
        now: Arc::new(move || now.load(Relaxed)),
        tasks: tokio_util::task::TaskTracker::new(),
    })
}

/// A PNG of 400 × 400 pixels.
pub(crate) fn photo(grey: u8) -> Vec<u8> {
    let pixels = RgbImage::from_pixel(400, 400, Rgb([grey, 7, grey]));
    let mut file = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(pixels);
    picture.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

fn account(id: &UserId) -> Account {
    Account {
        email: "ana@example.fr".into(),
        status: Status::Active,
        ..Account::nobody(id.clone())
    }
}
