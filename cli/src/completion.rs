//! `mqtts completion`: the completion scripts for shells, made from the tables of options.
//!
//! Options that exist only to be refused are not offered.

use tls12::Suite;

use crate::{
    arguments::{COMMANDS, LINT},
    options::{
        rows::ROWS,
        table::{Action, Commands, OptionRow, ValueKind},
    },
};

/// For bash 4 or newer; does not need the package bash-completion.
pub(crate) fn bash() -> String {
    let mut script = String::from(BASH_HEAD);
    script.push_str(&format!("    local commands='{}'\n", COMMANDS.map(|(name, _)| name).join(" ")));
    script.push_str(&format!("    local suites='{}'\n", Suite::ALL.map(Suite::name).join(" ")));
    script.push_str("    local options='--help'\n    case ${COMP_WORDS[1]} in\n");
    for (word, options, values) in [
        ("pub", words(ROWS, Commands::Publish), bash_values(ROWS, Commands::Publish)),
        ("sub", words(ROWS, Commands::Subscribe), bash_values(ROWS, Commands::Subscribe)),
        ("lint", words(LINT, Commands::All), bash_values(LINT, Commands::All)),
    ] {
        script.push_str(&format!("    {word})\n        options='{options} --help'\n"));
        script.push_str(&format!("        case $previous in\n{values}        esac ;;\n"));
    }
    script.push_str(BASH_TAIL);
    script
}

/// For zsh and its completion system.
pub(crate) fn zsh() -> String {
    let mut script = String::from(ZSH_HEAD);
    for (name, what) in COMMANDS {
        script.push_str(&format!("        '{name}:{what}'\n"));
    }
    script.push_str("    )\n    suites=(\n");
    Suite::ALL.iter().for_each(|suite| script.push_str(&format!("        {}\n", suite.name())));
    script.push_str(ZSH_MIDDLE);
    for (word, arguments) in [
        ("pub", zsh_arguments(ROWS, Commands::Publish)),
        ("sub", zsh_arguments(ROWS, Commands::Subscribe)),
        ("lint", zsh_arguments(LINT, Commands::All)),
    ] {
        script.push_str(&format!(
            "    {word})\n        _arguments -s \\\n{arguments}            '--help[show the options]' ;;\n"
        ));
    }
    script.push_str(ZSH_TAIL);
    script
}

fn offered<T>(
    rows: &'static [OptionRow<T>],
    command: Commands,
) -> impl Iterator<Item = &'static OptionRow<T>> {
    rows.iter().filter(move |row| row.is_for(command) && !row.is_missing())
}

/// All names of a command's options.
fn words<T>(rows: &'static [OptionRow<T>], command: Commands) -> String {
    let names: Vec<_> = offered(rows, command).flat_map(|row| row.names).copied().collect();
    names.join(" ")
}

/// One branch for each option with a value.
fn bash_values<T>(rows: &'static [OptionRow<T>], command: Commands) -> String {
    let mut branches = String::new();
    for row in offered(rows, command) {
        let Action::Value { kind, .. } = row.action else { continue };
        let reply = match kind {
            ValueKind::Text => "return".to_owned(),
            ValueKind::File => {
                "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$current\")); return".to_owned()
            }
            ValueKind::Folder => {
                "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$current\")); return".to_owned()
            }
            ValueKind::Words(words) => format!("COMPREPLY=($(compgen -W '{words}' -- \"$current\")); return"),
            ValueKind::Suites => "_mqtts_suites \"$suites\" \"$current\"; return".to_owned(),
        };
        branches.push_str(&format!("        {}) {reply} ;;\n", row.names.join("|")));
    }
    branches
}

/// One specification for each option. Does not say which options may be repeated.
fn zsh_arguments<T>(rows: &'static [OptionRow<T>], command: Commands) -> String {
    let mut lines = String::new();
    for row in offered(rows, command) {
        let text: String = row.help.chars().map(|c| if "[]':".contains(c) { ' ' } else { c }).collect();
        let value = match row.action {
            Action::Value { name, kind, .. } => {
                let name = name.replace([':', '[', ']'], " ");
                let what = match kind {
                    ValueKind::Text => " ".to_owned(),
                    ValueKind::File => "_files".to_owned(),
                    ValueKind::Folder => "_files -/".to_owned(),
                    ValueKind::Words(words) => format!("({words})"),
                    ValueKind::Suites => "_sequence -s \\: compadd - $suites".to_owned(),
                };
                format!(":{}:{what}", name.trim())
            }
            Action::Flag(_) | Action::Missing { .. } => String::new(),
        };
        for name in row.names {
            lines.push_str(&format!("            '*{name}[{text}]{value}' \\\n"));
        }
    }
    lines
}

const BASH_HEAD: &str = "\
# bash completion for mqtts, printed by `mqtts completion bash`

# Suites are joined by colons, at which bash cuts words, too.
_mqtts_suites() {
    local before='' last=${2##*:}
    [[ $2 == *:* ]] && before=${2%:*}:
    [[ $COMP_WORDBREAKS == *:* ]] && before=''
    COMPREPLY=($(compgen -P \"$before\" -W \"$1\" -- \"$last\"))
    compopt -o nospace
}

_mqtts() {
    local current=${COMP_WORDS[COMP_CWORD]} place=$((COMP_CWORD-1)) previous
    COMPREPLY=()
    if [[ $current == : ]]; then
        current='' place=$COMP_CWORD
    fi
    # Behind colons the option stands further back.
    while ((place > 1)) && [[ ${COMP_WORDS[place]} == : ]]; do
        place=$((place-2))
    done
    previous=${COMP_WORDS[place]}
";

const BASH_TAIL: &str = "\
    completion) ((COMP_CWORD == 2)) && COMPREPLY=($(compgen -W 'bash zsh --help' -- \"$current\")); return ;;
    inspect)
        if [[ $current != -* ]]; then
            compopt -o filenames
            COMPREPLY=($(compgen -f -- \"$current\"))
            return
        fi ;;
    esac
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$current\"))
    else
        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))
    fi
}

complete -F _mqtts mqtts
";

const ZSH_HEAD: &str = "\
#compdef mqtts
# zsh completion for mqtts, printed by `mqtts completion zsh`

_mqtts() {
    local curcontext=$curcontext state line
    local -a commands suites
    commands=(
";

const ZSH_MIDDLE: &str = "    )
    _arguments -C \\
        '--help[show what there is]' \\
        '--version[show the version]' \\
        '1: :->command' \\
        '*:: :->rest'
    case $state in
    command) _describe command commands; return ;;
    esac
    case $line[1] in
";

const ZSH_TAIL: &str = "    inspect) _arguments '--help[show the options]' '*:file:_files' ;;
    completion) _arguments '1:shell:(bash zsh)' ;;
    esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _mqtts \"$@\"
else
    compdef _mqtts mqtts
fi
";
