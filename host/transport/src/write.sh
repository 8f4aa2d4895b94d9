# Writes standard input to the file $1 with the mode $2; it has $3 bytes.
export LC_ALL=C
part=$1.orch-$$
trap 'rm -f "$part"' EXIT
set -e
umask 077
[ ! -d "$1" ] || { echo "there is a folder" >&2; exit 1; }
[ -d "${1%/*}" ] || (umask 022; mkdir -p "${1%/*}/")
cat >"$part"
[ "$(wc -c <"$part")" -eq "$3" ] || { echo "the connection broke" >&2; exit 1; }
chmod "$2" "$part"
sync "$part" 2>/dev/null || sync
mv -f "$part" "$1"
