//! Empty: this package only names where the source of Mbed TLS 2.28 comes from.
