//! The store of the settings: `firmware/src/storage.rs`.

use embassy_futures::block_on;
use firmware::{
    settings::{
        Field, Settings,
        configuration::{Secrets, save},
    },
    storage::{Key, MAX_VALUE_LENGTH, Storage},
};
use status::device::STORAGE_FAILED;

use crate::flash::{Flash, Power};

fn read(storage: &mut Storage<Flash>) -> Option<Vec<u8>> {
    let mut out = [0; MAX_VALUE_LENGTH];
    let length = block_on(storage.read(Key::Settings, &mut out)).unwrap();
    length.map(|length| out[..length].to_vec())
}

#[test]
fn a_value_replaces_the_earlier_one() {
    let mut storage = Storage::new(Flash::new(2));
    assert_eq!(read(&mut storage), None);
    // Enough to fill both pages several times over.
    for number in 0..60_u8 {
        let value = vec![number; MAX_VALUE_LENGTH - usize::from(number)];
        block_on(storage.write(Key::Settings, &value)).unwrap();
        assert_eq!(read(&mut storage), Some(value));
    }
    assert_eq!(block_on(storage.write(Key::Settings, &[0; MAX_VALUE_LENGTH + 1])), Err(STORAGE_FAILED));
    assert_eq!(block_on(storage.read(Key::Settings, &mut [0; 10])), Err(STORAGE_FAILED));
    block_on(storage.erase_all()).unwrap();
    assert_eq!(read(&mut storage), None);
}

#[test]
fn a_power_cut_leaves_the_old_value_or_the_new_one() {
    let (old, new) = (vec![1; 900], vec![2; 901]);
    // At every state of filling of the two pages.
    for earlier in 0..40 {
        let mut storage = Storage::new(Flash::new(2));
        for _ in 0..=earlier {
            block_on(storage.write(Key::Settings, &old)).unwrap();
        }
        let before = storage.flash().clone();
        block_on(storage.write(Key::Settings, &new)).unwrap();
        let operations = storage.flash().operations - before.operations;
        for cut in (0..operations).filter(|cut| cut % 17 == 0 || *cut < 8 || operations - cut < 8) {
            let mut flash = before.clone();
            flash.power = Power::FailsAfter(cut);
            let mut storage = Storage::new(flash);
            assert_eq!(block_on(storage.write(Key::Settings, &new)), Err(STORAGE_FAILED));
            let mut flash = storage.flash().clone();
            flash.power = Power::On;
            let mut storage = Storage::new(flash);
            let found = read(&mut storage).unwrap();
            assert!(found == old || found == new, "cut {cut} after {earlier}");
            block_on(storage.write(Key::Settings, &new)).unwrap();
            assert_eq!(read(&mut storage), Some(new.clone()), "cut {cut} after {earlier}");
        }
    }
}

#[test]
fn the_same_text_again_writes_nothing() {
    let mut settings = Settings::default();
    let mut storage = Storage::new(Flash::new(2));
    let mut store = |settings: &Settings| {
        let before = storage.flash().operations;
        block_on(storage.write_text(Key::Settings, || save(settings, Secrets::Included))).unwrap();
        storage.flash().operations - before
    };
    assert!(store(&settings) > 0, "the defaults were never stored");
    assert_eq!(store(&settings), 0);
    settings.set(Field::MqttHost, "broker").unwrap();
    assert!(store(&settings) > 0);
    assert_eq!(store(&settings), 0);
}
