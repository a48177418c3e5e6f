//! Every key that a target file may have, and what belongs there.

/// A key of a table.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) is_required: bool,
}

/// What belongs at a key.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// A text, described by a phrase.
    Text(&'static str),
    /// A whole number from 0.
    Count(&'static str),
    /// A number, whole or not.
    Number(&'static str),
    /// A text or a list of texts.
    Urls,
    /// A list of texts.
    UrlList,
    /// An address of the chain.
    Address,
    /// One of a few words.
    Words(&'static [&'static str]),
    /// One of a few words, or a table with exactly one of these keys, whose values may be secret or
    /// tell of one: a text there is never shown.
    Reference { words: &'static [&'static str], keys: &'static [Field], example: &'static str },
    /// A text or such a table.
    TextOr(&'static str, &'static [Field]),
    /// A table with these keys.
    Table(&'static [Field]),
    /// A table whose `kind` says which keys it has beside.
    Kinds(&'static [(&'static str, &'static [Field])]),
}

const fn must(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, is_required: true }
}

const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, is_required: false }
}

const URL: Shape = Shape::Text("a URL");
const NAME: Shape = Shape::Text("the name of a variable");
const PATH: Shape = Shape::Text("the path of a file");
const BUCKET: Shape = Shape::Text("the name of a bucket");
const PREFIX: Shape = Shape::Text("what the names of objects begin with");
const SECONDS: Shape = Shape::Number("seconds, above 0");
const WHOLE: Shape = Shape::Count("a whole number");

/// The whole file.
pub(super) static TARGET: &[Field] = &[
    must("format", Shape::Count("1, the format that this version reads")),
    must("name", Shape::Text("the name that reports use")),
    must("chain", Shape::Table(CHAIN)),
    must("contracts", Shape::Table(CONTRACTS)),
    must("storage", Shape::Kinds(STORAGE)),
    must("server", Shape::Table(SERVER)),
    may("relay", Shape::Table(RELAY)),
    must("keys", Shape::Table(KEYS)),
    may("expected", Shape::Table(EXPECTED)),
];

static CHAIN: &[Field] = &[
    must("id", Shape::Count("the chain's id, a whole number")),
    must("rpc", Shape::UrlList),
    may("ws", Shape::Urls),
    may("finality_blocks", Shape::Count("1 to 10")),
    may("funds", Shape::Words(&["real", "worthless", "sandbox"])),
];

static CONTRACTS: &[Field] = &[
    must("permissions", Shape::Address),
    must("grantees", Shape::Address),
    must("servers", Shape::Address),
    must("registry", Shape::Address),
    may("multicall", Shape::Address),
    may("schemas", Shape::Address),
];

static SERVER: &[Field] = &[
    must("url", URL),
    may("grantee_id", Shape::Count("a grantee's id, from 1")),
    may("through", Shape::Words(&["direct", "application"])),
    may("application_url", URL),
];

static RELAY: &[Field] = &[must("url", URL)];

static KEYS: &[Field] = &[
    must("relayer", key("{ env = \"SWELL_RELAYER_KEY\" }")),
    must("application", key("{ env = \"SWELL_APPLICATION_KEY\" }")),
];

const fn key(example: &'static str) -> Shape {
    Shape::Reference { words: &["stdin", "published"], keys: KEY, example }
}

static KEY: &[Field] = &[
    may("env", NAME),
    may("file", PATH),
    may("env-file", Shape::Table(ENV_FILE)),
    may(
        "keystore",
        Shape::TextOr("a path, or a table with file and password_env or password_file", KEYSTORE),
    ),
];

static ENV_FILE: &[Field] = &[must("path", PATH), must("variable", NAME)];

static KEYSTORE: &[Field] =
    &[must("file", PATH), may("password_env", NAME), may("password_file", PATH)];

const fn secret(example: &'static str) -> Shape {
    Shape::Reference { words: &[], keys: SECRET, example }
}

static SECRET: &[Field] =
    &[may("env", NAME), may("file", PATH), may("env-file", Shape::Table(ENV_FILE))];

static STORAGE: &[(&str, &[Field])] = &[
    ("sandbox", &[must("url", URL)]),
    (
        "gcs",
        &[
            must("bucket", BUCKET),
            may("prefix", PREFIX),
            must("credentials", secret("{ env = \"GOOGLE_CLOUD_SERVICE_ACCOUNT_JSON\" }")),
            may("signed_urls", Shape::Words(&["v2", "v4"])),
            may("url", URL),
        ],
    ),
    (
        "s3",
        &[
            must("bucket", BUCKET),
            must("region", Shape::Text("the name of a region")),
            may("endpoint", URL),
            may("prefix", PREFIX),
            must("access_key_id", secret("{ env = \"AWS_ACCESS_KEY_ID\" }")),
            must("secret_access_key", secret("{ env = \"AWS_SECRET_ACCESS_KEY\" }")),
            may("session_token", secret("{ env = \"AWS_SESSION_TOKEN\" }")),
            may("urls", Shape::Words(&["presigned", "public"])),
        ],
    ),
    ("pinata", &[must("jwt", secret("{ env = \"PINATA_JWT\" }")), may("url", URL)]),
    (
        "local",
        &[
            must("folder", Shape::Text("the path of a folder")),
            must("listen", Shape::Text("an address and a port, such as \"0.0.0.0:4100\"")),
            must("url", URL),
        ],
    ),
];

static EXPECTED: &[Field] = &[
    may("journey_s", SECONDS),
    may("block_s", SECONDS),
    may("operations_per_hour", WHOLE),
    may("identities_per_minute", WHOLE),
    may("url_chars", WHOLE),
    may("poll_interval_s", SECONDS),
    may("rpc_per_s", Shape::Number("requests a second")),
];
