//! Small texts: `firmware/src/ascii.rs`.

use firmware::ascii::{address, cut, cut_text, decimal, hexadecimal, write_address, write_hexadecimal};

#[test]
fn texts_are_cut_at_the_first_separator() {
    assert_eq!(cut_text("a = b = c", " = "), Some(("a", "b = c")));
    assert_eq!(cut(b"a:", b":"), Some((b"a".as_slice(), b"".as_slice())));
    assert_eq!((cut(b"", b":"), cut(b"abc", b"bd")), (None, None));
}

#[test]
fn numbers_are_digits_and_fit() {
    assert_eq!((decimal(b"0"), decimal(b"4294967295"), decimal(b"007")), (Some(0), Some(u32::MAX), Some(7)));
    for text in ["", "+1", "-1", "4294967296", "1 ", "0x1", "\u{663}"] {
        assert_eq!(decimal(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn addresses_are_those_of_core() {
    for text in [
        "0.0.0.0",
        "255.255.255.255",
        "1.2.3.4",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.256",
        "1..2.3",
        "",
        "a.b.c.d",
    ] {
        assert_eq!(address(text.as_bytes()), text.parse().ok(), "{text}");
        if let Some(address) = address(text.as_bytes()) {
            let mut written = heapless::String::<15>::new();
            assert_eq!(write_address(address, &mut written), Ok(()));
            assert_eq!(written, text);
        }
    }
}

#[test]
fn bytes_are_read_and_written_in_hexadecimal() {
    let mut bytes = [0; 3];
    assert_eq!((hexadecimal(b"00fFa5", &mut bytes), bytes), (Some(()), [0, 0xFF, 0xA5]));
    for text in ["00ff", "00ffa", "00ffa5a5", "00ffg5", "+0ffa5"] {
        assert_eq!(hexadecimal(text.as_bytes(), &mut bytes), None, "{text}");
    }
    let mut text = heapless::String::<6>::new();
    assert_eq!((write_hexadecimal(&[0, 0xFF, 0xA5], &mut text), text.as_str()), (Ok(()), "00ffa5"));
}
