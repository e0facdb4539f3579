//! IP addresses in place of host names (RFC 3986 §3.2.2, RFC 4291 §2.2). They are read as `core::net` reads them, but without a panic path
//! and in a fifth of its size.

/// An IP address as an iPAddress of a certificate has it (RFC 5280 §4.2.1.6).
///
/// ```
/// use x509::Address;
///
/// let address = Address::parse(b"192.0.2.7").unwrap();
/// assert_eq!(address.as_bytes(), [192, 0, 2, 7]);
/// assert_eq!(Address::parse(b"::1").unwrap().as_bytes().len(), 16);
/// assert!(Address::parse(b"broker.example").is_none());
/// ```
pub struct Address {
    bytes: [u8; 16],
    length: usize,
}

impl Address {
    /// Reads `192.0.2.1` or `2001:db8::192.0.2.1`; nothing else, and without a zone. A zero before another digit might mean
    /// octal, and is refused.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut address = Self { bytes: [0; 16], length: 0 };
        if !text.contains(&b':') {
            address.quad(text)?;
            return Some(address);
        }
        let Some(gap) = text.windows(2).position(|two| two == b"::") else {
            address.groups(text, true)?;
            return (address.length == 16).then_some(address);
        };
        let (head, tail) = text.split_at_checked(gap)?;
        address.groups(head, false)?;
        let mut end = Self { bytes: [0; 16], length: 0 };
        end.groups(tail.get(2..)?, true)?;
        // The gap is at least one group.
        if address.length.checked_add(end.length)? > 14 {
            return None;
        }
        for (to, from) in address.bytes.iter_mut().rev().zip(end.as_bytes().iter().rev()) {
            *to = *from;
        }
        address.length = 16;
        Some(address)
    }

    /// Four bytes (IPv4) or sixteen (IPv6), in the network's order.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Groups of four digits, in the place of whose last two there may be four octets.
    fn groups(&mut self, text: &[u8], may_end_in_quad: bool) -> Option<()> {
        if text.is_empty() {
            return Some(());
        }
        let mut rest = Some(text);
        while let Some(text) = rest {
            let mut parts = text.splitn(2, |letter| *letter == b':');
            let group = parts.next()?;
            rest = parts.next();
            if rest.is_none() && may_end_in_quad && group.contains(&b'.') {
                return self.quad(group);
            }
            let [high, low] = number(group, 16, 4)?.to_be_bytes();
            self.push(high)?;
            self.push(low)?;
        }
        Some(())
    }

    /// Four decimal octets.
    fn quad(&mut self, text: &[u8]) -> Option<()> {
        let mut count = 0_u8;
        for part in text.split(|letter| *letter == b'.') {
            if part.len() > 1 && part.starts_with(b"0") {
                return None;
            }
            self.push(number(part, 10, 3)?.try_into().ok()?)?;
            count = count.checked_add(1)?;
        }
        (count == 4).then_some(())
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.length)? = byte;
        self.length = self.length.checked_add(1)?;
        Some(())
    }
}

/// A number of one to so many digits.
fn number(digits: &[u8], radix: u32, most: usize) -> Option<u16> {
    if digits.is_empty() || digits.len() > most {
        return None;
    }
    let number = digits.iter().try_fold(0_u32, |number, digit| {
        number.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?)
    })?;
    u16::try_from(number).ok()
}
