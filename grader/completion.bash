# SPDX-License-Identifier: MIT
# Completion of ipclab for bash(1): `source grader/completion.bash`.
#
# No name is listed here: commands, options and what an option takes are read
# from --help, labs, steps, scenarios and tests from the kit, so that they cannot
# differ from what there is.

# The names of KIND in the kit at ROOT; scenarios and tests are LAB's.
_ipclab_names() {
    local root=$1 kind=$2 lab=$3
    case $kind in
    labs) find "$root/labs" -mindepth 2 -maxdepth 2 -name main.c -printf '%h\n' |
        sed 's|.*/||' ;;
    steps) sed -n 's/^## //p' "$root"/labs/*/hints.md ;;
    scenarios) sed -n 's/^- name: //p' "$root/labs/$lab/demo.yaml" ;;
    tests) sed -n "s/^Graded($lab, \([a-z0-9_]*\),.*/\1/p" \
        "$root/labs/$lab/test_$lab.c" ;;
    esac 2>/dev/null
}

# What OPTION of COMMAND takes: "FILE", "NAME"; nothing if it takes nothing.
_ipclab_value() {
    local program=$1 command=$2 option=$3
    [[ $option == -* ]] && "$program" "$command" --help |
        sed -n "s/^ .*$option\(, --[a-z-]*\)\{0,1\}=\([A-Z]*\).*/\2/;T;p;q"
}

# What may stand at WORD: behind OPTION, or behind COMMAND and perhaps LAB.
_ipclab_kind() {
    local value=$1 command=$2 lab=$3 word=$4
    case $value,$command,$lab,$word in
    NAME,*,?*,*) echo tests ;;
    LAB,*) echo labs ;;
    FILE,* | PATH,* | DIR,* | ,class,* | ,shard,*) echo files ;;
    ,hint,,*.*) echo steps ;;
    ,grade,,* | ,watch,,* | ,hint,,* | ,show,,* | ,debug,,* | ,reset,,*) echo labs ;;
    ,show,*) echo scenarios ;;
    ,debug,*) echo tests ;;
    esac
}

_ipclab() {
    local program=$1 word=$2 command=${COMP_WORDS[1]} root labs lab='' each kind
    local option=${COMP_WORDS[COMP_CWORD - 1]} words=
    root=${IPCLAB_ROOT:-$(dirname "$(dirname "$(type -P "$program")")")}
    labs=$(_ipclab_names "$root" labs)
    # --test=NAME is three words.
    [ "$option" = = ] && option=${COMP_WORDS[COMP_CWORD - 2]}
    [ "$word" = = ] && word=
    for each in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
        [ -n "$lab" ] || ! grep -qxF -e "$each" <<<"$labs" || lab=$each
    done
    if [ "$COMP_CWORD" -eq 1 ]; then
        words=$("$program" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
    elif [ "${word:0:1}" = - ]; then
        words=$("$program" "$command" --help | grep -o -- '--[a-z][a-z-]*' | sort -u)
    else
        kind=$(_ipclab_kind "$(_ipclab_value "$program" "$command" "$option")" \
            "$command" "$lab" "$word")
        words=$(_ipclab_names "$root" "$kind" "$lab")
    fi
    if [ "$kind" = files ]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    fi
}
complete -F _ipclab ipclab build/ipclab
