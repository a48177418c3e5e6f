//! The words that people, places and activities are made of.

pub(super) const FIRST_NAMES: [&str; 40] = [
    "Amara", "Anders", "Beatriz", "Björn", "Chiara", "Chloé", "Daniel", "Dilnoza", "Emeka",
    "Esther", "Fatima", "Félix", "Grace", "Haruto", "Ingrid", "Ivan", "Jasmine", "José", "Kwame",
    "Lea", "Liam", "Łukasz", "Mei", "Mohamed", "Nadia", "Nguyệt", "Olga", "Oskar", "Priya",
    "Quentin", "Renée", "Rosa", "Samuel", "Sofía", "Søren", "Tariq", "Ursula", "Victor", "Yuki",
    "Zoë",
];

pub(super) const LAST_NAMES: [&str; 40] = [
    "Adeyemi",
    "Ahmed",
    "Almeida",
    "Andersson",
    "Ångström",
    "Bauer",
    "Bianchi",
    "Chen",
    "Costa",
    "Dubois",
    "Díaz",
    "Fischer",
    "García",
    "Hansen",
    "Ibrahim",
    "Ivanova",
    "Jansen",
    "Johnson",
    "Kaya",
    "Kim",
    "Kowalski",
    "Lefèvre",
    "Lindqvist",
    "Martin",
    "Mbeki",
    "Müller",
    "Nakamura",
    "Nowak",
    "Okafor",
    "O'Brien",
    "Patel",
    "Popescu",
    "Rossi",
    "Sato",
    "Silva",
    "Smith",
    "Tan",
    "Tanaka",
    "Yılmaz",
    "Zhang",
];

/// City, country, time zone, latitude and longitude in degrees.
pub(super) const PLACES: [(&str, &str, &str, f64, f64); 16] = [
    ("Accra", "Ghana", "Africa/Accra", 5.56, -0.2),
    ("Berlin", "Germany", "Europe/Berlin", 52.52, 13.41),
    ("Bogotá", "Colombia", "America/Bogota", 4.71, -74.07),
    ("Cairo", "Egypt", "Africa/Cairo", 30.04, 31.24),
    ("Hanoi", "Vietnam", "Asia/Ho_Chi_Minh", 21.03, 105.85),
    ("Istanbul", "Türkiye", "Europe/Istanbul", 41.01, 28.98),
    ("Lagos", "Nigeria", "Africa/Lagos", 6.52, 3.38),
    ("Lisbon", "Portugal", "Europe/Lisbon", 38.72, -9.14),
    ("Malmö", "Sweden", "Europe/Stockholm", 55.61, 13.0),
    ("Mumbai", "India", "Asia/Kolkata", 19.08, 72.88),
    ("Osaka", "Japan", "Asia/Tokyo", 34.69, 135.5),
    ("São Paulo", "Brazil", "America/Sao_Paulo", -23.55, -46.63),
    ("Seattle", "United States", "America/Los_Angeles", 47.61, -122.33),
    ("Singapore", "Singapore", "Asia/Singapore", 1.35, 103.82),
    ("Sydney", "Australia", "Australia/Sydney", -33.87, 151.21),
    ("Zürich", "Switzerland", "Europe/Zurich", 47.37, 8.54),
];

pub(super) const INTERESTS: [&str; 7] =
    ["technology", "music", "travel", "cooking", "sports", "reading", "photography"];

pub(super) const COLORS: [&str; 8] =
    ["blue", "coral", "green", "indigo", "orange", "teal", "violet", "yellow"];

pub(super) const BIO_OPENINGS: [&str; 8] = [
    "Curious about",
    "Happiest with",
    "Writes about",
    "Always learning about",
    "Weekend fan of",
    "Quietly serious about",
    "Collects stories of",
    "Teaches friends about",
];

pub(super) const BIO_SUBJECTS: [&str; 8] = [
    "old maps and new trains",
    "bread, butter and bicycles",
    "open data and closed doors",
    "small gardens in big cities",
    "tide pools and telescopes",
    "folk songs from anywhere",
    "board games with long rules",
    "espresso and early mornings",
];

pub(super) const MAIL_DOMAINS: [&str; 3] = ["example.com", "example.net", "example.org"];

pub(super) const ACTIONS: [&str; 6] =
    ["login", "view_page", "search", "add_to_cart", "share", "logout"];

pub(super) const DEVICES: [&str; 3] = ["desktop", "mobile", "tablet"];

pub(super) const PAGES: [&str; 8] =
    ["home", "profile", "search", "inbox", "settings", "news", "market", "help"];

pub(super) const PRODUCTS: [(&str, &str); 8] = [
    ("Desk lamp", "home"),
    ("Trail shoes", "sports"),
    ("Noise-free headphones", "electronics"),
    ("Linen shirt", "clothing"),
    ("Cast-iron pan", "kitchen"),
    ("Travel atlas", "books"),
    ("Rain jacket", "clothing"),
    ("Chess set", "games"),
];

pub(super) const CURRENCIES: [&str; 4] = ["USD", "EUR", "GBP", "JPY"];

pub(super) const BROWSERS: [&str; 3] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) \
     Version/17.6 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
     Chrome/128.0.0.0 Safari/537.36",
];
