//! What survives a reset: whole, or not at all.

use std::{cell::RefCell, rc::Rc};

use firmware::{
    backup::{self, CAPACITY, Slot},
    board::Backup,
};
use tests::random::Random;

use crate::rig::Memory;

const SLOTS: [Slot; 4] = [Slot::StatusCodes, Slot::TlsSession, Slot::MqttSession, Slot::Time];

fn memory(length: usize) -> Memory {
    let mut random = Random(7);
    Memory(Rc::new(RefCell::new((0..length).map(|_| random.byte()).collect())))
}

fn read(memory: &mut Memory, slot: Slot) -> Option<Vec<u8>> {
    backup::read(memory, slot, &mut [0; CAPACITY]).map(<[u8]>::to_vec)
}

#[test]
fn each_slot_keeps_its_own_content() {
    let mut memory = memory(CAPACITY);
    for slot in SLOTS {
        assert_eq!(read(&mut memory, slot), None, "after a power cut");
    }
    let contents = [vec![1; 64], vec![2; 2368], vec![3; 1612], vec![4; 8]];
    for (slot, content) in SLOTS.into_iter().zip(&contents) {
        assert!(backup::write(&mut memory, slot, content));
    }
    for (slot, content) in SLOTS.into_iter().zip(&contents) {
        assert_eq!(read(&mut memory, slot).as_ref(), Some(content));
    }
    // One byte more does not fit, and then the slot is empty.
    for (slot, content) in SLOTS.into_iter().zip(&contents) {
        assert!(!backup::write(&mut memory, slot, &[content.as_slice(), &[0]].concat()));
        assert_eq!(read(&mut memory, slot), None);
    }
}

#[test]
fn an_empty_content_is_one() {
    let mut memory = memory(CAPACITY);
    assert!(backup::write(&mut memory, Slot::TlsSession, &[]));
    assert_eq!(read(&mut memory, Slot::TlsSession), Some(Vec::new()));
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let mut memory = memory(CAPACITY);
    let before: Vec<u8> = memory.0.borrow().clone();
    assert!(backup::write(&mut memory, Slot::TlsSession, &[7; 100]));
    let written: Vec<u8> = memory.0.borrow().clone();
    let places: Vec<usize> = (0..CAPACITY).filter(|place| before[*place] != written[*place]).collect();
    assert!(places.len() > 100);
    for place in places {
        memory.0.borrow_mut()[place] ^= 0x40;
        assert_eq!(read(&mut memory, Slot::TlsSession), None, "at {place}");
        memory.0.borrow_mut()[place] ^= 0x40;
    }
    assert_eq!(read(&mut memory, Slot::TlsSession), Some(vec![7; 100]));
}

/// A reset in the middle of a write leaves no mixture of old and new.
#[test]
fn a_write_that_is_cut_short_leaves_nothing() {
    for writes in 0..2 {
        let mut memory = memory(CAPACITY);
        assert!(backup::write(&mut memory, Slot::MqttSession, &[1; 300]));
        let mut cut = Cut { memory: memory.clone(), left: writes };
        backup::write(&mut cut, Slot::MqttSession, &[2; 300]);
        let expected = if writes == 0 { Some(vec![1; 300]) } else { None };
        assert_eq!(read(&mut memory, Slot::MqttSession), expected);
    }
}

#[test]
fn nothing_of_an_erased_slot_is_left_and_the_others_are_untouched() {
    let mut memory = memory(CAPACITY);
    for slot in [Slot::StatusCodes, Slot::TlsSession, Slot::MqttSession] {
        assert!(backup::write(&mut memory, slot, b"the master secret"));
    }
    assert!(backup::write(&mut memory, Slot::Time, b"the time"));
    backup::erase(&mut memory, Slot::TlsSession);
    assert_eq!(read(&mut memory, Slot::TlsSession), None);
    assert_eq!(memory.0.borrow().windows(17).filter(|window| window == b"the master secret").count(), 2);
    assert!(read(&mut memory, Slot::StatusCodes).is_some() && read(&mut memory, Slot::MqttSession).is_some());
    assert!(read(&mut memory, Slot::Time).is_some());
}

#[test]
fn less_memory_holds_less_and_none_holds_nothing() {
    for length in [0, 10, 75, 100, 2000] {
        let mut memory = memory(length);
        assert!(!backup::write(&mut memory, Slot::MqttSession, &[1; 64]));
        assert_eq!(read(&mut memory, Slot::MqttSession), None);
        backup::erase(&mut memory, Slot::MqttSession);
        assert_eq!(backup::write(&mut memory, Slot::StatusCodes, &[1; 64]), length >= 75);
        assert_eq!(read(&mut memory, Slot::StatusCodes).is_some(), length >= 75);
    }
}

/// Memory whose processor is reset after so many writes.
struct Cut {
    memory: Memory,
    left: usize,
}

impl Backup for Cut {
    fn capacity(&self) -> usize {
        self.memory.capacity()
    }

    fn read(&mut self, offset: usize, out: &mut [u8]) {
        self.memory.read(offset, out);
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        if self.left > 0 {
            self.left -= 1;
            self.memory.write(offset, bytes);
        }
    }
}
