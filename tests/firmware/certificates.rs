//! The certificate store: `firmware/src/certificates.rs`.

use embassy_futures::block_on;
use firmware::certificates::{BUFFER_LENGTH, Certificates, File};
use status::{Error, device::FILE_TOO_LARGE, pem, x509};
use tests::{random::Random, throwaway};

use crate::flash::{Flash, PAGE, Power};

const FIRMWARE: &str = "1.0.0 (first)";

/// A store on a flash, as it is after a start.
fn start(flash: &mut Flash, firmware: &str) -> Result<Certificates<Flash>, Error> {
    let mut store = Certificates::new(flash.clone());
    let started = block_on(store.start(firmware));
    *flash = store.flash().clone();
    started.map(|()| store)
}

fn read(store: &mut Certificates<Flash>, file: File) -> Option<Vec<u8>> {
    let mut buffer = [0; BUFFER_LENGTH];
    block_on(store.read(file, &mut buffer)).unwrap().map(<[u8]>::to_vec)
}

fn files(store: &mut Certificates<Flash>) -> [Option<Vec<u8>>; 3] {
    File::ALL.map(|file| read(store, file))
}

/// A store with all three files.
fn full() -> Certificates<Flash> {
    let mut store = start(&mut Flash::new(4), FIRMWARE).unwrap();
    for (file, name) in File::ALL.into_iter().zip(["ca.pem", "client-1024.pem", "client-1024.key"]) {
        block_on(store.replace(file, &throwaway::text(name))).unwrap();
    }
    store
}

#[test]
fn the_same_file_again_writes_nothing() {
    let mut store = full();
    let before = store.flash().operations;
    for (file, name) in File::ALL.into_iter().zip(["ca.pem", "client-1024.pem", "client-1024.key"]) {
        assert_eq!(block_on(store.replace(file, &throwaway::text(name))), Ok(false));
    }
    assert_eq!(store.flash().operations, before);
    assert_eq!(block_on(store.replace(File::CaCertificate, &throwaway::text("other-ca.pem"))), Ok(true));
    assert!(store.flash().operations > before);
}

/// Pieces of a PEM text that no other text has.
fn pieces(pem: &[u8]) -> impl Iterator<Item = &[u8]> {
    pem.chunks_exact(16).skip(4)
}

fn leaves_nothing(flash: &Flash, pem: &[u8]) -> bool {
    pieces(pem).step_by(7).all(|piece| !flash.contains(piece))
}

#[test]
fn an_empty_store_has_no_files() {
    let mut store = start(&mut Flash::new(4), FIRMWARE).unwrap();
    assert_eq!(files(&mut store), [None, None, None]);
    for file in File::ALL {
        assert!(!block_on(store.has(file)).unwrap());
    }
}

#[test]
fn files_are_kept_across_a_restart() {
    let before = files(&mut full());
    let mut flash = full().flash().clone();
    let mut store = start(&mut flash, FIRMWARE).unwrap();
    assert_eq!(files(&mut store), before);
    assert_eq!(before[2], Some(throwaway::text("client-1024.key")));
    assert!(block_on(store.has(File::PrivateKey)).unwrap());
}

#[test]
fn a_file_of_4096_bytes_fits_and_a_longer_one_is_refused() {
    let mut store = full();
    let mut longest = throwaway::text("ca.pem");
    longest.resize(4096, b'\n');
    for file in [File::CaCertificate, File::ClientCertificate] {
        block_on(store.replace(file, &longest)).unwrap();
    }
    let mut key = throwaway::text("client-4096.key");
    key.resize(4096, b'\n');
    block_on(store.replace(File::PrivateKey, &key)).unwrap();
    assert_eq!(files(&mut store), [Some(longest.clone()), Some(longest.clone()), Some(key)]);
    longest.push(b'\n');
    assert_eq!(block_on(store.replace(File::CaCertificate, &longest)), Err(FILE_TOO_LARGE));
}

#[test]
fn a_bad_file_is_refused_with_its_code_and_the_old_one_stays() {
    let mut store = full();
    let before = files(&mut store);
    let truncated = &throwaway::text("ca.pem")[..600];
    let cases: [(File, &[u8], Error); 4] = [
        (File::CaCertificate, b"not a certificate", x509::INVALID_FORMAT),
        (File::ClientCertificate, truncated, x509::CERT_UNKNOWN_FORMAT),
        (File::CaCertificate, &throwaway::text("client-1024.key"), x509::INVALID_FORMAT),
        (File::PrivateKey, &throwaway::text("ca.pem"), status::pk::KEY_INVALID_FORMAT),
    ];
    for (file, pem, expected) in cases {
        assert_eq!(block_on(store.replace(file, pem)), Err(expected), "{file:?}");
    }
    let damaged = String::from_utf8(throwaway::text("ca.pem")).unwrap().replacen('M', "!", 3);
    let refused = block_on(store.replace(File::CaCertificate, damaged.as_bytes())).unwrap_err();
    assert_eq!(refused.high(), pem::INVALID_DATA.high());
    assert_eq!(files(&mut store), before);
}

#[test]
fn nothing_of_a_replaced_or_erased_key_can_be_read_from_the_flash() {
    let mut store = full();
    let (old, new) = (throwaway::text("client-1024.key"), throwaway::text("client-2048.key"));
    assert!(pieces(&old).all(|piece| store.flash().contains(piece)), "the scan finds what is there");
    block_on(store.replace(File::PrivateKey, &new)).unwrap();
    assert!(leaves_nothing(store.flash(), &old));
    assert!(pieces(&new).all(|piece| store.flash().contains(piece)));
    block_on(store.erase(File::PrivateKey)).unwrap();
    assert!(leaves_nothing(store.flash(), &new));
    assert!(read(&mut store, File::PrivateKey).is_none());
    assert_eq!(read(&mut store, File::CaCertificate), Some(throwaway::text("ca.pem")));
}

#[test]
fn another_firmware_erases_everything() {
    let mut flash = full().flash().clone();
    let mut store = start(&mut flash, "1.0.1 (second)").unwrap();
    assert_eq!(files(&mut store), [None, None, None]);
    assert!(flash.bytes.iter().all(|byte| *byte == 0xFF));
}

#[test]
fn all_files_are_erased_at_once() {
    let mut store = full();
    block_on(store.erase_all()).unwrap();
    assert_eq!(files(&mut store), [None, None, None]);
    for name in ["ca.pem", "client-1024.pem", "client-1024.key"] {
        assert!(leaves_nothing(store.flash(), &throwaway::text(name)), "{name}");
    }
    let mut flash = store.flash().clone();
    assert_eq!(files(&mut start(&mut flash, FIRMWARE).unwrap()), [None, None, None]);
    block_on(store.erase_all()).unwrap();
}

/// Runs a change with a power cut at each of its operations in turn, and after each looks at what a restart finds.
fn cut_everywhere(change: impl Fn(&mut Certificates<Flash>) -> Result<(), Error>) {
    let old_key = throwaway::text("client-1024.key");
    let new_key = throwaway::text("client-2048.key");
    let before = files(&mut full());
    let mut whole = full();
    let first = whole.flash().operations;
    change(&mut whole).unwrap();
    let after = files(&mut whole);
    let operations = whole.flash().operations - first;
    let mut outcomes = [0; 2];
    // Some of the many data words, and all of the last, where one set takes the other's place.
    for cut in (0..operations).filter(|cut| cut % 41 == 0 || operations - cut < 32) {
        let mut flash = full().flash().clone();
        flash.power = Power::FailsAfter(cut);
        let mut store = start(&mut flash, FIRMWARE).unwrap();
        assert!(change(&mut store).is_err(), "cut {cut}");
        let mut flash = store.flash().clone();
        // Power fails once more while the next start mends what it finds.
        flash.power = Power::FailsAfter(1);
        let _ = start(&mut flash, FIRMWARE);
        flash.power = Power::On;
        let mut store = start(&mut flash, FIRMWARE).unwrap();
        let found = files(&mut store);
        assert!(found == before || found == after, "cut {cut}: neither the old files nor the new ones");
        let is_new = found == after;
        outcomes[usize::from(is_new)] += 1;
        let gone = if is_new { &old_key } else { &new_key };
        if before[2] != after[2] {
            assert!(leaves_nothing(&flash, gone), "cut {cut}: a key remains");
        }
        change(&mut store).unwrap();
        assert_eq!(files(&mut store), after, "cut {cut}: and again, without a cut");
    }
    assert!(outcomes.iter().all(|count| *count > 0), "both outcomes occur: {outcomes:?}");
}

#[test]
fn a_power_cut_while_a_key_is_replaced_loses_nothing_else() {
    cut_everywhere(|store| {
        block_on(store.replace(File::PrivateKey, &throwaway::text("client-2048.key"))).map(drop)
    });
}

#[test]
fn a_power_cut_while_a_certificate_is_replaced_loses_nothing_else() {
    cut_everywhere(|store| {
        block_on(store.replace(File::CaCertificate, &throwaway::text("other-ca.pem"))).map(drop)
    });
}

#[test]
fn a_power_cut_while_all_is_erased_leaves_all_or_nothing() {
    cut_everywhere(|store| block_on(store.erase_all()));
}

#[test]
fn any_bytes_in_the_flash_are_an_empty_store() {
    let mut random = Random(7);
    for _ in 0..20 {
        let mut flash = Flash::new(4);
        for byte in &mut flash.bytes[..PAGE * 4] {
            *byte = random.number().to_le_bytes()[0];
        }
        let mut store = start(&mut flash, FIRMWARE).unwrap();
        assert_eq!(files(&mut store), [None, None, None]);
        block_on(store.replace(File::CaCertificate, &throwaway::text("ca.pem"))).unwrap();
        assert_eq!(read(&mut store, File::CaCertificate), Some(throwaway::text("ca.pem")));
    }
}
