//! A text longer than memory: `firmware/src/window.rs`.

use std::fmt::Write;

use firmware::window::Window;
use proptest::prelude::*;

/// All windows of a text, put together, and how many there were.
pub(crate) fn whole(write: &dyn Fn(&mut dyn Write) -> std::fmt::Result, room: usize) -> Vec<u8> {
    let (mut whole, mut buffer) = (Vec::new(), vec![0; room]);
    loop {
        let mut window = Window::new(&mut buffer, whole.len());
        let is_last = write(&mut window).is_ok();
        let used = window.used();
        assert!(is_last || used == room, "only a full window ends before the text");
        whole.extend(&buffer[..used]);
        if is_last {
            return whole;
        }
    }
}

proptest! {
    #[test]
    fn windows_of_any_size_make_the_whole(pieces in prop::collection::vec("\\PC{0,20}", 0..12), room in 1..40_usize) {
        let write = |out: &mut dyn Write| pieces.iter().try_for_each(|piece| out.write_str(piece));
        prop_assert_eq!(whole(&write, room), pieces.concat().into_bytes());
    }
}
