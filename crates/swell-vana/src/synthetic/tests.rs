use serde_json::Value;

use super::{ActivityVolume, UserDataKind, date::iso_8601, user_data};
use crate::test_support::rng;

const NOW: u64 = 1_758_628_800_000;

#[test]
fn dates_are_iso_8601() {
    assert_eq!(iso_8601(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(iso_8601(951_782_400_000), "2000-02-29T00:00:00.000Z");
    assert_eq!(iso_8601(1_709_251_199_999), "2024-02-29T23:59:59.999Z");
    assert_eq!(iso_8601(NOW), "2025-09-23T12:00:00.000Z");
    assert_eq!(iso_8601(4_102_444_800_000), "2100-01-01T00:00:00.000Z");
    assert_eq!(iso_8601(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
}

#[test]
fn the_default_record_has_the_fields_and_the_size_of_the_reference() {
    let mut octets = 0;
    for seed in 0..200 {
        let text = user_data(UserDataKind::default(), NOW, &mut rng(seed));
        assert!(!text.contains('\n'));
        octets += text.len();
        let value: Value = serde_json::from_str(&text).unwrap();
        let keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        for key in ["userId", "timestamp", "personalInfo", "preferences", "activity"] {
            assert!(keys.contains(&key), "{key}");
        }
        assert_eq!(keys.len(), 5);
        assert_eq!(value["timestamp"], NOW);
        assert_eq!(value["userId"].as_str().unwrap().len(), 36);
        let mut interests: Vec<_> = value["preferences"]["interests"]
            .as_array()
            .unwrap()
            .iter()
            .map(Value::to_string)
            .collect();
        assert!((2..=4).contains(&interests.len()));
        interests.sort();
        interests.dedup();
        assert!(interests.len() >= 2);
        assert!((1..=100).contains(&value["activity"]["sessionCount"].as_u64().unwrap()));
    }
    let mean = octets / 200;
    assert!((300..360).contains(&mean), "mean {mean} octets");
}

#[test]
fn sizes_match_the_reference() {
    use ActivityVolume::{High, Low, Medium};
    let mean = |kind| {
        let total: usize = (0..20).map(|seed| user_data(kind, NOW, &mut rng(seed)).len()).sum();
        total / 20
    };
    for (kind, range) in [
        (UserDataKind::Metrics, 350..430),
        (UserDataKind::Activity, 2_300..2_900),
        (UserDataKind::Purchases(Low), 2_000..3_000),
        (UserDataKind::Purchases(High), 9_000..13_500),
        (UserDataKind::History(Low), 10_000..14_000),
        (UserDataKind::History(Medium), 60_000..80_000),
        (UserDataKind::History(High), 165_000..205_000),
    ] {
        let mean = mean(kind);
        assert!(range.contains(&mean), "{kind:?}: {mean} octets");
    }
}

#[test]
fn equal_generators_give_equal_data_and_others_give_other() {
    let of = |seed| user_data(UserDataKind::Activity, NOW, &mut rng(seed));
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn some_names_leave_ascii() {
    let texts = (0..50).map(|seed| user_data(UserDataKind::Profile, NOW, &mut rng(seed)));
    let with_accents = texts.filter(|text| !text.is_ascii()).count();
    assert!((5..45).contains(&with_accents), "{with_accents} of 50");
}
