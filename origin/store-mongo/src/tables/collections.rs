//! The names of the collections that several files read or write.

pub const AUDIT: &str = "purge_audit";
pub const BOOKINGS: &str = "bookings";
pub const CAMPAIGNS: &str = "campaigns";
pub const CODES: &str = "codes";
pub const CONSENTS: &str = "consents";
pub const DEVICES: &str = "devices";
pub const ERASURES: &str = "erasures";
pub const ESTABLISHMENTS: &str = "establishments";
pub const FAVORITES: &str = "favorites";
pub const INBOX: &str = "inbox";
pub const INVITATIONS: &str = "invitations";
pub const KNOWN_DEVICES: &str = "known_devices";
pub const OFFERS: &str = "offers";
pub const OUTBOX: &str = "outbox";
pub const PARTNERS: &str = "partners";
pub const PICTURES: &str = "pictures";
pub const QUEUE: &str = "queue";
pub const REACH: &str = "reach";
pub const TURNS_TOLD: &str = "turns_told";
pub const UPLOADS: &str = "uploads";
pub const USERS: &str = "users";
pub const VERIFICATIONS: &str = "verifications";
