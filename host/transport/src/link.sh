# Makes the symbolic link $1 lead to $2.
export LC_ALL=C
new=$1.orch-$$
trap 'rm -f "$new"' EXIT
set -e
[ -L "$1" ] || [ ! -e "$1" ] || { echo "something that is no link is there" >&2; exit 1; }
[ -d "${1%/*}" ] || mkdir -p "${1%/*}/"
ln -s "$2" "$new"
mv -fT "$new" "$1"
