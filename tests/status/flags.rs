//! The verification flags: bits, sets and order.

use status::Flags;

#[test]
fn twenty_single_bits_in_order() {
    let all = (0..20).fold(0, |bits, n| bits | 1u32 << n);
    let mut set = Flags::NONE;
    for flag in [Flags::EXPIRED, Flags::CRL_BAD_KEY, Flags::BAD_KEY, Flags::FUTURE] {
        set |= flag;
        assert_eq!(flag.bits().count_ones(), 1);
        assert_eq!(all & flag.bits(), flag.bits());
    }
    let names: Vec<_> = set.iter().map(|row| row.name).collect();
    assert_eq!(names, ["EXPIRED", "FUTURE", "BAD_KEY", "CRL_BAD_KEY"]);
}

#[test]
fn several_at_once_are_ored() {
    // Expired, wrong name and unknown CA together are 0x0D.
    let flags = Flags::EXPIRED | Flags::CN_MISMATCH | Flags::NOT_TRUSTED;
    assert_eq!(format!("{flags:?}"), "0x0D");
    assert!(flags.contains(Flags::EXPIRED | Flags::NOT_TRUSTED));
    assert!(!flags.contains(Flags::EXPIRED | Flags::FUTURE));
    assert!(flags.intersects(Flags::EXPIRED | Flags::FUTURE));
    assert!(!flags.is_empty() && Flags::NONE.is_empty());
}

#[test]
fn bits_come_back_but_for_those_that_stand_for_nothing() {
    let all = Flags::from_bits(u32::MAX);
    assert_eq!(all.iter().count(), 20);
    assert_eq!(Flags::from_bits(all.bits()), all);
    assert_eq!(Flags::from_bits(0), Flags::NONE);
    for row in all.iter() {
        assert_eq!(Flags::from_bits(row.flag.bits()), row.flag);
    }
}
