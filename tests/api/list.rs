//! The list: each item that can be named from outside, once, under its shortest path.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{
    Attribute, Fields, Generics, ImplItem, Item, ItemImpl, ItemMacro, TraitItem, Type, Visibility,
    parse::Parser,
};

use crate::{
    print::print,
    sources::{Meaning, Sources, attributes, features_of, ident, imports, is_named, is_public},
};

/// Macros that make public items from rows `NAME = …;`: the macro, and the type whose constants they are; none for constants of the
/// module.
const TABLES: [(&str, Option<&str>); 3] =
    [("rows", None), ("flags", Some("Flags")), ("alerts", Some("Alert"))];
/// The list of a library, from its files by their paths below `src`.
pub(crate) fn of(library: &str, read: &dyn Fn(&str) -> Option<String>) -> BTreeSet<String> {
    let sources = Sources::read(read);
    let mut list =
        List { sources: &sources, paths: BTreeMap::new(), modules: BTreeMap::new(), lines: BTreeSet::new() };
    list.export(0, library, &mut Vec::new());
    let paths = list.paths.clone();
    for ((module, name), paths) in &paths {
        list.item(*module, name, paths);
    }
    for (index, module) in sources.modules.iter().enumerate() {
        for item in &module.items {
            match item {
                Item::Impl(item) => list.implementation(index, item),
                Item::Macro(item) => list.table(index, item),
                _ => {}
            }
        }
    }
    list.lines
}

/// The documents of each struct, enum and trait that can be named from outside, those of its implementations included, by its path.
pub(crate) fn documents(library: &str, read: &dyn Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
    let sources = Sources::read(read);
    let mut list =
        List { sources: &sources, paths: BTreeMap::new(), modules: BTreeMap::new(), lines: BTreeSet::new() };
    list.export(0, library, &mut Vec::new());
    let mut documents = BTreeMap::new();
    for (module, name) in list.paths.keys() {
        let items = sources.modules[*module].items.iter();
        let item = items.filter(|item| matches!(item, Item::Struct(_) | Item::Enum(_) | Item::Trait(_)));
        let Some(item) = item.into_iter().find(|item| is_named(item, name)) else { continue };
        let Some((path, features)) = list.path(*module, name) else { continue };
        if !features.iter().any(|feature| feature.contains("internals")) {
            documents.insert(path, document(attributes(item)));
        }
    }
    for (index, module) in sources.modules.iter().enumerate() {
        for item in module.items.iter().filter(|item| matches!(item, Item::Impl(_))) {
            let Item::Impl(implementation) = item else { continue };
            let name = match &*implementation.self_ty {
                Type::Path(path) => {
                    path.path.segments.iter().map(|segment| segment.ident.to_string()).collect()
                }
                _ => Vec::new(),
            };
            for meaning in sources.resolve(index, &name) {
                let Meaning::Item(module, name) = meaning else { continue };
                let path = list.path(module, &name).map(|(path, _)| path);
                if let Some(text) = path.and_then(|path| documents.get_mut(&path)) {
                    text.push_str(&document(&implementation.attrs));
                }
            }
        }
    }
    documents
}

/// What stands behind three slashes.
fn document(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| attribute.path().is_ident("doc"));
    lines.map(|line| line.meta.to_token_stream().to_string() + "\n").collect()
}

/// A public path: how many `::` it has, for the shortest comes first, itself, and the features that it asks for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    depth: usize,
    path: String,
    features: Vec<String>,
}

struct List<'s> {
    sources: &'s Sources,
    /// The public paths of an item: its module and name, and each path with the features that it asks for.
    paths: BTreeMap<(usize, String), BTreeSet<Place>>,
    /// The public path of a module.
    modules: BTreeMap<usize, String>,
    lines: BTreeSet<String>,
}

impl List<'_> {
    /// Notes the paths of everything public in a module that is public as `path`.
    fn export(&mut self, module: usize, path: &str, within: &mut Vec<usize>) {
        if within.contains(&module) {
            return;
        }
        within.push(module);
        self.modules.entry(module).or_insert_with(|| path.to_owned());
        let sources = self.sources;
        let here = &sources.modules[module];
        for item in here.items.iter().filter(|item| is_public(item)) {
            let features = [here.features.clone(), features_of(attributes(item))].concat();
            match item {
                Item::Mod(item) => {
                    let name = item.ident.to_string();
                    self.export(here.children[&name], &format!("{path}::{name}"), within);
                }
                Item::Use(_) => {
                    for import in imports(item).unwrap_or_default() {
                        assert_ne!(import.name, "*", "{path}: a public glob");
                        for meaning in sources.resolve(module, &import.path) {
                            self.import(
                                meaning,
                                &format!("{path}::{}", import.name),
                                features.clone(),
                                within,
                            );
                        }
                    }
                }
                _ => {
                    let name = ident(item).expect("a public item has a name").to_string();
                    self.note(module, &name, format!("{path}::{name}"), features);
                }
            }
        }
        within.pop();
    }

    fn import(&mut self, meaning: Meaning, path: &str, features: Vec<String>, within: &mut Vec<usize>) {
        match meaning {
            Meaning::Module(module) => self.export(module, path, within),
            Meaning::Item(module, name) => {
                let all = [self.sources.modules[module].features.clone(), features].concat();
                self.note(module, &name, path.to_owned(), all);
            }
            Meaning::Foreign(path) => self.line(&features, &format!("pub use {path}")),
        }
    }

    fn note(&mut self, module: usize, name: &str, path: String, mut features: Vec<String>) {
        features.dedup();
        let place = Place { depth: path.matches("::").count(), path, features };
        self.paths.entry((module, name.to_owned())).or_default().insert(place);
    }

    /// The shortest path of an item, if it can be named.
    fn path(&self, module: usize, name: &str) -> Option<(String, Vec<String>)> {
        let place = self.paths.get(&(module, name.to_owned()))?.first()?;
        Some((place.path.clone(), place.features.clone()))
    }

    fn line(&mut self, features: &[String], text: &str) {
        // What is public for tests alone is no promise.
        if features.iter().any(|feature| feature.contains("internals")) {
            return;
        }
        let mut once = features.to_vec();
        let mut seen = BTreeSet::new();
        once.retain(|feature| seen.insert(feature.clone()));
        let head: String = once.iter().map(|feature| format!("[{feature}] ")).collect();
        self.lines.insert(head + text);
    }

    /// The lines of an item itself.
    fn item(&mut self, module: usize, name: &str, paths: &BTreeSet<Place>) {
        let sources = self.sources;
        let mut paths = paths.iter();
        let Some(Place { path, features, .. }) = paths.next() else { return };
        for Place { path: other, features, .. } in paths {
            self.line(features, &format!("pub use {other} = {path}"));
        }
        let items = sources.modules[module].items.iter();
        for item in items.filter(|item| !matches!(item, Item::Mod(_)) && is_named(item, name)) {
            if !is_public(item) {
                continue;
            }
            let mark = if has(attributes(item), "non_exhaustive") { " #[non_exhaustive]" } else { "" };
            match item {
                Item::Const(item) => {
                    self.line(features, &format!("pub const {path}: {}", print(&item.ty)));
                }
                Item::Static(item) => self.line(features, &format!("pub static {path}: {}", print(&item.ty))),
                Item::Type(item) => self.line(features, &format!("pub type {path} = {}", print(&item.ty))),
                Item::Fn(item) => {
                    let signature =
                        print(&item.sig).replacen(&format!("fn {name}"), &format!("fn {path}"), 1);
                    self.line(features, &format!("pub {signature}"));
                }
                Item::Struct(item) => {
                    let generics = generics(&item.generics);
                    let whole = format!("{path}{generics}");
                    let (private, shown) = self.fields(&whole, &item.fields, features);
                    let rest = if private { " { .. }" } else { "" };
                    self.line(features, &format!("pub struct {whole}{shown}{rest}{mark}"));
                    self.derived(path, &item.attrs, features);
                }
                Item::Enum(item) => {
                    self.line(features, &format!("pub enum {path}{}{mark}", generics(&item.generics)));
                    for variant in &item.variants {
                        let mut variant = variant.clone();
                        let mark =
                            if has(&variant.attrs, "non_exhaustive") { " #[non_exhaustive]" } else { "" };
                        variant.attrs.clear();
                        for field in &mut variant.fields {
                            field.attrs.clear();
                        }
                        self.line(features, &format!("{path}::{}{mark}", print(&variant)));
                    }
                    self.derived(path, &item.attrs, features);
                }
                Item::Trait(item) => {
                    let bounds = print(&item.supertraits);
                    let colon = if bounds.is_empty() { "" } else { ": " };
                    self.line(
                        features,
                        &format!("pub trait {path}{}{colon}{bounds}", generics(&item.generics)),
                    );
                    for item in &item.items {
                        let (text, is_given) = match item {
                            TraitItem::Fn(item) => (print(&item.sig), item.default.is_some()),
                            TraitItem::Type(item) => {
                                let bounds = print(&item.bounds);
                                let colon = if bounds.is_empty() { "" } else { ": " };
                                (format!("type {}{colon}{bounds}", item.ident), item.default.is_some())
                            }
                            TraitItem::Const(item) => {
                                (format!("const {}: {}", item.ident, print(&item.ty)), item.default.is_some())
                            }
                            other => panic!("{path}: {}", print(other)),
                        };
                        let given = if is_given { " { .. }" } else { "" };
                        self.line(features, &format!("{path}: {text}{given}"));
                    }
                }
                other => panic!("{path}: {}", print(other)),
            }
        }
    }

    /// The lines of public fields; whether there are private ones, and the types of a tuple's.
    fn fields(&mut self, path: &str, fields: &Fields, features: &[String]) -> (bool, String) {
        let is_private = |visibility: &Visibility| !matches!(visibility, Visibility::Public(_));
        match fields {
            Fields::Unit => (false, String::new()),
            Fields::Named(fields) => {
                for field in fields.named.iter().filter(|field| !is_private(&field.vis)) {
                    let name = field.ident.to_token_stream();
                    self.line(features, &format!("{path}: pub {name}: {}", print(&field.ty)));
                }
                (fields.named.iter().any(|field| is_private(&field.vis)), String::new())
            }
            Fields::Unnamed(fields) => {
                let types = fields.unnamed.iter().map(|field| {
                    if is_private(&field.vis) { "_".to_owned() } else { format!("pub {}", print(&field.ty)) }
                });
                (false, format!("({})", Vec::from_iter(types).join(", ")))
            }
        }
    }

    fn derived(&mut self, path: &str, attributes: &[Attribute], features: &[String]) {
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
            let _ = attribute.parse_nested_meta(|derived| {
                let name = print(&derived.path);
                self.line(features, &format!("impl {name} for {path}"));
                Ok(())
            });
        }
    }

    /// What an `impl` adds to an item that can be named.
    fn implementation(&mut self, module: usize, item: &ItemImpl) {
        let here = &self.sources.modules[module];
        let features = [here.features.clone(), features_of(&item.attrs)].concat();
        let generic: Vec<String> =
            item.generics.type_params().map(|parameter| parameter.ident.to_string()).collect();
        let place = match &*item.self_ty {
            Type::Path(path) if path.qself.is_none() => {
                let words: Vec<String> =
                    path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
                let is_parameter = matches!(words.as_slice(), [word] if generic.contains(word));
                if is_parameter { None } else { Some(self.sources.resolve(module, &words)) }
            }
            _ => None,
        };
        let named = place.iter().flatten().find_map(|meaning| match meaning {
            Meaning::Item(module, name) => self.path(*module, name),
            _ => None,
        });
        let is_ours = place.iter().flatten().any(|meaning| matches!(meaning, Meaning::Item(..)));
        match (&item.trait_, named) {
            (None, Some((path, more))) => {
                let features = union(more, features);
                let whole = format!("{path}{}", generics(&item.generics));
                for item in &item.items {
                    self.member(&whole, item, &features);
                }
            }
            (Some((name, _)), Some((path, more))) if self.is_known(module, name) => {
                let features = union(more, features);
                self.line(&features, &format!("impl{} {} for {path}", bounds(&item.generics), print(name)));
            }
            (Some((name, _)), None) if !is_ours && self.is_known(module, name) => {
                let mut head = item.clone();
                (head.items, head.attrs) = (Vec::new(), Vec::new());
                self.line(&features, print(&head).trim_end_matches([' ', '{', '}']));
            }
            _ => {}
        }
    }

    fn member(&mut self, path: &str, item: &ImplItem, features: &[String]) {
        let (attributes, visibility, text) = match item {
            ImplItem::Fn(item) => (&item.attrs, &item.vis, print(&item.sig)),
            ImplItem::Const(item) => {
                (&item.attrs, &item.vis, format!("const {}: {}", item.ident, print(&item.ty)))
            }
            ImplItem::Type(item) => {
                (&item.attrs, &item.vis, format!("type {} = {}", item.ident, print(&item.ty)))
            }
            other => panic!("{path}: {}", print(other)),
        };
        if matches!(visibility, Visibility::Public(_)) {
            let features = union(features.to_vec(), features_of(attributes));
            self.line(&features, &format!("{path}: pub {text}"));
        }
    }

    /// Whether a trait is another crate's, or can be named.
    fn is_known(&self, module: usize, name: &syn::Path) -> bool {
        let words: Vec<String> = name.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.sources.resolve(module, &words).iter().any(|meaning| match meaning {
            Meaning::Foreign(_) => true,
            Meaning::Item(module, name) => self.path(*module, name).is_some(),
            Meaning::Module(_) => false,
        })
    }

    /// The constants that one of [`TABLES`] makes.
    fn table(&mut self, module: usize, item: &ItemMacro) {
        let name = print(&item.mac.path);
        let Some((_, owner)) = TABLES.iter().find(|(table, _)| *table == name) else {
            let is_defined =
                item.ident.as_ref().is_some_and(|name| TABLES.iter().any(|(table, _)| name == table));
            let makes_public = print(&item.mac.tokens).replace("pub(", "").contains("pub ");
            assert!(name != "macro_rules" || is_defined || !makes_public, "`TABLES` lacks {:?}", item.ident);
            return;
        };
        let rows = |input: syn::parse::ParseStream<'_>| {
            let mut names = Vec::new();
            while !input.is_empty() {
                if input.peek(syn::Ident) && input.peek2(syn::Token![=]) {
                    names.push(input.parse::<syn::Ident>()?.to_string());
                } else {
                    input.parse::<proc_macro2::TokenTree>()?;
                }
            }
            Ok(names)
        };
        let names = rows.parse2(item.mac.tokens.clone()).expect("rows of a table");
        let path = match owner {
            Some(owner) => self.path(module, owner).map(|(path, _)| format!("{path}: pub const ")),
            None => self.modules.get(&module).map(|path| format!("pub const {path}::")),
        };
        let path = path.unwrap_or_else(|| panic!("{name}! makes constants of what cannot be named"));
        let kind = if owner.is_some() { "Self" } else { "Error" };
        for name in names {
            self.line(&[], &format!("{path}{name}: {kind}"));
        }
        if owner.is_none() {
            for (name, kind) in [("MODULE", "&str"), ("ROWS", "&[Row]"), ("NAMES", "&[&str]")] {
                self.line(&[], &format!("{path}{name}: {kind}"));
            }
        }
    }
}

/// Generic parameters with their bounds, and what `where` says.
fn generics(generics: &Generics) -> String {
    let mut generics = generics.clone();
    let clause =
        generics.where_clause.take().map(|clause| format!(" {}", print(&clause))).unwrap_or_default();
    print(&generics) + &clause
}

/// The parameters of an `impl`, where they are types: lifetimes alone say nothing.
fn bounds(parameters: &Generics) -> String {
    if parameters.type_params().next().is_some() { generics(parameters) } else { String::new() }
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

fn union(mut some: Vec<String>, more: Vec<String>) -> Vec<String> {
    some.extend(more);
    some.sort();
    some.dedup();
    some
}
