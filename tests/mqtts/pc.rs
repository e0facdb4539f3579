//! What makes a PC fast is there: the processor's instructions for AES, and memory for full records of which several leave at once.

use std::any::type_name_of_val;

use mqtts::{pc, tls12::Connection};

#[test]
fn a_pc_has_the_backend_with_instructions_and_large_windows() {
    let accel = pc::accelerator();
    assert!(type_name_of_val(&accel.cipher).contains("::rustcrypto::"), "{}", type_name_of_val(&accel));
    // Private RSA operations are this project's constant-time code.
    assert!(type_name_of_val(&accel.public_key).contains("::soft::"), "{}", type_name_of_val(&accel));
    let mut memory = pc::Memory::default();
    let buffers = memory.lend();
    assert_eq!(buffers.rx.len(), Connection::FULL_RX);
    assert!(buffers.tx.len() >= 4 * Connection::FULL_RX);
}
