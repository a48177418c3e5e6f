//! The records, one kind per family of users.

use rand::{Rng, RngExt};
use serde::Serialize;

use super::{
    date::iso_8601,
    person::{Person, bio, pick, uuid},
    words::{
        ACTIONS, BIO_SUBJECTS, BROWSERS, COLORS, CURRENCIES, DEVICES, INTERESTS, PAGES, PRODUCTS,
    },
};

const MS_PER_DAY: u64 = 86_400_000;

/// Which record is made of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserDataKind {
    /// A short profile with preferences, compact, some 330 octets.
    #[default]
    Profile,
    /// A short profile with counts, compact, some 390 octets.
    Metrics,
    /// A profile with eight activities, indented, some 2.6 kB.
    Activity,
    /// A profile with activities and purchases, indented, 2 to 13 kB.
    Purchases(ActivityVolume),
    /// A profile with many activities and browsers, indented, 12 to 185 kB.
    History(ActivityVolume),
}

/// How much a user did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ActivityVolume {
    /// Little.
    #[default]
    Low,
    /// Some.
    Medium,
    /// A lot.
    High,
}

/// Makes the data of one user as of `now_unix_ms`: JSON text.
pub fn user_data(kind: UserDataKind, now_unix_ms: u64, rng: &mut (impl Rng + ?Sized)) -> String {
    let text = match kind {
        UserDataKind::Profile => serde_json::to_string(&Profile::draw(now_unix_ms, rng)),
        UserDataKind::Metrics => serde_json::to_string(&Metrics::draw(now_unix_ms, rng)),
        UserDataKind::Activity => {
            serde_json::to_string_pretty(&Activity::draw(8, 0, false, now_unix_ms, rng))
        }
        UserDataKind::Purchases(volume) => {
            let (logs, purchases) = volume.choose([(5, 2), (15, 5), (30, 10)]);
            serde_json::to_string_pretty(&Activity::draw(logs, purchases, false, now_unix_ms, rng))
        }
        UserDataKind::History(volume) => {
            let logs = volume.choose([30, 180, 480]);
            serde_json::to_string_pretty(&Activity::draw(logs, 0, true, now_unix_ms, rng))
        }
    };
    // Only maps with keys other than text can fail, and there are none.
    text.unwrap_or_default()
}

impl ActivityVolume {
    fn choose<T: Copy>(self, options: [T; 3]) -> T {
        match self {
            Self::Low => options[0],
            Self::Medium => options[1],
            Self::High => options[2],
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    user_id: String,
    timestamp: u64,
    personal_info: PersonalInfo,
    preferences: Preferences,
    activity: Sessions,
}

#[derive(Serialize)]
struct PersonalInfo {
    name: String,
    email: String,
    bio: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Preferences {
    interests: Vec<&'static str>,
    favorite_color: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sessions {
    last_active: String,
    session_count: u32,
}

impl Profile {
    fn draw(now_unix_ms: u64, rng: &mut (impl Rng + ?Sized)) -> Self {
        let user_id = uuid(rng);
        let Person { name, email, .. } = Person::draw(rng);
        Self {
            user_id,
            timestamp: now_unix_ms,
            personal_info: PersonalInfo { name, email, bio: pick(rng, &BIO_SUBJECTS).to_owned() },
            preferences: Preferences {
                interests: interests(rng),
                favorite_color: pick(rng, &COLORS),
            },
            activity: Sessions {
                last_active: past_date(now_unix_ms, 30, rng),
                session_count: rng.random_range(1..=100),
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metrics {
    user_id: String,
    timestamp: u64,
    user_data: MetricsUser,
    metrics: Counts,
}

#[derive(Serialize)]
struct MetricsUser {
    name: String,
    email: String,
    bio: String,
    age: u32,
    location: String,
}

#[derive(Serialize)]
struct Counts {
    posts: u32,
    followers: u32,
    following: u32,
}

impl Metrics {
    fn draw(now_unix_ms: u64, rng: &mut (impl Rng + ?Sized)) -> Self {
        let user_id = uuid(rng);
        let Person { name, email, age, place } = Person::draw(rng);
        Self {
            user_id,
            timestamp: now_unix_ms,
            user_data: MetricsUser {
                name,
                email,
                bio: bio(rng, 3),
                age,
                location: format!("{}, {}", place.0, place.1),
            },
            metrics: Counts {
                posts: rng.random_range(0..=1_000),
                followers: rng.random_range(0..=10_000),
                following: rng.random_range(0..=1_000),
            },
        }
    }
}

#[derive(Serialize)]
struct Activity {
    user_profile: UserProfile,
    activity_logs: Vec<LogEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    purchases: Vec<Purchase>,
    metadata: Metadata,
}

#[derive(Serialize)]
struct UserProfile {
    id: String,
    name: String,
    email: String,
    age: u32,
    location: Location,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferences: Option<Preferences>,
    created_at: String,
}

#[derive(Serialize)]
struct Location {
    city: &'static str,
    country: &'static str,
    timezone: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    coordinates: Option<Coordinates>,
}

#[derive(Serialize)]
struct Coordinates {
    latitude: f64,
    longitude: f64,
}

#[derive(Serialize)]
struct LogEntry {
    id: String,
    timestamp: String,
    action: &'static str,
    details: LogDetails,
}

#[derive(Serialize)]
struct LogDetails {
    page: String,
    duration: u32,
    device: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<&'static str>,
}

#[derive(Serialize)]
struct Purchase {
    id: String,
    timestamp: String,
    amount: f64,
    currency: &'static str,
    product: &'static str,
    category: &'static str,
}

#[derive(Serialize)]
struct Metadata {
    generated_at: String,
    test_type: &'static str,
    version: &'static str,
}

impl Activity {
    fn draw(
        logs: usize,
        purchases: usize,
        detailed: bool,
        now_unix_ms: u64,
        rng: &mut (impl Rng + ?Sized),
    ) -> Self {
        Self {
            user_profile: UserProfile::draw(detailed, now_unix_ms, rng),
            activity_logs: (0..logs).map(|_| LogEntry::draw(detailed, now_unix_ms, rng)).collect(),
            purchases: (0..purchases).map(|_| Purchase::draw(now_unix_ms, rng)).collect(),
            metadata: Metadata {
                generated_at: iso_8601(now_unix_ms),
                test_type: "load_test",
                version: "1.0.0",
            },
        }
    }
}

impl UserProfile {
    fn draw(detailed: bool, now_unix_ms: u64, rng: &mut (impl Rng + ?Sized)) -> Self {
        let id = uuid(rng);
        let Person { name, email, age, place } = Person::draw(rng);
        let (city, country, timezone, latitude, longitude) = place;
        let coordinates = detailed.then_some(Coordinates { latitude, longitude });
        let preferences = detailed
            .then(|| Preferences { interests: interests(rng), favorite_color: pick(rng, &COLORS) });
        let location = Location { city, country, timezone, coordinates };
        let created_at = past_date(now_unix_ms, 3 * 365, rng);
        Self { id, name, email, age, location, preferences, created_at }
    }
}

impl LogEntry {
    fn draw(detailed: bool, now_unix_ms: u64, rng: &mut (impl Rng + ?Sized)) -> Self {
        Self {
            id: uuid(rng),
            timestamp: past_date(now_unix_ms, 30, rng),
            action: pick(rng, &ACTIONS),
            details: LogDetails {
                page: format!("https://app.example.com/{}", pick(rng, &PAGES)),
                duration: rng.random_range(1..=300),
                device: pick(rng, &DEVICES),
                browser: detailed.then(|| pick(rng, &BROWSERS)),
            },
        }
    }
}

impl Purchase {
    fn draw(now_unix_ms: u64, rng: &mut (impl Rng + ?Sized)) -> Self {
        let (product, category) = pick(rng, &PRODUCTS);
        Self {
            id: uuid(rng),
            timestamp: past_date(now_unix_ms, 90, rng),
            amount: f64::from(rng.random_range(1_000..=50_000_u32)) / 100.0,
            currency: pick(rng, &CURRENCIES),
            product,
            category,
        }
    }
}

/// Two to four different interests.
fn interests(rng: &mut (impl Rng + ?Sized)) -> Vec<&'static str> {
    let mut topics = INTERESTS;
    let count = rng.random_range(2..=4);
    for index in 0..count {
        topics.swap(index, rng.random_range(index..INTERESTS.len()));
    }
    topics[..count].to_vec()
}

/// A moment in the last `days` days.
fn past_date(now_unix_ms: u64, days: u64, rng: &mut (impl Rng + ?Sized)) -> String {
    iso_8601(now_unix_ms.saturating_sub(rng.random_range(0..=days * MS_PER_DAY)))
}
