# SPDX-License-Identifier: MIT
# Completion of ipclab for bash(1): `source grader/completion.bash`.
#
# Nothing is listed here: commands and options are read from --help, labs and
# scenarios from the kit, so that they cannot differ from what there is.

_ipclab_commands() {
    "$1" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'
}

_ipclab_options() {
    "$1" "$2" --help | grep -o -- '--[a-z][a-z-]*' | sort -u
}

# The words that may stand behind COMMAND: labs, then a lab's scenarios.
_ipclab_words() {
    local root=${IPCLAB_ROOT:-$(dirname "$(dirname "$1")")} lab=$3
    case $2,$lab in
    show,?*) sed -n 's/^- name: //p' "$root/labs/$lab/demo.yaml" 2>/dev/null ;;
    *,?*) ;;
    *) find "$root/labs" -mindepth 2 -maxdepth 2 -name main.c -printf '%h\n' \
        2>/dev/null | sed 's|.*/||' ;;
    esac
}

_ipclab() {
    local program=$1 word=$2 command=${COMP_WORDS[1]} lab=
    [ "$COMP_CWORD" -gt 2 ] && lab=${COMP_WORDS[2]}
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_ipclab_commands "$program")" -- "$word")
    elif [ "${word:0:1}" = - ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_ipclab_options "$program" "$command")" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -W "$(_ipclab_words "$program" "$command" "$lab")" -- "$word")
        [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _ipclab ipclab build/ipclab
