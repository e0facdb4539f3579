//! Formulas of a curve's arithmetic as data: lists of steps over the numbers of a [`super::File`].

/// The number of a register.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Register(pub(crate) u8);

/// One operation of a formula; any of its registers may be the same. The assembly reads these four bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Step {
    pub(super) operation: Operation,
    /// The result's register, then those of the operands.
    pub(super) numbers: [u8; 3],
}

/// The assembly has a table of them, in this order.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(super) enum Operation {
    Multiply,
    Add,
    Subtract,
    Halve,
}

/// `out = a * b`.
pub(crate) const fn multiply(out: Register, a: Register, b: Register) -> Step {
    Step { operation: Operation::Multiply, numbers: [out.0, a.0, b.0] }
}

/// `out = a + b`.
pub(crate) const fn add(out: Register, a: Register, b: Register) -> Step {
    Step { operation: Operation::Add, numbers: [out.0, a.0, b.0] }
}

/// `out = a - b`.
pub(crate) const fn subtract(out: Register, a: Register, b: Register) -> Step {
    Step { operation: Operation::Subtract, numbers: [out.0, a.0, b.0] }
}

/// `a = a / 2`.
pub(crate) const fn halve(a: Register) -> Step {
    Step { operation: Operation::Halve, numbers: [a.0; 3] }
}

/// Steps, none of which works on the product's place.
#[derive(Clone, Copy)]
pub(crate) struct Formula {
    pub(super) steps: &'static [Step],
    /// One more than the highest register.
    #[allow(dead_code, reason = "the assembly's")]
    pub(super) registers: u8,
}

impl Formula {
    /// An empty one where a step names the product's place, which is no register; a test would fail.
    pub(crate) const fn new(steps: &'static [Step]) -> Self {
        let (mut registers, mut rest) = (0, steps);
        while let [Step { numbers: [out, a, b], .. }, after @ ..] = rest {
            let numbers = [*out, *a, *b];
            let mut left: &[u8] = &numbers;
            while let [number, others @ ..] = left {
                if *number < 2 {
                    return Self { steps: &[], registers: 0 };
                }
                if *number >= registers {
                    registers = number.saturating_add(1);
                }
                left = others;
            }
            rest = after;
        }
        Self { steps, registers }
    }

    /// How many of the steps multiply.
    #[cfg(test)]
    pub(super) fn multiplications(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.operation, Operation::Multiply)).count()
    }
}

/// The primes of the curves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prime {
    P256,
    P384,
    P521,
}
