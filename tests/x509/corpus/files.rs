//! PEM files that are wrong around the DER, and unusual ones that are right.

use tests::pki::armour;

use super::{pem, write};

/// PEM files that are wrong around the DER, and unusual ones that are right.
pub(super) fn damaged_files() {
    let good = String::from_utf8(pem("leaf")).unwrap();
    let root = String::from_utf8(pem("root")).unwrap();
    let bad = good.replacen("MII", "M!I", 1);
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let body = good.replace(begin, "").replace(end, "").replace('\n', "");
    let files: &[(&str, String)] = &[
        ("two", format!("{good}{root}")),
        ("good-bad", format!("{good}{bad}")),
        ("bad-good", format!("{bad}{good}")),
        ("bad-good-bad", format!("{bad}{good}{}", armour("CERTIFICATE", b"nothing"))),
        ("bad-bad", format!("{bad}{}", armour("CERTIFICATE", b"nothing"))),
        ("good-begin", format!("{good}{begin}\n")),
        ("crlf", good.replace('\n', "\r\n")),
        ("cr-only", good.replace('\n', "\r")),
        ("leading-text", format!("subject=localhost\n\n{good}between\n{root}after")),
        ("one-line", good.replace('\n', "")),
        ("one-line-body", format!("{begin}\n{body}\n{end}")),
        ("no-last-line-feed", good.trim_end().to_owned()),
        ("no-line-feed-before-end", format!("{begin}\n{body}{end}\n")),
        ("spaces-at-line-ends", good.replace('\n', "  \n")),
        ("space-after-begin", good.replacen('\n', " \n", 1)),
        ("two-spaces-after-begin", good.replacen('\n', "  \n", 1)),
        ("spaces-inside", good.replacen("MII", "M II", 1)),
        ("tab-inside", good.replacen("MII", "M\tII", 1)),
        ("indented", good.replace('\n', "\n  ")),
        ("blank-lines", good.replace('\n', "\n\n")),
        ("no-padding", good.replace('=', "")),
        ("padding-inside", good.replacen("MII", "M=I", 1)),
        ("padding-three", format!("{begin}\n{}===\n{end}\n", body.trim_end_matches('='))),
        ("bad-digit", bad.clone()),
        ("high-bytes", good.replacen("MII", "M\u{e9}I", 1)),
        (
            "line-missing",
            good.lines().enumerate().filter(|(n, _)| *n != 3).map(|(_, l)| format!("{l}\n")).collect(),
        ),
        ("no-end", good.replace(end, "")),
        ("end-first", format!("{end}\n{good}")),
        ("end-shares-hyphens", format!("{}----{good}", end.trim_end_matches('-'))),
        ("no-begin", good.replace(begin, "")),
        ("trusted-label", good.replace("CERTIFICATE", "TRUSTED CERTIFICATE")),
        ("x509-label", good.replace("CERTIFICATE", "X509 CERTIFICATE")),
        ("request-label", good.replace("CERTIFICATE", "CERTIFICATE REQUEST")),
        ("lower-case-label", good.replace("CERTIFICATE", "certificate")),
        ("four-dashes", good.replace("-----", "----")),
        ("six-dashes", good.replace("-----", "------")),
        ("empty-body", format!("{begin}\n{end}\n")),
        ("blank-body", format!("{begin}\n\n{end}\n")),
        ("space-body", format!("{begin}\n   \n{end}\n")),
        ("padding-body", format!("{begin}\n==\n{end}\n")),
        ("one-digit-body", format!("{begin}\nM\n{end}\n")),
        (
            "proc-type",
            good.replacen('\n', "\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,0011223344556677\n\n", 1),
        ),
        ("proc-type-no-dek", good.replacen('\n', "\nProc-Type: 4,ENCRYPTED\n\n", 1)),
        ("proc-type-no-line", good.replacen('\n', "\nProc-Type: 4,ENCRYPTED", 1)),
        ("text", "This is no certificate.\n".to_owned()),
        ("nothing", String::new()),
        ("nul-inside", good.replacen("MII", "MII\0", 1)),
        ("nul-after", format!("{good}\0{bad}")),
        ("byte-order-mark", format!("\u{feff}{good}")),
        ("begin-twice", format!("{begin}\n{good}")),
    ];
    for (name, text) in files {
        write("files", name, text);
    }
}
