//! A library's modules, read from its files, and which item a path means in one of them.

use std::collections::BTreeMap;

use syn::{Attribute, Ident, Item, UseTree, Visibility};

/// One module: its items, and where its children are.
pub(crate) struct Module {
    pub(crate) items: Vec<Item>,
    pub(crate) children: BTreeMap<String, usize>,
    parent: usize,
    /// The features without which it is not there.
    pub(crate) features: Vec<String>,
}

/// All modules of a library; the first is its root.
pub(crate) struct Sources {
    pub(crate) modules: Vec<Module>,
}

/// What a name may mean.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Meaning {
    Module(usize),
    Item(usize, String),
    /// A path of another crate.
    Foreign(String),
}

/// One name that a `use` brings: the path, and the name, which is `*` for all.
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    pub(crate) name: String,
}

impl Sources {
    /// Reads the library's files by their paths below `src`.
    pub(crate) fn read(read: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut sources = Self { modules: Vec::new() };
        let root = parse(&read("lib.rs").expect("src/lib.rs"));
        sources.add(root, "", 0, Vec::new(), read);
        sources
    }

    /// Adds a module whose children's files stand in `folder`, and its children.
    fn add(
        &mut self,
        items: Vec<Item>,
        folder: &str,
        parent: usize,
        features: Vec<String>,
        read: &dyn Fn(&str) -> Option<String>,
    ) -> usize {
        let index = self.modules.len();
        self.modules.push(Module {
            items: Vec::new(),
            children: BTreeMap::new(),
            parent,
            features: features.clone(),
        });
        let items: Vec<Item> = items.into_iter().filter(|item| !is_for_tests(attributes(item))).collect();
        for item in &items {
            let Item::Mod(module) = item else { continue };
            let name = module.ident.to_string();
            let below = format!("{folder}{name}/");
            let content = match &module.content {
                Some((_, items)) => items.clone(),
                None => {
                    let files = [format!("{folder}{name}.rs"), format!("{below}mod.rs")];
                    let text = files.iter().find_map(|file| read(file));
                    parse(&text.unwrap_or_else(|| panic!("no file of module {below}")))
                }
            };
            let features = [features.clone(), features_of(&module.attrs)].concat();
            let child = self.add(content, &below, index, features, read);
            self.modules[index].children.insert(name, child);
        }
        self.modules[index].items = items;
        index
    }

    /// What a path means in a module.
    pub(crate) fn resolve(&self, module: usize, path: &[String]) -> Vec<Meaning> {
        self.resolve_at_most(module, path, 16)
    }

    fn resolve_at_most(&self, module: usize, path: &[String], turns: usize) -> Vec<Meaning> {
        let Some((first, rest)) = path.split_first() else { return vec![Meaning::Module(module)] };
        assert!(turns > 0, "imports in a circle: {path:?}");
        match first.as_str() {
            "crate" => return self.resolve_at_most(0, rest, turns),
            "self" => return self.resolve_at_most(module, rest, turns),
            "super" => return self.resolve_at_most(self.modules[module].parent, rest, turns),
            _ => {}
        }
        if !rest.is_empty() && self.modules[module].children.contains_key(first) {
            return self.resolve_at_most(self.modules[module].children[first], rest, turns);
        }
        let here = &self.modules[module];
        let mut found = Vec::new();
        if here.items.iter().any(|item| !matches!(item, Item::Mod(_)) && is_named(item, first)) {
            found.push(Meaning::Item(module, first.clone()));
        }
        if let Some(child) = here.children.get(first) {
            found.push(Meaning::Module(*child));
        }
        if found.is_empty() {
            for import in here.items.iter().filter_map(imports).flatten() {
                if import.name == *first && import.path != path {
                    let whole = [import.path, rest.to_vec()].concat();
                    return self.resolve_at_most(module, &whole, turns - 1);
                }
            }
            return vec![Meaning::Foreign(path.join("::"))];
        }
        if rest.is_empty() { found } else { vec![Meaning::Foreign(path.join("::"))] }
    }
}

fn parse(text: &str) -> Vec<Item> {
    syn::parse_file(text).unwrap_or_else(|error| panic!("{error}: {text}")).items
}

/// The names that a `use` brings.
pub(crate) fn imports(item: &Item) -> Option<Vec<Import>> {
    let Item::Use(item) = item else { return None };
    let mut found = Vec::new();
    flatten(&item.tree, Vec::new(), &mut found);
    Some(found)
}

fn flatten(tree: &UseTree, mut path: Vec<String>, found: &mut Vec<Import>) {
    match tree {
        UseTree::Path(tree) => {
            path.push(tree.ident.to_string());
            flatten(&tree.tree, path, found);
        }
        UseTree::Group(tree) => tree.items.iter().for_each(|tree| flatten(tree, path.clone(), found)),
        UseTree::Glob(_) => found.push(Import { path, name: "*".to_owned() }),
        UseTree::Name(tree) if tree.ident == "self" => {
            let name = path.last().cloned().unwrap_or_default();
            found.push(Import { path, name });
        }
        UseTree::Name(tree) => {
            path.push(tree.ident.to_string());
            found.push(Import { path, name: tree.ident.to_string() });
        }
        UseTree::Rename(tree) => {
            if tree.ident != "self" {
                path.push(tree.ident.to_string());
            }
            found.push(Import { path, name: tree.rename.to_string() });
        }
    }
}

pub(crate) fn is_named(item: &Item, name: &str) -> bool {
    ident(item).is_some_and(|ident| ident == name)
}

/// The name of an item that has one.
pub(crate) fn ident(item: &Item) -> Option<&Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Mod(item) => Some(&item.ident),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

pub(crate) fn is_public(item: &Item) -> bool {
    let visibility = match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Mod(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Union(item) => &item.vis,
        Item::Use(item) => &item.vis,
        _ => return false,
    };
    matches!(visibility, Visibility::Public(_))
}

pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// What stands in an item's `cfg`s.
fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = String> + '_ {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.filter_map(|attribute| Some(attribute.meta.require_list().ok()?.tokens.to_string()))
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    conditions(attributes).any(|condition| matches!(condition.as_str(), "test" | "doctest"))
}

/// The features that an item asks for, as they stand there.
pub(crate) fn features_of(attributes: &[Attribute]) -> Vec<String> {
    conditions(attributes)
        .filter(|condition| condition.contains("feature"))
        .map(|condition| condition.replace("feature = ", "").replace('"', ""))
        .collect()
}
