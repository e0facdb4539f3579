//! Backup memory in a file: it survives a reset, and after a power cut it holds anything at all.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use firmware::board::ResetCause;

/// As many bytes as the STM32F439's backup SRAM has (RM0090 §5.1.2).
const CAPACITY: usize = 4096;

/// Backup memory.
pub struct HostBackup {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl HostBackup {
    /// The memory as the last process left it; random bytes when the power was off.
    ///
    /// # Errors
    /// When the file cannot be read, or there is no randomness.
    pub fn open(path: &Path, reset: ResetCause) -> io::Result<Self> {
        let mut bytes = vec![0; CAPACITY];
        if reset == ResetCause::PowerOn {
            getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        } else {
            let kept = fs::read(path)?;
            for (byte, kept) in bytes.iter_mut().zip(kept) {
                *byte = kept;
            }
        }
        let backup = Self { path: path.to_path_buf(), bytes };
        backup.save()?;
        Ok(backup)
    }

    /// Over what the file holds, which is never shorter than the memory: who reads it, or ends this process, finds no empty one.
    fn save(&self) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?;
        file.write_all(&self.bytes)
    }
}

impl firmware::board::Backup for HostBackup {
    fn capacity(&self) -> usize {
        self.bytes.len()
    }

    fn read(&mut self, offset: usize, out: &mut [u8]) {
        for (out, byte) in out.iter_mut().zip(self.bytes.iter().skip(offset)) {
            *out = *byte;
        }
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        for (byte, new) in self.bytes.iter_mut().skip(offset).zip(bytes) {
            *byte = *new;
        }
        if let Err(error) = self.save() {
            crate::say(&format!("backup memory: {error}"));
        }
    }
}
