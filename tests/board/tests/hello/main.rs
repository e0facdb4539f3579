//! The models with drivers that are not ours: embassy-stm32's, in the firmware `hello`.

mod peer;

use std::{ops::Range, thread, time::Duration};

use board::{
    Options,
    models::flash::{Cut, Moment},
};
use peer::Hello;
use rigless::device::ResetCause;

/// Registers that embassy-stm32 touches at its start and that have no model, with what it wants there.
const KNOWN: [&str; 0] = [];

#[test]
fn it_boots_gets_an_address_and_answers() {
    let mut hello = Hello::start(Options::default());
    assert_eq!(hello.ask("hello"), "world");
    hello.wait("a datagram", |script| script.greetings > 0);
    let findings = hello.board.findings();
    let unknown: Vec<_> =
        findings.iter().filter(|found| !KNOWN.iter().any(|known| found.contains(known))).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Nothing outside of virtual time takes part: one seed, one run; another seed, another one.
#[test]
fn a_run_repeats_to_the_instruction_and_only_its_seed_changes_it() {
    let run = |seed| {
        let mut hello = Hello::start(Options { seed, ..Options::default() });
        let sent = hello.board.wait_for("two seconds", Duration::from_secs(60), |stage| {
            (stage.stop.at.0 > 2_000_000_000).then(|| stage.runner.sent.clone())
        });
        let script = hello.script.lock().unwrap();
        assert_eq!((script.leases, script.greetings), (1, 1), "with seed {seed}");
        sent.unwrap()
    };
    let (first, again, other) = (run(1), run(1), run(2));
    // DHCP's discovery and request, ARP, and the greeting at least.
    assert!(first.len() >= 4, "{first:?}");
    let common = first.len().min(again.len());
    assert_eq!(first[..common], again[..common]);
    assert_ne!(first[..4], other[..4]);
}

#[test]
fn pins_pass_both_ways() {
    let mut hello = Hello::start(Options { inputs: vec![("PC13", true)], ..Options::default() });
    assert_eq!(hello.ask("button"), "high");
    assert!(hello.board.output("PB7"));
    hello.board.set_input("PC13", false);
    assert_eq!(hello.ask("button"), "low");
    assert!(!hello.board.output("PB7"));
    let (mut on, mut off) = (false, false);
    for _ in 0..1000 {
        let lit = hello.board.output("PB0");
        (on, off) = (on | lit, off | !lit);
        if on && off {
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
    panic!("LD1 does not blink");
}

#[test]
fn flash_keeps_what_is_programmed_over_resets_and_power_cuts() {
    let mut hello = Hello::start(Options::default());
    assert_eq!(hello.ask("read"), "ffffffff ffffffff");
    assert_eq!(hello.ask("write 12345678 9abcdef0"), "true true");
    assert_eq!(hello.ask("read"), "12345678 9abcdef0");
    hello.tell("reset");
    assert_eq!(hello.answer(), "");
    assert_eq!(hello.ask("read"), "12345678 9abcdef0");
    hello.board.power_off();
    hello.board.power_on();
    assert_eq!(hello.ask("read"), "12345678 9abcdef0");
    let flash = hello.board.flash();
    assert_eq!(flash[0x10_0000..0x10_0008], [0x78, 0x56, 0x34, 0x12, 0xf0, 0xde, 0xbc, 0x9a]);
    drop(hello);
    let mut hello = Hello::start(Options { flash: Some(flash), ..Options::default() });
    assert_eq!(hello.ask("read"), "12345678 9abcdef0");
}

#[test]
fn a_power_cut_tears_words() {
    let mut hello = Hello::start(Options::default());
    // Operation 0 is the erase, 1 and 2 are the words.
    let expected = [
        (0, Moment::Before, ["12345678", "9abcdef0"]),
        (0, Moment::After, ["ffffffff", "ffffffff"]),
        (1, Moment::Before, ["ffffffff", "ffffffff"]),
        (1, Moment::After, ["00000000", "ffffffff"]),
        (2, Moment::After, ["00000000", "0000ffff"]),
    ];
    for (operation, moment, words) in expected {
        assert_eq!(cut(&mut hello, operation, moment), words.join(" "), "{operation} {moment:?}");
    }
    let mut torn = 0;
    for _ in 0..8 {
        let read = cut(&mut hello, 1, Moment::During);
        torn += u32::from(!read.starts_with("00000000") && !read.starts_with("ffffffff"));
        assert!(read.ends_with(" ffffffff"), "{read}");
    }
    assert!(torn > 0, "no word was half programmed");
}

/// Of an erase that is interrupted every kind of word is left, in that sector only: as it was, erased, and some of its bits.
#[test]
fn a_power_cut_tears_a_sector() {
    const OLD: u64 = 0x0123_4567_89AB_CDEF;
    let (sector, next) = (0x10_0000..0x10_4000, 0x10_4000..0x10_8000);
    let mut flash = vec![0xFF; next.end];
    flash[sector.start..].copy_from_slice(&OLD.to_le_bytes().repeat((next.end - sector.start) / 8));
    let mut hello = Hello::start(Options { flash: Some(flash), ..Options::default() });
    assert_eq!(hello.ask("read"), "89abcdef 01234567");
    cut_write(&mut hello, 0, Moment::During);
    let flash = hello.board.flash();
    let words = |range: Range<usize>| {
        flash[range].chunks_exact(8).map(|word| u64::from_le_bytes(word.try_into().unwrap()))
    };
    let [mut kept, mut erased, mut torn] = [0; 3];
    for word in words(sector) {
        match word {
            OLD => kept += 1,
            u64::MAX => erased += 1,
            word if word & OLD == OLD => torn += 1,
            word => panic!("{word:#x}: an erase sets bits only"),
        }
    }
    assert!(kept > 100 && erased > 100 && torn > 100, "{kept} kept, {erased} erased, {torn} torn");
    assert!(words(next).all(|word| word == OLD), "the next sector has changed");
}

/// Writes words over others and cuts the power in between; what is there afterwards.
fn cut(hello: &mut Hello, operation: u64, moment: Moment) -> String {
    assert_eq!(hello.ask("write 12345678 9abcdef0"), "true true");
    cut_write(hello, operation, moment);
    hello.ask("read")
}

/// Erases a sector and writes two words, and cuts the power in one of these operations.
fn cut_write(hello: &mut Hello, operation: u64, moment: Moment) {
    hello.board.cut_at(Some(Cut { operation, moment }));
    hello.tell("write 00000000 0000ffff");
    hello
        .board
        .wait_for("the cut", Duration::from_secs(60), |stage| {
            (!stage.session.board_mut().part.supply).then_some(())
        })
        .unwrap();
    hello.board.power_on();
    // The peer's connection is from before the cut.
    assert_eq!(hello.answer(), "");
}

#[test]
fn resets_leave_their_flags() {
    let mut hello = Hello::start(Options::default());
    let flags = |answer: String| u32::from_str_radix(&answer[..8], 16).unwrap() >> 24;
    let kept = |answer: String| answer[9..].to_owned();
    let answer = hello.ask("flags");
    assert_eq!(flags(answer) & 0x08, 0x08, "power-on");
    assert_eq!(hello.ask("keep cafe0001"), "kept");
    hello.tell("reset");
    assert_eq!(hello.answer(), "");
    let answer = hello.ask("flags");
    assert_eq!(flags(answer.clone()) & 0x18, 0x10, "software");
    assert_eq!(kept(answer), "cafe0001");
    hello.board.press_reset();
    let answer = hello.ask("flags");
    assert_eq!(flags(answer) & 0x3C, 0x04, "pin");
    hello.tell("starve");
    assert_eq!(hello.answer(), "");
    hello
        .board
        .wait_for("the watchdog", Duration::from_secs(60), |stage| {
            stage.session.resets().iter().any(|reset| reset.cause == ResetCause::Model("IWDG")).then_some(())
        })
        .unwrap();
    let answer = hello.ask("flags");
    assert_eq!(flags(answer.clone()) & 0x28, 0x20, "watchdog");
    assert_eq!(kept(answer), "cafe0001");
    hello.board.power_off();
    hello.board.power_on();
    assert_ne!(kept(hello.ask("flags")), "cafe0001");
}

#[test]
fn a_pulled_cable_is_a_link_that_is_down() {
    let mut hello = Hello::start(Options { cable: false, ..Options::default() });
    hello
        .board
        .wait_for("five seconds", Duration::from_secs(60), |stage| {
            (stage.stop.at.0 > 5_000_000_000).then_some(())
        })
        .unwrap();
    assert_eq!(hello.script.lock().unwrap().leases, 0);
    hello.board.set_cable(true);
    assert_eq!(hello.ask("hello"), "world");
    hello.board.set_cable(false);
    hello.board.set_cable(true);
    assert_eq!(hello.ask("hello"), "world");
}
