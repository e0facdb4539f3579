//! The store of the settings: `firmware/src/storage.rs`.

use embassy_futures::block_on;
use firmware::storage::{Earlier, Key, MAX_VALUE_LENGTH, Storage};
use status::device::STORAGE_FAILED;

use crate::flash::{Flash, Power};

fn read_key(storage: &mut Storage<Flash>, key: Key) -> Option<Vec<u8>> {
    let mut out = [0; MAX_VALUE_LENGTH];
    let length = block_on(storage.read(key, &mut out)).unwrap();
    length.map(|length| out[..length].to_vec())
}

fn read(storage: &mut Storage<Flash>) -> Option<Vec<u8>> {
    read_key(storage, Key::Settings)
}

fn write(storage: &mut Storage<Flash>, value: &[u8], earlier: Earlier) {
    block_on(storage.write(Key::Settings, value, earlier)).unwrap();
}

/// The store as the next start finds it.
fn restarted(storage: &Storage<Flash>) -> Storage<Flash> {
    let mut flash = storage.flash().clone();
    flash.power = Power::On;
    Storage::new(flash)
}

#[test]
fn a_value_replaces_the_earlier_one() {
    let mut storage = Storage::new(Flash::new(2));
    assert_eq!(read(&mut storage), None);
    // Enough to fill both pages several times over.
    for number in 0..60_u8 {
        let value = vec![number; MAX_VALUE_LENGTH - usize::from(number)];
        let earlier = if number % 7 == 3 { Earlier::IsErased } else { Earlier::MayStay };
        write(&mut storage, &value, earlier);
        assert_eq!(read(&mut storage), Some(value.clone()));
        assert_eq!(read(&mut restarted(&storage)), Some(value));
    }
    let too_long = block_on(storage.write(Key::Settings, &[0; MAX_VALUE_LENGTH + 1], Earlier::MayStay));
    assert_eq!(too_long, Err(STORAGE_FAILED));
    assert_eq!(block_on(storage.read(Key::Settings, &mut [0; 10])), Err(STORAGE_FAILED));
    block_on(storage.erase_all()).unwrap();
    assert_eq!(read(&mut storage), None);
}

#[test]
fn each_key_has_its_own_value() {
    let mut storage = Storage::new(Flash::new(2));
    for number in 0..700_u16 {
        block_on(storage.write(Key::Time, &number.to_be_bytes(), Earlier::MayStay)).unwrap();
        if number == 5 {
            write(&mut storage, b"", Earlier::MayStay);
        }
        if number == 600 {
            write(&mut storage, b"settings", Earlier::IsErased);
        }
    }
    let mut restarted = restarted(&storage);
    for storage in [&mut storage, &mut restarted] {
        assert_eq!(read_key(storage, Key::Time), Some(699_u16.to_be_bytes().to_vec()));
        assert_eq!(read(storage), Some(b"settings".to_vec()));
        assert_eq!(read_key(storage, Key::Retained), None);
    }
}

#[test]
fn the_same_value_again_writes_nothing() {
    let mut storage = Storage::new(Flash::new(2));
    write(&mut storage, b"a value", Earlier::MayStay);
    let operations = storage.flash().operations;
    for earlier in [Earlier::MayStay, Earlier::IsErased] {
        write(&mut storage, b"a value", earlier);
        write(&mut restarted(&storage), b"a value", earlier);
    }
    assert_eq!(storage.flash().operations, operations);
}

#[test]
fn nothing_stays_of_an_erased_value_at_whatever_moment_the_power_fails() {
    let (old, new) = (b"first-secret-1234567".repeat(40), b"second-secret".repeat(60));
    for appended in [0, 3, 18] {
        let mut storage = Storage::new(Flash::new(2));
        // What holds the same secret may lie there several times.
        for number in 0..=appended {
            write(&mut storage, &[old.as_slice(), &[number]].concat(), Earlier::MayStay);
        }
        assert!(storage.flash().contains(b"first-secret"));
        let before = storage.flash().clone();
        write(&mut storage, &new, Earlier::IsErased);
        assert!(!storage.flash().contains(b"first-"));
        let operations = storage.flash().operations - before.operations;
        for cut in 0..operations {
            let mut flash = before.clone();
            flash.power = Power::FailsAfter(cut);
            let mut storage = Storage::new(flash);
            assert_eq!(block_on(storage.write(Key::Settings, &new, Earlier::IsErased)), Err(STORAGE_FAILED));
            let mut storage = restarted(&storage);
            // The new one is in force only without the old one.
            if read(&mut storage).unwrap() == new {
                assert!(!storage.flash().contains(b"first-"), "cut {cut}");
            } else {
                assert!(!storage.flash().contains(b"second-"), "cut {cut}");
            }
        }
    }
}

#[test]
fn a_power_cut_leaves_the_old_value_or_the_new_one() {
    let (old, new) = (vec![1; 900], vec![2; 901]);
    // At every state of filling of a page.
    for earlier in 0..20_usize {
        let mut storage = Storage::new(Flash::new(2));
        for number in 0..=earlier {
            // Never the same one twice.
            write(&mut storage, &old[usize::from(number % 2 == 0)..], Earlier::MayStay);
        }
        let last = read(&mut storage).unwrap();
        let before = storage.flash().clone();
        write(&mut storage, &new, Earlier::MayStay);
        let operations = storage.flash().operations - before.operations;
        for cut in (0..operations).filter(|cut| cut % 17 == 0 || *cut < 8 || operations - cut < 8) {
            let mut flash = before.clone();
            flash.power = Power::FailsAfter(cut);
            let mut storage = Storage::new(flash);
            assert_eq!(block_on(storage.write(Key::Settings, &new, Earlier::MayStay)), Err(STORAGE_FAILED));
            let mut storage = restarted(&storage);
            let found = read(&mut storage).unwrap();
            assert!(found == last || found == new, "cut {cut} after {earlier}");
            write(&mut storage, &new, Earlier::MayStay);
            assert_eq!(read(&mut storage), Some(new.clone()), "cut {cut} after {earlier}");
            assert_eq!(read(&mut restarted(&storage)), Some(new.clone()), "cut {cut} after {earlier}");
        }
    }
}
