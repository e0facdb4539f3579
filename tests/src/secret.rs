//! Whether a type keeps its secrets: it has no `Debug`, and something is done when it is dropped.

use core::{fmt::Debug, marker::PhantomData};

/// Asks whether `T` has `Debug`: the method of [`Otherwise`] is only found where the inherent one does not apply.
pub struct Probe<T>(pub PhantomData<T>);

impl<T: Debug> Probe<T> {
    /// It has.
    pub const fn has_debug(&self) -> bool {
        true
    }
}

/// What is left where `T` has no `Debug`.
pub trait Otherwise {
    /// It has not.
    fn has_debug(&self) -> bool {
        false
    }
}

impl<T> Otherwise for Probe<T> {}

/// Fails for types that have `Debug`.
#[macro_export]
macro_rules! assert_no_debug {
    ($($kind:ty),* $(,)?) => {{
        use $crate::secret::{Otherwise as _, Probe};
        assert!(Probe::<u8>(::core::marker::PhantomData).has_debug(), "the probe works");
        $(assert!(!Probe::<$kind>(::core::marker::PhantomData).has_debug(), "{} has Debug", stringify!($kind));)*
    }};
}

/// Fails for types that have `Debug`, or of which nothing is wiped when they are dropped.
#[macro_export]
macro_rules! assert_secret {
    ($($kind:ty),* $(,)?) => {{
        $crate::assert_no_debug!($($kind),*);
        $(assert!(::core::mem::needs_drop::<$kind>(), "{} is not wiped", stringify!($kind));)*
    }};
}
