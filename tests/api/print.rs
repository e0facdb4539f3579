//! Tokens as a person writes them.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Prints what has tokens on one line, with blanks where rustfmt has them.
pub(crate) fn print(item: &impl ToTokens) -> String {
    let mut words = Vec::new();
    split(item.to_token_stream(), &mut words);
    let mut text = String::new();
    let mut before = String::new();
    for word in words {
        if !text.is_empty() && has_blank(&before, &word) {
            text.push(' ');
        }
        text.push_str(&word);
        before = word;
    }
    text.replace(",)", ")").replace(",>", ">")
}

/// The words of a stream: `::`, `->` and lifetimes in one piece.
fn split(tokens: TokenStream, words: &mut Vec<String>) {
    let mut joined = String::new();
    for token in tokens {
        match token {
            TokenTree::Punct(punct) => {
                joined.push(punct.as_char());
                let goes_on = punct.spacing() == Spacing::Joint
                    && matches!(joined.as_str(), ":" | "-" | "=" | "." | "'" | "..");
                if !goes_on {
                    words.push(std::mem::take(&mut joined));
                }
            }
            TokenTree::Ident(ident) => words.push(std::mem::take(&mut joined) + &ident.to_string()),
            TokenTree::Literal(literal) => words.push(std::mem::take(&mut joined) + &literal.to_string()),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                words.push(open.to_owned());
                split(group.stream(), words);
                words.push(close.to_owned());
            }
        }
    }
}

fn has_blank(before: &str, word: &str) -> bool {
    if word == "?" {
        return matches!(before, "+" | ":");
    }
    if matches!(word, "," | ";" | ":" | "." | ")" | "]" | ">" | "::" | "") {
        return false;
    }
    if matches!(before, "(" | "[" | "<" | "&" | "*" | "!" | "." | "#" | "::" | "?" | "") {
        return false;
    }
    let is_word = before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == '>');
    let is_word = is_word && before != "->";
    !(matches!(word, "(" | "<") && is_word && !matches!(before, "mut" | "dyn" | "as" | "in" | "where"))
}
