//! A unit that encrypts blocks with AES and nothing else, made of the crate `aes`. It notes what is done to it and stops when it is told to.

use std::{cell::RefCell, rc::Rc};

use accel::{BlockCipher, Direction};
use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use status::{Error, cipher};

/// What a test sees of the unit.
#[derive(Clone, Default, Debug)]
pub struct Notes {
    /// The key that is in it.
    pub key: Option<(Direction, Vec<u8>)>,
    /// Blocks that were worked on.
    pub blocks: usize,
    /// So many calls are answered; all that follow are not.
    pub answers: Option<usize>,
    /// Whether an answer was wanted that was not given.
    pub has_stopped: bool,
    /// What the unit answers is wrong.
    pub is_wrong: bool,
    /// The only length of key that it takes.
    pub key_length: Option<usize>,
}

/// The unit, of which a test keeps a hand on the notes.
#[derive(Clone, Default, Debug)]
pub struct BlockUnit(pub Rc<RefCell<Notes>>);

impl BlockUnit {
    /// Counts an answer.
    fn answer(&self) -> Result<(), Error> {
        let mut notes = self.0.borrow_mut();
        if let Some(answers) = &mut notes.answers {
            let Some(left) = answers.checked_sub(1) else {
                notes.has_stopped = true;
                return Err(cipher::HW_ACCEL_FAILED);
            };
            *answers = left;
        }
        Ok(())
    }
}

impl BlockCipher for BlockUnit {
    fn load_key(&mut self, direction: Direction, key: &[u8]) -> Result<(), Error> {
        if self.0.borrow().key_length.is_some_and(|length| length != key.len()) {
            return Err(cipher::FEATURE_UNAVAILABLE);
        }
        self.answer()?;
        self.0.borrow_mut().key = Some((direction, key.to_vec()));
        Ok(())
    }

    fn process(&mut self, blocks: &mut [[u8; 16]]) -> Result<(), Error> {
        if let Err(error) = self.answer() {
            blocks.fill([0xEE; 16]);
            return Err(error);
        }
        let mut notes = self.0.borrow_mut();
        notes.blocks = notes.blocks.wrapping_add(blocks.len());
        let (direction, key) = notes.key.clone().ok_or(cipher::BAD_INPUT_DATA)?;
        match key.len() {
            16 => each::<Aes128>(direction, &key, blocks)?,
            24 => each::<Aes192>(direction, &key, blocks)?,
            _ => each::<Aes256>(direction, &key, blocks)?,
        }
        if let (true, Some([first, ..])) = (notes.is_wrong, blocks.last_mut()) {
            *first ^= 1;
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.0.borrow_mut().key = None;
    }
}

fn each<C>(direction: Direction, key: &[u8], blocks: &mut [[u8; 16]]) -> Result<(), Error>
where
    C: KeyInit
        + BlockCipherEncrypt
        + BlockCipherDecrypt
        + aes::cipher::BlockSizeUser<BlockSize = aes::cipher::consts::U16>,
{
    let aes = C::new_from_slice(key).map_err(|_| cipher::BAD_INPUT_DATA)?;
    for block in blocks {
        let mut array = Array(*block);
        match direction {
            Direction::Encrypt => aes.encrypt_block(&mut array),
            Direction::Decrypt => aes.decrypt_block(&mut array),
        }
        *block = array.0;
    }
    Ok(())
}
