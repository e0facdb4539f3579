//! Formulas of a curve's arithmetic as data: lists of instructions over numbered [`super::FieldRegisters`].

/// The number of a register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Register(pub(crate) u8);

/// One operation of a formula; any of its registers may be the same. The assembly reads these four bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Instruction {
    pub(super) opcode: Opcode,
    /// The result's register, then those of the operands.
    pub(super) numbers: [u8; 3],
}

/// The assembly has a table of them, in this order.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Opcode {
    Multiply,
    Add,
    Subtract,
    Halve,
}

/// `out = a * b`.
pub(crate) const fn multiply(out: Register, a: Register, b: Register) -> Instruction {
    Instruction { opcode: Opcode::Multiply, numbers: [out.0, a.0, b.0] }
}

/// `out = a + b`.
pub(crate) const fn add(out: Register, a: Register, b: Register) -> Instruction {
    Instruction { opcode: Opcode::Add, numbers: [out.0, a.0, b.0] }
}

/// `out = a - b`.
pub(crate) const fn subtract(out: Register, a: Register, b: Register) -> Instruction {
    Instruction { opcode: Opcode::Subtract, numbers: [out.0, a.0, b.0] }
}

/// `a = a / 2`.
pub(crate) const fn halve(a: Register) -> Instruction {
    Instruction { opcode: Opcode::Halve, numbers: [a.0; 3] }
}

/// Instructions, none of which names registers 0 and 1: there is the product.
#[derive(Clone, Copy)]
pub(crate) struct Formula {
    pub(super) instructions: &'static [Instruction],
    /// One more than the highest register.
    #[allow(dead_code, reason = "the assembly's")]
    pub(super) registers: u8,
}

impl Formula {
    /// An instruction that names the product makes the formula empty; a test finds that.
    pub(crate) const fn new(instructions: &'static [Instruction]) -> Self {
        let (mut registers, mut rest) = (0, instructions);
        while let [Instruction { numbers: [out, a, b], .. }, after @ ..] = rest {
            let numbers = [*out, *a, *b];
            let mut left: &[u8] = &numbers;
            while let [number, others @ ..] = left {
                if *number < 2 {
                    return Self { instructions: &[], registers: 0 };
                }
                if *number >= registers {
                    registers = number.saturating_add(1);
                }
                left = others;
            }
            rest = after;
        }
        Self { instructions, registers }
    }

    /// How many of the instructions multiply.
    #[cfg(test)]
    pub(super) fn multiplications(&self) -> usize {
        self.instructions.iter().filter(|instruction| matches!(instruction.opcode, Opcode::Multiply)).count()
    }
}

/// The primes of the curves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prime {
    P256,
    P384,
    P521,
}
