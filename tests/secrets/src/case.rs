//! A recorded handshake with all that is secret in it: what `record_secrets` wrote, field for field.

/// One handshake.
pub struct Case<'a> {
    /// What it is.
    pub name: &'a [u8],
    /// With a client certificate.
    pub identity: bool,
    /// Unix seconds.
    pub now: u64,
    /// The session that the client offers; empty for none.
    pub offered: &'a [u8],
    /// Bytes of memory that are lent to keep a session in.
    pub keeps: usize,
    /// All that the server says.
    pub said: &'a [u8],
    /// Empty when a session was resumed.
    pub premaster: &'a [u8],
    pub master: &'a [u8],
    /// The client's MAC key and the server's; empty in AEAD suites.
    pub mac: [&'a [u8]; 2],
    /// The client's AES key and the server's.
    pub key: [&'a [u8]; 2],
    /// Their round keys as FIPS 197 has them.
    pub expanded: [&'a [u8]; 2],
}

impl<'a> Case<'a> {
    /// The next of the recorded cases; none at their end.
    pub fn next(rest: &mut &'a [u8]) -> Option<Self> {
        Some(Self {
            name: field(rest)?,
            identity: field(rest)? == [1],
            now: u64::from_le_bytes(field(rest)?.try_into().ok()?),
            offered: field(rest)?,
            keeps: u32::from_le_bytes(field(rest)?.try_into().ok()?).try_into().ok()?,
            said: field(rest)?,
            premaster: field(rest)?,
            master: field(rest)?,
            mac: [field(rest)?, field(rest)?],
            key: [field(rest)?, field(rest)?],
            expanded: [field(rest)?, field(rest)?],
        })
    }
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk()?;
    let (field, behind) = behind.split_at_checked(u32::from_le_bytes(*length).try_into().ok()?)?;
    *rest = behind;
    Some(field)
}
