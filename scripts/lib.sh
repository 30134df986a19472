# What several scripts share; it is sourced, and $root is the folder of the clone.
# shellcheck shell=bash disable=SC2154

# Takes variables from .env that the environment does not have, as docker compose does: an unquoted value ends before a
# ` #`, a quoted one at its quote.
read_dotenv() {
    [[ -f $root/.env ]] || return 0
    local line name value
    while IFS= read -r line || [[ -n $line ]]; do
        [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=(.*)$ ]] || continue
        name=${BASH_REMATCH[2]} value=${BASH_REMATCH[3]}
        if [[ $value =~ ^[[:space:]]*\"([^\"]*)\" || $value =~ ^[[:space:]]*\'([^\']*)\' ]]; then
            value=${BASH_REMATCH[1]}
        else
            value=${value%%[[:space:]]#*}
            value=${value#"${value%%[![:space:]]*}"}
            value=${value%"${value##*[![:space:]]}"}
        fi
        [[ -n ${!name:-} ]] || export "$name=$value"
    done <"$root/.env"
}
