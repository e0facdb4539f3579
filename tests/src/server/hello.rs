//! The hello messages, as the server sees them.

/// What the ClientHello said.
#[derive(Clone, Default, Debug)]
pub struct ClientHello {
    /// The version offered.
    pub version: [u8; 2],
    /// The client's random value.
    pub random: Vec<u8>,
    /// The session id; may be empty.
    pub session_id: Vec<u8>,
    /// The suites in their order, with the signalling value.
    pub suites: Vec<u16>,
    /// The compression methods.
    pub compressions: Vec<u8>,
    /// The extensions in their order.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl ClientHello {
    /// Reads a ClientHello's body.
    ///
    /// # Panics
    /// When it is malformed: then the client under test is.
    pub fn parse(body: &[u8]) -> Self {
        let mut rest = body;
        let version = take(&mut rest, 2).try_into().unwrap();
        let random = take(&mut rest, 32).to_vec();
        let session_id = vector(&mut rest, 1).to_vec();
        let suites = vector(&mut rest, 2);
        let suites = suites.as_chunks().0.iter().map(|id| u16::from_be_bytes(*id)).collect();
        let compressions = vector(&mut rest, 1).to_vec();
        let mut extensions = Vec::new();
        if !rest.is_empty() {
            let mut list = vector(&mut rest, 2);
            while !list.is_empty() {
                let kind = u16::from_be_bytes(take(&mut list, 2).try_into().unwrap());
                extensions.push((kind, vector(&mut list, 2).to_vec()));
            }
        }
        assert!(rest.is_empty(), "bytes behind the ClientHello");
        Self { version, random, session_id, suites, compressions, extensions }
    }

    /// The content of an extension, if it was offered.
    pub fn extension(&self, kind: u16) -> Option<&[u8]> {
        self.extensions.iter().find(|(found, _)| *found == kind).map(|(_, content)| content.as_slice())
    }
}

/// What the ServerHello will say.
#[derive(Clone, Debug)]
pub struct ServerHello {
    /// The version.
    pub version: [u8; 2],
    /// The server's random value.
    pub random: Vec<u8>,
    /// The session id.
    pub session_id: Vec<u8>,
    /// The suite.
    pub suite: u16,
    /// The compression method.
    pub compression: u8,
    /// The extensions; with none, the whole field is left out.
    pub extensions: Vec<(u16, Vec<u8>)>,
}

impl ServerHello {
    /// The message's body.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = [&self.version[..], &self.random].concat();
        body.extend(prefixed(1, &self.session_id));
        body.extend(self.suite.to_be_bytes());
        body.push(self.compression);
        let mut list = Vec::new();
        for (kind, content) in &self.extensions {
            list.extend(kind.to_be_bytes());
            list.extend(prefixed(2, content));
        }
        if !list.is_empty() {
            body.extend(prefixed(2, &list));
        }
        body
    }
}

/// A vector: its length in `size` bytes, and its content.
pub fn prefixed(size: usize, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[4 - size..], content].concat()
}

/// Takes a vector with a length of `size` bytes off the front.
pub fn vector<'a>(rest: &mut &'a [u8], size: usize) -> &'a [u8] {
    let length = take(rest, size).iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    take(rest, length)
}

/// Takes so many bytes off the front.
pub fn take<'a>(rest: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at_checked(length).expect("the client's message is cut short");
    *rest = left;
    taken
}
