//! What would fail on the wire, and why, before anything is connected.
