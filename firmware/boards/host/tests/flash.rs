//! Flash: RM0090 §3.6 (programming clears bits, erasing sets them, by sector) and the contract of `NorFlash`.

use embassy_futures::block_on;
use embedded_storage_async::nor_flash::{NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash};
use host_board::flash::{Flash, FlashError};

use crate::folder;

const PAGE: usize = 1024;

fn read(flash: &mut Flash<PAGE>, offset: u32) -> [u8; 4] {
    let mut bytes = [0; 4];
    block_on(flash.read(offset, &mut bytes)).unwrap();
    bytes
}

#[test]
fn what_is_written_stays_and_what_is_erased_is_gone() {
    let path = folder("flash-stays").join("flash");
    let mut flash = Flash::<PAGE>::open(&path, 2).unwrap();
    assert_eq!((flash.capacity(), read(&mut flash, 0)), (2048, [0xFF; 4]));
    block_on(flash.write(8, b"12345678")).unwrap();
    block_on(flash.write(1024, b"next")).unwrap();
    drop(flash);
    let mut flash = Flash::<PAGE>::open(&path, 2).unwrap();
    assert_eq!(
        (read(&mut flash, 8), read(&mut flash, 12), read(&mut flash, 10)),
        (*b"1234", *b"5678", *b"3456")
    );
    block_on(flash.erase(0, 1024)).unwrap();
    assert_eq!((read(&mut flash, 8), read(&mut flash, 1024)), ([0xFF; 4], *b"next"));
    assert!(Flash::<PAGE>::open(&path, 3).is_err(), "another length");
}

#[test]
fn a_word_is_programmed_once() {
    let mut flash = Flash::<PAGE>::open(&folder("flash-once").join("flash"), 2).unwrap();
    block_on(flash.write(4, b"once")).unwrap();
    // Not even the same, and not to zero: embassy's driver for this flash promises neither.
    for word in [*b"once", [0; 4]] {
        assert!(matches!(block_on(flash.write(4, &word)), Err(FlashError::NotErased { offset: 4 })));
    }
    block_on(flash.erase(0, 1024)).unwrap();
    block_on(flash.write(4, b"more")).unwrap();
}

#[test]
fn words_and_pages_are_aligned_and_in_bounds() {
    let mut flash = Flash::<PAGE>::open(&folder("flash-range").join("flash"), 2).unwrap();
    let kind = |result: Result<(), FlashError>| result.map_err(|error| error.kind());
    let (not_aligned, out_of_bounds) =
        (Err(NorFlashErrorKind::NotAligned), Err(NorFlashErrorKind::OutOfBounds));
    assert_eq!(kind(block_on(flash.write(2, b"1234"))), not_aligned);
    assert_eq!(kind(block_on(flash.write(0, b"123"))), not_aligned);
    assert_eq!(kind(block_on(flash.write(2044, b"12345678"))), out_of_bounds);
    assert_eq!(read(&mut flash, 2044), [0xFF; 4], "nothing of it");
    assert_eq!(kind(block_on(flash.erase(512, 1024))), not_aligned);
    assert_eq!(kind(block_on(flash.erase(0, 1000))), not_aligned);
    assert_eq!(kind(block_on(flash.erase(1024, 3072))), out_of_bounds);
    assert_eq!(kind(block_on(flash.erase(1024, 0))), out_of_bounds);
    assert_eq!(kind(block_on(flash.read(2047, &mut [0; 2]))), out_of_bounds);
}
